// Ending a connection: revoke at Google where that harms nobody else, then erase.
import { retryLostWrites } from '../lib/optimistic-retry.ts';
import type { AccountKey } from '../model/account-key.ts';
import { failed, ok, type Result } from '../model/result.ts';
import type { GrantReading } from '../storage/index.ts';
import { whyRefused } from './access.ts';
import type { AccountsOptions } from './options.ts';

export interface Disconnected {
  readonly revokedAtGoogle: boolean;
  /** Why it was not revoked. */
  readonly reason?: 'sibling' | 'no_grant' | 'other_client' | 'google_unavailable';
}

/**
 * Revoking one token ends every grant of that Google account in the operator's whole Cloud project, so it is
 * revoked only when no other account here has one. Whatever Google says, nothing of the grant stays here.
 */
export const disconnect = async (options: AccountsOptions, key: AccountKey): Promise<Result<Disconnected>> => {
  const { accounts, tickets, pendingGrants } = options.storage;
  await tickets.voidAll(key);
  await pendingGrants.voidAll(key);
  // Read after that: what a link brought before it ended is read here, and afterwards it brings nothing.
  const reading = await accounts.readGrant(key);
  if (reading.kind === 'refused') return failed(whyRefused(reading.cause));
  const account = reading.account;
  if (account === undefined) return failed({ kind: 'not_found', what: 'account' });
  const outcome = await revokeAtGoogle(options, key, reading);
  const ended = await retryLostWrites(async () => {
    const now = await accounts.find(key);
    if (now === undefined) return outcome;
    // A grant that came while Google revoked is of a newer link: nobody asked for its end.
    if (now.grantVersion !== account.grantVersion) return outcome;
    const nothingToEnd = now.state.status === 'PENDING' && reading.kind === 'none';
    // Writes even where nothing changes: a connection that is just being saved then meets a newer version.
    const state = nothingToEnd ? now.state : ({ status: 'PENDING', reason: 'disconnected' } as const);
    if (!(await accounts.setState(key, now.version, state))) return undefined;
    if (nothingToEnd) return outcome;
    options.log({ event: 'disconnected', key, cause: outcome.reason ?? 'revoked' });
    return outcome;
  });
  return ended === undefined ? failed({ kind: 'storage_busy' }) : ok(ended);
};

const revokeAtGoogle = async (
  options: AccountsOptions,
  key: AccountKey,
  reading: Exclude<GrantReading, { kind: 'refused' }>,
): Promise<Disconnected> => {
  const { clients, storage } = options;
  // One that Google ended is retained for a day, and may live all the same.
  const grant = reading.kind === 'grant' ? reading.grant : (await storage.refreshes.readRetained(key))?.grant;
  if (grant === undefined) return { revokedAtGoogle: false, reason: 'no_grant' };
  const client = await clients.ofGrant(grant);
  if (!client.ok) return { revokedAtGoogle: false, reason: 'other_client' };
  if ((await storage.operations.othersWithGrantOf(grant.google.sub, key, options.clock.now())) > 0)
    return { revokedAtGoogle: false, reason: 'sibling' };
  if (!(await client.value.oauth.revoke(grant.refreshToken ?? grant.accessToken)))
    return { revokedAtGoogle: false, reason: 'google_unavailable' };
  await storage.refreshTokenCount.forget(grant.google.sub);
  return { revokedAtGoogle: true };
};
