// One person's connected Google account as everybody but storage sees it: its state, its pins, and the status it has for
// everybody outside. No token is part of it.
import type { AccountKey } from './account-key.ts';
import type { Capability, CapabilityStates, RefusalReason, Refusals } from './capability.ts';

export const pendingReasons = [
  'never_connected',
  'consent_declined',
  'link_expired',
  'awaiting_verification',
  'disconnected',
  'pins_changed',
  'admin_blocked',
] as const;
export type PendingReason = (typeof pendingReasons)[number];

export const revokedReasons = [
  'revoked_or_password_changed',
  'testing_mode_expired',
  'idle_six_months',
  'token_cap_reached',
  'admin_policy',
  'session_policy',
  'account_deleted',
] as const;
export type RevokedReason = (typeof revokedReasons)[number];

/** What was known when access ended, for the sentence about it. Only what belongs to the reason is set. */
export interface RevokedEvidence {
  /** `testing_mode_expired`: how old the grant was, in days. */
  readonly ageInDays?: number;
  /** `testing_mode_expired`: Google had said when the grant would end. */
  readonly announced?: boolean;
  /** `idle_six_months`: milliseconds since the epoch. */
  readonly unusedSince?: number;
  /** `token_cap_reached`: refresh tokens given to this Postern for the same Google account after this one. */
  readonly issuedSince?: number;
}

/** Where the grant is in its life: what is stored. What everybody outside is told is `accountStatus`. */
export type AccountState =
  | { readonly status: 'PENDING'; readonly reason: PendingReason }
  | { readonly status: 'ACTIVE' }
  | { readonly status: 'REVOKED'; readonly reason: RevokedReason; readonly evidence?: RevokedEvidence };

/** Who may finish a connection made for this account: the id_token must match every pin that is set. */
export interface Pins {
  readonly expectedEmail?: string;
  readonly expectedDomain?: string;
  readonly expectedSub?: string;
}

/** Who may sign in with Google, as the operator wrote it down. */
export interface AllowedPeople {
  /** Addresses, in lower case. */
  readonly emails: readonly string[];
  /** Domains of Google Workspace organisations, in lower case. */
  readonly domains: readonly string[];
  /** The operator wrote `*`. */
  readonly everybody: boolean;
}

/** The Google account a grant belongs to, from the id_token. */
export interface GoogleIdentity {
  readonly sub: string;
  readonly email: string;
  readonly hostedDomain?: string;
}

export interface Account {
  readonly key: AccountKey;
  readonly state: AccountState;
  /** Milliseconds since the epoch. */
  readonly stateSince: number;
  readonly createdAt: number;
  readonly pins: Pins;
  /** Grows with every write to the row; a write names the version it read. */
  readonly version: number;
  /** Grows with every new grant, 0 before the first. */
  readonly grantVersion: number;
  /** The last known Google account, kept after the grant is gone so that a reconnect can be compared with it. */
  readonly google?: GoogleIdentity;
  /** Scopes Google granted; empty without a grant. */
  readonly grantedScopes: readonly string[];
  /** What the consent of the present grant asked for; empty without a grant. */
  readonly asked: readonly Capability[];
  /** What every link of this account asks for beyond what the tools need. */
  readonly extraCapabilities: readonly Capability[];
  /** What Google's APIs refused under the present grant. */
  readonly refusals: Refusals;
  readonly capabilities: CapabilityStates;
  /** What it is connected through, for life; undefined: the OAuth client of the environment. */
  readonly connection?: string;
  /** What its connection allows; undefined: everything. */
  readonly allowed?: readonly Capability[];
  readonly connectedAt?: number;
  readonly lastUsedAt?: number;
  /** While the account is ACTIVE: since when Google refuses its grant, whose end is suspended (grants/refused-grants.ts). */
  readonly refusedSince?: number;
  /** When Google was last asked what works of the account, and answered. */
  readonly checkedAt?: number;
  /** Refresh tokens that Google gave here for the same Google account and client; it keeps 100 of them alive. */
  readonly refreshTokensIssued?: number;
}

/** As the grant does, but for a grant of which nothing can be read. */
export type AccountStatus = AccountState | { readonly status: 'REVOKED'; readonly reason: RefusalReason };

/** The others come beside contacts, and are of no use alone. */
const useful = ['mail', 'contacts'] as const;

/**
 * `ACTIVE` only where mail or contacts can be read, so that whoever looks at nothing but the status is not misled. A
 * grant of which Google refuses everything stays stored and is `REVOKED` for the outside until something works again.
 */
export const accountStatus = ({
  state,
  capabilities: states,
}: Pick<Account, 'state' | 'capabilities'>): AccountStatus => {
  if (state.status !== 'ACTIVE' || useful.some((name) => states[name].status === 'ready')) return state;
  const [refused] = useful.map((name) => states[name]).filter(({ status }) => status === 'refused');
  return { status: 'REVOKED', reason: refused?.status === 'refused' ? refused.reason : 'scope_missing' };
};

/** Since when; milliseconds since the epoch. */
export const accountStatusSince = ({ state, stateSince, capabilities: states }: Account): number => {
  if (accountStatus({ state, capabilities: states }) === state) return stateSince;
  const refusedSince = useful.map((name) => states[name]).map((of) => (of.status === 'refused' ? of.since : 0));
  return Math.max(stateSince, ...refusedSince);
};

/** Refresh tokens that Google keeps alive for one Google account and client: https://developers.google.com/identity/protocols/oauth2#expiration */
export const refreshTokenCap = 100;
/** From so many refresh tokens of one Google account on, the operator is warned. */
export const refreshTokenWarning = Math.floor(refreshTokenCap * 0.9);
