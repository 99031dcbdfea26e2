// One refresh per account across processes: a lease with an end, and the writes of whoever holds it. Every write names
// the versions it read and the holder, so that a late one changes nothing.

import type { Clock } from '../lib/clock.ts';
import type { Account, RevokedEvidence, RevokedReason } from '../model/account.ts';
import type { AccountKey } from '../model/account-key.ts';
import { type LeaseAt, prolongLease, takeLease } from './account-leases.ts';
import {
  noGrant,
  openGrant,
  type RefreshedTokens,
  refreshChange,
  type StoredGrant,
  stateChange,
  toAccount,
  updateAccount,
} from './account-rows.ts';
import type { Rows } from './protected-rows.ts';
import type { Sealer } from './sealer.ts';

export interface RefreshStore {
  /**
   * Reserves the refresh of this version of an account for `milliseconds`; of many that ask, one gets it. Does not
   * change the version. A lease that lasts much longer than any could was made before the clock was put back: it is free.
   */
  takeLease(key: AccountKey, at: LeaseAt, milliseconds: number): Promise<boolean>;
  /** Lets others try at once, if the lease is still this holder's. */
  releaseLease(key: AccountKey, holder: string): Promise<void>;
  /** Keeps refreshed tokens of the present grant and ends the lease. */
  saveRefreshed(key: AccountKey, at: LeaseAt, tokens: RefreshedTokens): Promise<Account | undefined>;
  /**
   * Makes the account REVOKED and ends the lease. With `retain` the sealed grant stays where only `readRetained` finds it,
   * until a sweep erases it (operations-store.ts).
   */
  endGrant(
    key: AccountKey,
    at: LeaseAt,
    end: { readonly reason: RevokedReason; readonly evidence?: RevokedEvidence; readonly retain: boolean },
  ): Promise<Account | undefined>;
  /** The grant that an account which ended still keeps, as far as it opens. */
  readRetained(key: AccountKey): Promise<{ readonly account: Account; readonly grant: StoredGrant } | undefined>;
  /**
   * ACTIVE again with the retained grant, for which Google gave `tokens`; ends the lease. `undefined` when the grant was erased,
   * or somebody wrote meanwhile.
   */
  reinstate(key: AccountKey, at: LeaseAt, tokens: RefreshedTokens): Promise<Account | undefined>;
}

/** A wait for the database's lock that is as long as this is not taken off the lease. Milliseconds. */
const noticeableWaitMs = 1_000;

const noLease = { lease_until: null, lease_holder: null };

export const createRefreshStore = (rows: Rows, sealer: Sealer, clock: Clock): RefreshStore => ({
  takeLease: async (key, at, milliseconds) => {
    const { db } = rows;
    const asked = clock.now();
    if (!(await takeLease(db, key, at, asked, milliseconds))) return false;
    const now = clock.now();
    if (now - asked < noticeableWaitMs) return true;
    return prolongLease(db, key, at.holder, now + milliseconds);
  },
  releaseLease: async (key, holder) => {
    await rows.db
      .updateTable('accounts')
      .set(noLease)
      .where('realm', '=', key.realm)
      .where('identifier', '=', key.identifier)
      .where('lease_holder', '=', holder)
      .execute();
  },
  saveRefreshed: (key, at, tokens) => {
    const now = clock.now();
    const change = { ...refreshChange(key, tokens, at.grantVersion, sealer, now), ...noLease };
    return updateAccount(rows, key, at, () => change, now);
  },
  endGrant: async (key, at, { reason, evidence, retain }) => {
    const state = { status: 'REVOKED' as const, reason, evidence };
    const change = { ...stateChange(state), ...(retain ? noLease : noGrant) };
    const account = await updateAccount(rows, key, at, () => change, clock.now());
    if (!retain) rows.hooks.erased();
    return account;
  },
  readRetained: async ({ realm, identifier }) => {
    const row = await rows.find('accounts', { realm, identifier, status: 'REVOKED' });
    const grant = row && row.access_token !== null ? openGrant(row, sealer) : undefined;
    return row && grant && { account: toAccount(row), grant };
  },
  reinstate: (key, at, tokens) => {
    const now = clock.now();
    const change = {
      ...refreshChange(key, tokens, at.grantVersion, sealer, now),
      ...stateChange({ status: 'ACTIVE' }),
    };
    // Erasing a retained grant leaves the version but ends its lease, which this write names.
    return updateAccount(rows, key, at, () => ({ ...change, ...noLease }), now);
  },
});
