// Links of people who sign in: only the person a link was made for gets from it to Google, whoever else opens it.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { handClock } from '../support/hand-clock.ts';
import { createTestIssuer, type TestIssuer } from '../support/issuer.ts';
import { alex, newSandbox, posternOrigin, sam, type World, type WorldOptions } from '../support/world.ts';
import { browserTo, everyScope, googleSaw, signInWorld, throughGoogle, tokenFor } from './signing-in-world.ts';

const mailScope = 'https://www.googleapis.com/auth/gmail.readonly';
const worlds: World[] = [];
const aWorld = async (options: Partial<WorldOptions> = {}): Promise<World> => {
  const world = await signInWorld({ ...options, env: { POSTERN_ALLOWED_EMAILS: `${alex},${sam}`, ...options.env } });
  worlds.push(world);
  return world;
};
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
  vi.useRealTimers();
});

/** The link that an unauthorized call gives. */
const linkOf = async (world: World, key: string): Promise<string> => {
  const { structured } = await world.call('gmail_fetch_mails', {}, { key });
  const { url } = (structured.authorizationRequired ?? {}) as { url?: string };
  if (url === undefined) throw new Error('The call was not refused.');
  return url;
};

/** Why an identity was not believed, as the log says it. */
const rejections = ({ logged }: World): unknown[] =>
  logged
    .map((line) => JSON.parse(line) as { event?: string; cause?: string })
    .filter(({ event }) => event === 'identity_rejected')
    .map(({ cause }) => cause);

const mailAsked = (world: World): boolean =>
  googleSaw(world).some((query) => query.get('scope')?.includes(mailScope) === true);

describe('A link for somebody who signed in with Google', () => {
  /** Alex uses an MCP client, and gave it no mail yet. */
  const alexWithoutMail = async () => {
    const world = await aWorld();
    const browser = world.browser();
    const key = await tokenFor(world, { browser, untick: everyScope });
    world.sandbox.clearRequests();
    return { world, browser, key, link: await linkOf(world, key) };
  };

  it('connects at once in the browser in which they signed in', async () => {
    const { world, browser, key, link } = await alexWithoutMail();
    const page = await browser.open(link);
    expect(page.heading).toBe('Connect Gmail');
    const end = await throughGoogle(browser, await browser.submit(page));
    expect(end.heading).toBe('Gmail is connected');
    const { structured } = await world.call('gmail_fetch_mails', { max_results: 1 }, { key });
    expect(structured.messages).toHaveLength(1);
  });

  it('asks for a sign-in in another browser first, and goes on from there', async () => {
    const { world, link } = await alexWithoutMail();
    const browser = world.browser();
    const page = await browser.open(link);
    expect([page.status, page.heading]).toEqual([200, 'Sign in to continue']);
    expect(page.text).not.toContain(alex);
    const back = await throughGoogle(browser, await browser.submit(page));
    expect([back.url, back.heading]).toEqual([link, 'Connect Gmail']);
    expect(mailAsked(world)).toBe(false);
    const end = await throughGoogle(browser, await browser.submit(back));
    expect(end.heading).toBe('Gmail is connected');
  });

  it('says to somebody else that it is not theirs, names nobody, and stores nothing', async () => {
    const { world, link } = await alexWithoutMail();
    const browser = world.browser();
    const google = await browser.submit(await browser.open(link));
    expect(google.url).not.toContain(encodeURIComponent(alex));
    const page = await throughGoogle(browser, google, { email: sam });
    expect([page.status, page.heading]).toEqual([403, 'This link is for somebody else']);
    expect(page.html).not.toContain(alex);
    expect(browser.cookies('postern.test')).not.toContain('__Host-postern_session');
    expect((await world.postern.accounts.list()).map(({ google: account }) => account?.email)).toEqual([alex]);
    expect(mailAsked(world)).toBe(false);
    // The link still waits for its person.
    expect((await browser.open(link)).heading).toBe('Sign in to continue');
  });

  it('lets somebody who is signed in as another person sign in anew', async () => {
    const { world, link } = await alexWithoutMail();
    const browser = world.browser();
    await tokenFor(world, { browser, email: sam });
    world.sandbox.clearRequests();
    const page = await browser.open(link);
    expect([page.status, page.heading]).toEqual([403, 'This link is for somebody else']);
    const back = await throughGoogle(browser, await browser.submit(page), { email: alex });
    expect(back.heading).toBe('Connect Gmail');
    expect(googleSaw(world).map((query) => query.get('prompt'))).toEqual(['select_account']);
  });

  it('needs a session of at most twelve hours, which is checked again when the form is sent', async () => {
    const { world, browser } = await alexWithoutMail();
    await world.clock.advance(12 * 60 * 60_000 - 1000);
    const page = await browser.open((await freshLink(world)).url);
    expect(page.heading).toBe('Connect Gmail');
    await world.clock.advance(1000);
    expect((await browser.submit(page)).heading).toBe('Sign in to continue');
  });

  /** Another link for Alex, whatever became of the token. */
  const freshLink = async (world: World) => {
    const key = { realm: 'google', identifier: world.sandbox.account(alex).sub };
    const link = await world.postern.accounts.link(
      { key, credential: 'access_token', linkPolicy: 'signed_in' },
      { capabilities: [] },
    );
    if (!link.ok) throw new Error(link.problem.kind);
    return link.value;
  };

  it('takes no confirmation from a browser whose session is not theirs, whatever page it has', async () => {
    const { world, link } = await alexWithoutMail();
    const browser = world.browser();
    await tokenFor(world, { browser, email: sam });
    world.sandbox.clearRequests();
    // Sam's own form token for this link, sent to the confirmation.
    const page = await browser.open(link);
    const forged = { ...page, html: page.html.replace('/sign-in"', '"') };
    const answer = await browser.submit(forged);
    expect(answer.heading).toBe('This link is for somebody else');
    expect(googleSaw(world)).toEqual([]);
  });

  it('is not ended by a browser whose session is not theirs', async () => {
    const { world, browser, link } = await alexWithoutMail();
    const other = world.browser();
    const page = await other.open(link);
    const cancel = '<button type="submit" name="decision" value="cancel">Cancel</button></form>';
    const forged = { ...page, html: page.html.replace('/sign-in"', '"').replace('</form>', cancel) };
    expect((await other.submit(forged, { button: 'cancel' })).heading).toBe('Sign in to continue');
    expect((await browser.open(link)).heading).toBe('Connect Gmail');
  });

  it('changes nothing by being previewed, and reaches no Google', async () => {
    const { world, browser, link } = await alexWithoutMail();
    const { pathname } = new URL(link);
    for (const method of ['GET', 'HEAD']) expect((await world.http(pathname, { method })).status).toBe(200);
    expect(googleSaw(world)).toEqual([]);
    expect((await browser.open(link)).heading).toBe('Connect Gmail');
  });

  it('ends with the account, as the session does', async () => {
    const { world, browser, link } = await alexWithoutMail();
    await world.postern.accounts.remove({ realm: 'google', identifier: world.sandbox.account(alex).sub });
    expect((await browser.open(link)).heading).toBe('There is no such link');
    const key = await tokenFor(world, { browser: world.browser(), untick: everyScope });
    expect((await browser.open(await linkOf(world, key))).heading).toBe('Sign in to continue');
  });

  it('connects no other mailbox of the same person', async () => {
    const world = await aWorld();
    const browser = world.browser();
    await tokenFor(world, { browser });
    const key = { realm: 'google', identifier: world.sandbox.account(alex).sub };
    // Nothing of Google's is known of them any more, and so Google gets no hint.
    await world.postern.accounts.disconnect(key);
    const page = await browser.submit(await browser.open((await freshLink(world)).url));
    const end = await throughGoogle(browser, page, { email: sam });
    expect(end.heading).toBe('That is another mailbox');
    expect((await world.postern.accounts.find(key))?.state.status).toBe('PENDING');
  });
});

describe('A link for somebody of an external issuer', () => {
  const resource = `${posternOrigin}/mcp`;

  const withIssuer = async (env: Record<string, string> = {}) => {
    const clock = handClock();
    const issuer = await createTestIssuer(clock);
    const sandbox = newSandbox(clock);
    const world = await aWorld({
      clock,
      sandbox,
      fetch: async (input, init) => {
        const request = new Request(input, init);
        const atIssuer = new URL(request.url).origin === issuer.url;
        return atIssuer ? issuer.fetch(request) : sandbox.fetch(request);
      },
      env: {
        POSTERN_OIDC_ISSUER: issuer.url,
        POSTERN_OIDC_REALM: 'staff',
        POSTERN_OIDC_CLIENT_ID: issuer.client.id,
        POSTERN_OIDC_CLIENT_SECRET: issuer.client.secret,
        ...env,
      },
    });
    const claims = { sub: 'u-17', aud: resource, scope: 'mail:read contacts:read', client_id: 'app', jti: '1' };
    const key = await issuer.accessToken(claims);
    return { world, issuer, key, link: await linkOf(world, key), browser: browserTo(world, issuer) };
  };

  it('signs the browser in there, compares, and connects whatever mailbox the person chooses', async () => {
    const { world, issuer, key, link, browser } = await withIssuer();
    issuer.person = { sub: 'u-17' };
    const page = await browser.open(link);
    expect(page.heading).toBe('Sign in to continue');
    const back = await browser.submit(page);
    expect([back.url, back.heading]).toEqual([link, 'Connect Gmail']);
    const [asked] = issuer.authorizations;
    expect(Object.fromEntries(asked ?? [])).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      redirect_uri: `${posternOrigin}/oauth/sign-in/callback`,
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect((await throughGoogle(browser, await browser.submit(back))).heading).toBe('Gmail is connected');
    const { structured } = await world.call('gmail_fetch_mails', { max_results: 1 }, { key });
    expect(structured.messages).toHaveLength(1);
  });

  it('is refused to somebody else, who never reaches Google', async () => {
    const { world, issuer, link, browser } = await withIssuer();
    issuer.person = { sub: 'u-18' };
    const page = await browser.submit(await browser.open(link));
    expect([page.status, page.heading]).toEqual([403, 'This link is for somebody else']);
    expect(page.html).not.toContain('u-17');
    expect(googleSaw(world)).toEqual([]);
    expect((await world.postern.accounts.list()).map(({ key }) => key.identifier)).toEqual(['u-17']);
    // As the right person it works, with the issuer asked to let them sign in anew.
    issuer.person = { sub: 'u-17' };
    expect((await browser.submit(page)).heading).toBe('Connect Gmail');
    expect(issuer.authorizations.map((query) => query.get('prompt'))).toEqual([null, 'login']);
  });

  it('compares the claim that the operator chose, also where only userinfo has it', async () => {
    const clock = handClock();
    const issuer = await createTestIssuer(clock);
    issuer.userinfo = { employee: 'E-7' };
    issuer.person = { sub: 'u-17' };
    const sandbox = newSandbox(clock);
    const world = await aWorld({
      clock,
      sandbox,
      fetch: async (input, init) => issuer.fetch(new Request(input, init)),
      env: {
        POSTERN_OIDC_ISSUER: issuer.url,
        POSTERN_OIDC_IDENTIFIER_CLAIM: 'employee',
        POSTERN_OIDC_CLIENT_ID: issuer.client.id,
        POSTERN_OIDC_CLIENT_SECRET: issuer.client.secret,
      },
    });
    const key = await issuer.accessToken({ sub: 'u-17', employee: 'E-7', aud: resource, scope: 'mail:read' });
    const browser = browserTo(world, issuer);
    const page = await browser.submit(await browser.open(await linkOf(world, key)));
    expect(page.heading).toBe('Connect Gmail');
  });

  it('signs nobody in who declines there', async () => {
    const { issuer, link, browser } = await withIssuer();
    issuer.person = undefined;
    const page = await browser.submit(await browser.open(link));
    expect([page.status, page.heading]).toEqual([200, 'You are not signed in']);
  });

  const spoilt = (change: Record<string, unknown>) => (issuer: TestIssuer) => {
    issuer.spoil = (claims) => ({ ...claims, ...change });
  };
  const another = 'https://evil.example';
  const refusals: [string, string, (issuer: TestIssuer) => void][] = [
    ['it is another issuer that answers', 'OAUTH_INVALID_RESPONSE', (issuer) => (issuer.responseIssuer = another)],
    ['the answer does not say who answers', 'OAUTH_INVALID_RESPONSE', (issuer) => (issuer.responseIssuer = undefined)],
    ['the ID token is for another client', 'OAUTH_JWT_CLAIM_COMPARISON_FAILED', spoilt({ aud: 'another' })],
    ['the ID token is of another round', 'OAUTH_JWT_CLAIM_COMPARISON_FAILED', spoilt({ nonce: 'another' })],
    ['the ID token is of another issuer', 'OAUTH_JWT_CLAIM_COMPARISON_FAILED', spoilt({ iss: another })],
    ['the ID token has expired', 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED', spoilt({ exp: 1 })],
    ['the ID token was made long ago', 'iat', spoilt({ iat: 1 })],
    ['the ID token is yet to be made', 'iat', spoilt({ iat: 1_768_478_400 + 3600 })],
    ['the ID token is not valid yet', 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED', spoilt({ nbf: 1_768_478_400 + 3600 })],
    ['the claim is no name for an account', 'identifier_claim', spoilt({ sub: 'u-17,u-18' })],
  ];
  it.each(refusals)('signs nobody in where %s', async (_, cause, spoil) => {
    const { world, issuer, link, browser } = await withIssuer();
    issuer.person = { sub: 'u-17' };
    spoil(issuer);
    const page = await browser.submit(await browser.open(link));
    expect([page.status, page.heading]).toEqual([500, 'This server is set up wrongly']);
    expect(rejections(world)).toEqual([cause]);
    expect(browser.cookies('postern.test')).not.toContain('__Host-postern_session');
    expect(googleSaw(world)).toEqual([]);
    expect((await browser.open(link)).heading).toBe('Sign in to continue');
  });

  it('signs nobody in whose ID token is not signed by the issuer', async () => {
    const { world, issuer, link, browser } = await withIssuer();
    const other = await createTestIssuer(handClock(), issuer.url);
    issuer.person = { sub: 'u-17' };
    const honest = issuer.fetch;
    // The keys of one, the tokens of the other.
    issuer.fetch = (request) => (new URL(request.url).pathname === '/jwks' ? other.fetch(request) : honest(request));
    const page = await browser.submit(await browser.open(link));
    expect(page.heading).toBe('This server is set up wrongly');
    expect(rejections(world)).toEqual(['OAUTH_KEY_SELECTION_FAILED']);
  });

  it('says that waiting helps while the issuer does not answer', async () => {
    const { issuer, link, browser } = await withIssuer();
    issuer.person = { sub: 'u-17' };
    issuer.down = true;
    const page = await browser.submit(await browser.open(link));
    expect([page.status, page.heading]).toEqual([503, 'Signing in is not possible just now']);
    issuer.down = false;
    expect((await browser.submit(await browser.open(link))).heading).toBe('Connect Gmail');
  });

  it('takes an answer only at the issuer’s own address, in the browser that asked, once', async () => {
    const { world, issuer, link, browser } = await withIssuer();
    issuer.person = { sub: 'u-17' };
    const page = await browser.open(link);
    const cookie = browser.cookieHeader('postern.test');
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.html)?.[1] ?? '';
    const { pathname } = new URL(link);
    const sent = await world.http(`${pathname}/sign-in`, {
      method: 'POST',
      headers: { cookie, origin: posternOrigin },
      body: new URLSearchParams({ csrf }),
    });
    const cookies = [cookie, ...sent.headers.getSetCookie().map((line) => line.split(';')[0])].join('; ');
    const to = /content="0;url=([^"]+)"/.exec(await sent.text())?.[1]?.replaceAll('&amp;', '&') ?? '';
    const { headers } = await issuer.fetch(new Request(to));
    const callback = new URL(headers.get('location') ?? '');
    const heading = async (path: string, cookieHeader: string) => {
      const response = await world.http(path + callback.search, { headers: { cookie: cookieHeader } });
      return /<h1>([^<]*)/.exec(await response.text())?.[1];
    };
    expect(await heading('/oauth/callback', cookies)).toBe('This was not started here');
    expect(await heading('/oauth/sign-in/callback', '')).toBe('This was not started here');
    const whole = callback.search;
    for (const more of ['&code=another', '&error=access_denied', '&iss=a&iss=b']) {
      callback.search = whole + more;
      expect(await heading('/oauth/sign-in/callback', cookies)).toBe('This answer cannot be read');
    }
    callback.search = whole;
    expect(await heading('/oauth/sign-in/callback', cookies)).toBe('You are signed in');
    expect(await heading('/oauth/sign-in/callback', cookies)).toBe('This sign-in is over');
  });

  it('cannot be made where browsers cannot be signed in, unless the account is pinned', async () => {
    const clock = handClock();
    const issuer = await createTestIssuer(clock);
    const world = await aWorld({
      clock,
      sandbox: newSandbox(clock),
      fetch: async (input, init) => issuer.fetch(new Request(input, init)),
      env: { POSTERN_OIDC_ISSUER: issuer.url },
    });
    const key = await issuer.accessToken({ sub: 'u-17', aud: resource, scope: 'mail:read' });
    const refused = await world.call('gmail_fetch_mails', {}, { key });
    expect(refused.structured.authorizationRequired).toBeUndefined();
    await world.postern.accounts.ensure({ realm: 'oidc', identifier: 'u-17' }, { expectedEmail: alex });
    const page = await world.browser().open(await linkOf(world, key));
    expect(page.heading).toBe('Connect Gmail');
  });
});
