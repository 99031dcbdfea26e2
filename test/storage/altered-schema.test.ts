// Whoever can write to the database may change its schema too: triggers, views, and other tables under our names.
import { describe, expect, it } from 'vitest';
import { keyColumns } from '../../src/storage/protected-tables.ts';
import { aFilledWorld, serves, twoRowsIn } from './rows.ts';
import { aTicket, type World } from './support.ts';

/** What the engines write differently. */
const theirs = {
  sqlite: {
    coin: 'random() % 2',
    onInsertIntoTickets: (statements: string) =>
      `create trigger theirs after insert on tickets begin ${statements} end`,
    insteadOfUpdatingTickets: (statement: string) =>
      `create trigger theirs instead of update on tickets begin ${statement}; end`,
  },
  postgres: {
    coin: 'random() < 0.5',
    onInsertIntoTickets: (statements: string) =>
      `create function theirs() returns trigger language plpgsql as $$ begin ${statements} return new; end $$;
      create trigger theirs after insert on tickets for each row execute function theirs()`,
    insteadOfUpdatingTickets: (statement: string) =>
      `create rule theirs as on update to tickets do instead ${statement}`,
  },
};

/** How often a coin is thrown: nothing passes by chance. */
const throws = 100;

/** A literal; no name in these tests has a quote in it. */
const quoted = (value: unknown) => `'${value}'`;

const inItsWords = ({ location }: World) => theirs[location.engine];

describe('A trigger or a view in the schema', () => {
  it('gets nothing signed when Postern’s own writes fire it', async () => {
    const world = await aFilledWorld();
    const { storage, raw } = world;
    await raw.alter(
      inItsWords(world).onInsertIntoTickets(`
        update api_keys set secret_hash = 'mine', mac = (select mac from api_keys limit 1) where id = 'service ada';
        insert into api_keys (id, kind, realm, secret_hash, unverified_links, created_at, mac)
          select 'mine', kind, realm, 'mine', 0, created_at, mac from api_keys where id = 'service ben';
        update tickets set realm = 'google', identifier = 'ben@example.com' where hash = new.hash;`),
    );
    await storage.tickets.open(aTicket('set off'), 20);
    expect(await storage.apiKeys.find('mine')).toBeUndefined();
    expect(await storage.apiKeys.find('service ada')).toBeUndefined();
    expect(await storage.tickets.find('set off')).toBeUndefined();
  });

  it('cannot pass off another row as a genuine one, and gets nothing of it signed', async () => {
    const world = await aFilledWorld();
    const { storage, raw } = world;
    const { coin, insteadOfUpdatingTickets } = inItsWords(world);
    const shown = (await raw.columns('tickets')).map(({ name }) =>
      name === 'realm' ? `case when ${coin} then realm else 'google' end as realm` : name,
    );
    await raw.alter('alter table tickets rename to their_tickets');
    await raw.alter(`create view tickets as select ${shown} from their_tickets`);
    await raw.alter(
      insteadOfUpdatingTickets(`update their_tickets
        set status = new.status, state_hash = new.state_hash, mac = new.mac where hash = new.hash`),
    );
    const realms = new Set<string>();
    for (let times = 0; times < throws; times++) {
      realms.add((await storage.tickets.find('ticket ada'))?.key.realm ?? 'none');
      await storage.tickets.finish('ticket ada', 'failed');
    }
    expect([...realms].sort()).toEqual(['default', 'none']);
  });

  it.each([
    { table: 'accounts', names: ['realm', 'identifier'] },
    { table: 'api_keys', names: ['id'] },
    { table: 'sessions', names: ['id'] },
    { table: 'pending_grants', names: ['hash'] },
    { table: 'authorization_records', names: ['id_hash', 'realm', 'identifier'] },
    { table: 'browser_sessions', names: ['hash'] },
  ] as const)('cannot pass off a genuine row of $table as another one', async ({ table, names }) => {
    const world = await aFilledWorld();
    const { storage, raw } = world;
    const [asked, given] = await twoRowsIn(raw, table);
    expect(names).toEqual(expect.arrayContaining([...keyColumns(table)]));
    const isName = (column: string) => (names as readonly string[]).includes(column);
    const shown = (await raw.columns(table)).map(({ name }) =>
      isName(name)
        ? `case when ${inItsWords(world).coin} then ${quoted(asked[name])} else ${name} end as ${name}`
        : name,
    );
    await raw.alter(`alter table ${table} rename to theirs`);
    await raw.alter(`create view ${table} as select ${shown} from theirs where mac = ${quoted(given.mac)}`);
    const row = Object.fromEntries(Object.entries(asked).map(([name, value]) => [name, String(value)]));
    for (let times = 0; times < throws; times++) expect(await serves[table](storage, row)).toBe(false);
  });
});
