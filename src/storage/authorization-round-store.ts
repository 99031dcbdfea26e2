// Browsers that were sent to Google or to an issuer and are to come back, found by the hash of their `state`: for links
// and for signing in alike. What the details mean is the caller’s affair.
import type { Rows } from './protected-rows.ts';
import type { AuthorizationRoundsTable } from './schema.ts';
import type { SealedPlace, Sealer } from './sealer.ts';

/** Hashes are SHA-256 in hex, made by the caller; times in milliseconds since the epoch. */
export interface NewRound {
  readonly stateHash: string;
  /** Where the browser is sent: the realm of that provider's people. */
  readonly realm: string;
  readonly browserHash: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  /** Plain JSON; the store seals it. */
  readonly details: string;
  readonly createdAt: number;
  readonly expiresAt: number;
}

export interface FoundRound extends Omit<NewRound, 'codeVerifier'> {
  /**
   * Before the round expires, exactly one callback gets the code verifier, which is erased by that. Undefined: another
   * one got it, or it is too late.
   */
  redeem(now: number): Promise<string | undefined>;
}

export interface AuthorizationRoundStore {
  /** Also deletes those that ran out more than an hour ago: nobody has to sign in to begin, over and over. */
  add(round: NewRound): Promise<void>;
  /** Expired and redeemed ones too, until they are deleted. Undefined also where the sealing key does not open it. */
  find(stateHash: string): Promise<FoundRound | undefined>;
  /** The browser was sent there anew: nothing of this round is good any more. */
  remove(stateHash: string): Promise<void>;
}

type Bound = Pick<AuthorizationRoundsTable, 'state_hash' | 'realm' | 'browser_hash' | 'nonce'>;

/** Bound to realm, browser and nonce as well: a row that names others does not open. */
export const placeInAuthorizationRounds = (
  { state_hash, realm, browser_hash, nonce }: Bound,
  column: 'code_verifier' | 'details',
): SealedPlace => ({
  table: 'authorization_rounds',
  column,
  // Who signs in is not known yet.
  key: { realm, identifier: '' },
  grantVersion: 0,
  row: JSON.stringify([state_hash, browser_hash, nonce]),
});

/** Until then a page can still say that it took too long. Milliseconds. */
export const keepExpiredRoundsMs = 60 * 60_000;

export const createAuthorizationRoundStore = (rows: Rows, sealer: Sealer): AuthorizationRoundStore => ({
  add: async ({ stateHash, realm, browserHash, nonce, codeVerifier, details, createdAt, expiresAt }) => {
    const bound = { state_hash: stateHash, realm, browser_hash: browserHash, nonce };
    await rows.db
      .deleteFrom('authorization_rounds')
      .where('expires_at', '<', createdAt - keepExpiredRoundsMs)
      .execute();
    await rows.insert('authorization_rounds', {
      ...bound,
      code_verifier: sealer.seal(codeVerifier, placeInAuthorizationRounds(bound, 'code_verifier')),
      details: sealer.seal(details, placeInAuthorizationRounds(bound, 'details')),
      created_at: createdAt,
      expires_at: expiresAt,
    });
  },
  find: async (stateHash) => {
    const row = await rows.find('authorization_rounds', { state_hash: stateHash });
    const details = row && sealer.open(row.details, placeInAuthorizationRounds(row, 'details'));
    if (row === undefined || details === undefined) return undefined;
    return {
      stateHash: row.state_hash,
      realm: row.realm,
      browserHash: row.browser_hash,
      nonce: row.nonce,
      details,
      createdAt: row.created_at,
      expiresAt: row.expires_at,
      redeem: (now) => redeem(rows, sealer, row, now),
    };
  },
  remove: async (stateHash) => {
    await rows.db.deleteFrom('authorization_rounds').where('state_hash', '=', stateHash).execute();
  },
});

const redeem = async (
  rows: Rows,
  sealer: Sealer,
  read: AuthorizationRoundsTable,
  now: number,
): Promise<string | undefined> => {
  let codeVerifier: string | undefined;
  const redeemed = await rows.changeRead('authorization_rounds', read, (row) => {
    if (row.redeemed_at !== null || row.expires_at <= now || row.code_verifier === null) return undefined;
    codeVerifier = sealer.open(row.code_verifier, placeInAuthorizationRounds(row, 'code_verifier'));
    return { redeemed_at: now, code_verifier: null };
  });
  return redeemed && codeVerifier;
};
