// What the six tools take and answer, so that calls are completed and checked while they are written. The server's schemas
// decide: a test compares these types with them.

interface Page {
  /** `nextPageToken` of the page before. */
  readonly page_token?: string;
}

/** Google's names: https://developers.google.com/people/api/rest/v1/people */
type PersonFields = readonly string[];

export interface ToolInputs {
  readonly gmail_fetch_mails: Page & {
    /** As in Gmail's own search. */
    readonly query?: string;
    readonly max_results?: number;
    /** Names or ids; all of them. */
    readonly label_ids?: readonly string[];
    readonly include_spam_trash?: boolean;
    readonly format?: 'minimal' | 'metadata' | 'readable' | 'full';
  };
  readonly gmail_get_message_by_id: {
    readonly message_id: string;
    readonly format?: 'minimal' | 'metadata' | 'readable' | 'links' | 'full' | 'raw';
    readonly max_chars?: number;
    readonly offset?: number;
  };
  readonly gmail_get_attachment_by_id: {
    readonly message_id: string;
    readonly attachment_id: string;
    readonly file_name?: string;
    /** `inline`: base64 in `data`; `link`: a one-time address. */
    readonly delivery?: 'auto' | 'inline' | 'link';
    readonly max_chars?: number;
    readonly offset?: number;
  };
  readonly gmail_list_drafts: Page & { readonly max_results?: number };
  readonly gmail_search_people: {
    readonly query: string;
    readonly other_contacts?: boolean;
    readonly page_size?: number;
    readonly person_fields?: PersonFields;
  };
  readonly gmail_get_contacts: Page & { readonly max_results?: number; readonly person_fields?: PersonFields };
}

/** Beside every answer: that it comes from outside, and what there is to say of it. */
interface FromOutside {
  readonly untrusted: string;
  readonly notes?: readonly string[];
}

export interface MessageRow {
  readonly id: string;
  readonly threadId?: string;
  readonly labelIds?: readonly string[];
  readonly labels?: readonly string[];
  readonly snippet?: string;
  readonly from?: string;
  readonly to?: readonly string[];
  readonly cc?: readonly string[];
  readonly subject?: string;
  /** ISO 8601. */
  readonly date?: string;
  /** It had no room here: read it by its id. */
  readonly clipped?: true;
}

/** A part of a message, in Gmail's tree and with Gmail's names. Optional is what the server's schema does not promise. */
export interface MessagePart {
  readonly partId: string;
  readonly mimeType: string;
  readonly filename: string;
  readonly headers?: readonly { readonly name: string; readonly value: string }[];
  readonly body?: {
    readonly size: number;
    /** Decoded text, not base64url as Gmail sends it; one page of it. */
    readonly data?: string;
    readonly totalChars?: number;
    readonly nextOffset?: number;
    /** The text ends before the part does, and says so. */
    readonly truncated?: true;
    /** Of everything that is no text: what `gmail_get_attachment_by_id` takes. */
    readonly attachmentId?: string;
  };
  readonly parts?: readonly MessagePart[];
}

export interface Message extends MessageRow {
  readonly body?: {
    readonly text: string;
    readonly totalChars: number;
    readonly nextOffset?: number;
    readonly quotedFrom?: number;
  };
  readonly attachments?: readonly {
    readonly attachmentId: string;
    readonly fileName: string;
    readonly mimeType: string;
    readonly size: number;
    readonly inline: boolean;
  }[];
  /** Of format `full`: all parts and headers. */
  readonly payload?: MessagePart;
  /** Of format `raw`: base64url. */
  readonly raw?: string;
  readonly totalChars?: number;
  readonly nextOffset?: number;
}

export interface Person {
  readonly resourceName: string;
  readonly source?: string;
  readonly clipped?: true;
  /** Google's fields, each a list. */
  readonly [field: string]: unknown;
}

interface NotFetched {
  readonly id: string;
  readonly reason: string;
}

export interface ToolOutputs {
  readonly gmail_fetch_mails: FromOutside & {
    readonly messages: readonly Message[];
    readonly nextPageToken?: string;
    readonly failures: readonly NotFetched[];
  };
  readonly gmail_get_message_by_id: FromOutside & Message;
  /** Text, base64 `data` or a link, as `delivery` and its size say. */
  readonly gmail_get_attachment_by_id: FromOutside & {
    readonly fileName: string;
    readonly mimeType: string;
    /** Bytes. */
    readonly size: number;
    /** The bytes, base64. */
    readonly data?: string;
    readonly text?: string;
    readonly totalChars?: number;
    readonly nextOffset?: number;
    /** Where to download it, once, without a credential. */
    readonly url?: string;
    /** Where the server saved it. */
    readonly path?: string;
    /** ISO 8601. */
    readonly expiresAt?: string;
  };
  readonly gmail_list_drafts: FromOutside & {
    readonly drafts: readonly { readonly id: string; readonly message: MessageRow }[];
    readonly nextPageToken?: string;
    readonly failures: readonly NotFetched[];
  };
  readonly gmail_search_people: FromOutside & {
    readonly people: readonly Person[];
    readonly skipped: readonly {
      readonly source: string;
      readonly reason: string;
      readonly missing?: readonly string[];
    }[];
  };
  readonly gmail_get_contacts: FromOutside & {
    readonly people: readonly Person[];
    readonly nextPageToken?: string;
    readonly totalPeople?: number;
  };
}

export type ToolName = keyof ToolInputs;

/** The input of a tool: of one that this version does not know, any object. */
export type ToolInput<Name extends string> = Name extends ToolName
  ? ToolInputs[Name]
  : Readonly<Record<string, unknown>>;

/** The data that a tool answers with. */
export type ToolOutput<Name extends string> = Name extends ToolName
  ? ToolOutputs[Name]
  : Readonly<Record<string, unknown>>;
