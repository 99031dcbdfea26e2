// What somebody tries who wants into another person's mail, or wants people to trust an address because of ours.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { alex, posternOrigin, type World, type WorldOptions } from '../support/world.ts';
import {
  accessToken,
  ask,
  googleSaw,
  registerClient,
  signIn,
  signInWorld,
  tokenFor,
  tokensFor,
} from './signing-in-world.ts';

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

const listTools = async (world: World, key: string): Promise<number> => {
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  return (await world.http('/mcp', { method: 'POST', key, headers, body })).status;
};

describe('A sign-in that somebody else began', () => {
  it('is asked of nobody into whose browser its cookies were planted by a neighbouring domain or on the way', async () => {
    const world = await aWorld();
    const { pathname, search } = new URL((await ask(world)).url);
    const begun = await world.http(pathname + search);
    // All that can be set without being this very host over https (RFC 6265bis §4.1.3.2).
    const planted = begun.headers
      .getSetCookie()
      .map((line) => line.split(';', 1)[0] ?? '')
      .map((pair) => pair.replace(/^__Host-/, ''));
    expect(planted.length).toBeGreaterThan(0);
    const headers = { cookie: planted.join('; ') };
    const page = await world.http(begun.headers.get('location') ?? '', { headers });
    expect([page.status, await page.text()]).toEqual([404, expect.stringContaining('There is nothing to sign in to')]);
    const uid = begun.headers.get('location')?.split('/').pop();
    expect((await world.http(`/authorize/${uid}`, { headers })).status).toBe(400);
  });
});

describe('A client whose person disconnected Gmail', () => {
  it('gets nothing any more, also after the person connected again with another client', async () => {
    const world = await aWorld();
    const asking = await ask(world);
    const { access_token, refresh_token } = await tokensFor(world, asking, await signIn(world.browser(), asking.url));
    const redeemedLate = await ask(world);
    const back = await signIn(world.browser(), redeemedLate.url);
    await world.clock.advance(1000);
    await world.postern.accounts.disconnect({ realm: 'google', identifier: world.sandbox.account(alex).sub });
    const other = await tokenFor(world);
    expect(await listTools(world, other)).toBe(200);
    expect(await listTools(world, access_token)).toBe(401);
    const fields = { grant_type: 'refresh_token', refresh_token, client_id: asking.client.id };
    const refreshed = await world.http('/token', { method: 'POST', body: new URLSearchParams(fields) });
    expect([refreshed.status, await refreshed.json()]).toMatchObject([400, { error: 'invalid_grant' }]);
    await expect(accessToken(world, redeemedLate, back)).rejects.toThrow('invalid_grant');
  });
});

const phishing = 'https://phishing.example/google';

describe('An address that anybody can register', () => {
  /** An authorization request of an app that registered itself, with one parameter changed. */
  const askWrongly = async (redirectUri: string, [name, value]: readonly [string, string]) => {
    const world = await aWorld();
    const url = new URL((await ask(world, { client: await registerClient(world, 'App', redirectUri) })).url);
    url.searchParams.set(name, value);
    return world.http(url.pathname + url.search);
  };

  it.each([
    ['scope', 'nonsense'],
    ['prompt', 'none'],
    ['response_type', 'token'],
    ['resource', 'https://other.example/mcp'],
    ['request', 'e30.e30.'],
    ['code_challenge_method', 'plain'],
  ] as const)('gets no visitors by a request that is wrong in its %s', async (...change) => {
    for (const redirectUri of [phishing, 'com.example.app:/callback']) {
      const response = await askWrongly(redirectUri, change);
      expect([response.status, response.headers.get('location')]).toEqual([400, null]);
      const page = await response.text();
      expect(page).toContain('<h1>This request cannot be answered</h1>');
      expect(page).not.toContain('refresh');
      expect(page).toContain(`href="${redirectUri}`);
      expect(page).toContain(`<bdi class="foreign">${redirectUri}</bdi>`);
    }
  });

  it('cannot inject markup into the page that links to it', async () => {
    const response = await askWrongly('x-app:"><script>alert(1)</script>', ['prompt', 'none']);
    expect(await response.text()).not.toContain('<script');
  });

  it('gets no redirect where the person declined', async () => {
    const world = await aWorld();
    const client = await registerClient(world, 'App', phishing);
    const browser = world.browser();
    const cancelled = await browser.submit(await browser.open((await ask(world, { client })).url), {
      button: 'cancel',
    });
    const declined = await signIn(world.browser(), (await ask(world, { client })).url, { decision: 'deny' });
    for (const page of [cancelled, declined]) {
      expect([new URL(page.url).origin, page.heading]).toEqual([posternOrigin, 'You are not signed in']);
      expect(page.html).toMatch(/<a class="button" href="https:\/\/postern\.test\/authorize\//);
    }
    expect(googleSaw(world)).toHaveLength(1);
  });

  it('gets the error by a redirect where the operator registered it, or where it is a program on this computer', async () => {
    const response = await askWrongly('http://127.0.0.1:4000/callback', ['scope', 'nonsense']);
    expect(response.headers.get('location')).toMatch(/^http:\/\/127\.0\.0\.1:4000\/callback\?error=invalid_scope/);
  });
});
