// API keys: made for one person (user key) or for a product's backend (service key). Knows nothing of HTTP.
import type { Clock, RandomBytes } from '../lib/clock.ts';
import type { ApiKeyRecord, ApiKeyStore } from '../storage/index.ts';
import { newToken } from './secret-token.ts';

export interface ApiKeyOptions {
  readonly kind: ApiKeyRecord['kind'];
  readonly realm: string;
  /** Whose key it is; only for a user key. */
  readonly identifier?: string;
  readonly label?: string;
  /** Links made with this key are not checked against pins: the operator opted out. */
  readonly unverifiedLinks: boolean;
  /** For a service key: where the product confirms who completed a link (see verify-url.ts). */
  readonly verifyUrl?: string;
}

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
  const { id, text, secretHash } = newToken(options.kind, random);
  const record: ApiKeyRecord = { ...options, id, secretHash, createdAt: clock.now() };
  await store.add(record);
  return { key: text, record };
};
