// An external issuer's keys: fetched at first use, cached, and fetched again for a key that is not known, as often as
// is good for both sides.
import { type CryptoKey, createLocalJWKSet, errors, type JWTVerifyGetKey, type LocalJWKSet } from 'jose';
import type { Clock } from '../lib/clock.ts';
import type { DiscoveredKeys } from '../oauth/issuer-metadata.ts';

/** Milliseconds. */
const issuerKeyTimes = {
  /** Older keys are looked after: one that its issuer withdrew stops working. */
  freshFor: 10 * 60_000,
  /** So long they are trusted while the issuer cannot be asked. */
  trustedFor: 60 * 60_000,
  /** Between two fetches, whoever sends unknown key ids. */
  pause: 30_000,
  /** After a fetch that failed. */
  pauseAfterFailure: 10_000,
} as const;

/** Whether a token is good cannot be said now. */
export class IssuerUnavailableError extends Error {
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super('the issuer cannot be asked for its keys');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

interface Loaded {
  readonly keys: LocalJWKSet;
  readonly at: number;
}

const unusable = () => new errors.JWKSInvalid('a key of the issuer cannot be used');

/** RFC 7518 §3.3: RSA keys have 2048 bits or more. The library calls a shorter one a mistake of ours. */
const isTooShort = ({ algorithm }: CryptoKey): boolean =>
  'modulusLength' in algorithm && Number(algorithm.modulusLength) < 2048;

/** A key set may hold a key that nobody can use; that is the issuer's trouble and no defect of ours. */
const keyFrom = async (keys: LocalJWKSet, ...asked: Parameters<JWTVerifyGetKey>): ReturnType<LocalJWKSet> => {
  let key: CryptoKey;
  try {
    key = await keys(...asked);
  } catch (error) {
    throw error instanceof errors.JOSEError ? error : unusable();
  }
  if (isTooShort(key)) throw unusable();
  return key;
};

/** @param fetchKeys asks the issuer once; never rejects. */
export const createIssuerKeys = (
  fetchKeys: () => Promise<DiscoveredKeys>,
  clock: Clock,
  onFailure: (reason: string) => void,
): JWTVerifyGetKey => {
  let loaded: Loaded | undefined;
  let failedAt: number | undefined;
  let underWay: Promise<void> | undefined;

  const load = async (): Promise<void> => {
    const answer = await fetchKeys();
    failedAt = answer.kind === 'keys' ? undefined : clock.now();
    if (answer.kind === 'keys') loaded = { keys: createLocalJWKSet(answer.keySet), at: clock.now() };
    else onFailure(answer.reason);
  };
  const reload = (): Promise<void> => {
    if (failedAt !== undefined && clock.now() < failedAt + issuerKeyTimes.pauseAfterFailure) return Promise.resolve();
    underWay ??= load().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
  const unavailable = (): IssuerUnavailableError => {
    const until = (failedAt ?? clock.now()) + issuerKeyTimes.pauseAfterFailure;
    return new IssuerUnavailableError(Math.max(1, Math.ceil((until - clock.now()) / 1000)));
  };
  const youngerThan = (milliseconds: number): Loaded | undefined =>
    loaded !== undefined && clock.now() < loaded.at + milliseconds ? loaded : undefined;

  return async (header, token) => {
    if (youngerThan(issuerKeyTimes.freshFor) === undefined) {
      const reloaded = reload();
      // An issuer that failed a moment ago may hang now: nobody waits for it again while its keys are trusted.
      if (failedAt === undefined || youngerThan(issuerKeyTimes.trustedFor) === undefined) await reloaded;
    }
    const current = youngerThan(issuerKeyTimes.trustedFor);
    if (current === undefined) throw unavailable();
    try {
      return await keyFrom(current.keys, header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      if (failedAt === undefined && youngerThan(issuerKeyTimes.pause) !== undefined) throw error;
      await reload();
      // The key may be a new one that could not be asked for.
      if (failedAt !== undefined || loaded === undefined) throw unavailable();
      return keyFrom(loaded.keys, header, token);
    }
  };
};
