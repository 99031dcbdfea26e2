// Remembers whose search caches at Google have been warmed up: contacts are searched in a cache that an empty query
// fills. Source: https://developers.google.com/people/v1/contacts#search_the_users_contacts
import { createBoundedMap } from '../lib/bounded-map.ts';
import { type AccountKey, accountKeyText } from '../model/account-key.ts';
import { ok, type Result } from '../model/result.ts';

/** Accounts that are remembered; beyond it the longest unused one is warmed up again when it comes back. */
const mostAccounts = 10_000;

export interface WarmUps {
  /** Sends the warm-up once per grant and source; who asks meanwhile waits for the same one. A failed one is repeated. */
  once(
    of: { readonly key: AccountKey; readonly grantVersion: number; readonly source: string },
    send: () => Promise<Result<object>>,
  ): Promise<Result<void>>;
  forget(key: AccountKey): void;
}

type Warmed = Map<string, Promise<Result<void>>>;

export const createWarmUps = (): WarmUps => {
  const accounts = createBoundedMap<string, Warmed>({ maxSize: mostAccounts });

  const warmedOf = (account: string): Warmed => {
    const known = accounts.get(account);
    if (known) return known;
    const warmed: Warmed = new Map();
    accounts.set(account, warmed);
    return warmed;
  };

  return {
    once: async ({ key, grantVersion, source }, send) => {
      const warmed = warmedOf(accountKeyText(key));
      const entry = `${grantVersion} ${source}`;
      const underWay = warmed.get(entry);
      // Somebody else's warm-up may end with their cancellation: that says nothing to us.
      const theirs = underWay && (await underWay);
      if (theirs?.ok) return theirs;
      const own = send().then((sent): Result<void> => (sent.ok ? ok(undefined) : sent));
      warmed.set(entry, own);
      let kept = false;
      try {
        const result = await own;
        kept = result.ok;
        return result;
      } finally {
        if (!kept && warmed.get(entry) === own) warmed.delete(entry);
      }
    },
    forget: (key) => {
      accounts.delete(accountKeyText(key));
    },
  };
};
