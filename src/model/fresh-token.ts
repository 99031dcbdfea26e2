// The port through which Google clients get a bearer: they never see a refresh token, an account row or another person.
import type { CapabilityStates } from './capability.ts';
import type { Result } from './result.ts';

export interface AccessToken {
  readonly token: string;
  /** Which grant it came from: caches and limits are keyed by (account key, grant version). */
  readonly grantVersion: number;
  /** What was known of the account when the token was given out. */
  readonly capabilities: CapabilityStates;
}

/**
 * A currently valid access token of the caller's account.
 * @param rejected the token an API just answered 401 to; a different one is fetched (once for everyone who asks).
 */
export type FreshToken = (rejected?: string) => Promise<Result<AccessToken>>;
