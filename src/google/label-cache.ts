// Remembers the labels of mailboxes for a short while: their names are wanted with every list of mail. Keyed by grant, so
// that a reconnected account never sees the labels of the mailbox before it; bounded for the process.

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
  const accounts = new Map<string, Entry>();
  let count = 0;

  const drop = (account: string): void => {
    count -= accounts.get(account)?.labels.length ?? 0;
    accounts.delete(account);
  };
  /** Put in again, so that the map's order is the order of use. */
  const put = (account: string, entry: Entry): void => {
    drop(account);
    accounts.set(account, entry);
    count += entry.labels.length;
  };

  return {
    get: (key, grantVersion) => {
      const account = accountKeyText(key);
      const entry = accounts.get(account);
      if (entry === undefined || entry.grantVersion !== grantVersion) return undefined;
      if (clock.now() >= entry.until) {
        drop(account);
        return undefined;
      }
      put(account, entry);
      return entry.labels;
    },
    set: (key, grantVersion, labels) => {
      put(accountKeyText(key), { grantVersion, until: clock.now() + keptMs, labels });
      for (const oldest of accounts.keys()) {
        if (count <= mostLabels) break;
        drop(oldest);
      }
    },
    forget: (key) => drop(accountKeyText(key)),
  };
};
