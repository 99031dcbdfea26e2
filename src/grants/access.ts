// A valid access token for one account, as the port that Google clients get. Knows nothing of Gmail; a needed human is a
// returned problem, not an exception.
import { revokedReasons } from '../model/account.ts';
import type { AccountKey } from '../model/account-key.ts';
import type { FreshToken } from '../model/fresh-token.ts';
import type { Problem } from '../model/problem.ts';
import { failed } from '../model/result.ts';
import { type Capability, missingCapabilities } from '../model/scope.ts';
import { given, isFresh, openGrant, servesACall } from './grant-access.ts';
import type { LastUse } from './last-use.ts';
import type { AccountsOptions } from './options.ts';
import type { RefreshOnce } from './refresh.ts';
import type { KeptGrants } from './retained-grants.ts';

export interface AccessParts {
  readonly refreshOnce: RefreshOnce;
  readonly keptGrants: KeptGrants;
  readonly lastUse: LastUse;
}

const wasRevoked = (problem: Problem): boolean =>
  problem.kind === 'authorization_required' && revokedReasons.some((reason) => reason === problem.reason);

export const createAccess =
  (options: AccountsOptions, parts: AccessParts) =>
  (key: AccountKey, required: readonly Capability[]): FreshToken =>
  async (rejected) => {
    let opened = await openGrant(options, key);
    if (opened.kind === 'problem' && wasRevoked(opened.problem) && (await parts.keptGrants.tryAgain(key)))
      opened = await openGrant(options, key);
    if (opened.kind === 'problem') return failed(opened.problem);
    const { account, grant } = opened;
    const missing = missingCapabilities(required, grant.grantedScopes);
    if (missing.length > 0) return failed({ kind: 'authorization_required', reason: 'scope_missing', missing });
    parts.lastUse.note(account);
    const now = options.clock.now();
    if (isFresh(grant, rejected, now)) return given(grant);
    if (!servesACall(grant, rejected, now)) return parts.refreshOnce(key, rejected);
    // Early enough that nobody has to wait: neither for Google nor for a locked database.
    void parts.refreshOnce(key).catch((error: unknown) => {
      options.log({ event: 'refresh_failed', key, cause: error instanceof Error ? error.name : typeof error });
    });
    return given(grant);
  };
