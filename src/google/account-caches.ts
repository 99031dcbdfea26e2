// What is remembered of accounts between calls: the labels of mailboxes, whose names are wanted with every list of mail,
// and whose search caches at Google were warmed up. Keyed by grant, so that a reconnected account never sees the labels of
// the mailbox before it; bounded for the process.
import { createBoundedMap } from '../lib/bounded-map.ts';
import type { Clock } from '../lib/clock.ts';
import { type AccountKey, accountKeyText } from '../model/account-key.ts';
import { ok, type Result } from '../model/result.ts';
import type { GmailLabel } from './ports.ts';

/** Milliseconds: a label that was renamed meanwhile is shown under its old name for so long. */
const keptMs = 5 * 60_000;
/** Labels of all accounts together; a mailbox has at most 10,000. Beyond it the longest unused ones are dropped. */
const mostLabels = 50_000;

export interface LabelCache {
  get(key: AccountKey, grantVersion: number): readonly GmailLabel[] | undefined;
  set(key: AccountKey, grantVersion: number, labels: readonly GmailLabel[]): void;
  forget(key: AccountKey): void;
}

interface Entry {
  readonly grantVersion: number;
  readonly until: number;
  readonly labels: readonly GmailLabel[];
}

export const createLabelCache = (clock: Clock): LabelCache => {
  const accounts = createBoundedMap<string, Entry>({ maxSize: mostLabels, sizeOf: ({ labels }) => labels.length });
  return {
    get: (key, grantVersion) => {
      const account = accountKeyText(key);
      const entry = accounts.get(account);
      if (entry === undefined || entry.grantVersion !== grantVersion) return undefined;
      if (clock.now() < entry.until) return entry.labels;
      accounts.delete(account);
      return undefined;
    },
    set: (key, grantVersion, labels) =>
      accounts.set(accountKeyText(key), { grantVersion, until: clock.now() + keptMs, labels }),
    forget: (key) => {
      accounts.delete(accountKeyText(key));
    },
  };
};

/** Accounts that are remembered; beyond it the longest unused one is warmed up again when it comes back. */
const mostAccounts = 10_000;

/**
 * Whose search caches at Google have been warmed up: contacts are searched in a cache that an empty query fills.
 * Source: https://developers.google.com/people/v1/contacts#search_the_users_contacts
 */
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
