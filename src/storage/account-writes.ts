// How an account is changed: by a statement that names the version it read. Which columns a change has is here, not when
// one is due.
import type { Account, AccountState } from '../model/account.ts';
import type { AccountKey } from '../model/account-key.ts';
import { type Grant, noGrant, placeInAccounts, toAccount } from './account-rows.ts';
import type { Rows } from './protected-rows.ts';
import { refreshTokenIdentifiers } from './refresh-token-identifiers.ts';
import type { AccountsTable } from './schema.ts';
import type { Sealer } from './sealer.ts';

/** What a refresh brought; what is absent stays as it is. Times in milliseconds. */
export interface RefreshedTokens {
  readonly accessToken: string;
  readonly accessTokenExpiresAt: number;
  readonly refreshToken?: string;
  readonly refreshTokenExpiresAt?: number;
  readonly grantedScopes?: readonly string[];
}

/** What the row must still be like for a write to happen. */
export interface WriteAt {
  readonly accountVersion: number;
  readonly grantVersion?: number;
  /** The row's lease must be this holder's, also when it has run out without anybody else taking it. */
  readonly holder?: string;
  /** This ticket must still be redeemed: nobody ended it meanwhile. */
  readonly ticketHash?: string;
}

/** What changes with every renewal of a token, and says nothing of how an account stands. */
const renewalColumns: readonly string[] = [
  'access_token',
  'access_token_expires_at',
  'refresh_token',
  'refresh_token_expires_at',
  'refresh_token_prefix_hmac',
  'refresh_token_double_sha512',
  'refreshed_at',
  'refused_since',
  'lease_until',
  'lease_holder',
] satisfies (keyof AccountsTable)[];

const isNews = (row: AccountsTable, change: Partial<AccountsTable>): boolean =>
  Object.entries(change).some(
    ([column, value]) => !renewalColumns.includes(column) && value !== row[column as keyof AccountsTable],
  );

/**
 * Calls `rows.hooks.accountChanged` where the account now stands otherwise than before.
 * @param decide what to change of the row that was read
 * @returns the account as it is now, or `undefined`: it is gone, or somebody else wrote first.
 */
export const updateAccount = async (
  rows: Rows,
  key: AccountKey,
  at: WriteAt,
  decide: (row: AccountsTable) => Partial<AccountsTable>,
  now: number,
): Promise<Account | undefined> => {
  const { accountVersion, grantVersion, holder, ticketHash } = at;
  const { realm, identifier } = key;
  let isChanged = false;
  const isAt = (row: AccountsTable): boolean =>
    row.version === accountVersion &&
    (grantVersion === undefined || row.grant_version === grantVersion) &&
    (holder === undefined || row.lease_holder === holder);
  const account = await rows.transaction(async (transaction) => {
    if (ticketHash !== undefined && !(await isRedeemed(transaction, ticketHash))) return undefined;
    const row = await transaction.change('accounts', { realm, identifier }, (present) => {
      if (!isAt(present)) return undefined;
      const change = decide(present);
      isChanged = isNews(present, change);
      return nextVersion(present, change, now);
    });
    return row && toAccount(row);
  });
  if (account !== undefined && isChanged) rows.hooks.accountChanged(key);
  return account;
};

const isRedeemed = async (rows: Rows, hash: string): Promise<boolean> =>
  (await rows.find('tickets', { hash }))?.status === 'redeemed';

/** A state that is set again keeps the time since which it holds. */
const nextVersion = (row: AccountsTable, change: Partial<AccountsTable>, now: number): Partial<AccountsTable> => {
  const { status, reason = null } = change;
  const sameState = status === undefined || (status === row.status && reason === row.reason);
  return { ...change, version: row.version + 1, state_since: sameState ? row.state_since : now };
};

/** The columns that say how an account stands. */
export const stateChange = (state: AccountState): Partial<AccountsTable> => ({
  status: state.status,
  reason: state.status === 'ACTIVE' ? null : state.reason,
  reason_evidence: state.status === 'REVOKED' && state.evidence !== undefined ? JSON.stringify(state.evidence) : null,
});

/** An ACTIVE account is asked for this long after the last time. Milliseconds. */
export const checkEveryMs = 24 * 60 * 60_000;

/** The columns of a new grant, which leaves nothing of the former one. */
export const grantChange = (
  key: AccountKey,
  grant: Grant,
  grantVersion: number,
  sealer: Sealer,
  now: number,
): Partial<AccountsTable> => ({
  ...noGrant,
  ...refreshChange(key, grant, grantVersion, sealer, now),
  ...stateChange({ status: 'ACTIVE' }),
  grant_version: grantVersion,
  requested_scopes: JSON.stringify(grant.requestedScopes),
  client_id: grant.clientId,
  token_endpoint: grant.tokenEndpoint,
  google_sub: grant.google.sub,
  google_email: grant.google.email,
  google_hosted_domain: grant.google.hostedDomain ?? null,
  granted_at: now,
  check_due_at: now + checkEveryMs,
  connected_at: now,
});

export const refreshChange = (
  key: AccountKey,
  tokens: RefreshedTokens,
  grantVersion: number,
  sealer: Sealer,
  now: number,
): Partial<AccountsTable> => ({
  access_token: sealer.seal(tokens.accessToken, placeInAccounts(key, 'access_token', grantVersion)),
  access_token_expires_at: tokens.accessTokenExpiresAt,
  refreshed_at: now,
  refused_since: null,
  ...(tokens.refreshToken === undefined
    ? {}
    : {
        refresh_token: sealer.seal(tokens.refreshToken, placeInAccounts(key, 'refresh_token', grantVersion)),
        ...refreshTokenIdentifiers(tokens.refreshToken, sealer),
      }),
  ...(tokens.refreshTokenExpiresAt === undefined ? {} : { refresh_token_expires_at: tokens.refreshTokenExpiresAt }),
  ...(tokens.grantedScopes === undefined ? {} : { granted_scopes: JSON.stringify(tokens.grantedScopes) }),
});
