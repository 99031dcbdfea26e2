// GET /api/v1/accounts: a product finds its people's accounts, page by page.
import { beforeEach, describe, expect, it } from 'vitest';
import { aBrowser, aWorld, type World } from '../support.ts';

let world: World;
let key: string;
beforeEach(async () => {
  world = await aWorld();
  key = await world.key({ realm: 'default' });
});

type Json = Record<string, unknown>;
const list = async (query = '', credential = key, headers: Record<string, string> = {}) => {
  const response = await world.app.request(`https://postern.example.com/api/v1/accounts${query}`, {
    headers: { authorization: `Bearer ${credential}`, ...headers },
  });
  const body = (await response.json()) as Json;
  return { status: response.status, body, names: (body.accounts as Json[] | undefined)?.map((one) => one.identifier) };
};
const make = async (...identifiers: string[]) => {
  for (const identifier of identifiers) await world.accounts.ensure({ realm: 'default', identifier });
};
const connect = async (identifier: string, email: string) => {
  world.sandbox.addAccount({ email, name: email });
  await aBrowser(world).connect(await world.link(identifier), email);
};

describe('The list of accounts', () => {
  it('has those of the realm alone, each as GET shows it, in the order of their identifiers', async () => {
    await make('b', 'ä', 'a', 'B');
    await world.accounts.ensure({ realm: 'other', identifier: 'c' });
    const { status, body, names } = await list();
    expect([status, names, body.next_cursor]).toEqual([200, ['B', 'a', 'b', 'ä'], null]);
    const one = await world.app.request('https://postern.example.com/api/v1/accounts/a', {
      headers: { authorization: `Bearer ${key}` },
    });
    expect((body.accounts as Json[])[1]).toEqual(await one.json());
  });

  it('goes on with the cursor until the end, whoever comes and goes meanwhile', async () => {
    await make('a', 'b', 'c', 'd', 'e');
    const first = await list('?limit=2');
    expect(first.names).toEqual(['a', 'b']);
    await world.accounts.remove({ realm: 'default', identifier: 'b' });
    await make('aa', 'cc');
    const second = await list(`?limit=3&cursor=${first.body.next_cursor}`);
    expect(second.names).toEqual(['c', 'cc', 'd']);
    const last = await list(`?limit=3&cursor=${second.body.next_cursor}`);
    expect([last.names, last.body.next_cursor]).toEqual([['e'], null]);
  });

  it('is filtered by status and reason as they are shown, by mailbox, by text and by the last use', async () => {
    await make('new@example.com');
    await connect('ada', 'Ada@Example.com');
    await connect('ben', 'ben@example.org');
    expect((await list('?mailbox=ADA%40example.com')).names).toEqual(['ada']);
    expect((await list('?text=EXAMPLE.COM')).names).toEqual(['ada', 'new@example.com']);
    expect((await list('?text=%25')).names).toEqual([]);
    expect((await list('?status=PENDING')).names).toEqual(['new@example.com']);
    expect((await list('?reason=never_connected&status=PENDING')).names).toEqual(['new@example.com']);
    expect((await list('?status=ACTIVE')).names).toEqual(['ada', 'ben']);
    await world.storage.accounts.markUsed({ realm: 'default', identifier: 'ben' }, world.clock.now());
    const now = encodeURIComponent(new Date(world.clock.now()).toISOString());
    expect((await list(`?last_used_before=${now}`)).names).toEqual(['ada', 'new@example.com']);
  });

  it('shows as REVOKED, and finds as such, an account of which Google refuses everything', async () => {
    await connect('ada', 'ada@example.com');
    const found = await world.storage.accounts.find({ realm: 'default', identifier: 'ada' });
    if (found === undefined) throw new Error('not connected');
    const at = { accountVersion: found.version, grantVersion: found.grantVersion };
    const refusal = { reason: 'domain_policy', since: world.clock.now() } as const;
    await world.storage.accounts.setRefusals(found.key, at, { mail: refusal, contacts: refusal });
    expect((await list('?status=REVOKED')).names).toEqual(['ada']);
    expect((await list('?reason=domain_policy')).names).toEqual(['ada']);
    expect((await list('?status=ACTIVE')).names).toEqual([]);
    expect((await list('?reason=no_mailbox')).names).toEqual([]);
  });

  it.each([
    ['?stauts=ACTIVE', 'Unknown parameter "stauts". Did you mean "status"?'],
    ['?status=active', 'status must be one of PENDING, ACTIVE, REVOKED.'],
    ['?reason=never_conected', 'reason is not known, perhaps "never_connected" was meant.'],
    ['?limit=0', 'limit must be a whole number from 1 to 200.'],
    ['?limit=1e2', 'limit must be a whole number from 1 to 200.'],
    ['?last_used_before=yesterday', 'last_used_before must be a time such as 2026-01-15T12:00:00Z.'],
    ['?text=', 'text must not be empty.'],
    ['?text=a&text=b', 'A parameter stands more than once in the address.'],
  ])('names what is wrong with %s', async (query, message) => {
    expect(await list(query)).toMatchObject({ status: 400, body: { error: 'invalid_input', message } });
  });

  it('refuses a cursor of another filter or realm, and one that is none', async () => {
    await make('a', 'b');
    const { body } = await list('?limit=1');
    const other = await world.key({ realm: 'other' });
    const forged = Buffer.from('[1,2]').toString('base64url');
    const refused = { status: 400, body: { error: 'cursor_invalid' } };
    expect(await list(`?limit=1&text=a&cursor=${body.next_cursor}`)).toMatchObject(refused);
    expect(await list(`?cursor=${body.next_cursor}`, other)).toMatchObject(refused);
    for (const cursor of ['x', forged, '%F0']) expect(await list(`?cursor=${cursor}`)).toMatchObject(refused);
  });

  it('is not for a request that names one person', async () => {
    expect(await list('', key, { 'postern-identifier': 'a' })).toMatchObject({ status: 403 });
  });
});
