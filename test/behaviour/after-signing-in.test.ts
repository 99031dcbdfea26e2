// Attacks on signing in, on all of Postern together: tokens after the end of what they stand on, a second client that
// leans on Google's memory of a consent, other people, other host names. The parts have tests of their own.
import { request } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { listenWorld } from '../support/listening-world.ts';
import { alex, sam, type World } from '../support/world.ts';
import {
  type Asking,
  ask,
  googleSaw,
  registerClient,
  signIn,
  signInWorld,
  throughGoogle,
  tokenFor,
} from './signing-in-world.ts';

const worlds: World[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
  vi.useRealTimers();
});

const aWorld = async (): Promise<World> => {
  const world = await signInWorld({ env: { POSTERN_ALLOWED_EMAILS: `${alex},${sam}` } });
  worlds.push(world);
  return world;
};

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

/** A client of Alex's that is signed in, and everything that somebody could have stolen on the way. */
const aClient = async (world: World) => {
  const asking: Asking = await ask(world);
  const back = await signIn(world.browser(), asking.url);
  const form = (path: string, fields: Record<string, string>): Promise<Response> =>
    world.http(path, { method: 'POST', body: new URLSearchParams({ client_id: asking.client.id, ...fields }) });
  const exchange = (): Promise<Response> =>
    form('/token', {
      grant_type: 'authorization_code',
      code: new URL(back.url).searchParams.get('code') ?? '',
      redirect_uri: asking.client.redirectUri,
      code_verifier: asking.verifier,
    });
  const refresh = (token: string): Promise<Response> =>
    form('/token', { grant_type: 'refresh_token', refresh_token: token });
  const tokens = (await (await exchange()).json()) as Tokens;
  return { form, exchange, refresh, tokens };
};

const status = async (world: World, key: string): Promise<number> =>
  (await world.http('/mcp', { method: 'POST', key, body: '{}' })).status;

type AClient = Awaited<ReturnType<typeof aClient>>;
const alexOf = (world: World) => ({ realm: 'google', identifier: world.sandbox.account(alex).sub });

describe('An access token and its refresh token', () => {
  const ends: [string, (world: World, client: AClient) => Promise<unknown>][] = [
    ['the client revokes its refresh token', (_, { form, tokens }) => form('/revoke', { token: tokens.refresh_token })],
    [
      'the refresh token is used by two',
      async (world, { refresh, tokens }) => {
        await refresh(tokens.refresh_token);
        await world.clock.advance(61_000);
        await refresh(tokens.refresh_token);
      },
    ],
    ['the code is used again', (_, { exchange }) => exchange()],
    ['the person is deleted', (world) => world.postern.accounts.remove(alexOf(world))],
  ];
  it.each(ends)('are refused from the moment on when %s', async (_, end) => {
    const world = await aWorld();
    const client = await aClient(world);
    expect(await status(world, client.tokens.access_token)).not.toBe(401);
    await end(world, client);
    expect(await status(world, client.tokens.access_token)).toBe(401);
    const { refresh, tokens } = client;
    expect(await (await refresh(tokens.refresh_token)).json()).toMatchObject({ error: 'invalid_grant' });
  });

  it('do not come back to life for the same person who was deleted and signs in again', async () => {
    const world = await aWorld();
    const old = await aClient(world);
    await world.postern.accounts.remove(alexOf(world));
    await world.clock.advance(1000);
    const present = await aClient(world);
    expect(await status(world, present.tokens.access_token)).not.toBe(401);
    expect(await status(world, old.tokens.access_token)).toBe(401);
    expect((await old.refresh(old.tokens.refresh_token)).status).toBe(400);
  });

  it('end for one client without ending another one of the same person', async () => {
    const world = await aWorld();
    const [lost, kept] = [await aClient(world), await aClient(world)];
    await lost.form('/revoke', { token: lost.tokens.refresh_token });
    expect(await status(world, lost.tokens.access_token)).toBe(401);
    expect(await status(world, kept.tokens.access_token)).not.toBe(401);
    expect((await kept.refresh(kept.tokens.refresh_token)).status).toBe(200);
  });
});

describe('A consent that Google remembers', () => {
  it('admits no second client: our page names it first, in the same browser too', async () => {
    const world = await aWorld();
    const browser = world.browser();
    await signIn(browser, (await ask(world)).url);
    world.sandbox.clearRequests();
    const client = await registerClient(world, 'Another App', 'https://another.example/callback');
    const page = await browser.open((await ask(world, { client })).url);
    expect(page.heading).toBe('Let an app read your Gmail?');
    expect(page.text).toContain('another.example');
    expect(googleSaw(world)).toEqual([]);
    // Google asks nothing more; only the page stood between the person and the other client.
    const back = await throughGoogle(browser, await browser.submit(page, { button: 'continue' }));
    expect(new URL(back.url).origin).toBe('https://another.example');
  });
});

it('Each of two people who signed in reads their own mail and no other', async () => {
  const world = await aWorld();
  const idsOf = async (email: string): Promise<string[]> => {
    const key = await tokenFor(world, { email });
    const { structured } = await world.call('gmail_fetch_mails', { query: 'in:anywhere', max_results: 50 }, { key });
    return (structured.messages as { id: string }[]).map(({ id }) => id);
  };
  const { mailbox: samsMailbox } = world.sandbox.account(sam);
  samsMailbox.importMessage(Buffer.from('From: kim@example.org\r\nSubject: For Sam\r\n\r\nHello'), {
    labelIds: ['INBOX'],
  });
  const ids = samsMailbox.newestFirst().map(({ id }) => id);
  expect(await idsOf(sam)).toEqual(ids);
  const alexIds = await idsOf(alex);
  expect(alexIds.length).toBeGreaterThan(5);
  const owned = new Set(
    world.sandbox
      .account(alex)
      .mailbox.newestFirst()
      .map(({ id }) => id),
  );
  expect(alexIds.filter((id) => !owned.has(id) || ids.includes(id))).toEqual([]);
});

it('Nothing of signing in is answered under another host name', async () => {
  const env = { POSTERN_SIGN_IN: 'google', POSTERN_ALLOWED_EMAILS: alex };
  const { origin, close } = await listenWorld({ [alex]: 'Alex' }, { env });
  const status = (method: string, path: string, host: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const sent = request(new URL(path, origin), { method, headers: { host } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on('error', reject).end();
    });
  const endpoints = [
    ...['/authorize', '/sign-in/x', '/jwks', '/oauth/callback'].map((path) => ['GET', path] as const),
    ...['/token', '/register', '/revoke', '/sign-in/x'].map((path) => ['POST', path] as const),
    ['GET', '/.well-known/oauth-authorization-server'] as const,
    ['GET', '/.well-known/oauth-protected-resource/mcp'] as const,
  ];
  for (const [method, path] of endpoints) {
    expect(await status(method, path, 'rebound.example'), path).toBe(403);
    expect(await status(method, path, new URL(origin).host), path).not.toBe(403);
  }
  await close();
});
