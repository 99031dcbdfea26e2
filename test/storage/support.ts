// A storage in a folder of its own, a clock turned by hand, and a grant to save. The database files are real.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../src/lib/clock.ts';
import type { Account } from '../../src/model/account.ts';
import type { AccountKey } from '../../src/model/account-key.ts';
import type { DatabaseLocation } from '../../src/model/database-location.ts';
import {
  type AuthorizationRecord,
  createSealer,
  type Grant,
  type NewRound,
  openStorage,
  type Sealer,
  type Storage,
  type Ticket,
} from '../../src/storage/index.ts';
import { databaseAt, giveBack, openRaw, type RawDatabase } from '../support/database.ts';

export const start = Date.UTC(2031, 0, 15, 9);
export const minute = 60_000;

export const ada: AccountKey = { realm: 'default', identifier: 'ada@example.com' };
export const ben: AccountKey = { realm: 'default', identifier: 'ben@example.com' };

export const keyOf = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
export const sealerWith = (current: number, ...retired: number[]): Sealer =>
  createSealer({ current: keyOf(current), retired: retired.map(keyOf) }, randomBytes);

export const aGrant = (change: Partial<Grant> = {}): Grant => ({
  refreshToken: '1//refresh-token-of-this-grant',
  accessToken: 'access-token-of-this-grant',
  accessTokenExpiresAt: start + 60 * minute,
  requestedScopes: ['openid', 'email', 'https://www.googleapis.com/auth/gmail.readonly'],
  grantedScopes: ['openid', 'https://www.googleapis.com/auth/gmail.readonly'],
  google: { sub: '100200300', email: 'ada@example.com', hostedDomain: 'example.com' },
  clientId: 'client.example',
  tokenEndpoint: 'https://token.example/token',
  ...change,
});

export const aTicket = (hash: string, change: Partial<Ticket> = {}): Omit<Ticket, 'status' | 'stateHash'> => ({
  hash,
  key: ada,
  createdAt: start,
  expiresAt: start + 10 * minute,
  capabilities: ['mail'],
  linkPolicy: 'pinned',
  redirectUri: 'http://localhost/oauth/callback',
  replace: false,
  ...change,
});

export const aRecord = (change: Partial<AuthorizationRecord> = {}): AuthorizationRecord => ({
  model: 'RefreshToken',
  id: 'id-of-the-refresh-token',
  payload: '{"jti":"id-of-the-refresh-token"}',
  expiresAt: start + 10 * minute,
  ...change,
});

export const aRound = (change: Partial<NewRound> = {}): NewRound => ({
  stateHash: 'state',
  realm: 'google',
  browserHash: 'firefox',
  nonce: 'nonce',
  codeVerifier: 'verifier-of-the-round',
  details: '{"purpose":"of the round"}',
  createdAt: start,
  expiresAt: start + 10 * minute,
  ...change,
});

export interface HandClock extends Clock {
  turn(milliseconds: number): void;
}

export const handClock = (): HandClock => {
  let now = start;
  return {
    now: () => now,
    sleep: async () => {},
    turn: (milliseconds) => {
      now += milliseconds;
    },
  };
};

export const tempFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-storage-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

export interface World {
  readonly location: DatabaseLocation;
  readonly clock: HandClock;
  readonly storage: Storage;
  /** Another process on the same database, as far as that can tell. */
  open(sealer?: Sealer, options?: { readonly retentionMs: number }): Promise<Storage>;
  /** The database itself, for looking and for tampering. */
  readonly raw: RawDatabase;
}

export const aWorld = async (sealer: Sealer = sealerWith(1)): Promise<World> => {
  const path = join(tempFolder(), 'postern.db');
  const location = await databaseAt(path);
  onTestFinished(() => giveBack(path));
  const clock = handClock();
  const open: World['open'] = async (withSealer = sealer, options) => {
    const storage = await openStorage({ location, sealer: withSealer, clock, random: randomBytes, ...options });
    onTestFinished(() => storage.close());
    return storage;
  };
  const storage = await open();
  const raw = await openRaw(location);
  onTestFinished(() => raw.close());
  return { location, clock, storage, open, raw };
};

/** Everything that whoever copies the database can read: the rows of every table, and of SQLite its files. */
export const contentsOf = async ({ location, raw }: Pick<World, 'location' | 'raw'>): Promise<string> => {
  const tables = await Promise.all((await raw.tables()).map((table) => raw.all(`select * from ${table}`)));
  const files = location.engine === 'sqlite' ? [location.path, `${location.path}-wal`].filter(existsSync) : [];
  return [JSON.stringify(tables), ...files.map((file) => readFileSync(file, 'latin1'))].join('\n');
};

/** An account that is connected with a grant. */
export const connect = async (storage: Storage, key: AccountKey, grant: Grant = aGrant()): Promise<Account> => {
  const { version } = await storage.accounts.getOrCreate(key);
  const account = await storage.accounts.saveGrant(key, version, grant);
  if (account === undefined) throw new Error('somebody else wrote first');
  return account;
};
