// Refresh tokens that come more than once: honestly, because an answer was lost or two windows renew at the same moment,
// and dishonestly.
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { describe, expect, test } from 'vitest';
import type { AuthorizationServer, AuthorizationServerOptions } from '../../src/authorization-server/index.ts';
import { tempFolder } from '../storage/support.ts';
import {
  authorizationRequest,
  documentClient,
  errorOf,
  exchange,
  form,
  foundTogether,
  getCode,
  getTokens,
  kim,
  type Place,
  place,
  redirectUri,
  refresh,
  type Tokens,
  tokensOf,
} from './support.ts';

const minuteMs = 60_000;
const grantOf = (accessToken: string): string => String(decodeJwt(accessToken).postern_grant);
const opens = ({ storage }: Place, { access_token }: Tokens): Promise<boolean> =>
  storage.authorizationRecords.grantIsLive(grantOf(access_token), kim);

const renew = async (server: AuthorizationServer, { refresh_token }: Tokens): Promise<Tokens> =>
  tokensOf(await refresh(server, refresh_token));

const refused = async (server: AuthorizationServer, { refresh_token }: Tokens): Promise<void> => {
  expect(await errorOf(await refresh(server, refresh_token))).toBe('invalid_grant');
};

/** Requests with one refresh token, of which each has found it before any of them uses it; over three processes. */
const atOnce = async ({ storage, another }: Place, { refresh_token }: Tokens, count: number): Promise<Response[]> => {
  const records = foundTogether(storage.authorizationRecords, 'RefreshToken', count);
  const options: Partial<AuthorizationServerOptions> = { records };
  const processes = await Promise.all([another(options), another(options), another(options)]);
  const requests = Array.from({ length: count }, (_, n) => processes[n % 3] ?? processes[0]);
  return Promise.all(requests.map((process) => refresh(process, refresh_token)));
};

const otherClient = 'https://other.test/client.json';
const placeWithOtherClient = async (): Promise<Place> => {
  const here = await place();
  here.documents.set(otherClient, () => Response.json({ client_id: otherClient, redirect_uris: [redirectUri] }));
  return here;
};

describe('a refresh token that comes again within a minute of its first use', () => {
  test('gets an equivalent answer, since the first one may be lost', async () => {
    const here = await place();
    const { server, time } = here;
    const first = await getTokens(server);
    const lost = await renew(server, first);
    await time.advance(minuteMs);
    const second = await renew(server, first);
    expect(second).toMatchObject({ scope: lost.scope, expires_in: lost.expires_in, token_type: lost.token_type });
    expect(grantOf(second.access_token)).toBe(grantOf(lost.access_token));
    const third = await renew(server, second);
    await time.advance(10 * minuteMs);
    await renew(server, third);
    expect(await opens(here, third)).toBe(true);
  });

  test.each([3, 20])('%i times at once, at several processes: each answer serves, under one grant', async (count) => {
    const here = await place();
    const first = await getTokens(here.server);
    const windows = await Promise.all((await atOnce(here, first, count)).map(tokensOf));
    expect(new Set(windows.map(({ access_token }) => grantOf(access_token)))).toEqual(
      new Set([grantOf(first.access_token)]),
    );
    expect(await here.storage.authorizationRecords.count('Grant')).toBe(1);
    // The windows go on, each at its own times.
    for (const window of windows) {
      await here.time.advance(10 * minuteMs);
      const next = await renew(here.server, window);
      await here.time.advance(2 * minuteMs);
      expect(await opens(here, await renew(here.server, next))).toBe(true);
    }
  });

  test('at two processes with connections of their own to one database: each answer serves, under one grant', async () => {
    const here = await place({}, join(tempFolder(), 'postern.db'));
    const first = await getTokens(here.server);
    const processes = [await here.apart(), await here.apart()];
    const requests = Array.from({ length: 6 }, (_, n) =>
      refresh(processes[n % 2]?.server ?? here.server, first.refresh_token),
    );
    const windows = await Promise.all((await Promise.all(requests)).map(tokensOf));
    expect(new Set(windows.map(({ access_token }) => grantOf(access_token))).size).toBe(1);
    await here.time.advance(2 * minuteMs);
    for (const window of windows) expect(await opens(here, await renew(here.server, window))).toBe(true);
    await refused(processes[1]?.server ?? here.server, first);
    expect(await here.storage.authorizationRecords.count('Grant')).toBe(0);
  });

  test('serves once more in each round, however often answers are lost', async () => {
    const here = await place();
    let tokens = await getTokens(here.server);
    for (let round = 0; round < 5; round++) {
      await renew(here.server, tokens);
      await renew(here.server, tokens);
      tokens = await renew(here.server, tokens);
      await here.time.advance(10 * minuteMs);
    }
    expect(await opens(here, tokens)).toBe(true);
  });

  test('gets the scopes it had before, and no more', async () => {
    const { server } = await place();
    const first = await getTokens(server);
    await renew(server, first);
    const wider = { scope: 'mail:read contacts:read' };
    expect(await errorOf(await refresh(server, first.refresh_token, wider))).toBe('invalid_scope');
    const elsewhere = { resource: 'https://other.test/mcp' };
    expect(await errorOf(await refresh(server, first.refresh_token, elsewhere))).toBe('invalid_target');
  });

  test('proves the secret of a client that has one', async () => {
    const clientSecret = 'a secret of thirty-two characters';
    const client = { clientId: 'known', clientSecret, name: 'Known', redirectUris: [redirectUri] };
    const { server } = await place({ clients: [client] });
    const ask = (refresh_token: string, client_secret: string) =>
      form(server, '/token', { grant_type: 'refresh_token', refresh_token, client_id: 'known', client_secret });
    const flow = authorizationRequest({ client_id: 'known' });
    const code = await getCode(server, flow);
    const first = await tokensOf(await exchange(server, flow, code, { client_secret: clientSecret }));
    await tokensOf(await ask(first.refresh_token, clientSecret));
    expect(await errorOf(await ask(first.refresh_token, 'another secret of so many characters'))).toBe(
      'invalid_client',
    );
    await tokensOf(await ask(first.refresh_token, clientSecret));
  });

  test('is refused after its grant was revoked, or its account removed', async () => {
    const { server, storage } = await place();
    const first = await getTokens(server);
    const second = await renew(server, first);
    await form(server, '/revoke', { token: second.refresh_token, client_id: documentClient });
    await refused(server, first);
    const others = await getTokens(server);
    await renew(server, others);
    await storage.accounts.remove(kim);
    await refused(server, others);
    expect(await storage.authorizationRecords.count('RefreshToken')).toBe(0);
  });

  test('is refused for somebody who was taken off the list meanwhile', async () => {
    const { server, another } = await place();
    const first = await getTokens(server);
    await renew(server, first);
    await refused(await another({ allowed: { emails: ['jo@example.com'], domains: [], everybody: false } }), first);
  });
});

describe('a refresh token that comes again ends everything that was granted with it', () => {
  test('later than a minute after its first use', async () => {
    const here = await place();
    const first = await getTokens(here.server);
    const second = await renew(here.server, first);
    await here.time.advance(minuteMs + 1);
    await refused(here.server, first);
    await refused(here.server, second);
    expect(await opens(here, second)).toBe(false);
  });

  test('later than a minute after its first use, however often it came since', async () => {
    const here = await place();
    const first = await getTokens(here.server);
    for (let n = 0; n < 4; n++) {
      await renew(here.server, first);
      await here.time.advance(20_000);
    }
    await refused(here.server, first);
    expect(await opens(here, first)).toBe(false);
  });

  test('when a token that was given for it was used already, here or at another process', async () => {
    const here = await place();
    const first = await getTokens(here.server);
    const second = await renew(here.server, first);
    const third = await renew(await here.another(), second);
    await refused(here.server, first);
    for (const tokens of [second, third]) await refused(here.server, tokens);
    expect(await opens(here, third)).toBe(false);
  });

  test('from another client, however soon', async () => {
    const here = await placeWithOtherClient();
    const first = await getTokens(here.server);
    const second = await renew(here.server, first);
    const stolen = await refresh(here.server, first.refresh_token, { client_id: otherClient });
    expect(await errorOf(stolen)).toBe('invalid_grant');
    await refused(here.server, second);
    expect(await opens(here, second)).toBe(false);
  });

  test('… but one that was not used yet stays its client’s', async () => {
    const here = await placeWithOtherClient();
    const first = await getTokens(here.server);
    const stolen = await refresh(here.server, first.refresh_token, { client_id: otherClient });
    expect(await errorOf(stolen)).toBe('invalid_grant');
    expect(await opens(here, await renew(here.server, first))).toBe(true);
  });

  test('many times at once as well, and none of them gets a token', async () => {
    const here = await place();
    const first = await getTokens(here.server);
    await renew(here.server, first);
    await here.time.advance(minuteMs + 1);
    for (const response of await atOnce(here, first, 5)) expect(await errorOf(response)).toBe('invalid_grant');
    expect(await opens(here, first)).toBe(false);
  });
});
