// Rows of the accounts table ↔ the model's account and its grant, and the columns of every change to one, which is a write
// that names the version it read.

import { createHash } from 'node:crypto';
import {
  type Account,
  type AccountState,
  type GoogleIdentity,
  type Pins,
  pendingReasons,
  revokedReasons,
} from '../model/account.ts';
import type { AccountKey } from '../model/account-key.ts';
import { type Capability, capabilitiesOf, capabilityStates, isCapability, type Refusals } from '../model/capability.ts';
import { keepLease } from './account-leases.ts';
import { accountLock } from './engine.ts';
import type { Rows } from './protected-rows.ts';
import type { AccountsTable } from './schema.ts';
import type { SealedPlace, Sealer } from './sealer.ts';

/** What Google gave once. Times in milliseconds since the epoch. */
export interface Grant {
  readonly refreshToken?: string;
  readonly accessToken: string;
  readonly accessTokenExpiresAt: number;
  readonly refreshTokenExpiresAt?: number;
  readonly requestedScopes: readonly string[];
  readonly grantedScopes: readonly string[];
  readonly google: GoogleIdentity;
  readonly clientId: string;
  readonly tokenEndpoint: string;
}

export interface StoredGrant extends Grant {
  readonly accountVersion: number;
  readonly grantVersion: number;
  readonly grantedAt: number;
  readonly refreshedAt: number;
  readonly refusals: Refusals;
  /** The account's connection; undefined: the client of the environment. */
  readonly connection?: string;
  /** What the connection allows; undefined: everything. */
  readonly allowed?: readonly Capability[];
}

const toState = ({ status, reason, reason_evidence: evidence }: AccountsTable): AccountState => {
  switch (status) {
    case 'ACTIVE':
      return { status };
    case 'PENDING':
      return { status, reason: pendingReasons.find((known) => known === reason) ?? 'never_connected' };
    case 'REVOKED':
      return {
        status,
        reason: revokedReasons.find((known) => known === reason) ?? 'revoked_or_password_changed',
        evidence: evidence === null ? undefined : JSON.parse(evidence),
      };
  }
};

const toPins = (row: AccountsTable): Pins => ({
  expectedEmail: row.expected_email ?? undefined,
  expectedDomain: row.expected_domain ?? undefined,
  expectedSub: row.expected_sub ?? undefined,
});

const toGoogle = (row: AccountsTable): GoogleIdentity | undefined =>
  row.google_sub === null || row.google_email === null
    ? undefined
    : {
        sub: row.google_sub,
        email: row.google_email,
        hostedDomain: row.google_hosted_domain ?? undefined,
      };

const toScopes = (json: string | null): string[] => (json === null ? [] : JSON.parse(json));

const toRefusals = (json: string | null): Refusals => (json === null ? {} : JSON.parse(json));

const toAllowed = (json: string | null): Capability[] | undefined =>
  json === null ? undefined : toScopes(json).filter(isCapability);

/** What an account with this row can do, and what was asked for: nothing without a grant that serves. */
export const toCapabilities = (
  row: Pick<
    AccountsTable,
    'status' | 'requested_scopes' | 'granted_scopes' | 'refused_capabilities' | 'allowed_capabilities'
  >,
): Pick<Account, 'grantedScopes' | 'asked' | 'refusals' | 'capabilities'> => {
  const active = row.status === 'ACTIVE';
  const grantedScopes = active ? toScopes(row.granted_scopes) : [];
  const refusals = active ? toRefusals(row.refused_capabilities) : {};
  const asked = active ? [...capabilitiesOf(toScopes(row.requested_scopes))] : [];
  const capabilities = capabilityStates(grantedScopes, refusals, toAllowed(row.allowed_capabilities));
  return { grantedScopes, asked, refusals, capabilities };
};

export const toAccount = (row: AccountsTable): Account => {
  const google = toGoogle(row);
  return {
    key: { realm: row.realm, identifier: row.identifier },
    state: toState(row),
    stateSince: row.state_since,
    createdAt: row.created_at,
    pins: toPins(row),
    version: row.version,
    grantVersion: row.grant_version,
    ...toCapabilities(row),
    extraCapabilities: toScopes(row.asked_capabilities).filter(isCapability),
    connection: row.connection ?? undefined,
    allowed: toAllowed(row.allowed_capabilities),
    google,
    connectedAt: row.connected_at ?? undefined,
    lastUsedAt: row.last_used_at ?? undefined,
    ...(row.status === 'ACTIVE' && row.refused_since !== null ? { refusedSince: row.refused_since } : {}),
    checkedAt: row.checked_at ?? undefined,
    ...(row.status === 'ACTIVE' && row.refresh_tokens_issued !== null
      ? { refreshTokensIssued: row.refresh_tokens_issued }
      : {}),
  };
};

export type SealedAccountColumn = 'refresh_token' | 'access_token';

export const placeInAccounts = (key: AccountKey, column: SealedAccountColumn, grantVersion: number): SealedPlace => ({
  table: 'accounts',
  column,
  key,
  grantVersion,
});

/** The columns of an account without a grant; set in the same statement that ends the grant. */
export const noGrant = {
  refresh_token: null,
  access_token: null,
  access_token_expires_at: null,
  refresh_token_expires_at: null,
  requested_scopes: null,
  granted_scopes: null,
  refused_capabilities: null,
  client_id: null,
  token_endpoint: null,
  granted_at: null,
  refreshed_at: null,
  refresh_token_prefix_hmac: null,
  refresh_token_double_sha512: null,
  refresh_tokens_issued: null,
  refused_since: null,
  lease_until: null,
  lease_holder: null,
} as const satisfies Partial<AccountsTable>;

/** The columns that say which Google account it was. */
export const noIdentity = {
  google_sub: null,
  google_email: null,
  google_hosted_domain: null,
} as const satisfies Partial<AccountsTable>;

/** Opens the grant in a row; `undefined` when a token does not open in this place or the row is not whole. */
export const openGrant = (row: AccountsTable, sealer: Sealer): StoredGrant | undefined => {
  const { key } = toAccount(row);
  const open = (column: SealedAccountColumn): string | undefined =>
    row[column] === null ? undefined : sealer.open(row[column], placeInAccounts(key, column, row.grant_version));
  const accessToken = open('access_token');
  const refreshToken = open('refresh_token');
  const google = toGoogle(row);
  if (accessToken === undefined || google === undefined) return undefined;
  if (row.refresh_token !== null && refreshToken === undefined) return undefined;
  return {
    accessToken,
    refreshToken,
    accessTokenExpiresAt: row.access_token_expires_at ?? 0,
    refreshTokenExpiresAt: row.refresh_token_expires_at ?? undefined,
    requestedScopes: toScopes(row.requested_scopes),
    grantedScopes: toScopes(row.granted_scopes),
    google,
    clientId: row.client_id ?? '',
    tokenEndpoint: row.token_endpoint ?? '',
    accountVersion: row.version,
    grantVersion: row.grant_version,
    grantedAt: row.granted_at ?? 0,
    refreshedAt: row.refreshed_at ?? 0,
    refusals: toRefusals(row.refused_capabilities),
    connection: row.connection ?? undefined,
    allowed: toAllowed(row.allowed_capabilities),
  };
};

const sha512 = (data: string | Buffer): Buffer => createHash('sha512').update(data).digest();

export interface RefreshTokenIdentifiers {
  /** `prefix`: the first 16 characters, which are a part of the secret and therefore kept only as a keyed hash. */
  readonly refresh_token_prefix_hmac: string;
  /** `hash_base64_sha512_sha512`. */
  readonly refresh_token_double_sha512: string;
}

export const refreshTokenIdentifiers = (refreshToken: string, sealer: Sealer): RefreshTokenIdentifiers => ({
  refresh_token_prefix_hmac: sealer.hmac('refresh token prefix', refreshToken.slice(0, 16)),
  refresh_token_double_sha512: sha512(sha512(refreshToken)).toString('base64'),
});

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
  const account = await rows.transaction(accountLock(key), async (transaction) => {
    if (ticketHash !== undefined && !(await isRedeemed(transaction, ticketHash))) return undefined;
    if (holder !== undefined && !(await keepLease(transaction.db, key, holder))) return undefined;
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
