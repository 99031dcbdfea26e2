// Accounts of the bench. A few hundred are genuine: made by the stores, with a grant that Google takes. All others are copies
// of one of them with names, addresses and times of their own, made by the database: of the right size and in every index,
// and of no use to anybody, since their MACs are those of the original.
import { createHash, randomBytes } from 'node:crypto';
import type { AccountKey } from '../../src/model/account-key.ts';
import type { Grant, Storage } from '../../src/storage/index.ts';
import type { BenchDatabase } from './database.ts';

const realm = 'default';
const dayMs = 24 * 60 * 60_000;

/** In the middle of all others in the order of identifiers. */
const genuine = 'user-7fffffff';
export const genuineKey = (number: number): AccountKey => ({
  realm,
  identifier: `${genuine}-${String(number).padStart(5, '0')}`,
});

/** One more connected account, as connecting a link does it. */
export const signUp = async (storage: Storage, key: AccountKey, grant: Grant): Promise<void> => {
  const now = storage.clock.now();
  const { version } = await storage.accounts.getOrCreate(key);
  const hash = createHash('sha256').update(randomBytes(32)).digest('hex');
  const google = { sub: `2${randomBytes(10).toString('hex')}`, email: `${key.identifier}@people.example` };
  const link = { createdAt: now, expiresAt: now + 10 * 60_000, redirectUri: 'http://localhost/oauth/callback' };
  await storage.tickets.open(
    { hash, key, capabilities: ['mail'], linkPolicy: 'unverified', replace: false, ...link },
    20,
  );
  await storage.tickets.take(hash, { stateHash: hash }, now);
  const round = { stateHash: hash, realm, browserHash: hash, nonce: hash, codeVerifier: hash, details: '{}' };
  await storage.authorizationRounds.add({ ...round, ...link });
  await (await storage.authorizationRounds.find(hash))?.redeem(now);
  await storage.tickets.redeem(hash, hash, now);
  await storage.refreshTokenCount.issued(google.sub, grant.clientId, now);
  if ((await storage.accounts.saveGrant(key, version, { ...grant, google }, hash)) === undefined)
    throw new Error(`${key.identifier} was written by somebody else`);
  await storage.tickets.connected(key, hash);
};

/** Rows like the first one that fits: every column as that has it, but for these expressions. */
const copies = (
  table: string,
  original: Record<string, unknown>,
  where: string,
  change: Record<string, string>,
  [from, to]: readonly [number, number],
): string => {
  const columns = Object.keys(original);
  return `
    insert into ${table} (${columns.join(', ')})
    with recursive numbers(n) as (select cast(${from + 1} as bigint) union all select n + 1 from numbers where n < ${to})
    select ${columns.map((column) => change[column] ?? `original.${column}`).join(', ')}
    from numbers cross join (select * from ${table} where ${where} limit 1) as original`;
};

/** Numbers are spread over all 32-bit numbers, each once: rows come in no order, as people do. */
const spread = '((n * 2654435761) % 4294967296)';

/** A time within so many days before `now`. */
const within = (days: number, now: number) => `${now} - (${spread} % ${days * dayMs})`;

/** Nine of ten are connected; of the rest most never were. */
const ifConnected = (value: string) => `case when n % 100 < 90 then ${value} end`;

const changesOfAccounts = (name: string, now: number): Record<string, string> => {
  const refreshedAt = within(1, now);
  const ofGrant = [
    'refresh_token',
    'access_token',
    'requested_scopes',
    'granted_scopes',
    'client_id',
    'token_endpoint',
  ];
  const ofToken = ['refresh_token_prefix_hmac', 'refresh_token_double_sha512', 'refresh_tokens_issued'];
  return {
    ...Object.fromEntries([...ofGrant, ...ofToken].map((column) => [column, ifConnected(`original.${column}`)])),
    identifier: `'user-' || ${name}`,
    status: `case when n % 100 < 90 then 'ACTIVE' when n % 100 < 96 then 'PENDING' else 'REVOKED' end`,
    reason: `case when n % 100 < 90 then null when n % 100 < 96 then 'never_connected' else 'revoked_or_password_changed' end`,
    state_since: within(180, now),
    created_at: within(180, now),
    google_sub: `'1' || ${name} || ${name}`,
    google_email: `'user-' || ${name} || '@company-' || (n % 1000) || '.example'`,
    google_hosted_domain: `case when n % 3 < 2 then 'company-' || (n % 1000) || '.example' end`,
    connected_at: ifConnected(within(180, now)),
    last_used_at: ifConnected(within(7, now)),
    granted_at: ifConnected(within(180, now)),
    refreshed_at: ifConnected(refreshedAt),
    access_token_expires_at: ifConnected(`${refreshedAt} + 3600000`),
    checked_at: ifConnected(refreshedAt),
    // Later than the bench takes: nobody is asked for.
    check_due_at: ifConnected(`${refreshedAt} + ${dayMs + 6 * 3_600_000}`),
  };
};

/** Statements that bring a database from one number of copies to another. */
const bulk = async (database: BenchDatabase, from: number, to: number, now: number): Promise<string[]> => {
  const name = database.hex(spread);
  const hash = Array(8).fill(name).join(' || ');
  const { identifier } = genuineKey(0);
  const more = async (table: string, where: string, change: Record<string, string>, share = 1) => {
    const [original] = await database.all(`select * from ${table} where ${where} limit 1`);
    if (original === undefined) throw new Error(`${table} has no row to copy`);
    return copies(table, original, where, change, [Math.floor(from / share), Math.floor(to / share)]);
  };
  const ofPerson = { identifier: `'user-' || ${name}` };
  return [
    await more('accounts', `realm = '${realm}' and identifier = '${identifier}'`, changesOfAccounts(name, now)),
    await more('refresh_tokens_issued', '1 = 1', { google_account: hash, issued_at: within(180, now) }),
    await more('api_keys', "kind = 'user'", { ...ofPerson, id: `${name} || ${name}` }),
    // Links of a day, where one of a hundred people makes one.
    await more('tickets', '1 = 1', { ...ofPerson, hash, state_hash: hash, expires_at: within(0.5, now) }, 100),
  ];
};

/** Brings a database that has the genuine accounts from one number of copies to another. */
export const addCopies = async (database: BenchDatabase, from: number, to: number, now: number): Promise<void> =>
  database.fill(await bulk(database, from, to, now));
