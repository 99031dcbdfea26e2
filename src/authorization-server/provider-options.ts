// What oidc-provider's configuration is made from, and how long things live.

import type { Clock, RandomBytes } from '../lib/clock.ts';
import type { RateLimit } from '../lib/rate-limit.ts';
import type { AuthorizationRecordStore } from '../storage/index.ts';
import type { DocumentFetch } from './client-metadata.ts';
import type { Audience } from './request-parameters.ts';
import type { RenderError } from './responses.ts';
import type { IsStillAllowed } from './sign-in-policy.ts';

/** A client that the operator registered; without a secret it is a public one (RFC 6749 §2.1). */
export interface PreregisteredClient {
  readonly clientId: string;
  readonly clientSecret?: string;
  readonly name: string;
  readonly redirectUris: readonly string[];
}

export interface ProviderOptions extends Audience {
  readonly publicUrl: URL;
  readonly records: AuthorizationRecordStore;
  readonly isStillAllowed: IsStillAllowed;
  readonly clients: readonly PreregisteredClient[];
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly renderError: RenderError;
  /** `createDocumentFetch`. */
  readonly documentFetch: DocumentFetch;
  /** How often an address may make this server fetch a metadata document. */
  readonly documentLimit: RateLimit;
}

const seconds = { minute: 60, day: 24 * 60 * 60 } as const;
const interactionSeconds = 30 * seconds.minute;
/** By the library's names, in seconds. A refresh token lives this long from its last use, at most as long as its grant. */
export const ttl = {
  AccessToken: 10 * seconds.minute,
  AuthorizationCode: seconds.minute,
  Grant: 365 * seconds.day,
  IdToken: 10 * seconds.minute,
  Interaction: interactionSeconds,
  RefreshToken: 30 * seconds.day,
  Session: interactionSeconds,
} as const;
/** How long a metadata document is not fetched again, whatever its headers say. In seconds. */
export const documentCache = { min: 5 * seconds.minute, max: seconds.day } as const;
