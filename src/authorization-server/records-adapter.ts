// The storage that oidc-provider asks for, on top of ours, and the rotation of refresh tokens, which happens in it. No
// Session is stored: nobody stays signed in here.
import Provider, { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import type { Clock } from '../lib/clock.ts';
import { type AccountKey, googleRealm } from '../model/account-key.ts';
import { storageProblem } from '../model/storage-error.ts';
import type { AuthorizationRecordStore, FoundRecord } from '../storage/index.ts';

const dayMs = 24 * 60 * 60_000;
/** A client that registers itself and never gets a token is forgotten. */
export const unusedClientMs = dayMs;
const usedClientMs = 90 * dayMs;

const emptyAdapter: Adapter = {
  upsert: async () => {},
  find: async () => undefined,
  findByUserCode: async () => undefined,
  findByUid: async () => undefined,
  consume: async () => {},
  destroy: async () => {},
  revokeByGrantId: async () => {},
};

/** What the library writes of a record in seconds of its own clock, which is the machine's. */
const timesOf: readonly string[] = ['iat', 'exp', 'iiat', 'loginTs', 'authTime'];

/** Those times on another clock that many seconds ahead. */
export const moved = <P extends object>(payload: P, seconds: number): P => {
  if (seconds === 0) return payload;
  const times = Object.entries(payload).filter(([name, at]) => timesOf.includes(name) && typeof at === 'number');
  return { ...payload, ...Object.fromEntries(times.map(([name, at]) => [name, Number(at) + seconds])) };
};

/** How many seconds what is stored is ahead of the library: it knows only the machine's clock, and machines differ. */
export const secondsAhead = (clock: Clock): number => Math.round((clock.now() - Date.now()) / 1000);

const ownerOf = ({ accountId, result }: AdapterPayload): AccountKey | undefined => {
  const identifier = accountId ?? result?.login?.accountId;
  return identifier === undefined ? undefined : { realm: googleRealm, identifier };
};

/** A database that is busy or full is no defect of this server, and the client may try again. */
const unlessUnavailable = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work;
  } catch (error) {
    if (storageProblem(error) === undefined) throw error;
    const status = { status: 503, statusCode: 503 };
    throw Object.assign(new errors.TemporarilyUnavailable('the database cannot be written now'), status);
  }
};

const guarded = (adapter: Adapter): Adapter => ({
  upsert: (...record) => unlessUnavailable(Promise.resolve(adapter.upsert(...record))),
  find: (id) => unlessUnavailable(Promise.resolve(adapter.find(id))),
  findByUserCode: adapter.findByUserCode,
  findByUid: adapter.findByUid,
  consume: (id) => unlessUnavailable(Promise.resolve(adapter.consume(id))),
  destroy: (id) => unlessUnavailable(Promise.resolve(adapter.destroy(id))),
  revokeByGrantId: (id) => unlessUnavailable(Promise.resolve(adapter.revokeByGrantId(id))),
});

export const createAdapterFactory =
  (records: AuthorizationRecordStore, clock: Clock) =>
  (model: string): Adapter => {
    if (model === 'Session') return emptyAdapter;

    const expiryOf = (expiresIn: number | undefined) => {
      if (expiresIn !== undefined) return clock.now() + expiresIn * 1000;
      return model === 'Client' ? clock.now() + unusedClientMs : undefined;
    };

    const rotates = model === 'RefreshToken';

    const find = async (id: string): Promise<RefreshTokenPayload | undefined> => {
      const found = await records.find(model, id);
      if (found === undefined) return undefined;
      const payload = moved(JSON.parse(found.payload) as RefreshTokenPayload, -secondsAhead(clock));
      if (found.consumedAt === undefined) return payload;
      if (rotates && isStolen(payload, found)) {
        if (payload.grantId !== undefined) await records.removeGrant(payload.grantId);
        return undefined;
      }
      if (rotates && (await isWithinGrace(records, clock, id, found))) return payload;
      return { ...payload, consumed: Math.floor(found.consumedAt / 1000) };
    };

    return guarded({
      ...emptyAdapter,
      upsert: async (id, payload, expiresIn) => {
        const owner = ownerOf(payload);
        const expiresAt = expiryOf(expiresIn);
        const stored = await records.put({
          model,
          id,
          payload: JSON.stringify({
            ...moved(payload, secondsAhead(clock)),
            ...(rotates ? predecessorOfNew() : {}),
          }),
          grantId: payload.grantId,
          owner,
          expiresAt,
        });
        if (stored) return;
        // The account was deleted while this was under way.
        throw model === 'RefreshToken' ? new errors.InvalidGrant() : new errors.AccessDenied();
      },
      find,
      // Of two requests that found the same code unused, the one that comes second has lost, also against another
      // process; it ends the grant as a later one would (RFC 6749 §4.1.2), and so does one with a refresh token that may
      // come again no more (RFC 9700 §4.14.2).
      consume: async (id) => {
        const isFirst = await records.consume(model, id);
        if (isFirst && !rotates) return;
        const found = await find(id);
        if (isFirst && found !== undefined) return closePredecessor(records, clock, found, ownerOf(found));
        if (rotates && found !== undefined && found.consumed === undefined) return;
        if (found?.grantId !== undefined) await records.removeGrant(found.grantId);
        throw new errors.InvalidGrant('used at the same time by another request');
      },
      destroy: async (id) => {
        if (model === 'Grant') return records.removeGrant(id);
        // Coming back to it ends it, for one of those who come at once: otherwise each would get a code, or begin anew.
        if (model === 'Interaction' && !(await records.consume(model, id)))
          throw new errors.SessionNotFound('came back at the same time in another request');
        return records.remove(model, id);
      },
      revokeByGrantId: (grantId) => records.removeGrant(grantId),
    });
  };

/** A client that registered itself and got a token: it stays for another 90 days. */
export const keepUsedClient = async (
  records: AuthorizationRecordStore,
  clock: Clock,
  clientId: string,
): Promise<void> => {
  const found = await records.find('Client', clientId);
  if (found === undefined) return;
  const expiresAt = clock.now() + usedClientMs;
  await records.put({ model: 'Client', id: clientId, payload: found.payload, expiresAt });
};

// Refresh token rotation: each use brings a new token, and a used one that comes again is a sign of theft (RFC 9700 §4.14.2),
// unless an answer was lost on its way, or two windows of one client renewed at the same moment: so the last one of a chain
// stays good for a minute. Each answer then has a token of its own, so that the windows do not meet again at their next
// renewal.

/** Milliseconds from its first use in which a refresh token may come again. */
const graceMs = 60_000;

/** What is stored of a refresh token: beside the library's members, the token in whose place it was given. */
interface RefreshTokenPayload extends AdapterPayload {
  /** An id of a refresh token: a credential, which only ever stands in a sealed payload. */
  readonly follows?: string;
}

type Records = Pick<AuthorizationRecordStore, 'find' | 'put'>;

/** A record that says of a used refresh token that one given in its place was used as well: it is the last no more. */
const followed = 'FollowedRefreshToken';

/** For the payload of a refresh token that is saved while a request is answered; empty for the first one of a grant. */
const predecessorOfNew = (): Pick<RefreshTokenPayload, 'follows'> => {
  const used = Provider.ctx?.oidc.entities.RotatedRefreshToken?.jti;
  return used === undefined ? {} : { follows: used };
};

/** Whether this used refresh token was used a moment ago, and none given in its place was. */
const isWithinGrace = async (
  records: Records,
  clock: Clock,
  id: string,
  { consumedAt }: FoundRecord,
): Promise<boolean> =>
  consumedAt !== undefined && clock.now() - consumedAt <= graceMs && (await records.find(followed, id)) === undefined;

/**
 * To be called when a refresh token is used for the first time: the one before it has arrived in the client's hands, or
 * in those of a thief, and is the last no more. The note is needed no longer than that one could have come again.
 */
const closePredecessor = async (
  records: Records,
  clock: Clock,
  { follows, grantId }: RefreshTokenPayload,
  owner: AccountKey | undefined,
): Promise<void> => {
  if (follows === undefined) return;
  await records.put({
    model: followed,
    id: follows,
    payload: '{}',
    grantId,
    owner,
    expiresAt: clock.now() + graceMs + 1,
  });
};

/**
 * Whether another client asks for tokens with a used refresh token: it was stolen, however short a time ago it was used.
 * The library only refuses such a request. A token that nobody used yet is left to its owner.
 */
const isStolen = ({ clientId }: RefreshTokenPayload, { consumedAt }: FoundRecord): boolean => {
  const { route, client } = Provider.ctx?.oidc ?? {};
  return consumedAt !== undefined && route === 'token' && client !== undefined && client.clientId !== clientId;
};
