// The keys that the authorization server signs tokens and cookies with, sealed.
import type { AccountKey } from '../model/account-key.ts';
import type { Rows } from './protected-rows.ts';
import type { AuthorizationKeysTable } from './schema.ts';
import type { SealedPlace, Sealer } from './sealer.ts';

export interface AuthorizationKey {
  /** Not secret. */
  readonly id: string;
  readonly purpose: 'signing' | 'cookies';
  /** Plain; the store seals it. */
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

export interface AuthorizationKeyStore {
  /** Newest first; without those that the sealing key does not open. */
  list(purpose: AuthorizationKey['purpose']): Promise<AuthorizationKey[]>;
  /**
   * Adds a key, unless there is one (that the sealing key opens) created after `newerThan`: of many processes that
   * find at once that a key is due, one adds its own. Answers with all of the purpose, newest first.
   */
  addUnlessNewer(key: AuthorizationKey, newerThan: number): Promise<AuthorizationKey[]>;
  removeOlder(purpose: AuthorizationKey['purpose'], createdBefore: number): Promise<void>;
}

const nobody: AccountKey = { realm: '', identifier: '' };

export const placeInAuthorizationKeys = ({
  id,
  purpose,
}: Pick<AuthorizationKeysTable, 'id' | 'purpose'>): SealedPlace => ({
  table: 'authorization_keys',
  column: 'sealed_key',
  key: nobody,
  grantVersion: 0,
  row: JSON.stringify([purpose, id]),
});

export const createAuthorizationKeyStore = (rows: Rows, sealer: Sealer): AuthorizationKeyStore => ({
  list: (purpose) => list(rows, sealer, purpose),
  // Whether a key opens is nothing that a statement could ask.
  addUnlessNewer: (key, newerThan) =>
    rows.transaction({ of: ['authorization keys', key.purpose] }, async (transaction) => {
      const present = await list(transaction, sealer, key.purpose);
      if (present.some(({ createdAt }) => createdAt > newerThan)) return present;
      await insert(transaction, sealer, key);
      return list(transaction, sealer, key.purpose);
    }),
  removeOlder: async (purpose, createdBefore) => {
    await rows.db
      .deleteFrom('authorization_keys')
      .where('purpose', '=', purpose)
      .where('created_at', '<', createdBefore)
      .execute();
  },
});

const list = async (rows: Rows, sealer: Sealer, purpose: AuthorizationKey['purpose']): Promise<AuthorizationKey[]> => {
  const stored = await rows.list('authorization_keys', { purpose }, ['id']);
  const newestFirst = stored.sort((a, b) => b.created_at - a.created_at);
  return newestFirst.flatMap((row) => {
    const key = sealer.open(row.sealed_key, placeInAuthorizationKeys(row));
    return key === undefined ? [] : [{ id: row.id, purpose, key, createdAt: row.created_at }];
  });
};

const insert = async (rows: Rows, sealer: Sealer, { id, purpose, key, createdAt }: AuthorizationKey): Promise<void> => {
  const sealed_key = sealer.seal(key, placeInAuthorizationKeys({ id, purpose }));
  await rows.insert('authorization_keys', { id, purpose, sealed_key, created_at: createdAt });
};
