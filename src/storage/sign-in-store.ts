// Browsers on their way to sign in at Google or at another issuer, found by the hash of their `state`. Knows neither
// what the details mean nor whom the browser will turn out to belong to.
import type { Rows } from './protected-rows.ts';
import type { SignInsTable } from './schema.ts';
import type { SealedPlace, Sealer } from './sealer.ts';

/** Hashes are SHA-256 in hex, made by the caller; times in milliseconds since the epoch. */
export interface SignInRecord {
  readonly stateHash: string;
  /** The realm that the identifier will be in. */
  readonly realm: string;
  readonly browserHash: string;
  readonly nonce: string;
  /** Plain JSON; the store seals it. */
  readonly details: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export interface SignInStore {
  /** Also deletes those that ran out more than an hour ago: nobody has to sign in to begin, over and over. */
  add(record: SignInRecord): Promise<void>;
  /** Expired and redeemed ones too, until they are deleted. Undefined also where the sealing key does not open it. */
  find(stateHash: string): Promise<SignInRecord | undefined>;
  /** Before it expires, exactly one callback gets it, and only from the browser that it was made for. */
  redeem(stateHash: string, browserHash: string, now: number): Promise<SignInRecord | undefined>;
}

type Bound = Pick<SignInsTable, 'state_hash' | 'realm' | 'browser_hash' | 'nonce'>;

/** Bound to realm, browser and nonce as well: a row that names others does not open. */
export const placeInSignIns = ({ state_hash, realm, browser_hash, nonce }: Bound): SealedPlace => ({
  table: 'sign_ins',
  column: 'details',
  // Who it will be is not known yet.
  key: { realm, identifier: '' },
  grantVersion: 0,
  row: JSON.stringify([state_hash, browser_hash, nonce]),
});

/** Until then a page can still say that it took too long. Milliseconds. */
export const keepExpiredSignInsMs = 60 * 60_000;

export const createSignInStore = (rows: Rows, sealer: Sealer): SignInStore => {
  const open = (row: SignInsTable | undefined): SignInRecord | undefined => {
    const details = row && sealer.open(row.details, placeInSignIns(row));
    if (row === undefined || details === undefined) return undefined;
    return {
      stateHash: row.state_hash,
      realm: row.realm,
      browserHash: row.browser_hash,
      nonce: row.nonce,
      details,
      createdAt: row.created_at,
      expiresAt: row.expires_at,
    };
  };

  return {
    add: async ({ stateHash: state_hash, realm, browserHash: browser_hash, nonce, details, createdAt, expiresAt }) => {
      const bound = { state_hash, realm, browser_hash, nonce };
      const sealed = sealer.seal(details, placeInSignIns(bound));
      await rows.db
        .deleteFrom('sign_ins')
        .where('expires_at', '<', createdAt - keepExpiredSignInsMs)
        .execute();
      await rows.insert('sign_ins', { ...bound, details: sealed, created_at: createdAt, expires_at: expiresAt });
    },
    find: async (stateHash) => open(await rows.find('sign_ins', { state_hash: stateHash })),
    redeem: async (stateHash, browserHash, now) =>
      open(
        await rows.change('sign_ins', { state_hash: stateHash, browser_hash: browserHash }, (row) =>
          row.redeemed_at === null && row.expires_at > now ? { redeemed_at: now } : undefined,
        ),
      ),
  };
};
