// How many refresh tokens Google gave this Postern for one Google account and client. Google keeps 100 of them alive and
// ends the oldest silently (https://developers.google.com/identity/protocols/oauth2#expiration). Rows name nobody.

import type { Database } from './schema.ts';
import type { Sealer } from './sealer.ts';

export interface RefreshTokenCount {
  /** Counts one more, and tells the accounts of this Google account. @returns how many may still live. */
  issued(googleSub: string, clientId: string, now: number): Promise<number>;
  /** How many were given after `since`. */
  issuedSince(googleSub: string, clientId: string, since: number): Promise<number>;
  /** After a rotation: what was counted for accounts that are here does not depend on the former key any more. */
  renew(): Promise<void>;
  /** Google ended all of them, whatever the client. */
  forget(googleSub: string): Promise<void>;
}

/** A refresh token that nobody uses dies after six months; older ones that are in use are among the accounts. */
const unusedLifetimeMs = 183 * 24 * 60 * 60_000;

/** Under the present key and the former ones, so that a rotation forgets nothing while those are kept. */
const namesOf = (sealer: Sealer, googleSub: string): string[] => sealer.hmacs('google account', googleSub);

/** How many may live now; for a new grant's row as well. */
export const countLiving = async (
  db: Database,
  sealer: Sealer,
  of: { readonly googleSub: string; readonly clientId: string; readonly now: number },
): Promise<number> => {
  const { googleSub, clientId, now } = of;
  const since = now - unusedLifetimeMs;
  const recent = db
    .selectFrom('refresh_tokens_issued')
    .select(({ lit }) => lit(1).as('token'))
    .where('google_account', 'in', namesOf(sealer, googleSub))
    .where('client_id', '=', clientId)
    .where('issued_at', '>', since);
  const older = db
    .selectFrom('accounts')
    .select(({ lit }) => lit(1).as('token'))
    .where('google_sub', '=', googleSub)
    .where('access_token', 'is not', null)
    .where('client_id', '=', clientId)
    .where('granted_at', '<=', since);
  const { count } = await db
    .selectFrom(recent.unionAll(older).as('living'))
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return count;
};

/** Deletes what no longer counts. */
export const sweepCounts = async (db: Database, now: number): Promise<void> => {
  await db
    .deleteFrom('refresh_tokens_issued')
    .where('issued_at', '<=', now - unusedLifetimeMs)
    .execute();
};

export const createRefreshTokenCount = (db: Database, sealer: Sealer): RefreshTokenCount => ({
  issued: async (googleSub, clientId, now) => {
    const google_account = sealer.hmac('google account', googleSub);
    await db
      .insertInto('refresh_tokens_issued')
      .values({ google_account, client_id: clientId, issued_at: now })
      .execute();
    const count = await countLiving(db, sealer, { googleSub, clientId, now });
    await db
      .updateTable('accounts')
      .set({ refresh_tokens_issued: count })
      .where('google_sub', '=', googleSub)
      .where('access_token', 'is not', null)
      .where('client_id', '=', clientId)
      .execute();
    return count;
  },
  issuedSince: async (googleSub, clientId, since) => {
    const { count } = await db
      .selectFrom('refresh_tokens_issued')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('google_account', 'in', namesOf(sealer, googleSub))
      .where('client_id', '=', clientId)
      .where('issued_at', '>', since)
      .executeTakeFirstOrThrow();
    return count;
  },
  renew: async () => {
    const found = await db
      .selectFrom('accounts')
      .select('google_sub')
      .distinct()
      .where('google_sub', 'is not', null)
      .execute();
    for (const { google_sub: googleSub } of found) {
      const [present = '', ...former] = namesOf(sealer, googleSub ?? '');
      if (former.length === 0) return;
      await db
        .updateTable('refresh_tokens_issued')
        .set({ google_account: present })
        .where('google_account', 'in', former)
        .execute();
    }
  },
  forget: async (googleSub) => {
    await db.deleteFrom('refresh_tokens_issued').where('google_account', 'in', namesOf(sealer, googleSub)).execute();
  },
});
