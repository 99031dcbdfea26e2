// The token endpoint says that a grant is dead: say why and make the account REVOKED, or hold it (refused-grants.ts). A grant that
// ended for no named reason stays sealed for a day, in case that Google accepts it again (retained-grants.ts).
import type { AccountKey } from '../model/account-key.ts';
import type { AccessToken } from '../model/fresh-token.ts';
import { failed, type Result } from '../model/result.ts';
import type { StoredGrant } from '../storage/index.ts';
import { diagnose, type Ending, type GrantEnded } from './diagnosis.ts';
import { given, openGrant, stillServes } from './grant-access.ts';
import type { AccountsOptions } from './options.ts';
import type { RefreshOptions } from './refused-grants.ts';

const attempts = 5;

export interface Refused {
  readonly grant: StoredGrant;
  readonly holder: string;
  readonly failure: GrantEnded;
  readonly rejected: string | undefined;
  /** See RefusedGrants. */
  readonly mark: number;
}

/** Never a token, unless a newer grant came meanwhile. */
export const endAccess = async (
  options: RefreshOptions,
  key: AccountKey,
  refused: Refused,
): Promise<Result<AccessToken>> => {
  const { grant, failure, mark } = refused;
  const ending = await whyEnded(options, grant, failure);
  if (ending.explained) return end(options, key, refused, ending);
  const { grantVersion, google } = grant;
  const verdict = await options.refusedGrants.judge({ key, grantVersion, google, mark });
  return verdict === 'held' ? failed({ kind: 'many_grants_refused' }) : end(options, key, refused, ending);
};

/** What is known of the end of this grant. */
export const whyEnded = async (
  { storage, clock }: Pick<AccountsOptions, 'storage' | 'clock'>,
  { google, clientId, grantedAt, refreshedAt, refreshTokenExpiresAt }: StoredGrant,
  failure: GrantEnded,
): Promise<Ending> => {
  const issuedSince = await storage.refreshTokenCount.issuedSince(google.sub, clientId, grantedAt);
  const now = clock.now();
  return diagnose(failure, {
    ...{ now, grantedAt, refreshedAt, issuedSince },
    ...(refreshTokenExpiresAt === undefined ? {} : { refreshTokenExpiresAt }),
  });
};

/** A newer grant, or a newer success of another process, is worth more than this late failure. */
const end = async (
  options: RefreshOptions,
  key: AccountKey,
  { grant, holder, rejected }: Refused,
  ending: Ending,
): Promise<Result<AccessToken>> => {
  const { storage, clock, changed, log } = options;
  const { explained, ...why } = ending;
  const keepGrant = !explained;
  let at = { accountVersion: grant.accountVersion, grantVersion: grant.grantVersion, holder };
  for (let attempt = 0; attempt < attempts; attempt++) {
    const ended = await storage.refreshes.endGrant(key, at, { ...why, keepGrant });
    if (ended) {
      changed(key);
      log({ event: 'access_ended', key, cause: why.reason });
      return failed({ kind: 'authorization_required', ...why });
    }
    const opened = await openGrant(options, key);
    if (opened.kind === 'problem') return failed(opened.problem);
    const newer = opened.grant.grantVersion !== grant.grantVersion || opened.grant.refreshedAt !== grant.refreshedAt;
    if (newer && stillServes(opened.grant, rejected, clock.now())) return given(opened.grant);
    if (newer) return failed({ kind: 'google_unavailable' });
    at = { ...at, accountVersion: opened.grant.accountVersion };
  }
  // Another process has taken the lease meanwhile and judges for itself; what Google said of this grant stands.
  return failed({ kind: 'authorization_required', ...why });
};
