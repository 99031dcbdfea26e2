// What a tool can ask Google for: readers already bound to one caller, without tokens, accounts or limits.
import type { gmail_v1 } from '@googleapis/gmail';
import type { people_v1 } from '@googleapis/people';
import type { Answer, Body } from '@postern/mail-text/answer';
import type { SourcePage } from '@postern/mail-text/message';
import type { Turn } from '../lib/semaphore.ts';
import type { AccountKey } from '../model/account-key.ts';
import type { AnsweredCapability } from '../model/capability.ts';
import type { FreshToken } from '../model/fresh-token.ts';
import type { Problem } from '../model/problem.ts';
import type { Result } from '../model/result.ts';

/**
 * How much of a message is fetched; `metadata` brings the headers a message row shows, `structure` everything but (long)
 * bodies.
 */
export type MessageView = 'minimal' | 'metadata' | 'full' | 'structure';

export interface ListMessagesQuery {
  readonly query?: string;
  readonly labelIds?: readonly string[];
  readonly includeSpamTrash: boolean;
  readonly maxResults: number;
  readonly pageToken?: string;
}

export interface Failure {
  readonly id: string;
  readonly problem: Problem;
}

/** Items in Google's order; what could not be fetched is named in `failures`, never dropped. */
export interface Hydrated<T> {
  readonly items: T[];
  readonly failures: Failure[];
  readonly nextPageToken?: string;
}

/** Reports how far something has come: steps of one kind, messages or bytes. A repeated request may begin anew. */
export type ReportProgress = (done: number, total: number) => void;

export interface GmailLabel {
  readonly id: string;
  /** As the person sees it; of nested ones the whole path: `Receipts/2026`. */
  readonly name: string;
}

/** A message that has been fetched; its memory is free again when the work on it is done. */
export interface Fetched {
  readonly answer: Answer<gmail_v1.Schema$Message>;
  /**
   * A text that Gmail left out, by its own attachment id; so much of it as is read of one message.
   * @param size bytes, as the message says.
   */
  text(attachmentId: string, size: number): Promise<Result<Body>>;
}

/** Where the bytes of a part are: behind one of Gmail's attachment ids, or in the message itself, its bodies counted. */
export type PartSource = { readonly attachmentId: string } | { readonly body: number };

export interface AttachmentOptions {
  /** Bytes, as the message says; fewer are an error. */
  readonly size?: number | undefined;
  /** In bytes. */
  readonly progress?: ReportProgress | undefined;
}

/**
 * Every method checks ids and page tokens against their grammar before they reach a URL. What comes is in memory while
 * `use` works on it; the result of `use` is what is left of it.
 */
export interface GmailReader {
  /**
   * One list call, then the messages, at most 10 in flight per account. `authorization_required` ends the whole call.
   * Progress is in messages.
   */
  searchMessages<R>(
    query: ListMessagesQuery,
    view: MessageView,
    use: (fetched: Fetched) => Promise<Result<R>>,
    progress?: ReportProgress,
  ): Promise<Result<Hydrated<R>>>;
  message<R>(id: string, view: MessageView, use: (fetched: Fetched) => Promise<Result<R>>): Promise<Result<R>>;
  /** A page of the RFC 822 source. */
  source(
    id: string,
    page: { readonly offset: number; readonly maxChars: number },
  ): Promise<Result<SourcePage<gmail_v1.Schema$Message>>>;
  /** Whether the mailbox can be read at all. */
  profile(): Promise<Result<gmail_v1.Schema$Profile>>;
  /**
   * The decoded bytes of one part; `google_unavailable` where Gmail gives fewer than it announces.
   * @param options `most`: bytes that are kept; more are cut off, and the body says so.
   */
  attachment<R>(
    messageId: string,
    from: PartSource,
    options: AttachmentOptions & { readonly most: number },
    use: (body: Body) => Promise<Result<R>>,
  ): Promise<Result<R>>;
  /**
   * The same, handed on as it arrives and never collected in memory.
   * @param take is called anew, from the beginning, for every try; what it took is whole only if the result is.
   */
  attachmentTo(
    messageId: string,
    from: PartSource,
    options: AttachmentOptions,
    take: (pieces: AsyncIterable<Uint8Array>) => Promise<void>,
  ): Promise<Result<object>>;
  /**
   * Every label of the mailbox, Gmail's own among them: remembered for some minutes unless `fresh` is wanted. `cached`
   * says that they come from memory.
   */
  labels(options?: {
    readonly fresh?: boolean;
  }): Promise<Result<{ readonly labels: readonly GmailLabel[]; readonly cached: boolean }>>;
  /** Progress is in drafts. */
  searchDrafts<R>(
    query: { readonly maxResults: number; readonly pageToken?: string },
    view: MessageView,
    use: (answer: Answer<gmail_v1.Schema$Draft>) => Promise<Result<R>>,
    progress?: ReportProgress,
  ): Promise<Result<Hydrated<R>>>;
}

export type PeopleSource = 'contacts' | 'directory' | 'other_contacts';

export interface FoundPerson {
  readonly source: PeopleSource;
  readonly person: people_v1.Schema$Person;
}

export interface PeopleReader {
  /**
   * Asks the sources in parallel (contacts and other contacts after Google's warm-up request, once per grant and
   * process), merges duplicates by resource name, then e-mail. A source that cannot be asked, or was not granted, is in `skipped`.
   */
  search(query: {
    readonly text: string;
    readonly sources: readonly PeopleSource[];
    readonly pageSize: number;
    readonly personFields: readonly string[];
  }): Promise<Result<{ people: FoundPerson[]; skipped: { source: PeopleSource; problem: Problem }[] }>>;
  connections(query: {
    readonly pageSize: number;
    readonly pageToken?: string;
    readonly personFields: readonly string[];
  }): Promise<Result<{ people: people_v1.Schema$Person[]; nextPageToken?: string; totalPeople?: number }>>;
}

export interface CallerGoogle {
  readonly gmail: GmailReader;
  readonly people: PeopleReader;
}

/** Built once in `compose`: concurrency limits, warm-ups and labels outlive a call, keyed by account and grant version. */
export interface GoogleServices {
  forCaller(call: {
    readonly key: AccountKey;
    readonly freshToken: FreshToken;
    /** Called with what an API answered for a capability, where that is not what was known of it; the request waits for it. */
    readonly record: (answered: AnsweredCapability) => Promise<void>;
    readonly signal: AbortSignal;
    /** How it stands in queues; absent: behind nobody who came later, and waiting on. */
    readonly turn?: Turn | undefined;
  }): CallerGoogle;
  /** Drops everything cached for an account; called on any change of it. */
  forget(key: AccountKey): void;
}
