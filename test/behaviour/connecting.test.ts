// Connecting a Gmail account by link: what the person, the agent and an attacker see.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LinkOriginError } from '../../src/connect/accounts.ts';
import { alex, createWorld, posternOrigin, sam, type World } from '../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.close());

/** The link in an unauthorized answer. */
const linkIn = (structured: Record<string, unknown>): string =>
  (structured.authorizationRequired as { url: string }).url;

describe('An unauthorized call', () => {
  it('returns a link as a normal result, and the same call returns mail after the person approved', async () => {
    const key = await world.serviceKey({ unverifiedLinks: true });
    const first = await world.call('gmail_fetch_mails', { max_results: 3 }, { key, as: 'user_42' });
    expect(first.isError).toBe(false);
    expect(first.structured.authorizationRequired).toMatchObject({
      reason: 'never_connected',
      account: { identifier: 'user_42', status: 'PENDING' },
    });
    expect(first.text).toContain(linkIn(first.structured));

    const end = await world.approve(linkIn(first.structured));
    expect(end.status).toBe(200);
    expect(end.text).toContain(alex);
    expect(end.text).not.toContain('user_42');

    const second = await world.call('gmail_fetch_mails', { max_results: 3 }, { key, as: 'user_42' });
    expect(second.structured.authorizationRequired).toBeUndefined();
    expect(second.structured.messages).toHaveLength(3);
  });

  it('gives the same link again while it is unused, instead of piling links up', async () => {
    const who = { key: await world.serviceKey({ unverifiedLinks: true }), as: 'user_42' };
    const [one, two] = [await world.call('gmail_list_drafts', {}, who), await world.call('gmail_list_drafts', {}, who)];
    expect(linkIn(two.structured)).toBe(linkIn(one.structured));
  });

  it('is refused with the operator’s fix where nothing could prove who completes a link', async () => {
    const key = await world.serviceKey();
    const answer = await world.call('gmail_fetch_mails', {}, { key, as: 'user_42' });
    expect(answer.isError).toBe(true);
    expect(answer.text).toContain('expected_email');
    expect(answer.text).toContain('--unverified-links');
  });

  it('names a link on this server, never Google’s address', async () => {
    const key = await world.serviceKey({ unverifiedLinks: true });
    const { structured } = await world.call('gmail_get_contacts', {}, { key, as: 'user_42' });
    expect(linkIn(structured)).toMatch(new RegExp(`^${posternOrigin}/connect/[A-Za-z0-9_-]{43}$`));
  });
});

describe('The consent request', () => {
  it('uses PKCE S256, state, nonce and offline access, and never asks for gmail.metadata or granted scopes', async () => {
    const link = await newLink('user_42');
    const browser = world.browser();
    await browser.submit(await browser.open(link));
    const request = world.sandbox.requests.find(({ path }) => path.endsWith('/auth'));
    const query = new URLSearchParams(request?.query);
    expect(Object.fromEntries(query)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      access_type: 'offline',
      redirect_uri: `${posternOrigin}/oauth/callback`,
    });
    expect(query.get('code_challenge')).toHaveLength(43);
    expect(query.get('state')).toHaveLength(43);
    expect(query.get('nonce')).toHaveLength(43);
    expect(query.has('include_granted_scopes')).toBe(false);
    expect(query.has('prompt')).toBe(false);
    expect(query.get('scope')).not.toContain('metadata');
    expect(query.get('scope')?.split(' ')).toContain('https://www.googleapis.com/auth/gmail.readonly');
  });

  it('asks once more with prompt=consent where Google gave no refresh token', async () => {
    await world.connect('first');
    // The same Google account has approved this app before, so Google keeps the refresh token to itself.
    await world.connect('second');
    const prompts = world.sandbox.requests
      .filter(({ path, method }) => path.endsWith('/auth') && method === 'GET')
      .map(({ query }) => new URLSearchParams(query).get('prompt'));
    expect(prompts.filter((prompt) => prompt === 'consent').length).toBeGreaterThan(0);
    const account = await world.postern.accounts.find({ realm: 'default', identifier: 'second' });
    expect(account?.state.status).toBe('ACTIVE');
  });
});

describe('A link', () => {
  it('changes nothing when it is looked at, by GET or HEAD', async () => {
    const link = await newLink('user_42');
    const path = new URL(link).pathname;
    for (const method of ['HEAD', 'GET', 'GET']) expect((await world.http(path, { method })).status).toBe(200);
    const end = await world.approve(link);
    expect(end.text).toContain(alex);
  });

  it('is taken by the first browser that confirms it, and tells a second one so', async () => {
    const link = await newLink('user_42');
    const [person, stranger] = [world.browser(), world.browser()];
    const strangersPage = await stranger.open(link);
    await person.submit(await person.open(link));
    const refused = await stranger.submit(strangersPage);
    expect(new URL(refused.url).origin).toBe(posternOrigin);
    expect(refused.status).toBeGreaterThanOrEqual(400);
  });

  it('is taken to Google again by the browser that has it, whose earlier visit leads nowhere any more', async () => {
    const link = await newLink('user_42');
    const browser = world.browser();
    const former = await callbackOf(await toConsent(browser, link));
    const latter = await callbackOf(await toConsent(browser, link));
    expect((await browser.open(former)).heading).toBe('This was not started here');
    expect((await browser.open(latter)).heading).toBe('Gmail is connected');
  });

  it('leads to Google twice where its button is pressed twice at once, and one of the two visits goes on', async () => {
    const link = await newLink('user_42');
    const browser = world.browser();
    const page = await browser.open(link);
    const choosers = await Promise.all([browser.submit(page), browser.submit(page)]);
    const consents = await Promise.all(choosers.map((chooser) => browser.submit(chooser, { button: alex })));
    const callbacks = await Promise.all(consents.map(callbackOf));
    const answers = [];
    // Google may ask the second of the two once more, for the refresh token that it gave to the first.
    for (const callback of callbacks) answers.push((await browser.open(callback)).status);
    expect(answers.sort()).toEqual([200, 400]);
  });

  it('ends after ten minutes', async () => {
    const link = await newLink('user_42');
    await world.clock.advance(10 * 60_000);
    const page = await world.browser().open(link);
    expect(page.status).toBe(410);
    expect(page.text).toMatch(/run out/);
  });

  it('works once: used again it says so and changes nothing', async () => {
    const link = await newLink('user_42');
    await world.approve(link);
    const again = await world.approve(link, { email: sam });
    expect(again.status).toBe(410);
    const account = await world.postern.accounts.find({ realm: 'default', identifier: 'user_42' });
    expect(account?.google?.email).toBe(alex);
  });

  it('ends when another link of the account was completed', async () => {
    const [one, two] = [await newLink('user_42'), await newLink('user_42')];
    expect(two).not.toBe(one);
    await world.approve(one);
    expect((await world.browser().open(two)).status).toBe(410);
  });

  it('is one of at most twenty open ones', async () => {
    for (let count = 0; count < 20; count++) await newLink('user_42');
    const key = await world.serviceKey({ unverifiedLinks: true });
    const answer = await world.http('/api/v1/accounts/user_42/link', { method: 'POST', key });
    expect(answer.status).toBe(429);
  });
});

describe('Google’s redirect back', () => {
  it('is accepted only in the browser that took the link', async () => {
    const link = await newLink('user_42');
    const browser = world.browser();
    const consent = await toConsent(browser, link);
    // The attacker lets the victim’s browser open the attacker’s finished callback (session fixation).
    const callback = await callbackOf(consent);
    const victim = await world.browser().open(callback);
    expect(victim.status).toBeGreaterThanOrEqual(400);
    const account = await world.postern.accounts.find({ realm: 'default', identifier: 'user_42' });
    expect(account?.state).toEqual({ status: 'PENDING', reason: 'never_connected' });
  });

  it('with a foreign, missing or doubled state leads nowhere', async () => {
    await newLink('user_42');
    for (const query of [
      '',
      '?code=abc',
      '?code=abc&state=x',
      `?code=abc&state=${'A'.repeat(43)}`,
      '?state=a&state=b',
    ]) {
      const page = await world.browser().open(`${posternOrigin}/oauth/callback${query}`);
      expect(page.status).toBeGreaterThanOrEqual(400);
    }
    expect(world.sandbox.requests.filter(({ path }) => path === '/token')).toHaveLength(0);
  });

  it.each<[string, (callback: URL) => unknown]>([
    ['a doubled code', ({ searchParams }) => searchParams.append('code', 'another')],
    ['the same code twice', ({ searchParams }) => searchParams.append('code', searchParams.get('code') ?? '')],
    ['an empty code', ({ searchParams }) => searchParams.set('code', '')],
    ['no code', ({ searchParams }) => searchParams.delete('code')],
    ['a code and an error', ({ searchParams }) => searchParams.set('error', 'access_denied')],
    [
      'a doubled error',
      ({ searchParams }) => {
        searchParams.delete('code');
        for (const error of ['access_denied', 'server_error']) searchParams.append('error', error);
      },
    ],
    [
      'an empty error alone',
      ({ searchParams }) => {
        searchParams.delete('code');
        searchParams.set('error', '');
      },
    ],
    ['a doubled scope', ({ searchParams }) => ['a', 'b'].map((scope) => searchParams.append('scope', scope))],
    ['a doubled iss', ({ searchParams }) => ['a', 'b'].map((iss) => searchParams.append('iss', iss))],
  ])('with %s is a bad request that leaves the link as it was', async (_, spoil) => {
    const link = await newLink('user_42');
    const browser = world.browser();
    const callback = new URL(await callbackOf(await toConsent(browser, link)));
    const spoilt = new URL(callback);
    spoil(spoilt);
    const page = await browser.open(spoilt.href);
    expect([page.status, page.heading]).toEqual([400, 'This answer cannot be read']);
    expect(world.sandbox.requests.filter(({ path }) => path === '/token')).toHaveLength(0);
    expect((await browser.open(callback.href)).heading).toBe('Gmail is connected');
  });

  it('treats a parameter without a value as absent', async () => {
    const browser = world.browser();
    const callback = new URL(await callbackOf(await toConsent(browser, await newLink('user_42'))));
    for (const name of ['error', 'hd', 'iss']) callback.searchParams.set(name, '');
    expect((await browser.open(callback.href)).heading).toBe('Gmail is connected');
  });

  it('cannot be replayed', async () => {
    const link = await newLink('user_42');
    const browser = world.browser();
    const callback = await callbackOf(await toConsent(browser, link));
    expect((await browser.open(callback)).text).toContain(alex);
    expect((await browser.open(callback)).status).toBeGreaterThanOrEqual(400);
    expect(world.sandbox.requests.filter(({ path }) => path === '/token')).toHaveLength(1);
  });

  it('with a code of another login is refused by PKCE, and nothing is stored', async () => {
    const [one, two] = [await newLink('user_1'), await newLink('user_2')];
    const [attacker, victim] = [world.browser(), world.browser()];
    const stolen = new URL(await callbackOf(await toConsent(attacker, one, sam)));
    const own = new URL(await callbackOf(await toConsent(victim, two)));
    own.searchParams.set('code', stolen.searchParams.get('code') ?? '');
    const page = await victim.open(own.href);
    expect(page.status).toBeGreaterThanOrEqual(400);
    const account = await world.postern.accounts.find({ realm: 'default', identifier: 'user_2' });
    expect(account?.state.status).toBe('PENDING');
  });

  it('with a refusal leaves the account PENDING and says so to the next call', async () => {
    const who = { key: await world.serviceKey({ unverifiedLinks: true }), as: 'user_42' };
    const first = await world.call('gmail_fetch_mails', {}, who);
    const page = await world.approve(linkIn(first.structured), { decision: 'deny' });
    expect(page.heading).toMatch(/Nothing was connected/);
    const second = await world.call('gmail_fetch_mails', {}, who);
    expect(second.structured.authorizationRequired).toMatchObject({ reason: 'consent_declined' });
    expect(linkIn(second.structured)).not.toBe(linkIn(first.structured));
  });

  it('while Google is unreachable leaves the person able to connect again', async () => {
    const link = await newLink('user_42');
    world.sandbox.fault({ path: '/token', times: 1 }, { status: 503 });
    const failed = await world.approve(link);
    expect(failed.status).toBeGreaterThanOrEqual(500);
    expect((await world.approve(await newLink('user_42'))).text).toContain(alex);
  });
});

describe('Checking who completed a link', () => {
  it('accepts only the pinned mailbox: another one is named, not stored and not revoked', async () => {
    const key = await world.serviceKey();
    await create(key, { identifier: 'user_42', expected_email: sam });
    const link = await apiLink(key, 'user_42');
    const page = await world.approve(link, { email: alex });
    expect(page.text).toContain(alex);
    expect(page.text).toContain(sam);
    const account = await world.postern.accounts.find({ realm: 'default', identifier: 'user_42' });
    expect(account?.state.status).toBe('PENDING');
    expect(account?.google).toBeUndefined();
    expect(world.sandbox.requests.filter(({ path }) => path === '/revoke')).toHaveLength(0);
    expect((await world.approve(await apiLink(key, 'user_42'), { email: sam })).text).toContain(sam);
  });

  it('keeps the live grant where a reconnect comes with another Google account, unless the link is to replace it', async () => {
    await world.connect('user_42');
    const key = await world.serviceKey({ unverifiedLinks: true });
    await world.approve(await apiLink(key, 'user_42'), { email: sam });
    const who = { key, as: 'user_42' };
    expect((await world.call('gmail_fetch_mails', { max_results: 1 }, who)).structured.messages).toHaveLength(1);
    const before = await world.postern.accounts.find({ realm: 'default', identifier: 'user_42' });
    expect(before?.google?.email).toBe(alex);

    await world.approve(await apiLink(key, 'user_42', { replace: true }), { email: sam });
    const after = await world.postern.accounts.find({ realm: 'default', identifier: 'user_42' });
    expect(after?.google?.email).toBe(sam);
  });

  it('compares a pinned domain with the hosted domain that Google states, never with the domain of an address', async () => {
    const key = await world.serviceKey();
    world.sandbox.addAccount({ email: 'eve@corp.example' });
    world.sandbox.addAccount({ email: 'kim@corp.example', hostedDomain: 'corp.example' });
    await create(key, { identifier: 'user_42', expected_domain: 'corp.example' });
    const refused = await world.approve(await apiLink(key, 'user_42'), { email: 'eve@corp.example' });
    expect(refused.text).toContain('corp.example');
    expect((await world.postern.accounts.find({ realm: 'default', identifier: 'user_42' }))?.state.status).toBe(
      'PENDING',
    );
    await world.approve(await apiLink(key, 'user_42'), { email: 'kim@corp.example' });
    expect((await world.postern.accounts.find({ realm: 'default', identifier: 'user_42' }))?.state.status).toBe(
      'ACTIVE',
    );
  });
});

const newLink = async (identifier: string): Promise<string> =>
  apiLink(await world.serviceKey({ unverifiedLinks: true }), identifier);

const create = async (key: string, body: Record<string, unknown>): Promise<void> => {
  const answer = await world.http('/api/v1/accounts', {
    method: 'POST',
    key,
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
  expect(answer.status).toBeLessThan(300);
};

const apiLink = async (key: string, identifier: string, body: Record<string, unknown> = {}): Promise<string> => {
  await create(key, { identifier });
  const answer = await world.http(`/api/v1/accounts/${encodeURIComponent(identifier)}/link`, {
    method: 'POST',
    key,
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { url: string }).url;
};

const toConsent = async (browser: ReturnType<World['browser']>, link: string, email = alex) => {
  const chooser = await browser.submit(await browser.open(link));
  return browser.submit(chooser, { button: email });
};

/** Approves at Google, but keeps the redirect back instead of following it. */
const callbackOf = async (consent: { html: string; url: string }): Promise<string> => {
  const values = new URLSearchParams();
  for (const [, name = '', value = ''] of consent.html.matchAll(
    /<input type="(?:hidden|checkbox)" name="([^"]*)" value="([^"]*)"/g,
  ))
    values.append(name, value.replaceAll('&amp;', '&'));
  values.append('decision', 'allow');
  const answer = await world.sandbox.fetch(
    new Request(new URL('/o/oauth2/v2/auth', consent.url), { method: 'POST', body: values, redirect: 'manual' }),
  );
  return answer.headers.get('location') ?? '';
};

describe('On a laptop whose port for the connect pages is taken', () => {
  it('a call says so and what to do, instead of failing', async () => {
    await world.close();
    const taken = async (): Promise<string> => {
      throw new LinkOriginError('Port 8080 on 127.0.0.1 is in use.');
    };
    world = await createWorld({ linkOrigin: taken });
    const key = await world.serviceKey({ unverifiedLinks: true });
    const answer = await world.call('gmail_fetch_mails', {}, { key, as: 'user_42' });
    expect(answer.isError).toBe(true);
    expect(answer.text).toContain('another program uses the port');
  });
});
