// Grants of accounts that became REVOKED for no named reason, which stay sealed for a day: Google is asked for them again,
// and where it gives tokens the account is ACTIVE as before, without anybody's consent. Decides nothing: Google does.

import { createRateLimit } from '../lib/rate-limit.ts';
import { type AccountKey, accountKeyText } from '../model/account-key.ts';
import { isOurs } from './grant-access.ts';
import type { AccountsOptions } from './options.ts';

/** How often calls of one account may ask for its kept grant. */
const tries = { times: 3, perMs: 3 * 60_000 };
/** As for every renewal (refresh.ts). Milliseconds. */
const defaultLeaseMs = 12_000;

export interface KeptGrants {
  /** Asks Google, unless this account asked often of late. @returns whether the account is ACTIVE again */
  tryAgain(key: AccountKey): Promise<boolean>;
  /** The same, however often it was asked. */
  tryNow(key: AccountKey): Promise<boolean>;
}

type KeptGrantsOptions = AccountsOptions & { readonly revived: () => void };

export const createKeptGrants = (options: KeptGrantsOptions): KeptGrants => {
  const limit = createRateLimit(options.clock, tries);
  const running = new Map<string, Promise<boolean>>();

  const tryNow: KeptGrants['tryNow'] = (key) => {
    const name = accountKeyText(key);
    const shared = running.get(name);
    if (shared !== undefined) return shared;
    const started = revive(options, key).finally(() => running.delete(name));
    running.set(name, started);
    return started;
  };
  return {
    tryNow,
    tryAgain: async (key) => {
      const name = accountKeyText(key);
      return running.get(name) ?? (limit.take(name) === 0 && tryNow(key));
    },
  };
};

const revive = async (options: KeptGrantsOptions, key: AccountKey): Promise<boolean> => {
  const { storage, oauth, random, changed, log, leaseMs = defaultLeaseMs } = options;
  const kept = await storage.refreshes.readKept(key);
  if (kept?.grant.refreshToken === undefined || !isOurs(kept.grant, oauth)) return false;
  const { accountVersion, grantVersion, refreshToken } = kept.grant;
  const at = { accountVersion, grantVersion, holder: Buffer.from(random(12)).toString('hex') };
  if (!(await storage.refreshes.takeLease(key, at, leaseMs))) return false;
  try {
    const outcome = await oauth.refresh(refreshToken);
    if (outcome.kind === 'failed') return false;
    const { scopes, ...tokens } = outcome.tokens;
    const refreshed = { ...tokens, ...(scopes === undefined ? {} : { grantedScopes: scopes }) };
    if ((await storage.refreshes.revive(key, at, refreshed)) === undefined) return false;
    changed(key);
    log({ event: 'access_reinstated', key });
    options.revived();
    return true;
  } finally {
    await storage.refreshes.releaseLease(key, at.holder).catch(() => undefined);
  }
};
