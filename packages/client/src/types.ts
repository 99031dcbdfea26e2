// What the API takes and answers, under the API's own names: docs/api.md holds for every field here. A test compares these
// types with the server's.

/** What a tool can work with. */
export type Capability = 'mail' | 'contacts' | 'directory' | 'other_contacts';

/** What works of one capability, and since when and why it does not. */
export interface CapabilityStatus {
  readonly status: 'ready' | 'not_granted' | 'refused';
  readonly reason: string | null;
  /** ISO 8601. */
  readonly since: string | null;
  readonly message: string | null;
}

/** One person's account. What is unknown is null; times are ISO 8601. */
export interface Account {
  readonly realm: string;
  readonly identifier: string;
  /** Through which of the server's Google OAuth clients it connects. */
  readonly connection: string;
  /** `ACTIVE` means that mail or contacts can be read; `capabilities` says which. */
  readonly status: 'PENDING' | 'ACTIVE' | 'REVOKED';
  /** Why it is not ACTIVE, for programs. */
  readonly reason: string | null;
  /** How it stands, as one sentence for people. */
  readonly message: string;
  /** What will go wrong unless somebody acts. */
  readonly hint: string | null;
  readonly capabilities: Readonly<Record<Capability, CapabilityStatus>>;
  readonly google_email: string | null;
  readonly google_sub: string | null;
  readonly granted_scopes: readonly string[];
  readonly asked_capabilities: readonly Capability[];
  readonly expected_email: string | null;
  readonly expected_domain: string | null;
  readonly expected_sub: string | null;
  readonly created_at: string | null;
  readonly status_since: string | null;
  readonly connected_at: string | null;
  readonly last_used_at: string | null;
  readonly checked_at: string | null;
}

/** Whose mailbox an account may be connected with, and what its links ask for. */
export interface AccountSettings {
  readonly expected_email?: string | null;
  /** A Google Workspace domain. */
  readonly expected_domain?: string | null;
  /** Google's own id of the person. */
  readonly expected_sub?: string | null;
  readonly capabilities?: readonly Capability[] | null;
}

/** How a link is to be. */
export interface LinkSettings {
  /** Asks for these too. */
  readonly capabilities?: readonly Capability[];
  /** Lets it join another Google account than before. */
  readonly replace?: boolean;
  /** Where the browser goes afterwards, with `status`, `reason` and `state`: an address registered with the key. */
  readonly return_url?: string;
  /** Comes back with the browser as it was sent. */
  readonly state?: string;
  /** The address that Google offers first. */
  readonly login_hint?: string;
  /** Seconds that the link lives. */
  readonly expires_in?: number;
}

export interface Link {
  /** Redirect the person there. */
  readonly url: string;
  /** ISO 8601. */
  readonly expires_at: string;
}

export interface Disconnected {
  readonly revoked_at_google: boolean;
  readonly not_revoked_because: string | null;
  readonly account: Account | null;
}

export interface Session {
  /** For one person alone: instead of the key, here or at /mcp. Shown once. */
  readonly token: string;
  /** ISO 8601. */
  readonly expires_at: string;
}

/** A connection that waits until the product says who made it. */
export interface AuthRequest {
  readonly status: 'waiting' | 'confirmed' | 'refused' | 'expired' | 'void';
  /** Whose mailbox it is, while it waits. */
  readonly google_email: string | null;
  readonly created_at: string;
  readonly expires_at: string;
}

/** The account that was connected, and where the browser goes on from here where the link named it. */
export interface ConfirmedAccount extends Account {
  readonly return_url: string | null;
}

/** A person has to open `url` first; then the same call works. */
export interface AuthorizationRequired {
  readonly url: string;
  /** ISO 8601. */
  readonly expiresAt: string;
  readonly reason: string;
  readonly missing?: readonly Capability[];
  readonly account: { readonly identifier: string; readonly status: Account['status'] };
}

/**
 * What a tool call came to: either `data`, or undefined and a link in `authorizationRequired`. A link beside data is an
 * offer: the data is good as far as it goes.
 */
export type ToolResult<Data> =
  | { readonly data: Data; readonly authorizationRequired?: AuthorizationRequired; readonly execution_id: string }
  | { readonly data?: undefined; readonly authorizationRequired: AuthorizationRequired; readonly execution_id: string };
