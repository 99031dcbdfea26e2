// API keys: `pst_<kind>_<id>_<secret>`. Minted once, stored as a SHA-256, compared in constant time.
// Knows nothing of HTTP.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock, RandomBytes } from '../model/clock.ts';
import type { ApiKeyRecord, ApiKeyStore } from '../storage/index.ts';

export interface ApiKeyOptions {
  readonly kind: ApiKeyRecord['kind'];
  readonly realm: string;
  /** Whose key it is; only for a user key. */
  readonly identifier?: string;
  readonly label?: string;
  /** Links made with this key are not checked against pins (DESIGN §9: the operator opted out). */
  readonly unverifiedLinks: boolean;
  /** For a service key: where the product confirms who completed a link (see verify-url.ts). */
  readonly verifyUrl?: string;
}

/** A well-formed key; nothing of it is proven yet. */
export interface PresentedKey {
  readonly id: string;
  readonly text: string;
}

// The id is hexadecimal, so that "_" always ends it; the secret is 256 bits in base64url.
const keyGrammar = /^pst_(?:user|service)_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;

/** The id of a well-formed key, or undefined. */
export const parseApiKey = (text: string): PresentedKey | undefined => {
  const id = keyGrammar.exec(text)?.[1];
  return id === undefined ? undefined : { id, text };
};

/** SHA-256 of the whole key, its kind included, hex: the key has 256 random bits, so no slow hash is needed. */
const hashApiKey = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** Whether a presented key is the one a record was made for. Takes the same time for every stored hash. */
export const matchesRecord = (presented: PresentedKey, record: ApiKeyRecord | undefined): record is ApiKeyRecord => {
  const computed = Buffer.from(hashApiKey(presented.text), 'hex');
  const stored = Buffer.from(record?.secretHash ?? '', 'hex');
  const comparable = stored.length === computed.length ? stored : Buffer.alloc(computed.length);
  const equal = timingSafeEqual(computed, comparable);
  return equal && record !== undefined;
};

/**
 * Makes a key and stores its hash.
 * @returns the key itself, to be shown once and never again, and its record.
 */
export const createApiKey = async (
  store: ApiKeyStore,
  random: RandomBytes,
  clock: Clock,
  options: ApiKeyOptions,
): Promise<{ key: string; record: ApiKeyRecord }> => {
  if ((options.kind === 'user') !== (options.identifier !== undefined))
    throw new TypeError('a user key names a person, a service key does not');
  if (options.verifyUrl !== undefined && (options.kind === 'user' || options.unverifiedLinks))
    throw new TypeError('a verify_url is for a service key whose links are verified');
  const id = Buffer.from(random(8)).toString('hex');
  const key = `pst_${options.kind}_${id}_${Buffer.from(random(32)).toString('base64url')}`;
  const record: ApiKeyRecord = { ...options, id, secretHash: hashApiKey(key), createdAt: clock.now() };
  await store.add(record);
  return { key, record };
};
