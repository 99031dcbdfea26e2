// Which MCP clients act for a person, and ending one of them.
import { beforeEach, describe, expect, it } from 'vitest';
import { aWorld, type World } from '../support.ts';

let world: World;
let key: string;
beforeEach(async () => {
  world = await aWorld();
  key = await world.key();
  for (const identifier of ['user_42', 'user_43']) await world.accounts.ensure({ realm: 'default', identifier });
});

type Json = Record<string, unknown>;
const ask = async (method: string, path: string, credential = key) => {
  const response = await world.app.request(`https://postern.example.com/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${credential}` },
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Json };
};
const clientsOf = async (identifier: string) =>
  (await ask('GET', `/accounts/${identifier}/clients`)).body.clients as Json[];
const sessionOf = async (identifier: string) =>
  String((await ask('POST', `/accounts/${identifier}/sessions`)).body.token);
/** What /mcp says to a credential; 401 where it is not good. */
const mcp = async (credential: string): Promise<number> => {
  const response = await world.app.request('https://postern.example.com/mcp', {
    method: 'POST',
    headers: { authorization: `Bearer ${credential}`, 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
  });
  return response.status;
};

describe('The clients of a person', () => {
  it('are the session tokens and user keys that are in force, without a secret', async () => {
    const token = await sessionOf('user_42');
    const userKey = await world.key({ kind: 'user', identifier: 'user_42', label: 'laptop' });
    const clients = await clientsOf('user_42');
    expect(clients).toEqual([
      {
        ...{ client: expect.stringMatching(/^session_[0-9a-f]{16}$/), kind: 'session_token', label: null },
        ...{ created_at: '2026-01-15T12:00:00.000Z', expires_at: '2026-01-15T13:00:00.000Z', last_used_at: null },
      },
      {
        ...{ client: expect.stringMatching(/^key_[0-9a-f]{16}$/), kind: 'user_key', label: 'laptop' },
        ...{ created_at: '2026-01-15T12:00:00.000Z', expires_at: null, last_used_at: null },
      },
    ]);
    for (const secret of [token, userKey]) expect(JSON.stringify(clients)).not.toContain(secret.slice(-43));
    await world.clock.advance(60 * 60_000);
    expect((await clientsOf('user_42')).map(({ kind }) => kind)).toEqual(['user_key']);
    expect(await clientsOf('user_43')).toEqual([]);
  });

  it('are ended one by one: the credential is refused at once, the others go on', async () => {
    const [first, second] = [await sessionOf('user_42'), await sessionOf('user_42')];
    const userKey = await world.key({ kind: 'user', identifier: 'user_42' });
    const ending = async (credential: string) => {
      const [, id] = /^pst_\w+?_([0-9a-f]{16})_/.exec(credential) ?? [];
      const kind = credential.startsWith('pst_user') ? 'key' : 'session';
      return ask('DELETE', `/accounts/user_42/clients/${kind}_${id}`);
    };
    expect((await ending(first)).status).toBe(204);
    expect([await mcp(first), await mcp(second), await mcp(userKey)]).toEqual([401, 200, 200]);
    expect((await ending(userKey)).status).toBe(204);
    expect([await mcp(second), await mcp(userKey)]).toEqual([200, 401]);
    expect(await ending(first)).toMatchObject({ status: 404, body: { error: 'not_found', who: 'the caller' } });
    expect((await ending(userKey)).status).toBe(404);
  });

  it('of somebody else, of another realm, or a service key are not found, and go on', async () => {
    const token = await sessionOf('user_43');
    const userKey = await world.key({ kind: 'user', identifier: 'user_43' });
    const idOf = (credential: string) => /^pst_\w+?_([0-9a-f]{16})_/.exec(credential)?.[1];
    const other = await world.key({ realm: 'other' });
    const refused = [
      await ask('DELETE', `/accounts/user_42/clients/session_${idOf(token)}`),
      await ask('DELETE', `/accounts/user_42/clients/key_${idOf(userKey)}`),
      await ask('DELETE', `/accounts/user_42/clients/key_${idOf(key)}`),
      await ask('DELETE', '/accounts/user_42/clients/%00'),
      await ask('DELETE', `/accounts/user_43/clients/session_${idOf(token)}`, other),
      await ask('GET', '/accounts/user_43/clients', other),
    ];
    expect(refused.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404]);
    expect([await mcp(token), await mcp(userKey)]).toEqual([200, 200]);
    expect((await ask('GET', '/accounts')).status).toBe(200);
  });

  it('are not shown to a session token', async () => {
    const token = await sessionOf('user_42');
    expect((await ask('GET', '/accounts/user_42/clients', token)).status).toBe(403);
  });
});
