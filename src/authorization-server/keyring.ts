// The authorization server's keys: one pair that signs, former ones that still verify, and the secrets that sign its
// cookies. Makes new ones when due.
import { generateKeyPairSync } from 'node:crypto';
import type { JSONWebKeySet, JWK } from 'jose';
import { z } from 'zod';
import type { Clock, RandomBytes } from '../lib/clock.ts';
import type { AuthorizationKey, AuthorizationKeyStore } from '../storage/index.ts';

/** The first one signs, all of them verify. */
export interface Keys {
  /** Private keys as JWKs with `kid`, `alg` and `use`. */
  readonly signing: readonly JWK[];
  readonly cookies: readonly string[];
}

export interface Keyring {
  current(): Keys;
  /** Makes what is due and reads what another process made. True: there is something new. */
  rotate(): Promise<boolean>;
  /** The same, at most every ten seconds. */
  refresh(): Promise<boolean>;
}

const dayMs = 24 * 60 * 60_000;
const rotateEveryMs = 30 * dayMs;
/** Longer than any token or cookie lives, so that none ends because of its key. */
const formerKeysKeptMs = dayMs;
const refreshEveryMs = 10_000;
/**
 * How long a new key only verifies, while there is a former one: until every process has read it. Otherwise a browser or a
 * client that goes from the process that made it to another one would be refused there.
 */
const signsAfterMs = 60_000;

const storedJwk = z.looseObject({ kty: z.string(), kid: z.string() });

/** ES256 (RFC 7518 §3.4), as a private JWK. */
const newSigningKey = (kid: string): string => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return JSON.stringify({ ...privateKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' });
};

/** What may be shown: without `d` (RFC 7518 §6.2.2). */
export const publicKeys = ({ signing }: Keys): JSONWebKeySet => ({ keys: signing.map(({ d, ...shown }) => shown) });

/** Reads the keys, after making what is due. */
export const openKeyring = async (
  store: AuthorizationKeyStore,
  clock: Clock,
  random: RandomBytes,
): Promise<Keyring> => {
  const text = (bytes: number) => Buffer.from(random(bytes)).toString('base64url');
  let keys: Keys = { signing: [], cookies: [] };
  let readAt = 0;

  const make = (purpose: AuthorizationKey['purpose']): AuthorizationKey => {
    const id = text(12);
    const key = purpose === 'signing' ? newSigningKey(id) : text(32);
    return { id, purpose, key, createdAt: clock.now() };
  };

  /** Answers with all that there are then, newest first; forgets former ones that nothing alive was signed with. */
  const ensure = async (purpose: AuthorizationKey['purpose']): Promise<readonly AuthorizationKey[]> => {
    const due = clock.now() - rotateEveryMs;
    const present = await store.list(purpose);
    const [newest, former] = present;
    if (newest === undefined || newest.createdAt <= due) return store.addUnlessNewer(make(purpose), due);
    if (former === undefined || newest.createdAt > clock.now() - formerKeysKeptMs) return present;
    await store.removeOlder(purpose, newest.createdAt);
    return [newest];
  };

  /** Those that may sign come first; of keys that are all new, the newest. */
  const read = async (purpose: AuthorizationKey['purpose']): Promise<string[]> => {
    const known = Object.groupBy(await ensure(purpose), ({ createdAt }) =>
      createdAt <= clock.now() - signsAfterMs ? 'signing' : 'shown',
    );
    return [...(known.signing ?? []), ...(known.shown ?? [])].map(({ key }) => key);
  };

  const rotate = async (): Promise<boolean> => {
    readAt = clock.now();
    const signing = (await read('signing')).map((key) => storedJwk.parse(JSON.parse(key)));
    const next = { signing, cookies: await read('cookies') };
    const changed = JSON.stringify(next) !== JSON.stringify(keys);
    keys = next;
    return changed;
  };
  await rotate();

  return {
    current: () => keys,
    rotate,
    refresh: async () => clock.now() - readAt >= refreshEveryMs && (await rotate()),
  };
};
