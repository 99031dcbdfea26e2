// The way back from a link to the product that made it: where the browser goes, what it brings, and that it goes nowhere else.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alex, createWorld, sam, type World } from '../support/world.ts';

const done = 'https://app.example.com/done';
const state = 'session 7f&status=connected#"é';

let world: World;
let key: string;
beforeEach(async () => {
  world = await createWorld();
  key = await world.serviceKey({ unverifiedLinks: true, returnUrls: [done, 'https://app.example.com/for/*?via=mail'] });
});
afterEach(() => world.close());

const request = async (method: string, path: string, body?: unknown, as = key) => {
  const answer = await world.http(`/api/v1${path}`, {
    method,
    key: as,
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? {} : JSON.parse(text) };
};
const askForLink = async (body: object = {}, as = key, identifier = 'user_42') => {
  await request('POST', '/accounts', { identifier }, as);
  return request('POST', `/accounts/${identifier}/link`, { return_url: done, state, ...body }, as);
};
const linkFor = async (body: object = {}, as = key, identifier = 'user_42'): Promise<string> =>
  (await askForLink(body, as, identifier)).body.url;

/** What a browser brings to the product; every other address is none. */
const brought = (url: string): Record<string, string> => {
  const at = new URL(url);
  expect(at.origin + at.pathname).toBe(done);
  return Object.fromEntries(at.searchParams);
};
/** The way back on a page that the browser does not leave by itself. */
const backOn = (html: string): string | undefined =>
  /<a class="button" href="(https:\/\/app\.example\.com[^"]*)"/.exec(html)?.[1]?.replaceAll('&amp;', '&');
const find = (identifier = 'user_42') => world.postern.accounts.find({ realm: 'default', identifier });

describe('A browser that comes from a link with a return_url', () => {
  it('goes back with status and state once the account is connected', async () => {
    const page = await world.approve(await linkFor());
    expect(brought(page.url)).toEqual({ status: 'connected', state });
    expect((await find())?.state.status).toBe('ACTIVE');
  });

  it('goes back where the person declined at Google', async () => {
    const page = await world.approve(await linkFor(), { decision: 'deny' });
    expect(brought(page.url)).toEqual({ status: 'declined', reason: 'consent_declined', state });
  });

  it('goes back where the person said no on our page, which Google never hears of and which ends the link', async () => {
    const url = await linkFor();
    const browser = world.browser();
    const page = await browser.submit(await browser.open(url), { button: 'cancel' });
    expect(brought(page.url)).toEqual({ status: 'declined', reason: 'consent_declined', state });
    expect(world.sandbox.requests).toEqual([]);
    expect((await browser.open(url)).status).toBe(410);
    expect((await find())?.state).toEqual({ status: 'PENDING', reason: 'consent_declined' });
  });

  it('cannot say no for another browser that went on with the link', async () => {
    const url = await linkFor();
    const [owner, other] = [world.browser(), world.browser()];
    const [page, elsewhere] = [await owner.open(url), await other.open(url)];
    await owner.submit(page);
    const answer = await other.submit(elsewhere, { button: 'cancel' });
    expect(answer.heading).toBe('This link is open in another browser');
    expect(backOn(answer.html)).toBeUndefined();
    expect((await world.approve(url, { browser: owner })).url).toContain('status=connected');
  });

  it('goes back where Google could not be reached, or does not accept this server', async () => {
    world.sandbox.fault({ path: '/token', times: 1 }, { status: 503 });
    const unavailable = await world.approve(await linkFor());
    expect(brought(unavailable.url)).toEqual({ status: 'failed', reason: 'google_unavailable', state });
    world.sandbox.fault({ path: '/token', times: 1 }, { status: 401, body: { error: 'invalid_client' } });
    const fault = await world.approve(await linkFor());
    expect(brought(fault.url)).toEqual({ status: 'failed', reason: 'operator_fault', state });
  });

  it('goes back from a link that has run out', async () => {
    const url = await linkFor({ expires_in: 60 });
    await world.clock.advance(60_000);
    expect(brought((await world.browser().open(url)).url)).toEqual({ status: 'failed', reason: 'link_expired', state });
  });

  it('sees on a page what no address should hold, with the way back', async () => {
    await request('POST', '/accounts', { identifier: 'user_42', expected_email: alex });
    const page = await world.approve(await linkFor(), { email: sam });
    expect(page.heading).toBe('That is another mailbox');
    expect(page.text).toContain(sam);
    expect(brought(backOn(page.html) ?? '')).toEqual({ status: 'failed', reason: 'wrong_mailbox', state });
    expect(backOn(page.html)).not.toMatch(/alex|sam/);
  });

  it('sees what the admin has to allow, with the way back', async () => {
    world.sandbox.fault({ path: '/token', times: 1 }, { status: 400, body: { error: 'admin_policy_enforced' } });
    const page = await world.approve(await linkFor());
    expect(page.text).toContain(world.sandbox.clientId);
    expect(brought(backOn(page.html) ?? '')).toEqual({ status: 'failed', reason: 'admin_blocked', state });
  });

  it('sees what was not allowed before it goes back', async () => {
    const page = await world.approve(await linkFor(), {
      untick: ['https://www.googleapis.com/auth/contacts.readonly'],
    });
    expect(page.text).toContain('Not everything was allowed');
    expect(brought(backOn(page.html) ?? '')).toEqual({ status: 'connected', reason: 'incomplete', state });
  });

  it('finds the way back on a link that was used', async () => {
    const url = await linkFor();
    const browser = world.browser();
    await world.approve(url, { browser });
    const page = await browser.open(url);
    expect(page.status).toBe(410);
    expect(brought(backOn(page.html) ?? '')).toEqual({ status: 'connected', reason: 'link_used', state });
  });

  it('keeps the query of the registered address, and needs no state', async () => {
    const url = 'https://app.example.com/for/user_42?via=mail';
    const page = await world.approve(await linkFor({ return_url: url, state: null }));
    expect(page.url).toBe(`${url}&status=connected`);
  });

  it('stays on our page without a return_url', async () => {
    const url = await linkFor({ return_url: null, state: null });
    const browser = world.browser();
    expect((await browser.open(url)).html).not.toContain('value="cancel"');
    const page = await world.approve(url, { browser });
    expect(page.heading).toBe('Gmail is connected');
    expect(backOn(page.html)).toBeUndefined();
  });
});

describe('A return_url', () => {
  it.each([
    'https://evil.example/done',
    'https://app.example.com/done/..%2f',
    'https://app.example.com/for/a/b?via=mail',
    'https://app.example.com/for/a?via=mail&next=//evil.example',
    'https://app.example.com@evil.example/done',
    'javascript:alert(1)//https://app.example.com/done',
  ])('%s that is not registered for the key makes no link', async (url) => {
    const answer = await askForLink({ return_url: url });
    expect(answer).toMatchObject({ status: 400, body: { error: 'return_url_not_registered', who: 'the caller' } });
    expect(answer.body.next).toContain(done);
    expect(JSON.stringify(answer.body)).not.toContain('evil');
  });

  it('of another key is not registered for this one', async () => {
    const other = await world.serviceKey({ unverifiedLinks: true });
    const answer = await askForLink({}, other, 'user_43');
    expect(answer).toMatchObject({ status: 400, body: { error: 'return_url_not_registered' } });
  });

  it.each([
    [{ return_url: 7 }, 'return_url must be a URL.'],
    [{ state: 'x'.repeat(501) }, 'state must have at most 500 characters.'],
    [{ state: '' }, 'state must not be empty.'],
    [{ state: '\ud800' }, 'state must be well-formed Unicode without NUL.'],
    [{ return_url: null }, 'state goes back with the browser, so it needs a return_url.'],
    [{ login_hint: 'alex' }, 'login_hint must be an e-mail address.'],
    [{ login_hint: `${'a'.repeat(250)}@b.example` }, 'login_hint must be an e-mail address.'],
    [{ expires_in: 59 }, 'expires_in must be a whole number of seconds from 60 to 3600.'],
    [{ expires_in: 3601 }, 'expires_in must be a whole number of seconds from 60 to 3600.'],
    [{ expires_in: 90.5 }, 'expires_in must be a whole number of seconds from 60 to 3600.'],
    [{ returnUrl: done }, 'Unknown field "returnUrl". Did you mean "return_url"?'],
  ])('%j is refused with a sentence', async (body, message) => {
    expect(await askForLink(body)).toMatchObject({ status: 400, body: { error: 'invalid_input', message } });
  });

  it('leads nowhere once its key was revoked', async () => {
    const [one, two] = [await linkFor(), await linkFor({ expires_in: 60 }, key, 'user_43')];
    await world.postern.storage.apiKeys.revoke(key.split('_')[2] ?? '', world.clock.now());
    const page = await world.approve(one);
    expect(page.heading).toBe('Gmail is connected');
    expect(page.html).not.toContain('app.example.com');
    await world.clock.advance(60_000);
    const expired = await world.browser().open(two);
    expect(expired.heading).toBe('This link has run out');
    expect(expired.html).not.toContain('app.example.com');
  });

  it('leads nowhere once the account was deleted', async () => {
    const url = await linkFor();
    const browser = world.browser();
    await browser.open(url);
    await request('DELETE', '/accounts/user_42');
    const page = await browser.open(url);
    expect(page.heading).toBe('There is no such link');
    expect(page.html).not.toContain('app.example.com');
  });

  it('is shown to no other browser than the one that came back from Google', async () => {
    const url = await linkFor();
    const browser = world.browser();
    const consent = await browser.submit(await browser.open(url));
    const callback = new URL(`https://postern.test/oauth/callback?code=x&state=${stateIn(consent.url)}`);
    const page = await world.browser().open(callback.href);
    expect(page.status).toBe(400);
    expect(page.html).not.toContain('app.example.com');
  });

  it('of a link that was used or ran out at Google is shown to no other browser than the one that went on with it', async () => {
    const [used, late] = [await linkFor(), await linkFor({}, key, 'user_43')];
    await world.approve(used);
    const owner = world.browser();
    await owner.submit(await owner.open(late));
    await world.clock.advance(10 * 60_000);
    for (const url of [used, late]) {
      const page = await world.browser().open(url);
      expect(page.status).toBe(410);
      expect(page.html).not.toContain('app.example.com');
    }
    expect(brought((await owner.open(late)).url)).toEqual({ status: 'failed', reason: 'link_expired', state });
  });

  it('is in no log line, nor is the state', async () => {
    await world.approve(await linkFor({ login_hint: alex }));
    const log = world.logged.join('\n');
    for (const secret of ['app.example.com', 'session 7f', alex]) expect(log).not.toContain(secret);
  });
});

const stateIn = (url: string): string => new URL(url).searchParams.get('state') ?? '';

describe('A link of a key with a verify_url', () => {
  const verifying = () => world.serviceKey({ verifyUrl: 'https://app.example.com/verify', returnUrls: [done] });

  it('goes to verify_url first; its confirmation says where to send the browser on to', async () => {
    const product = await verifying();
    const arrived = new URL((await world.approve(await linkFor({}, product))).url);
    expect(arrived.pathname).toBe('/verify');
    expect([...arrived.searchParams.keys()]).toEqual(['auth_request_id']);
    const id = arrived.searchParams.get('auth_request_id');
    const confirmed = await request('POST', `/auth-requests/${id}/confirm`, { identifier: 'user_42' }, product);
    expect(confirmed).toMatchObject({ status: 200, body: { status: 'ACTIVE' } });
    expect(brought(confirmed.body.return_url)).toEqual({ status: 'connected', state });
  });

  it('gives the address to nobody where somebody else completed the link', async () => {
    const product = await verifying();
    const arrived = new URL((await world.approve(await linkFor({}, product))).url);
    const id = arrived.searchParams.get('auth_request_id');
    const refused = await request('POST', `/auth-requests/${id}/confirm`, { identifier: 'user_43' }, product);
    expect(refused.status).toBe(409);
    expect(JSON.stringify(refused.body)).not.toContain(done);
  });

  it('goes straight back where there is nothing to confirm: declined, or a pinned account', async () => {
    const product = await verifying();
    const declined = await world.approve(await linkFor({}, product), { decision: 'deny' });
    expect(brought(declined.url)).toMatchObject({ status: 'declined' });
    await request('POST', '/accounts', { identifier: 'user_44', expected_email: alex }, product);
    const connected = await world.approve(await linkFor({}, product, 'user_44'));
    expect(brought(connected.url)).toEqual({ status: 'connected', state });
  });

  it('answers a confirmation without return_url with null', async () => {
    const product = await verifying();
    const url = await linkFor({ return_url: null, state: null }, product);
    const id = new URL((await world.approve(url)).url).searchParams.get('auth_request_id');
    const confirmed = await request('POST', `/auth-requests/${id}/confirm`, { identifier: 'user_42' }, product);
    expect(confirmed.body.return_url).toBeNull();
  });
});

describe('A link', () => {
  const hintOf = async (url: string): Promise<string | null> => {
    const browser = world.browser();
    const google = await browser.submit(await browser.open(url));
    return new URL(google.url).searchParams.get('login_hint');
  };

  it('tells Google the login_hint, unless a pin or the mailbox connected before says another', async () => {
    expect(await hintOf(await linkFor({ login_hint: sam }))).toBe(sam);
    await request('PATCH', '/accounts/user_42', { expected_email: alex });
    expect(await hintOf(await linkFor({ login_hint: sam }))).toBe(alex);
    await world.connect('user_43');
    // Google asks again, and does not go on by itself.
    world.sandbox.revokeAccess(alex);
    expect(await hintOf(await linkFor({ login_hint: sam }, key, 'user_43'))).toBe(alex);
    expect(await hintOf(await linkFor({ login_hint: sam, replace: true }, key, 'user_43'))).toBe(sam);
  });

  it('lives as long as was asked for, and its page says how long that is', async () => {
    const answer = await askForLink({ expires_in: 3600 });
    expect(answer.body.expires_at).toBe('2026-01-15T13:00:00.000Z');
    await world.clock.advance(30 * 60_000);
    const browser = world.browser();
    expect((await browser.open(answer.body.url)).text).toContain('about 30 minutes left');
    await world.clock.advance(29 * 60_000);
    expect((await world.approve(answer.body.url, { browser })).url).toContain('status=connected');
    const short = await linkFor({ expires_in: 60 }, key, 'user_43');
    expect((await world.browser().open(short)).text).toContain('about 1 minute left');
    await world.clock.advance(60_000);
    expect((await world.browser().open(short)).url).toContain('link_expired');
  });

  it('that a tool gives is a plain one, whatever the product asked for before', async () => {
    const url = await linkFor();
    const { structured } = await world.call('gmail_fetch_mails', { max_results: 1 }, { key, as: 'user_42' });
    const given = (structured.authorizationRequired as { url: string }).url;
    expect(given).not.toBe(url);
    expect((await world.approve(given)).heading).toBe('Gmail is connected');
  });
});

describe('A product with a name and a logo', () => {
  const data = 'iVBORw0KGgo=';
  const named = (logo = true) =>
    world.serviceKey({
      unverifiedLinks: true,
      returnUrls: [done],
      product: { name: 'Acme <Mail>', ...(logo ? { logo: { mediaType: 'image/png', data } as const } : {}) },
    });
  const csp = (headers: Headers) => headers.get('content-security-policy') ?? '';

  it('is named on the page before Google and on the one after it, beside Postern’s own warnings', async () => {
    const product = await named();
    const browser = world.browser();
    const url = await linkFor({}, product);
    const page = await browser.open(url);
    expect(page.text).toContain('“Acme <Mail>” asks to read Gmail through Postern.');
    expect(page.text).toContain('Only continue if you asked for this yourself.');
    expect(page.html).toContain(`src="data:image/png;base64,${data}"`);
    expect(csp(page.headers)).toContain('img-src data:;');
    await request('PATCH', '/accounts/user_42', { expected_email: alex }, product);
    const end = await world.approve(url, { browser, email: sam });
    expect(end.heading).toBe('That is another mailbox');
    expect(end.text).toContain('start again in “Acme <Mail>”');
    expect(end.text).toContain('Back to “Acme <Mail>”');
    expect(end.html).toContain(`src="data:image/png;base64,${data}"`);
  });

  it('is named on links that a tool gives with its key too, also through a session', async () => {
    const product = await named(false);
    await request('POST', '/accounts', { identifier: 'user_42' }, product);
    const { body } = await request('POST', '/accounts/user_42/sessions', {}, product);
    const { structured } = await world.call('gmail_fetch_mails', { max_results: 1 }, { key: body.token });
    const page = await world.browser().open((structured.authorizationRequired as { url: string }).url);
    expect(page.text).toContain('Asked for by“Acme <Mail>”');
    expect(page.html).not.toContain('<img');
    expect(csp(page.headers)).not.toContain('img-src');
  });

  it('is named no more once its key was revoked, and never on links of others', async () => {
    const product = await named();
    const [url, plain] = [await linkFor({}, product), await linkFor({}, key, 'user_43')];
    await world.postern.storage.apiKeys.revoke(product.split('_')[2] ?? '', world.clock.now());
    for (const link of [url, plain]) expect((await world.browser().open(link)).html).not.toMatch(/Acme|<img/);
  });
});
