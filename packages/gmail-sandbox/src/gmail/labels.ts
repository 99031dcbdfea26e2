// The labels of one mailbox, Gmail's own and the user's, and one label with its counts as the API shows it.
import type { gmail_v1 } from '@googleapis/gmail';
import { notFound } from '../google-answers.ts';

const systemLabels = [
  'INBOX',
  'SENT',
  'DRAFT',
  'UNREAD',
  'STARRED',
  'IMPORTANT',
  'SPAM',
  'TRASH',
  'CHAT',
  'CATEGORY_PERSONAL',
  'CATEGORY_SOCIAL',
  'CATEGORY_PROMOTIONS',
  'CATEGORY_UPDATES',
  'CATEGORY_FORUMS',
];
/** Labels that Gmail lists without the two visibility fields. */
const withoutVisibility = new Set(['INBOX', 'SENT', 'DRAFT', 'UNREAD', 'STARRED', 'SPAM']);

export interface Labels {
  /** True for a label that exists, by id. */
  has(id: string): boolean;
  /** The id of a label given by id or by name; an unknown one becomes a new label of the user. */
  idFor(idOrName: string): string;
  /** A user label's name; undefined for Gmail's own labels. */
  userLabelName(id: string): string | undefined;
  list(): gmail_v1.Schema$Label[];
}

/** @param userLabels names by id */
export const createLabels = (userLabels: Readonly<Record<string, string>>): Labels => {
  const names = new Map(Object.entries(userLabels));
  const system = new Set(systemLabels);

  const idOfName = (name: string): string | undefined => {
    for (const [id, known] of names) if (known.toLowerCase() === name.toLowerCase()) return id;
    return undefined;
  };
  const create = (name: string): string => {
    let number = names.size + 1;
    while (names.has(`Label_${number}`)) number++;
    names.set(`Label_${number}`, name);
    return `Label_${number}`;
  };

  return {
    has: (id) => system.has(id) || names.has(id),
    idFor: (idOrName) =>
      system.has(idOrName) || names.has(idOrName) ? idOrName : (idOfName(idOrName) ?? create(idOrName)),
    userLabelName: (id) => names.get(id),
    list: () => [
      ...systemLabels.map((id) =>
        withoutVisibility.has(id)
          ? { id, name: id, type: 'system' }
          : { id, name: id, messageListVisibility: 'hide', labelListVisibility: 'labelHide', type: 'system' },
      ),
      ...[...names].map(([id, name]) => ({
        id,
        name,
        messageListVisibility: 'show',
        labelListVisibility: 'labelShow',
        type: 'user',
      })),
    ],
  };
};

/** What counting needs of a message. */
interface LabelledMessage {
  readonly threadId: string;
  readonly labelIds: ReadonlySet<string>;
}

/**
 * One label with its counts, as `users.labels.get` answers.
 * @param all every message of the mailbox
 * @throws GoogleError (404) for an unknown label
 */
export const viewLabel = (labels: Labels, all: readonly LabelledMessage[], id: string): gmail_v1.Schema$Label => {
  const label = labels.list().find((candidate) => candidate.id === id);
  if (label === undefined) throw notFound();
  const messages = all.filter((message) => message.labelIds.has(id));
  const unread = messages.filter((message) => message.labelIds.has('UNREAD'));
  return {
    ...label,
    messagesTotal: messages.length,
    messagesUnread: unread.length,
    threadsTotal: countThreads(messages),
    threadsUnread: countThreads(unread),
  };
};

const countThreads = (messages: readonly LabelledMessage[]): number =>
  new Set(messages.map((message) => message.threadId)).size;
