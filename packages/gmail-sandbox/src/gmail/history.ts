// The record of what happened in a mailbox, for `users.history.list`. Knows nothing of how messages are stored.
import type { Clock } from '../clock.ts';

export type HistoryType = 'messageAdded' | 'messageDeleted' | 'labelAdded' | 'labelRemoved';

export interface HistoryRecord {
  readonly id: number;
  readonly at: number;
  readonly type: HistoryType;
  readonly messageId: string;
  readonly threadId: string;
  /** The message's labels after the change. */
  readonly messageLabelIds: readonly string[];
  /** The labels that were added or removed. */
  readonly labelIds: readonly string[];
}

export interface History {
  /** The id of the newest record. */
  readonly currentId: number;
  /** Adds a record and returns its id. */
  add(record: Omit<HistoryRecord, 'id' | 'at'>): number;
  /** Records newer than `startId`, oldest first; undefined when some of them are already forgotten. */
  since(startId: number): readonly HistoryRecord[] | undefined;
}

/** "History records are typically available for at least one week" (Gmail API guide, Synchronize clients). */
const KEPT_MILLISECONDS = 7 * 86_400_000;

/** @param firstId where the ids start; smaller ones count as forgotten */
export const createHistory = (clock: Clock, firstId: number): History => {
  let records: HistoryRecord[] = [];
  let currentId = firstId;
  let forgottenUpTo = firstId;

  return {
    get currentId() {
      return currentId;
    },
    add: (record) => {
      currentId += 1;
      records.push({ ...record, id: currentId, at: clock.now() });
      return currentId;
    },
    since: (startId) => {
      const oldest = clock.now() - KEPT_MILLISECONDS;
      const firstKept = records.findIndex((record) => record.at >= oldest);
      const forgotten = firstKept === -1 ? records : records.slice(0, firstKept);
      forgottenUpTo = forgotten.at(-1)?.id ?? forgottenUpTo;
      records = records.slice(forgotten.length);
      return startId < forgottenUpTo ? undefined : records.filter((record) => record.id > startId);
    },
  };
};
