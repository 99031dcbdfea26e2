// The tables of signing in, as schema.ts has those of accounts.

/** What the embedded authorization server keeps: codes, refresh tokens, grants, clients … Its ids are live credentials. */
export interface AuthorizationRecordsTable {
  /** SHA-256 of model and id. */
  id_hash: string;
  model: string;
  /** Sealed. */
  payload: string;
  grant_hash: string | null;
  uid_hash: string | null;
  /** Whose it is, once somebody signed in. */
  realm: string | null;
  identifier: string | null;
  created_at: number;
  expires_at: number | null;
  consumed_at: number | null;
  mac: string | null;
}

/** The authorization server's own keys. */
export interface AuthorizationKeysTable {
  id: string;
  purpose: 'signing' | 'cookies';
  /** Sealed. */
  sealed_key: string;
  created_at: number;
  mac: string | null;
}

/** A browser that was sent to Google or to an issuer and is to come back, for a link or to sign in. */
export interface AuthorizationRoundsTable {
  state_hash: string;
  /** Where it was sent: the realm of that provider's people. */
  realm: string;
  browser_hash: string;
  nonce: string;
  /** Sealed. Null once it was redeemed. */
  code_verifier: string | null;
  /** Sealed: JSON. */
  details: string;
  created_at: number;
  expires_at: number;
  redeemed_at: number | null;
  mac: string | null;
}

export interface BrowserSessionsTable {
  hash: string;
  realm: string;
  identifier: string;
  created_at: number;
  expires_at: number;
  mac: string | null;
}
