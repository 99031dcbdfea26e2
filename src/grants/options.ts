// What the code of `grants` and `connect` is given: the store, Google's OAuth, time, settings, and whom to notify.

import type { Clock, RandomBytes } from '../lib/clock.ts';
import type { CreateLimit } from '../lib/rate-limit.ts';
import type { AllowedPeople } from '../model/account.ts';
import type { AccountKey } from '../model/account-key.ts';
import type { Capability } from '../model/capability.ts';
import type { FreshToken } from '../model/fresh-token.ts';
import type { Result } from '../model/result.ts';
import type { IssuerSignIn } from '../oauth/issuer-sign-in.ts';
import type { Storage } from '../storage/index.ts';
import type { Clients } from './clients.ts';

/** The pages that links lead to cannot be served now; the message says what to do. */
export class LinkOriginError extends Error {
  override readonly name = 'LinkOriginError';
}

/** One line for the log; whoever writes it replaces the key by a keyed hash. Never holds a secret. */
type AccountLog = (entry: {
  readonly event: string;
  readonly key?: AccountKey;
  readonly cause?: string;
  /** `info` when absent. */
  readonly level?: 'warn' | 'error';
}) => void;

/** An issuer that the operator named, and the realm of its people. */
export interface IssuerForSignIn {
  readonly realm: string;
  readonly signIn: IssuerSignIn;
}

export interface AccountsOptions {
  readonly storage: Storage;
  /** Google's OAuth, by connection. */
  readonly clients: Clients;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly createLimit: CreateLimit;
  /** What the enabled tools require: every consent asks for it, and a grant without any of it is of no use. */
  readonly requiredCapabilities: readonly Capability[];
  /** What they can use beside: every consent asks for it too. */
  readonly optionalCapabilities: readonly Capability[];
  /** What they can use when somebody wants it: asked for then. */
  readonly stepUpCapabilities: readonly Capability[];
  /** Asks Google whether a capability of this account works, with tokens of `freshToken`; what it answers is written down. */
  readonly probe: (
    key: AccountKey,
    capability: Capability,
    freshToken: FreshToken,
    signal: AbortSignal,
  ) => Promise<Result<unknown>>;
  /** Where the connect pages are served, without a trailing slash; on stdio asking for it starts them. Rejects with LinkOriginError. */
  readonly linkOrigin: () => Promise<string>;
  readonly log: AccountLog;
  /** Who may sign in with Google; absent: nobody can. */
  readonly signIn?: { readonly allowed: AllowedPeople };
  /** Where the people of a realm sign in before their links lead anywhere; absent: nowhere. */
  readonly issuer?: IssuerForSignIn;
  /** How long one refresh may keep other processes waiting; a little longer than a token request may take. */
  readonly leaseMs?: number;
}
