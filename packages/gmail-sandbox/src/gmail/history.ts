// The record of what happened in a mailbox, and Gmail's answer to `users.history.list` made of it.
import type { gmail_v1 } from '@googleapis/gmail';
import type { Clock } from '../clock.ts';
import { GoogleError, notFound } from '../google-answers.ts';

export type HistoryType = 'messageAdded' | 'messageDeleted' | 'labelAdded' | 'labelRemoved';

interface HistoryRecord {
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
const keptMilliseconds = 7 * 86_400_000;

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
      const oldest = clock.now() - keptMilliseconds;
      const firstKept = records.findIndex((record) => record.at >= oldest);
      const forgotten = firstKept === -1 ? records : records.slice(0, firstKept);
      forgottenUpTo = forgotten.at(-1)?.id ?? forgottenUpTo;
      records = records.slice(forgotten.length);
      return startId < forgottenUpTo ? undefined : records.filter((record) => record.id > startId);
    },
  };
};

interface HistoryRequest {
  readonly startHistoryId: string | undefined;
  readonly historyTypes: readonly string[];
  readonly labelId: string | undefined;
  readonly maxResults: number;
  readonly pageToken: string | undefined;
}

/** @throws GoogleError: 400 without a start, 404 when the start is too old */
export const viewHistory = (history: History, request: HistoryRequest): gmail_v1.Schema$ListHistoryResponse => {
  const { startHistoryId, pageToken } = request;
  if (startHistoryId === undefined || !/^\d{1,20}$/.test(startHistoryId)) {
    throw new GoogleError('invalidArgument', 'Invalid startHistoryId');
  }
  if (pageToken !== undefined && !/^\d{1,20}$/.test(pageToken)) {
    throw new GoogleError('invalidArgument', 'Invalid pageToken');
  }
  const records = history.since(Number(startHistoryId));
  if (records === undefined) throw notFound();
  const wanted = records.filter(
    (record) =>
      record.id > Number(pageToken ?? 0) &&
      (request.historyTypes.length === 0 || request.historyTypes.includes(record.type)) &&
      (request.labelId === undefined || [...record.messageLabelIds, ...record.labelIds].includes(request.labelId)),
  );
  const page = wanted.slice(0, request.maxResults);
  const last = page.at(-1);
  return {
    history: page.length === 0 ? undefined : page.map(viewRecord),
    nextPageToken: last === undefined || page.length === wanted.length ? undefined : String(last.id),
    historyId: String(history.currentId),
  };
};

const fieldOf: Readonly<Record<HistoryType, keyof gmail_v1.Schema$History>> = {
  messageAdded: 'messagesAdded',
  messageDeleted: 'messagesDeleted',
  labelAdded: 'labelsAdded',
  labelRemoved: 'labelsRemoved',
};

const viewRecord = ({ id, type, messageId, threadId, messageLabelIds, labelIds }: HistoryRecord) => {
  const message = { id: messageId, threadId };
  const change = {
    message: { ...message, labelIds: [...messageLabelIds] },
    labelIds: labelIds.length === 0 ? undefined : [...labelIds],
  };
  return { id: String(id), messages: [message], [fieldOf[type]]: [change] };
};
