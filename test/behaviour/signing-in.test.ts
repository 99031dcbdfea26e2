// What happens when an MCP client sends a person to sign in: one page of ours, one round to Google, and the first call works.

import type { Sandbox } from '@postern/gmail-sandbox';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { BrowserPage } from '../support/browser.ts';
import { handClock } from '../support/hand-clock.ts';
import { alex, newSandbox, posternOrigin, sam, type World, type WorldOptions } from '../support/world.ts';
import {
  accessToken,
  ask,
  everyScope,
  googleSaw,
  redirectUri,
  registerClient,
  signIn,
  signInWorld,
  throughGoogle,
  tokenFor,
} from './signing-in-world.ts';

const mailScope = 'https://www.googleapis.com/auth/gmail.readonly';
const worlds: World[] = [];
const aWorld = async (options?: Partial<WorldOptions>): Promise<World> => {
  const world = await signInWorld(options);
  worlds.push(world);
  return world;
};
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
  vi.useRealTimers();
});

const alexKey = (world: World) => ({ realm: 'google', identifier: world.sandbox.account(alex).sub });
const buttonOf = ({ html, url }: BrowserPage): string =>
  new URL(/class="button" href="([^"]+)"/.exec(html)?.[1] ?? '', url).href;
const answerOf = (url: string) => Object.fromEntries(new URL(url).searchParams);

/** A Google whose id_tokens say that the address was never confirmed. */
const unverified =
  (sandbox: Sandbox): typeof fetch =>
  async (input, init) => {
    const response = await sandbox.fetch(new Request(input, init));
    const body = (await response.clone().json()) as { id_token?: string };
    if (body.id_token === undefined) return response;
    const [head, payload = '', signature] = body.id_token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    const changed = Buffer.from(JSON.stringify({ ...claims, email_verified: false })).toString('base64url');
    return Response.json({ ...body, id_token: [head, changed, signature].join('.') });
  };

describe('Signing in', () => {
  it('connects Gmail in the same round, so that the first tool call works', async () => {
    const world = await aWorld();
    const asking = await ask(world);
    const back = await signIn(world.browser(), asking.url);
    expect(back.url).toMatch(/^https:\/\/app\.example\/callback\?/);
    expect(answerOf(back.url)).toMatchObject({ state: 'state of the client', iss: posternOrigin });
    const key = await accessToken(world, asking, back);
    const { structured, isError } = await world.call('gmail_fetch_mails', { max_results: 1 }, { key });
    expect(isError).toBe(false);
    expect(structured.messages).toHaveLength(1);
    expect(googleSaw(world)).toHaveLength(1);
    const account = await world.postern.accounts.find(alexKey(world));
    expect(account).toMatchObject({ state: { status: 'ACTIVE' }, pins: { expectedSub: account?.key.identifier } });
  });

  it('says so, and what to do, where Google gives no refresh token however it is asked', async () => {
    const sandbox = newSandbox(handClock());
    const world = await aWorld({
      sandbox,
      fetch: async (input, init) => {
        const response = await sandbox.fetch(new Request(input, init));
        return Response.json({ ...((await response.json()) as object), refresh_token: undefined });
      },
    });
    const page = await signIn(world.browser(), (await ask(world)).url);
    expect(page.heading).toBe('Google gave no lasting access');
    expect(page.text).toContain('start again in the app');
  });

  it('asks Google for no more than the client may use', async () => {
    const world = await aWorld();
    const asking = await ask(world, { scope: 'contacts:read' });
    await signIn(world.browser(), asking.url);
    const [asked] = googleSaw(world);
    expect(asked?.get('scope')).not.toContain(mailScope);
    expect(asked?.get('scope')).toContain('contacts.readonly');
  });

  it('asks nobody to agree again whose grant is stored and usable', async () => {
    const world = await aWorld();
    await tokenFor(world);
    world.sandbox.clearRequests();
    await tokenFor(world);
    expect(googleSaw(world).map((query) => query.get('prompt'))).toEqual([null]);
    // Nothing was shown to be agreed to: no decision was posted.
    expect(
      world.sandbox.requests.filter(({ path }) => path === '/o/oauth2/v2/auth').map(({ method }) => method),
    ).toEqual(['GET', 'GET']);
    expect(world.sandbox.activeGrants(alex)).toBe(1);
  });

  it('keeps the grant of before where the new one allows less', async () => {
    const world = await aWorld();
    await tokenFor(world);
    const before = await world.postern.accounts.find(alexKey(world));
    const asking = await ask(world, { scope: 'contacts:read' });
    await accessToken(world, asking, await signIn(world.browser(), asking.url));
    const after = await world.postern.accounts.find(alexKey(world));
    expect(after?.grantedScopes).toEqual(before?.grantedScopes);
    expect(after?.grantVersion).toBe(before?.grantVersion);
  });

  it('lets a person in who unticked everything, knows who they are, and offers a link at the first call', async () => {
    const world = await aWorld();
    const key = await tokenFor(world, { untick: everyScope });
    const account = await world.postern.accounts.find(alexKey(world));
    expect(account).toMatchObject({
      state: { status: 'PENDING', reason: 'consent_declined' },
      google: { email: alex },
    });
    expect(account?.grantedScopes).toEqual([]);
    const { structured } = await world.call('gmail_fetch_mails', {}, { key });
    expect(structured.authorizationRequired).toMatchObject({
      url: expect.stringContaining(`${posternOrigin}/connect/`),
    });
  });

  it('shows a page that a web client may open in a window and watch', async () => {
    const world = await aWorld();
    const page = await world.browser().open((await ask(world)).url);
    expect(page.headers.get('cross-origin-opener-policy')).toBeNull();
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  });
});

describe('The page before Google', () => {
  it('names the client as unverified, where access goes, and what it allows', async () => {
    const world = await aWorld();
    const client = await registerClient(world, 'Example <b>App</b>');
    const page = await world.browser().open((await ask(world, { client, scope: 'mail:read' })).url);
    expect(page.url).toMatch(/^https:\/\/postern\.test\/sign-in\//);
    expect(page.heading).toBe('Let an app read your Gmail?');
    expect(page.text).toContain('App (unverified name)Example <b>App</b>');
    expect(page.text).toContain('Access goes toapp.example');
    expect(page.text).toContain('read your e-mail, drafts and attachments');
    expect(page.text).not.toContain('see your contacts');
  });

  it('warns where the answer goes to a program on this computer', async () => {
    const world = await aWorld();
    const client = await registerClient(world, 'Example App', 'http://127.0.0.1:33333/callback');
    const page = await world.browser().open((await ask(world, { client })).url);
    expect(page.text).toContain('Only continue if you started this on this computer yourself');
  });

  it('changes nothing and sends nobody to Google by being looked at', async () => {
    const world = await aWorld();
    const browser = world.browser();
    const asking = await ask(world);
    await browser.open(asking.url);
    await browser.open(asking.url);
    expect(googleSaw(world)).toEqual([]);
    expect((await signIn(browser, asking.url)).url).toContain(redirectUri);
  });

  it('tells the client when the person cancels and goes back', async () => {
    const world = await aWorld();
    const browser = world.browser();
    const page = await browser.submit(await browser.open((await ask(world)).url), { button: 'cancel' });
    expect(page.heading).toBe('You are not signed in');
    const back = await browser.open(buttonOf(page));
    expect(answerOf(back.url)).toMatchObject({ error: 'access_denied', state: 'state of the client' });
    expect(googleSaw(world)).toEqual([]);
  });

  it('is not found in another browser, and its form works only where it was shown', async () => {
    const world = await aWorld();
    const browser = world.browser();
    const page = await browser.open((await ask(world)).url);
    const elsewhere = await browser.open(page.url.replace(/[^/]+$/, 'another'));
    expect(elsewhere.heading).toBe('There is nothing to sign in to');
    const stranger = world.browser();
    const opened = await stranger.open(page.url);
    expect([opened.status, opened.heading]).toEqual([404, 'There is nothing to sign in to']);
    const sent = await stranger.submit(page, { button: 'continue' });
    expect(sent.heading).toBe('There is nothing to sign in to');
    expect(googleSaw(world)).toEqual([]);
  });

  it.each([
    ['a token of another page', { csrf: 'A'.repeat(43), decision: 'continue' }, {}],
    ['no token', { decision: 'continue' }, {}],
    ['the page of another site', undefined, { origin: 'https://evil.example' }],
  ])('refuses its form with %s', async (_, form, headers) => {
    const world = await aWorld();
    const browser = world.browser();
    const page = await browser.open((await ask(world)).url);
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.html)?.[1] ?? '';
    const { pathname } = new URL(page.url);
    const cookies = browser.cookieHeader('postern.test');
    const response = await world.http(pathname, {
      method: 'POST',
      headers: { cookie: cookies, ...headers },
      body: new URLSearchParams(form ?? { csrf, decision: 'continue' }),
    });
    expect(response.status).toBe(403);
    expect(await response.text()).toContain('Please start again');
  });
});

describe('Checking who may sign in', () => {
  const refusedHeading = 'This account may not sign in here';

  it('admits only whom the operator allowed, and stores nothing of others', async () => {
    const world = await aWorld();
    const page = await signIn(world.browser(), (await ask(world)).url, { email: sam });
    expect([page.status, page.heading]).toEqual([403, refusedHeading]);
    expect(page.text).toContain(sam);
    expect(await world.postern.accounts.list()).toEqual([]);
    // Their grant at Google is theirs: it is forgotten here, not revoked.
    expect(world.sandbox.requests.some(({ path }) => path.includes('revoke'))).toBe(false);
  });

  it('refuses who unticks everything, too, where another mailbox is pinned', async () => {
    const world = await aWorld();
    await world.postern.accounts.ensure(alexKey(world), { expectedEmail: 'boss@example.com' });
    const page = await signIn(world.browser(), (await ask(world)).url, { untick: everyScope });
    expect(page.heading).toBe(refusedHeading);
  });

  it('reports the refusal to the client', async () => {
    const world = await aWorld();
    const browser = world.browser();
    const page = await signIn(browser, (await ask(world)).url, { email: sam });
    const back = await browser.open(buttonOf(page));
    expect(answerOf(back.url)).toMatchObject({ error: 'access_denied' });
  });

  it('compares an allowed domain with the hosted domain that Google states, never with that of the address', async () => {
    const world = await aWorld({ env: { POSTERN_ALLOWED_EMAILS: '', POSTERN_ALLOWED_DOMAINS: 'example.com' } });
    const stranger = await signIn(world.browser(), (await ask(world)).url, { email: alex });
    expect(stranger.heading).toBe(refusedHeading);
    world.sandbox.addAccount({ email: 'kim@example.com', hostedDomain: 'example.com' });
    const member = await signIn(world.browser(), (await ask(world)).url, { email: 'kim@example.com' });
    expect(member.url).toContain(redirectUri);
  });

  it('refuses an address that Google has not verified', async () => {
    const clock = handClock();
    const sandbox = newSandbox(clock);
    const world = await aWorld({ clock, sandbox, fetch: unverified(sandbox) });
    const page = await signIn(world.browser(), (await ask(world)).url);
    expect(page.heading).toBe(refusedHeading);
  });

  it('refuses somebody whose pinned mailbox is another one', async () => {
    const world = await aWorld();
    await world.postern.accounts.ensure(alexKey(world), { expectedEmail: 'boss@example.com' });
    const page = await signIn(world.browser(), (await ask(world)).url);
    expect(page.heading).toBe(refusedHeading);
    const account = await world.postern.accounts.find(alexKey(world));
    expect(account?.state.status).toBe('PENDING');
    expect(account?.pins).toEqual({ expectedEmail: 'boss@example.com' });
  });

  it('refuses somebody whose pinned Google account is another one: signing in changes no pin', async () => {
    const world = await aWorld();
    await world.postern.accounts.ensure(alexKey(world), { expectedSub: '12345' });
    const page = await signIn(world.browser(), (await ask(world)).url);
    expect(page.heading).toBe(refusedHeading);
    const account = await world.postern.accounts.find(alexKey(world));
    expect(account).toMatchObject({ pins: { expectedSub: '12345' }, state: { status: 'PENDING' } });
  });
});

describe('Coming back from Google', () => {
  it('leads back to the client when the person declines there', async () => {
    const world = await aWorld();
    const browser = world.browser();
    const page = await signIn(browser, (await ask(world)).url, { decision: 'deny' });
    const back = await browser.open(buttonOf(page));
    expect(answerOf(back.url)).toMatchObject({ error: 'access_denied' });
    expect(await world.postern.accounts.list()).toEqual([]);
  });

  /** The URL with which Google sends the browser back, taken before the browser goes there. */
  const callbackOf = async (world: World) => {
    const browser = world.browser();
    const asking = await ask(world);
    const google = await browser.submit(await browser.open(asking.url), { button: 'continue' });
    const { searchParams } = new URL(google.url);
    searchParams.set('authuser', alex);
    searchParams.set('decision', 'allow');
    searchParams.append('scope_granted', mailScope);
    const response = await world.sandbox.fetch(
      new Request(new URL('/o/oauth2/v2/auth', google.url), { method: 'POST', body: searchParams }),
    );
    return { browser, asking, callback: response.headers.get('location') ?? '' };
  };

  it('works only in the browser that agreed', async () => {
    const world = await aWorld();
    const { browser, callback } = await callbackOf(world);
    const stranger = await world.browser().open(callback);
    expect([stranger.status, stranger.heading]).toEqual([400, 'This was not started here']);
    expect(await world.postern.accounts.list()).toEqual([]);
    expect((await browser.open(callback)).url).toContain(redirectUri);
  });

  it('tells a browser with a cookie of its own nothing, and ends nothing for the one that agreed', async () => {
    const world = await aWorld();
    const { browser, callback } = await callbackOf(world);
    const { pathname, search } = new URL(callback);
    const forged = browser
      .cookieHeader('postern.test')
      .replaceAll(/(__Host-postern_sign_in_\w+)=[^;]+/g, `$1=${'A'.repeat(43)}`);
    expect(forged).toContain('A'.repeat(43));
    const stranger = () => world.http(pathname + search, { headers: { cookie: forged } });
    const page = await stranger();
    expect([page.status, await page.text()]).toEqual([400, expect.stringContaining('This was not started here')]);
    expect((await browser.open(callback)).url).toContain(redirectUri);
    expect((await stranger()).status).toBe(400);
  });

  it('works once', async () => {
    const world = await aWorld();
    const { browser, callback } = await callbackOf(world);
    const cookies = browser.cookieHeader('postern.test');
    const { pathname, search } = new URL(callback);
    const twice = [1, 2].map(() => world.http(pathname + search, { headers: { cookie: cookies } }));
    const texts = await Promise.all(twice.map(async (response) => (await response).text()));
    expect(texts.filter((text) => text.includes('Back to the app</h1>'))).toHaveLength(1);
    expect(texts.filter((text) => text.includes('This sign-in is over</h1>'))).toHaveLength(1);
  });

  it('lets two clients of one person in at the same time', async () => {
    const world = await aWorld();
    const [one, other] = [await callbackOf(world), await callbackOf(world)];
    const backs = await Promise.all([one, other].map(({ browser, callback }) => browser.open(callback)));
    for (const { url } of backs) expect(url).toContain(redirectUri);
    expect(await world.postern.accounts.list()).toHaveLength(1);
    expect((await world.postern.accounts.find(alexKey(world)))?.state.status).toBe('ACTIVE');
  });

  it('is accepted for 15 minutes', async () => {
    const world = await aWorld();
    const { browser, callback } = await callbackOf(world);
    await world.clock.advance(15 * 60_000);
    const page = await browser.open(callback);
    expect([page.status, page.heading]).toEqual([410, 'This took too long']);
    expect(await world.postern.accounts.list()).toEqual([]);
  });

  it('spends no code on a HEAD request', async () => {
    const world = await aWorld();
    const { browser, callback } = await callbackOf(world);
    const { pathname, search } = new URL(callback);
    expect((await world.http(pathname + search, { method: 'HEAD' })).status).toBe(405);
    expect((await browser.open(callback)).url).toContain(redirectUri);
  });

  it.each(['disconnect', 'remove'] as const)(
    'brings nothing after a %s in between, also where Google was not told',
    async (end) => {
      const world = await aWorld();
      const key = alexKey(world);
      await tokenFor(world);
      const { browser, callback } = await callbackOf(world);
      await world.clock.advance(1000);
      world.sandbox.fault({ path: '/revoke' }, { status: 503 });
      await world.postern.accounts[end](key);
      const page = await browser.open(callback);
      expect([page.status, page.heading]).toEqual([410, 'This took too long']);
      expect(world.sandbox.requests.filter(({ grantType }) => grantType === 'authorization_code')).toHaveLength(2);
      expect((await world.postern.accounts.find(key))?.state.status).toBe(end === 'remove' ? undefined : 'PENDING');
    },
  );

  describe.each([
    // The first look makes the account where there is none; what is saved stands on the second.
    ['at the first sign-in', 2],
    ['at a later one', 1],
  ])('%s', (_, look) => {
    it('brings nothing after a disconnect in the moment between reading the account and saving', async () => {
      const world = await aWorld();
      const key = alexKey(world);
      if (look === 1) await tokenFor(world);
      const { browser, callback } = await callbackOf(world);
      await world.clock.advance(1000);
      const { accounts } = world.postern.storage;
      const { readGrant } = accounts;
      const spy = vi.spyOn(accounts, 'readGrant');
      if (look === 2) spy.mockImplementationOnce(readGrant);
      spy.mockImplementationOnce(async (wanted) => {
        const found = await readGrant(wanted);
        spy.mockRestore();
        await world.postern.accounts.disconnect(key);
        return found;
      });
      expect((await browser.open(callback)).heading).toBe('This took too long');
      expect((await world.postern.accounts.find(key))?.state.status).toBe('PENDING');
    });
  });

  it('leaves no row of a person who is deleted in the moment after it was seen that they are not', async () => {
    const world = await aWorld();
    await tokenFor(world);
    const { browser, callback } = await callbackOf(world);
    await world.clock.advance(1000);
    const { authorizationRecords } = world.postern.storage;
    const find = authorizationRecords.find;
    const spy = vi.spyOn(authorizationRecords, 'find').mockImplementationOnce(async (...wanted) => {
      const found = await find(...wanted);
      spy.mockRestore();
      await world.postern.accounts.remove(alexKey(world));
      return found;
    });
    expect((await browser.open(callback)).heading).toBe('This took too long');
    expect(await world.postern.accounts.list()).toEqual([]);
  });

  it('connects again whoever signs in after a disconnect', async () => {
    const world = await aWorld();
    await tokenFor(world);
    await world.clock.advance(1000);
    await world.postern.accounts.disconnect(alexKey(world));
    const key = await tokenFor(world);
    const { structured } = await world.call('gmail_fetch_mails', { max_results: 1 }, { key });
    expect(structured.messages).toHaveLength(1);
  });

  it('never takes the state of a link for one of a sign-in, or the other way round', async () => {
    const world = await aWorld();
    const { browser, callback } = await callbackOf(world);
    const key = { realm: 'default', identifier: 'user_42' };
    await world.postern.accounts.ensure(key, { expectedEmail: alex });
    const link = await world.postern.accounts.link(
      { key, credential: 'service_key', linkPolicy: 'pinned' },
      { capabilities: [] },
    );
    if (!link.ok) throw new Error(link.problem.kind);
    const linkBrowser = world.browser();
    const google = await linkBrowser.submit(await linkBrowser.open(link.value.url));
    const mixed = new URL(callback);
    mixed.searchParams.set('state', new URL(google.url).searchParams.get('state') ?? '');
    expect((await browser.open(mixed.href)).heading).toBe('This was not started here');
    const other = new URL(callback);
    expect((await linkBrowser.open(other.href)).heading).toBe('This was not started here');
    expect((await world.postern.accounts.find(key))?.state.status).toBe('PENDING');
  });

  it('asks Google once more where it gave no refresh token and none is stored', async () => {
    const world = await aWorld();
    await tokenFor(world);
    // As after a restored backup: Google remembers the consent, the account is gone here.
    await world.postern.storage.accounts.remove(alexKey(world));
    world.sandbox.clearRequests();
    const browser = world.browser();
    const asking = await ask(world);
    const back = await throughGoogle(browser, await signIn(browser, asking.url));
    const key = await accessToken(world, asking, back);
    expect(googleSaw(world).map((query) => query.get('prompt'))).toEqual([null, 'consent']);
    // Nobody chooses their account twice.
    expect(googleSaw(world).map((query) => query.get('login_hint'))).toEqual([null, alex]);
    const { structured } = await world.call('gmail_fetch_mails', { max_results: 1 }, { key });
    expect(structured.messages).toHaveLength(1);
  });
});
