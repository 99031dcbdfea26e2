// What a tool can ask Google for: readers already bound to one caller. Knows nothing of tokens, accounts or limits.
import type { gmail_v1 } from '@googleapis/gmail';
import type { people_v1 } from '@googleapis/people';
import type { AccountKey } from '../model/account-key.ts';
import type { AnsweredCapability } from '../model/capability-state.ts';
import type { FreshToken } from '../model/fresh-token.ts';
import type { Problem } from '../model/problem.ts';
import type { Result } from '../model/result.ts';

/** How much of a message is fetched; `metadata` brings the headers a message row shows. */
export type MessageView = 'minimal' | 'metadata' | 'full' | 'raw';

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

/** Told how far something has come: steps of one kind, messages or bytes. A repeated request may begin anew. */
export type ReportProgress = (done: number, total: number) => void;

export interface GmailLabel {
  readonly id: string;
  /** As the person sees it; of nested ones the whole path: `Receipts/2026`. */
  readonly name: string;
}

/** Every method checks ids and page tokens against their grammar before they reach a URL. */
export interface GmailReader {
  /**
   * One list call, then the messages, at most 10 in flight per account. `authorization_required` ends the whole call.
   * Progress is in messages.
   */
  searchMessages(
    query: ListMessagesQuery,
    view: MessageView,
    progress?: ReportProgress,
  ): Promise<Result<Hydrated<gmail_v1.Schema$Message>>>;
  message(id: string, view: MessageView): Promise<Result<gmail_v1.Schema$Message>>;
  /**
   * The decoded bytes of one attachment, by Gmail's own (fresh) attachment id; `google_unavailable` where Gmail gives
   * fewer than it announces, in this answer or as `size` (bytes) in the message. Progress is in bytes.
   */
  attachment(
    messageId: string,
    attachmentId: string,
    options?: { readonly size?: number; readonly progress?: ReportProgress },
  ): Promise<Result<Uint8Array>>;
  /**
   * Every label of the mailbox, Gmail's own among them: remembered for some minutes unless `fresh` is wanted. `cached`
   * says that they come from memory.
   */
  labels(options?: {
    readonly fresh?: boolean;
  }): Promise<Result<{ readonly labels: readonly GmailLabel[]; readonly cached: boolean }>>;
  /** Progress is in drafts. */
  searchDrafts(
    query: { readonly maxResults: number; readonly pageToken?: string },
    view: MessageView,
    progress?: ReportProgress,
  ): Promise<Result<Hydrated<gmail_v1.Schema$Draft>>>;
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

/** Built once in `compose`; limiter, warm-ups and labels live here, keyed by (account key, grant version). */
export interface GoogleServices {
  forCaller(call: {
    readonly key: AccountKey;
    readonly freshToken: FreshToken;
    /** Told what an API answered for a capability, where that is not what was known of it; the request waits for it. */
    readonly record: (answered: AnsweredCapability) => Promise<void>;
    readonly signal: AbortSignal;
  }): CallerGoogle;
  /** Drops everything kept for an account; called on any change of it. */
  forget(key: AccountKey): void;
}
