// Notes when an account was used, beside the call and never in its way: a locked database delays the note, not the call.
import type { Account } from '../model/account.ts';
import { type AccountKey, accountKeyText } from '../model/account-key.ts';
import type { AccountsOptions } from './options.ts';

const noteEveryMs = 60_000;

export interface LastUse {
  /** Returns at once. At most one note is being written at a time, and one per account is waiting. */
  note(account: Account): void;
}

export const createLastUse = ({ storage, clock, log }: Pick<AccountsOptions, 'storage' | 'clock' | 'log'>): LastUse => {
  const waiting = new Map<string, { readonly key: AccountKey; readonly at: number }>();
  let writing = false;

  const writeAll = async (): Promise<void> => {
    for (const [name, { key, at }] of waiting) {
      await storage.accounts
        .markUsed(key, at)
        .catch((error: unknown) => log({ event: 'last_use_not_noted', key, cause: kindOf(error) }));
      waiting.delete(name);
    }
    writing = false;
  };

  return {
    note: ({ key, lastUsedAt = 0 }) => {
      const now = clock.now();
      const name = accountKeyText(key);
      if (lastUsedAt + noteEveryMs > now || waiting.has(name)) return;
      waiting.set(name, { key, at: now });
      if (writing) return;
      writing = true;
      void writeAll();
    },
  };
};

const kindOf = (error: unknown): string =>
  error instanceof Error && 'kind' in error ? String(error.kind) : error instanceof Error ? error.name : typeof error;
