// One label with its counts, for `users.labels.get`. Knows nothing of HTTP.
import type { gmail_v1 } from '@googleapis/gmail';
import { notFound } from './google-errors.ts';
import type { Mailbox, StoredMessage } from './mailbox.ts';

/** @throws GoogleError (404) for an unknown label */
export const viewLabel = (mailbox: Mailbox, id: string): gmail_v1.Schema$Label => {
  const label = mailbox.labels.list().find((candidate) => candidate.id === id);
  if (label === undefined) throw notFound();
  const messages = mailbox.newestFirst().filter((message) => message.labelIds.has(id));
  const unread = messages.filter((message) => message.labelIds.has('UNREAD'));
  return {
    ...label,
    messagesTotal: messages.length,
    messagesUnread: unread.length,
    threadsTotal: countThreads(messages),
    threadsUnread: countThreads(unread),
  };
};

const countThreads = (messages: readonly StoredMessage[]): number =>
  new Set(messages.map((message) => message.threadId)).size;
