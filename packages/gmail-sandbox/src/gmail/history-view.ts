// Mailbox history → Gmail's answer to `users.history.list`. Knows nothing of HTTP.
import type { gmail_v1 } from '@googleapis/gmail';
import { GoogleError, notFound } from './google-errors.ts';
import type { HistoryRecord, HistoryType } from './history.ts';
import type { Mailbox } from './mailbox.ts';

export interface HistoryRequest {
  readonly startHistoryId: string | undefined;
  readonly historyTypes: readonly string[];
  readonly labelId: string | undefined;
  readonly maxResults: number;
  readonly pageToken: string | undefined;
}

/** @throws GoogleError: 400 without a start, 404 when the start is too old */
export const viewHistory = (mailbox: Mailbox, request: HistoryRequest): gmail_v1.Schema$ListHistoryResponse => {
  const { startHistoryId, pageToken } = request;
  if (startHistoryId === undefined || !/^\d{1,20}$/.test(startHistoryId)) {
    throw new GoogleError('invalidArgument', 'Invalid startHistoryId');
  }
  if (pageToken !== undefined && !/^\d{1,20}$/.test(pageToken)) {
    throw new GoogleError('invalidArgument', 'Invalid pageToken');
  }
  const records = mailbox.history.since(Number(startHistoryId));
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
    ...(page.length === 0 ? {} : { history: page.map(viewRecord) }),
    ...(last === undefined || page.length === wanted.length ? {} : { nextPageToken: String(last.id) }),
    historyId: mailbox.historyId,
  };
};

const FIELD_OF: Readonly<Record<HistoryType, keyof gmail_v1.Schema$History>> = {
  messageAdded: 'messagesAdded',
  messageDeleted: 'messagesDeleted',
  labelAdded: 'labelsAdded',
  labelRemoved: 'labelsRemoved',
};

const viewRecord = ({ id, type, messageId, threadId, messageLabelIds, labelIds }: HistoryRecord) => {
  const message = { id: messageId, threadId };
  const change = {
    message: { ...message, labelIds: [...messageLabelIds] },
    ...(labelIds.length === 0 ? {} : { labelIds: [...labelIds] }),
  };
  return { id: String(id), messages: [message], [FIELD_OF[type]]: [change] };
};
