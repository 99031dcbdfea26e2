// Who signed in in a browser, for opening links: a secret in its cookie, kept as a hash. Knows no cookies.

import type { AccountsOptions } from '../grants/options.ts';
import { hashSecret, isSecret, newSecret } from '../lib/secrets.ts';
import type { AccountKey } from '../model/account-key.ts';

/** Milliseconds. */
export const browserSessionLifetimeMs = 12 * 60 * 60_000;

type SessionOptions = Pick<AccountsOptions, 'storage' | 'clock' | 'random'>;

/** @returns the secret of a new session, or undefined where the account is gone */
export const startBrowserSession = async (
  { storage, clock, random }: SessionOptions,
  key: AccountKey,
): Promise<string | undefined> => {
  const secret = newSecret(random);
  const createdAt = clock.now();
  const expiresAt = createdAt + browserSessionLifetimeMs;
  const kept = await storage.browserSessions.add({ hash: hashSecret(secret), key, createdAt, expiresAt });
  return kept ? secret : undefined;
};

/** Whose session this is, while it lasts. */
export const browserSessionOf = async (
  { storage, clock }: SessionOptions,
  secret: string | undefined,
): Promise<AccountKey | undefined> => {
  if (secret === undefined || !isSecret(secret)) return undefined;
  return (await storage.browserSessions.find(hashSecret(secret), clock.now()))?.key;
};
