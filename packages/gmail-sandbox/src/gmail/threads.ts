// Which conversation a message belongs to: by References and In-Reply-To where the subject is the same, else by the
// subject of a reply. (support.google.com/mail/answer/5900: same recipients, senders or subjects.) Knows only headers.

/** The header values threading looks at, '' when absent. */
export interface ThreadHeaders {
  readonly messageId: string;
  readonly inReplyTo: string;
  readonly references: string;
  readonly subject: string;
}

export interface Threads {
  /** The thread that a new message joins, or undefined when it starts one. */
  find(headers: ThreadHeaders): string | undefined;
  /** Remembers that a message is in a thread, so that later and earlier ones of its conversation find it. */
  remember(headers: ThreadHeaders, threadId: string): void;
}

const REPLY_PREFIX = /^\s*(?:(?:re|fwd?|aw|wg|sv|vs|antw|tr|rv|回复|答复|转发|返信)\s*(?:\[\d+\])?\s*[:：]\s*)+/i;
const MAXIMUM_REFERENCES = 100;

export const createThreads = (): Threads => {
  const byMessageId = new Map<string, { threadId: string; subject: string }>();
  const bySubject = new Map<string, string>();

  return {
    find: (headers) => {
      const subject = baseSubject(headers.subject);
      for (const id of [...messageIds(headers.messageId), ...referenced(headers)]) {
        const known = byMessageId.get(id);
        if (known !== undefined && known.subject === subject) return known.threadId;
      }
      return subject !== '' && REPLY_PREFIX.test(headers.subject) ? bySubject.get(subject) : undefined;
    },
    remember: (headers, threadId) => {
      const subject = baseSubject(headers.subject);
      for (const id of referenced(headers)) if (!byMessageId.has(id)) byMessageId.set(id, { threadId, subject });
      for (const id of messageIds(headers.messageId)) byMessageId.set(id, { threadId, subject });
      bySubject.set(subject, threadId);
    },
  };
};

const messageIds = (value: string): string[] => value.match(/<[^<>\s]{1,500}>/g)?.slice(-MAXIMUM_REFERENCES) ?? [];

/** Nearest ancestor first. */
const referenced = (headers: ThreadHeaders): string[] => [
  ...messageIds(headers.inReplyTo),
  ...messageIds(headers.references).reverse(),
];

const baseSubject = (subject: string): string => subject.replace(REPLY_PREFIX, '').trim().toLowerCase();
