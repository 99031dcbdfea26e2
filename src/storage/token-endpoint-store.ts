// What Google's token endpoint refused and accepted of one OAuth client, for every process on this database: which grants
// stand refused, and what it said of the client itself. Judges nothing (grants/refused-grants.ts), and opens no grant.
//
// And how many refresh tokens it gave this Postern for one Google account and client: Google keeps 100 of them alive and ends
// the oldest silently (https://developers.google.com/identity/protocols/oauth2#expiration). Those rows name nobody.
import { type SqlBool, sql } from 'kysely';
import type { AccountKey } from '../model/account-key.ts';
import { deleteInBatches } from './delete-in-batches.ts';
import type { Rows } from './protected-rows.ts';
import type { Database } from './schema.ts';
import type { Sealer } from './sealer.ts';

/** An OAuth client at a token endpoint: a grant belongs to both. */
export interface ClientRef {
  readonly clientId: string;
  readonly tokenEndpoint: string;
}

/** What the token endpoint said of the client, apart from what accounts show. */
export type TokenEndpointAnswer = 'accepted' | 'code_refused' | 'client_refused';

/** Grants of ACTIVE accounts that Google refuses, none of which it accepted since. Times in milliseconds. */
export interface TokenEndpointStanding {
  /** Different Google accounts. */
  readonly googleAccounts: number;
  /** Hosted domains among them; whoever has none counts as one. */
  readonly parties: number;
  /** When the first of them was refused; absent where none is. */
  readonly since?: number;
  /** When Google last gave tokens to this client: to whomever, for a grant or a code. */
  readonly acceptedAt?: number;
  /** When it last refused the code of a new authorization. */
  readonly codeRefusedAt?: number;
  /** When it last refused the client itself. */
  readonly clientRefusedAt?: number;
}

export interface TokenEndpointStore {
  /** Google refuses this grant of an ACTIVE account. @returns since when, or `undefined`: it was replaced or ended meanwhile */
  noteRefused(key: AccountKey, grantVersion: number, now: number): Promise<number | undefined>;
  /** Google accepted it, although no new tokens of it are kept. Changes no version. */
  noteAccepted(key: AccountKey, grantVersion: number): Promise<void>;
  noteAnswer(of: ClientRef, answer: TokenEndpointAnswer, now: number): Promise<void>;
  standing(of: ClientRef): Promise<TokenEndpointStanding>;
  /**
   * ACTIVE accounts with a refresh token of other people than this Google account, and of other hosted domains where it has
   * one: first those whose grants were accepted last, those that stand refused after them.
   */
  others(
    of: ClientRef,
    than: { readonly sub: string; readonly hostedDomain?: string },
    most: number,
  ): Promise<{ readonly key: AccountKey; readonly sub: string }[]>;
  /** ACTIVE accounts whose grants stand refused, and REVOKED ones that still keep theirs; in an order. */
  refused(
    of: ClientRef,
    status: 'ACTIVE' | 'REVOKED',
    page: { readonly size: number; readonly after?: AccountKey },
  ): Promise<AccountKey[]>;
}

const columnOf = {
  accepted: 'accepted_at',
  code_refused: 'code_refused_at',
  client_refused: 'client_refused_at',
} as const;

export const createTokenEndpointStore = (rows: Rows): TokenEndpointStore => {
  const { db } = rows;
  const active = ({ clientId, tokenEndpoint }: ClientRef) =>
    db
      .selectFrom('accounts')
      // A literal: SQLite takes a partial index only where the text of the query says that it fits.
      .where('status', '=', sql.lit('ACTIVE'))
      .where('client_id', '=', clientId)
      .where('token_endpoint', '=', tokenEndpoint);

  /**
   * Few at nearly all times, and in an index of their own. The client stands in an expression, which no index has: SQLite
   * would take the client's index, of everybody, before that of the few.
   */
  const standingRefused = ({ clientId, tokenEndpoint }: ClientRef, from: Database = db) =>
    from
      .selectFrom('accounts')
      .where('status', '=', sql.lit('ACTIVE'))
      .where('refused_since', 'is not', null)
      .where(sql`client_id || ''`, '=', clientId)
      .where('token_endpoint', '=', tokenEndpoint);

  const grantOf = (key: AccountKey, grantVersion: number) =>
    db
      .updateTable('accounts')
      .where('realm', '=', key.realm)
      .where('identifier', '=', key.identifier)
      .where('grant_version', '=', grantVersion)
      .where('status', '=', 'ACTIVE');

  return {
    noteRefused: async (key, grantVersion, now) => {
      const row = await grantOf(key, grantVersion)
        .set(({ fn, ref, val }) => ({ refused_since: fn.coalesce(ref('refused_since'), val(now)) }))
        .returning('refused_since')
        .executeTakeFirst();
      return row?.refused_since ?? undefined;
    },
    noteAccepted: async (key, grantVersion) => {
      await grantOf(key, grantVersion).set({ refused_since: null }).where('refused_since', 'is not', null).execute();
    },
    noteAnswer: (of, answer, now) =>
      rows.transaction({ of: ['token endpoint', of.clientId, of.tokenEndpoint] }, async (transaction) => {
        const column = columnOf[answer];
        const { latest } = await standingRefused(of, transaction.db)
          .select(({ fn }) => fn.max('refused_since').as('latest'))
          .executeTakeFirstOrThrow();
        // What was accepted after a refusal is later than it, within one millisecond and on a clock that was put back too.
        const at = answer === 'accepted' ? Math.max(now, (latest ?? 0) + 1) : now;
        await transaction.db
          .insertInto('token_endpoint_answers')
          .values({ client_id: of.clientId, token_endpoint: of.tokenEndpoint, [column]: at })
          .onConflict((conflict) => conflict.columns(['client_id', 'token_endpoint']).doUpdateSet({ [column]: at }))
          .execute();
      }),
    standing: async (of) => {
      const answers = await db
        .selectFrom('token_endpoint_answers')
        .selectAll()
        .where('client_id', '=', of.clientId)
        .where('token_endpoint', '=', of.tokenEndpoint)
        .executeTakeFirst();
      const latest = await active(of)
        .select('refreshed_at')
        .where('refreshed_at', 'is not', null)
        .orderBy('refreshed_at', 'desc')
        .limit(1)
        .executeTakeFirst();
      const acceptedAt = Math.max(answers?.accepted_at ?? 0, latest?.refreshed_at ?? 0);
      const refused = await standingRefused(of)
        .select(({ fn }) => [
          fn.count<number>('google_sub').distinct().as('googleAccounts'),
          fn.count<number>(fn.coalesce('google_hosted_domain', 'google_sub')).distinct().as('parties'),
          fn.min('refused_since').as('since'),
        ])
        .where('refused_since', '>=', acceptedAt)
        .executeTakeFirstOrThrow();
      return {
        googleAccounts: refused.googleAccounts,
        parties: refused.parties,
        since: refused.since ?? undefined,
        ...(acceptedAt === 0 ? {} : { acceptedAt }),
        ...(answers?.code_refused_at ? { codeRefusedAt: answers.code_refused_at } : {}),
        ...(answers?.client_refused_at ? { clientRefusedAt: answers.client_refused_at } : {}),
      };
    },
    others: async (of, { sub, hostedDomain }, most) => {
      const others = (among: ReturnType<typeof active>) =>
        among
          .select(['realm', 'identifier', 'google_sub'])
          .where('refresh_token', 'is not', null)
          .where('google_sub', '!=', sub)
          .$if(hostedDomain !== undefined, (query) =>
            query.where('google_hosted_domain', 'is distinct from', hostedDomain ?? ''),
          )
          .limit(most);
      const accepted = await others(active(of))
        .where('refused_since', 'is', null)
        .orderBy('refreshed_at', 'desc')
        .execute();
      const refused = await others(standingRefused(of)).orderBy('refused_since').execute();
      return [...accepted, ...refused].slice(0, most).map(({ google_sub, ...key }) => ({ key, sub: google_sub ?? '' }));
    },
    refused: (of, status, { size, after }) =>
      db
        .selectFrom('accounts')
        .select(['realm', 'identifier'])
        // A literal, as above.
        .where('status', '=', sql.lit(status))
        .where(status === 'ACTIVE' ? 'refused_since' : 'access_token', 'is not', null)
        .where(sql`client_id || ''`, '=', of.clientId)
        .where('token_endpoint', '=', of.tokenEndpoint)
        .$if(after !== undefined, (query) =>
          query.where(({ eb, refTuple, tuple }) =>
            eb(refTuple('realm', 'identifier'), '>', tuple(after?.realm ?? '', after?.identifier ?? '')),
          ),
        )
        .orderBy('realm')
        .orderBy('identifier')
        .limit(size)
        .execute(),
  };
};

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
export const sweepCounts = (rows: Rows, now: number): Promise<void> =>
  deleteInBatches(rows, 'refresh_tokens_issued', sql<SqlBool>`issued_at <= ${now - unusedLifetimeMs}`);

export const createRefreshTokenCount = (rows: Rows, sealer: Sealer): RefreshTokenCount => ({
  issued: (googleSub, clientId, now) => {
    const google_account = sealer.hmac('google account', googleSub);
    return rows.transaction({ of: ['refresh tokens', google_account, clientId] }, async ({ db }) => {
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
    });
  },
  issuedSince: async (googleSub, clientId, since) => {
    const { count } = await rows.db
      .selectFrom('refresh_tokens_issued')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('google_account', 'in', namesOf(sealer, googleSub))
      .where('client_id', '=', clientId)
      .where('issued_at', '>', since)
      .executeTakeFirstOrThrow();
    return count;
  },
  renew: async () => {
    if (namesOf(sealer, '').length === 1) return;
    for await (const page of rows.pages('accounts', sql`google_sub`))
      for (const googleSub of new Set(page.map(({ google_sub }) => google_sub))) {
        if (typeof googleSub !== 'string') continue;
        const [present = '', ...former] = namesOf(sealer, googleSub);
        await rows.db
          .updateTable('refresh_tokens_issued')
          .set({ google_account: present })
          .where('google_account', 'in', former)
          .execute();
      }
  },
  forget: async (googleSub) => {
    await rows.db
      .deleteFrom('refresh_tokens_issued')
      .where('google_account', 'in', namesOf(sealer, googleSub))
      .execute();
  },
});
