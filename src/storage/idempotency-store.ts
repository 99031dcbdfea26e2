// Requests that were sent with an Idempotency-Key, and what they were answered: whoever inserts the row does the work, in
// whatever process. An answer may hold a session token or a link, so it lies sealed, and goes with the account it is about.
import { sql } from 'kysely';
import type { AccountKey } from '../model/account-key.ts';
import { accountLock } from './engine.ts';
import { hasAccount, type Rows } from './protected-rows.ts';
import type { IdempotencyKeysTable } from './schema.ts';
import type { SealedPlace, Sealer } from './sealer.ts';

interface IdempotentAnswer {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: string;
}

/** Times in milliseconds since the epoch. */
interface IdempotentRequest {
  /** SHA-256 of who asks, what for, and the key. */
  readonly hash: string;
  readonly apiKeyId: string;
  /** SHA-256 of the body, together with the key. */
  readonly bodyHash: string;
  /** Who does the work; a name that nobody else has. */
  readonly holder: string;
  readonly now: number;
  /** Until then nobody else may take the work over. */
  readonly leaseUntil: number;
  readonly expiresAt: number;
}

type IdempotentBeginning =
  | { readonly kind: 'begun' }
  | { readonly kind: 'answered'; readonly answer: IdempotentAnswer }
  | { readonly kind: 'other_body' }
  | { readonly kind: 'in_progress'; readonly until: number };

export interface IdempotencyStore {
  /** Of many at the same time exactly one hears `begun`; it has to `finish` or to `release`. */
  begin(request: IdempotentRequest): Promise<IdempotentBeginning>;
  /** Keeps the answer. @param owner whose account it is about: the answer goes with it, and is not kept where it is gone. */
  finish(request: IdempotentRequest, answer: IdempotentAnswer, owner: AccountKey | undefined): Promise<void>;
  /** Nothing was made: the same request may come again. */
  release(request: IdempotentRequest): Promise<void>;
  /** What was answered, until it expires. */
  find(hash: string, now: number): Promise<IdempotentAnswer | undefined>;
}

/** Requests of one API key that are remembered; with its own rate limits it takes half an hour to send as many. */
const mostRequests = 100_000;

type Bound = Pick<IdempotencyKeysTable, 'hash' | 'api_key_id' | 'body_hash' | 'realm' | 'identifier'>;

export const placeInIdempotencyKeys = (row: Bound): SealedPlace => ({
  table: 'idempotency_keys',
  column: 'sealed_answer',
  key: { realm: row.realm ?? '', identifier: row.identifier ?? '' },
  grantVersion: 0,
  row: JSON.stringify([row.hash, row.api_key_id, row.body_hash]),
});

export const createIdempotencyStore = (rows: Rows, sealer: Sealer): IdempotencyStore => {
  const open = (row: IdempotencyKeysTable): IdempotentAnswer | undefined => {
    const text = row.sealed_answer === null ? undefined : sealer.open(row.sealed_answer, placeInIdempotencyKeys(row));
    return text === undefined ? undefined : (JSON.parse(text) as IdempotentAnswer);
  };

  const remove = async ({ db }: Rows, hash: string, holder?: string): Promise<void> => {
    const named = db.deleteFrom('idempotency_keys').where('hash', '=', hash);
    await (holder === undefined ? named : named.where('holder', '=', holder)).execute();
  };

  /** The number of a key's next request. Those that are `mostRequests` before it are forgotten; both by the index alone. */
  const nextOf = async ({ db }: Rows, apiKeyId: string): Promise<number> => {
    const latest = await db
      .selectFrom('idempotency_keys')
      .select(sql<number>`coalesce(max(sequence), 0)`.as('sequence'))
      .where('api_key_id', '=', apiKeyId)
      .executeTakeFirstOrThrow();
    const next = latest.sequence + 1;
    await db
      .deleteFrom('idempotency_keys')
      .where('api_key_id', '=', apiKeyId)
      .where('sequence', '<=', next - mostRequests)
      .execute();
    return next;
  };

  /** What a row says to a request; undefined: it is over, and the request may begin. */
  const standing = (row: IdempotencyKeysTable, request: IdempotentRequest): IdempotentBeginning | undefined => {
    if (row.expires_at <= request.now) return undefined;
    if (row.body_hash !== request.bodyHash) return { kind: 'other_body' };
    if (row.sealed_answer === null)
      return row.lease_until > request.now ? { kind: 'in_progress', until: row.lease_until } : undefined;
    const answer = open(row);
    return answer && { kind: 'answered', answer };
  };

  return {
    begin: (request) =>
      rows.transaction({ of: ['idempotency', request.apiKeyId] }, async (transaction) => {
        const { hash, apiKeyId, bodyHash, holder, now, leaseUntil, expiresAt } = request;
        const present = await transaction.find('idempotency_keys', { hash });
        const said = present && standing(present, request);
        if (said !== undefined) return said;
        // One that is over, whose process was killed, or that does not count.
        await remove(transaction, hash);
        await transaction.insert('idempotency_keys', {
          ...{ hash, api_key_id: apiKeyId, body_hash: bodyHash, holder },
          ...{ lease_until: leaseUntil, created_at: now, expires_at: expiresAt },
          sequence: await nextOf(transaction, apiKeyId),
        });
        return { kind: 'begun' };
      }),
    finish: ({ hash, holder }, answer, owner) =>
      rows.transaction(owner && accountLock(owner), async (transaction) => {
        const isThere = owner !== undefined && (await hasAccount(transaction, owner));
        // What was made is gone already.
        if (owner !== undefined && !isThere && answer.status < 400) return remove(transaction, hash, holder);
        await transaction.change('idempotency_keys', { hash, holder }, (row) => {
          const of = isThere ? { realm: owner.realm, identifier: owner.identifier } : {};
          const place = placeInIdempotencyKeys({ ...row, ...of });
          return { ...of, sealed_answer: sealer.seal(JSON.stringify(answer), place) };
        });
      }),
    release: ({ hash, holder }) => remove(rows, hash, holder),
    find: async (hash, now) => {
      const row = await rows.find('idempotency_keys', { hash });
      return row === undefined || row.expires_at <= now ? undefined : open(row);
    },
  };
};
