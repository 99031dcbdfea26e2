// One person's fake Gmail mailbox: messages, drafts, labels, threads, history. Bodies are parsed when somebody asks for
// what is in them, so that large imports are quick.
import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { createHistory, type History, type HistoryType } from './history.ts';
import { createLabels, type Labels } from './labels.ts';
import { type AttachmentIds, createAttachmentIds } from './message-part.ts';
import { type HeaderField, headerValue, parseHeaderFields } from './mime.ts';
import { type ParsedMessage, parseMessage } from './parsed-message.ts';

export interface ImportOptions {
  /** Ids or names; unknown names become labels of the user. Default: `INBOX` and `UNREAD`, or `DRAFT` for a draft. */
  labelIds?: string[];
  /** Milliseconds since the Unix epoch. Default: the message's own date. */
  internalDate?: number;
  threadId?: string;
  draft?: boolean;
  id?: string;
}

/** A message as it lies in the mailbox. */
export interface StoredMessage {
  readonly id: string;
  readonly threadId: string;
  /** Grows with every import: the order of messages of the same millisecond. */
  readonly sequence: number;
  /** The whole message, lines ending in CRLF. */
  readonly raw: Buffer;
  readonly internalDate: number;
  readonly labelIds: ReadonlySet<string>;
  readonly historyId: number;
  /** Parsed at the first call. */
  parsed(): ParsedMessage;
}

export interface Draft {
  readonly id: string;
  readonly message: StoredMessage;
}

export interface Mailbox {
  /** The person's e-mail address. */
  readonly owner: string;
  /**
   * @param raw the message's bytes, which must not be changed afterwards
   * @returns the message's id: 16 hexadecimal digits, as Gmail makes them from the date
   */
  importMessage(raw: Uint8Array, options?: ImportOptions): string;
  /** @returns the draft's id */
  createDraft(raw: Uint8Array): string;
  /** @throws Error for an unknown message */
  modifyLabels(messageId: string, change: { add?: string[]; remove?: string[] }): void;
  /** Deletes for ever. @throws Error for an unknown message */
  deleteMessage(messageId: string): void;
  readonly size: number;
  /** Grows on every change. */
  readonly historyId: string;

  // What the routes read.
  readonly clock: Clock;
  readonly labels: Labels;
  readonly history: History;
  readonly attachmentIds: AttachmentIds;
  message(id: string): StoredMessage | undefined;
  newestFirst(): readonly StoredMessage[];
  /** The messages of a thread, oldest first. */
  thread(threadId: string): readonly StoredMessage[];
  /** Newest first. */
  drafts(): readonly Draft[];
}

const lf = 10;
const cr = 13;

type MutableMessage = StoredMessage & { labelIds: Set<string>; historyId: number };

/** The messages of a mailbox and which of them are drafts; keeps their order until one is added or removed. */
const createMessageStore = (owner: string) => {
  const messages = new Map<string, MutableMessage>();
  const drafts = new Map<string, MutableMessage>();
  let sorted: readonly MutableMessage[] | undefined;
  const newestFirst = () => {
    sorted ??= [...messages.values()].sort((a, b) => b.internalDate - a.internalDate || b.sequence - a.sequence);
    return sorted;
  };
  return {
    messages,
    newestFirst,
    /** @throws Error for an unknown message */
    existing(id: string): MutableMessage {
      const message = messages.get(id);
      if (message !== undefined) return message;
      throw new Error(`${owner} has no message ${id} (mailbox of ${messages.size} messages).`);
    },
    add(message: MutableMessage, draftId: string | undefined): void {
      messages.set(message.id, message);
      if (draftId !== undefined) drafts.set(draftId, message);
      sorted = undefined;
    },
    remove(message: MutableMessage): void {
      messages.delete(message.id);
      for (const [id, draft] of drafts) if (draft === message) drafts.delete(id);
      sorted = undefined;
    },
    thread: (threadId: string) =>
      newestFirst()
        .filter((message) => message.threadId === threadId)
        .reverse(),
    newestDraftId: () => [...drafts.keys()].at(-1) ?? '',
    drafts: (): Draft[] => {
      const idOf = new Map([...drafts].map(([id, message]) => [message, id]));
      return newestFirst().flatMap((message) => {
        const id = idOf.get(message);
        return id === undefined ? [] : [{ id, message }];
      });
    },
  };
};

/** Google's ids are the time in milliseconds and 20 further bits; here these follow from the seed. */
const freeMessageId = (
  seed: string,
  sequence: number,
  internalDate: number,
  isTaken: (id: string) => boolean,
): string => {
  for (let attempt = 0; ; attempt++) {
    const low = hashNumber(seed, `${sequence} ${attempt}`) % 0x100000;
    const time = Math.min(Math.max(Math.trunc(internalDate), 0x10000000000), 0xfffffffffff);
    const id = time.toString(16).padStart(11, '0') + low.toString(16).padStart(5, '0');
    if (!isTaken(id)) return id;
  }
};

export interface MailboxOptions {
  readonly owner: string;
  readonly clock: Clock;
  /** The same seed gives the same ids. Default: the owner's address. */
  readonly seed?: string;
  /** Names of the user's labels by id. */
  readonly labels?: Record<string, string>;
}

export const createMailbox = (options: MailboxOptions): Mailbox => {
  const { owner, clock, seed = options.owner } = options;
  const { messages, existing, newestFirst, thread, drafts, ...store } = createMessageStore(owner);
  const threads = createThreads();
  const labels = createLabels(options.labels ?? {});
  const history = createHistory(clock, 100_000 + (hashNumber(seed, 'history') % 900_000));
  let sequence = 0;

  const record = (message: MutableMessage, type: HistoryType, labelIds: readonly string[]): void => {
    const { id: messageId, threadId } = message;
    message.historyId = history.add({ type, messageId, threadId, messageLabelIds: [...message.labelIds], labelIds });
  };

  const importMessage: Mailbox['importMessage'] = (bytes, importOptions = {}) => {
    const { draft = false } = importOptions;
    const raw = withCrlf(bytes);
    const { fields } = parseHeaderFields(raw, 0, raw.length);
    const internalDate = importOptions.internalDate ?? receivedAt(fields) ?? clock.now();
    const id = importOptions.id ?? freeMessageId(seed, sequence, internalDate, (taken) => messages.has(taken));
    if (messages.has(id)) throw new Error(`${owner} already has a message ${id}: give another id, or none.`);
    const headers = threadHeaders(fields);
    const threadId = importOptions.threadId ?? threads.find(headers) ?? id;
    threads.remember(headers, threadId);
    const labelIds = new Set((importOptions.labelIds ?? (draft ? [] : ['UNREAD', 'INBOX'])).map(labels.idFor));
    if (draft) labelIds.add('DRAFT');
    const parsed = lazily(() => parseMessage(raw));
    const message = { id, threadId, sequence: sequence++, raw, internalDate, labelIds, historyId: 0, parsed };
    const draftId = labelIds.has('DRAFT') ? `r${hashNumber(seed, `draft ${id}`)}${message.sequence}` : undefined;
    store.add(message, draftId);
    record(message, 'messageAdded', []);
    return id;
  };

  const modifyLabels: Mailbox['modifyLabels'] = (messageId, { add = [], remove = [] }) => {
    const message = existing(messageId);
    const added = add.map(labels.idFor).filter((id) => !message.labelIds.has(id));
    const removed = remove.map(labels.idFor).filter((id) => message.labelIds.has(id));
    for (const id of added) message.labelIds.add(id);
    for (const id of removed) message.labelIds.delete(id);
    if (added.length > 0) record(message, 'labelAdded', added);
    if (removed.length > 0) record(message, 'labelRemoved', removed);
  };

  return {
    owner,
    clock,
    labels,
    history,
    attachmentIds: createAttachmentIds(seed),
    importMessage,
    createDraft: (raw) => {
      importMessage(raw, { draft: true, internalDate: clock.now() });
      return store.newestDraftId();
    },
    modifyLabels,
    deleteMessage: (messageId) => {
      const message = existing(messageId);
      store.remove(message);
      record(message, 'messageDeleted', []);
    },
    get size() {
      return messages.size;
    },
    get historyId() {
      return String(history.currentId);
    },
    message: (id) => messages.get(id),
    newestFirst,
    thread,
    drafts,
  };
};

const threadHeaders = (fields: readonly HeaderField[]): ThreadHeaders => ({
  messageId: headerValue(fields, 'message-id') ?? '',
  inReplyTo: headerValue(fields, 'in-reply-to') ?? '',
  references: headerValue(fields, 'references') ?? '',
  subject: headerValue(fields, 'subject') ?? '',
});

/** Gmail stores every line with CRLF. Bytes that are so already are not copied: large imports would double. */
const withCrlf = (bytes: Uint8Array): Buffer => {
  const raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = raw.indexOf(lf); at !== -1; at = raw.indexOf(lf, at + 1)) {
    if (raw[at - 1] !== cr) return Buffer.from(raw.toString('latin1').replace(/(?<!\r)\n/g, '\r\n'), 'latin1');
  }
  return raw;
};

const lazily = <T>(compute: () => T): (() => T) => {
  let value: { of: T } | undefined;
  return () => {
    value ??= { of: compute() };
    return value.of;
  };
};

const hashNumber = (seed: string, text: string): number =>
  createHash('sha256').update(`${seed}\0${text}`).digest().readUIntBE(0, 6);

/** The `Date` header's time, else that of the newest `Received`; milliseconds since the epoch, undefined when neither can be read. */
const receivedAt = (fields: readonly HeaderField[]): number | undefined =>
  parseMailDate(headerValue(fields, 'date')) ?? parseMailDate(headerValue(fields, 'received')?.split(';').at(-1));

/** The year 2286: what does not fit into 13 digits is no date of a message. */
const latest = 10_000_000_000_000;

/** RFC 5322 §3.3 with the obsolete forms that occur; comments such as `(PDT)` are left out. */
const parseMailDate = (value: string | undefined): number | undefined => {
  const time = Date.parse(
    (value ?? '')
      .slice(0, 200)
      .replace(/\([^)]*\)/g, '')
      .trim(),
  );
  return time > 0 && time < latest ? time : undefined;
};

/** The header values threading looks at, '' when absent. */
interface ThreadHeaders {
  readonly messageId: string;
  readonly inReplyTo: string;
  readonly references: string;
  readonly subject: string;
}

interface Threads {
  /** The thread that a new message joins, or undefined when it starts one. */
  find(headers: ThreadHeaders): string | undefined;
  /** Remembers that a message is in a thread, so that later and earlier ones of its conversation find it. */
  remember(headers: ThreadHeaders, threadId: string): void;
}

const replyPrefix = /^\s*(?:(?:re|fwd?|aw|wg|sv|vs|antw|tr|rv|回复|答复|转发|返信)\s*(?:\[\d+\])?\s*[:：]\s*)+/i;
const maximumReferences = 100;

const createThreads = (): Threads => {
  const byMessageId = new Map<string, { threadId: string; subject: string }>();
  const bySubject = new Map<string, string>();

  return {
    find: (headers) => {
      const subject = baseSubject(headers.subject);
      for (const id of [...messageIds(headers.messageId), ...referenced(headers)]) {
        const known = byMessageId.get(id);
        if (known !== undefined && known.subject === subject) return known.threadId;
      }
      return subject !== '' && replyPrefix.test(headers.subject) ? bySubject.get(subject) : undefined;
    },
    remember: (headers, threadId) => {
      const subject = baseSubject(headers.subject);
      for (const id of referenced(headers)) if (!byMessageId.has(id)) byMessageId.set(id, { threadId, subject });
      for (const id of messageIds(headers.messageId)) byMessageId.set(id, { threadId, subject });
      bySubject.set(subject, threadId);
    },
  };
};

const messageIds = (value: string): string[] => value.match(/<[^<>\s]{1,500}>/g)?.slice(-maximumReferences) ?? [];

/** Nearest ancestor first. */
const referenced = (headers: ThreadHeaders): string[] => [
  ...messageIds(headers.inReplyTo),
  ...messageIds(headers.references).reverse(),
];

const baseSubject = (subject: string): string => subject.replace(replyPrefix, '').trim().toLowerCase();
