// The storage that oidc-provider asks for, on top of ours. Knows the shape of its payloads, and keeps no Session: nobody
// stays signed in here.
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider';
import type { Clock } from '../lib/clock.ts';
import { type AccountKey, googleRealm } from '../model/account-key.ts';
import { storageProblem } from '../model/storage-failure.ts';
import type { AuthorizationRecordStore } from '../storage/index.ts';
import {
  closePredecessor,
  isStolen,
  mayComeAgain,
  predecessorOfNew,
  type RefreshTokenPayload,
} from './refresh-rotation.ts';

const dayMs = 24 * 60 * 60_000;
/** A client that registers itself and never gets a token is forgotten. */
export const unusedClientMs = dayMs;
const usedClientMs = 90 * dayMs;

const nothing: Adapter = {
  upsert: async () => {},
  find: async () => undefined,
  findByUserCode: async () => undefined,
  findByUid: async () => undefined,
  consume: async () => {},
  destroy: async () => {},
  revokeByGrantId: async () => {},
};

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
    if (model === 'Session') return nothing;

    const expiryOf = (expiresIn: number | undefined) => {
      if (expiresIn !== undefined) return clock.now() + expiresIn * 1000;
      return model === 'Client' ? clock.now() + unusedClientMs : undefined;
    };

    const rotates = model === 'RefreshToken';

    const find = async (id: string): Promise<RefreshTokenPayload | undefined> => {
      const found = await records.find(model, id);
      if (found === undefined) return undefined;
      const payload = JSON.parse(found.payload) as RefreshTokenPayload;
      if (found.consumedAt === undefined) return payload;
      if (rotates && isStolen(payload, found)) {
        if (payload.grantId !== undefined) await records.removeGrant(payload.grantId);
        return undefined;
      }
      if (rotates && (await mayComeAgain(records, clock, id, found))) return payload;
      return { ...payload, consumed: Math.floor(found.consumedAt / 1000) };
    };

    return guarded({
      ...nothing,
      upsert: async (id, payload, expiresIn) => {
        const owner = ownerOf(payload);
        const expiresAt = expiryOf(expiresIn);
        const kept = await records.put({
          model,
          id,
          payload: JSON.stringify(rotates ? { ...payload, ...predecessorOfNew() } : payload),
          ...(payload.grantId === undefined ? {} : { grantId: payload.grantId }),
          ...(owner === undefined ? {} : { owner }),
          ...(expiresAt === undefined ? {} : { expiresAt }),
        });
        if (kept) return;
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
export const keepClient = async (records: AuthorizationRecordStore, clock: Clock, clientId: string): Promise<void> => {
  const found = await records.find('Client', clientId);
  if (found === undefined) return;
  const expiresAt = clock.now() + usedClientMs;
  await records.put({ model: 'Client', id: clientId, payload: found.payload, expiresAt });
};
