// Every method against a real Postern: what it does there, and what comes back.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alex, sam, type World } from '../../../test/support/world.ts';
import {
  type AccountFilter,
  AuthenticationError,
  ConflictError,
  ForbiddenError,
  InvalidInputError,
  NotFoundError,
  type Postern,
} from '../src/index.ts';
import { clientOf, createClientWorld } from './client-world.ts';

let world: World;
let postern: Postern;
beforeAll(async () => {
  ({ world, postern } = await createClientWorld());
});
afterAll(() => world.close());

describe('accounts', () => {
  it('getOrCreate makes an account once and leaves it as it is after that', async () => {
    const made = await postern.accounts.getOrCreate('user 1/ü', { expected_email: alex });
    expect(made).toMatchObject({ identifier: 'user 1/ü', status: 'PENDING', expected_email: alex });
    expect(await postern.accounts.getOrCreate('user 1/ü')).toEqual(made);
    const differing = postern.accounts.getOrCreate('user 1/ü', { expected_email: sam });
    await expect(differing).rejects.toThrow(ConflictError);
    await expect(differing).rejects.toMatchObject({
      error: 'account_differs',
      details: { differences: [{ field: 'expected_email', now: alex }] },
    });
  });

  it('get finds it, and throws NotFoundError for nobody', async () => {
    expect(await postern.accounts.get('user 1/ü')).toMatchObject({ identifier: 'user 1/ü' });
    const none = postern.accounts.get('nobody');
    await expect(none).rejects.toThrow(NotFoundError);
    await expect(none).rejects.toMatchObject({ status: 404, error: 'not_found', who: 'the caller' });
  });

  it('change changes what is said, and takes away what is null', async () => {
    const changed = await postern.accounts.change('user 1/ü', {
      expected_email: null,
      capabilities: ['other_contacts'],
    });
    expect(changed).toMatchObject({ expected_email: null, asked_capabilities: ['other_contacts'] });
  });

  it('link gives an address to approve at, after which the account is ACTIVE', async () => {
    await postern.accounts.getOrCreate('linked');
    const { url, expires_at } = await postern.accounts.link('linked', { login_hint: alex, expires_in: 600 });
    expect(Date.parse(expires_at) - world.clock.now()).toBe(600_000);
    await world.approve(url);
    expect(await postern.accounts.get('linked')).toMatchObject({ status: 'ACTIVE', google_email: alex });
  });

  it('check asks Google now', async () => {
    expect(await postern.accounts.check('linked')).toMatchObject({ status: 'ACTIVE', checked_at: expect.any(String) });
  });

  it('disconnect ends the access and says what became of it at Google', async () => {
    expect(await postern.accounts.disconnect('linked')).toMatchObject({
      revoked_at_google: true,
      account: { status: 'PENDING', reason: 'disconnected' },
    });
  });

  it('delete leaves nothing', async () => {
    await postern.accounts.delete('user 1/ü');
    await expect(postern.accounts.get('user 1/ü')).rejects.toThrow(NotFoundError);
    await expect(postern.accounts.delete('user 1/ü')).rejects.toThrow(NotFoundError);
  });

  it('list gives every account of the realm once, page by page; page gives one of them', async () => {
    const listing = clientOf(world, await world.serviceKey({ realm: 'listed' }));
    const names = ['a', 'b', 'c', 'd', 'e'];
    for (const name of names) await listing.accounts.getOrCreate(name);
    const listed: string[] = [];
    for await (const { identifier } of listing.accounts.list({ limit: 2 })) listed.push(identifier);
    expect(listed).toEqual(names);
    const first = await listing.accounts.page({ limit: 2, status: 'PENDING' });
    expect(first.accounts).toHaveLength(2);
    const cursor = first.next_cursor ?? '';
    expect((await listing.accounts.page({ limit: 3, status: 'PENDING', cursor })).next_cursor).toBeNull();
    await expect(listing.accounts.page({ status: 'ACTIVE', cursor })).rejects.toMatchObject({
      error: 'cursor_invalid',
    });
  });

  it('list gives only what its filter says', async () => {
    const found = async (filter: AccountFilter): Promise<string[]> => {
      const names: string[] = [];
      for await (const { identifier } of postern.accounts.list(filter)) names.push(identifier);
      return names;
    };
    expect(await found({ text: 'link' })).toEqual(['linked']);
    expect(await found({ reason: 'disconnected' })).toEqual(['linked']);
    expect(await found({ status: 'REVOKED' })).toEqual([]);
    expect(await found({ mailbox: 'nobody@example.com' })).toEqual([]);
    // Never used is before every time.
    expect(await found({ last_used_before: '2020-01-01T00:00:00Z' })).toEqual(['linked']);
  });

  it('clients tells what acts for a person, and ends one', async () => {
    const { token } = await postern.accounts.sessions.create('linked');
    const acting = await postern.accounts.clients.list('linked');
    expect(acting).toMatchObject([
      { client: expect.any(String), kind: expect.any(String), expires_at: expect.any(String) },
    ]);
    expect(Object.keys(acting[0] ?? {}).sort()).toEqual([
      'client',
      'created_at',
      'expires_at',
      'kind',
      'label',
      'last_used_at',
    ]);
    await postern.accounts.clients.remove('linked', acting[0]?.client ?? '');
    expect(await postern.accounts.clients.list('linked')).toEqual([]);
    await expect(clientOf(world, token).accounts.get('linked')).rejects.toThrow(AuthenticationError);
    await expect(postern.accounts.clients.remove('linked', 'none')).rejects.toThrow(NotFoundError);
  });

  it('do a request with the same idempotency key once, and refuse it for another body', async () => {
    const once = { idempotencyKey: 'session-of-today' };
    const { token } = await postern.accounts.sessions.create('linked', {}, once);
    expect((await postern.accounts.sessions.create('linked', {}, once)).token).toBe(token);
    expect((await postern.accounts.sessions.create('linked')).token).not.toBe(token);
    await expect(postern.accounts.sessions.create('linked', { expires_in: 60 }, once)).rejects.toMatchObject({
      name: 'InvalidInputError',
      error: 'idempotency_key_reused',
    });
  });

  it('do a POST once whose answer was lost on its way', async () => {
    let lost = 0;
    const unlucky = clientOf(world, await world.serviceKey({ realm: 'unlucky' }), {
      retries: 1,
      fetch: async (input, init) => {
        const response = await world.app.request(new Request(input, init));
        if (init?.method !== 'POST' || lost++ > 0) return response;
        throw new TypeError('the connection broke');
      },
    });
    await unlucky.accounts.getOrCreate('kim');
    lost = 0;
    await unlucky.accounts.sessions.create('kim');
    expect(await unlucky.accounts.clients.list('kim')).toHaveLength(1);
  });

  it('sessions are made and ended for one person', async () => {
    const { token, expires_at } = await postern.accounts.sessions.create('linked', { expires_in: 900 });
    expect(token).toMatch(/^pst_session_/);
    expect(Date.parse(expires_at) - world.clock.now()).toBe(900_000);
    await expect(postern.accounts.sessions.endAll('linked')).resolves.toBeUndefined();
    await expect(clientOf(world, token).accounts.get('linked')).rejects.toThrow(AuthenticationError);
  });

  it.each(['', '.', '..', '\ud800'])(
    'refuse an identifier that no address can carry, before anything is sent (%j)',
    (name) => {
      expect(() => postern.accounts.link(name)).toThrow(InvalidInputError);
    },
  );

  it('pass on what the server says of a misspelled field', async () => {
    const misspelled = { expectedEmail: alex } as object;
    await expect(postern.accounts.getOrCreate('a', misspelled)).rejects.toThrow('Did you mean "expected_email"?');
  });
});

describe('authRequests', () => {
  const waitingRequest = async (): Promise<[Postern, string]> => {
    const verifyUrl = 'https://app.example.com/verify';
    const verifying = clientOf(world, await world.serviceKey({ realm: 'verified', verifyUrl }));
    await verifying.accounts.getOrCreate('kim');
    const page = await world.approve((await verifying.accounts.link('kim')).url);
    return [verifying, new URL(page.url).searchParams.get('auth_request_id') ?? ''];
  };

  it('get says whose mailbox waits, confirm connects it', async () => {
    const [verifying, id] = await waitingRequest();
    expect(await verifying.authRequests.get(id)).toMatchObject({ status: 'waiting', google_email: alex });
    expect(await verifying.authRequests.confirm(id, 'kim')).toMatchObject({ identifier: 'kim', status: 'ACTIVE' });
    await expect(verifying.authRequests.confirm(id, 'kim')).rejects.toMatchObject({ error: 'auth_request_over' });
  });

  it('confirm for somebody else throws ConflictError and connects nothing', async () => {
    const [verifying, id] = await waitingRequest();
    await verifying.accounts.disconnect('kim');
    const other = verifying.authRequests.confirm(id, 'mallory');
    await expect(other).rejects.toThrow(ConflictError);
    expect(await verifying.accounts.get('kim')).toMatchObject({ status: 'PENDING' });
  });
});

describe('webhooks.endpoints', () => {
  it('add, get, list, rotateSecret and remove do that; nothing was given up', async () => {
    const { endpoints } = postern.webhooks;
    const { secret, ...added } = await endpoints.add('https://app.example.com/hook', { events: ['account.ended'] });
    expect(secret).toMatch(/^whsec_/);
    expect(added).toMatchObject({ status: 'enabled', events: ['account.ended'], waiting: 0, dead: 0 });
    expect(await endpoints.get(added.id)).toEqual(added);
    expect(await endpoints.list()).toEqual([added]);
    const rotated = await endpoints.rotateSecret(added.id);
    expect(rotated.secret).not.toBe(secret);
    expect(await endpoints.get(added.id)).toMatchObject({ former_secret_until: rotated.former_secret_until });
    expect(await endpoints.dead(added.id)).toEqual({ dead: 0, events: [] });
    expect(await endpoints.redeliver(added.id)).toEqual({ redelivered: 0 });
    await expect(endpoints.redeliver(added.id, { event_id: 'none' })).rejects.toThrow(NotFoundError);
    await endpoints.remove(added.id);
    await expect(endpoints.test(added.id)).rejects.toThrow(NotFoundError);
  });

  it('add throws InvalidInputError for an address that is not public', async () => {
    await expect(postern.webhooks.endpoints.add('https://127.0.0.1/')).rejects.toThrow(InvalidInputError);
  });
});

describe('connections', () => {
  it('list names the OAuth clients, and which one new accounts get', async () => {
    expect(await postern.connections.list()).toMatchObject([{ name: 'default', for_new_accounts: true }]);
  });
});

describe('The key', () => {
  it('that is not valid throws AuthenticationError', async () => {
    const invalid = clientOf(world, 'pst_service_none');
    await expect(invalid.accounts.get('kim')).rejects.toThrow(AuthenticationError);
  });

  it('of one person is refused where a service key is needed', async () => {
    const personal = clientOf(world, await world.userKey('kim', { unverifiedLinks: true }));
    await expect(personal.accounts.getOrCreate('kim')).rejects.toThrow(ForbiddenError);
  });

  it('is not printed', async () => {
    const key = await world.serviceKey();
    const { inspect } = await import('node:util');
    const client = clientOf(world, key);
    expect(inspect(client, { depth: 9, showHidden: true }) + JSON.stringify(client)).not.toContain(key);
  });
});
