// Remembers the labels of mailboxes for a short while: their names are wanted with every list of mail. Keyed by grant, so
// that a reconnected account never sees the labels of the mailbox before it; bounded for the process.

import { createBoundedMap } from '../lib/bounded-map.ts';
import type { Clock } from '../lib/clock.ts';
import { type AccountKey, accountKeyText } from '../model/account-key.ts';
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
