// A message as Gmail's API gives it, and the walk over its parts. The types of
// Google's libraries fit without being imported.

export interface MessageHeader {
  readonly name?: string | null | undefined;
  readonly value?: string | null | undefined;
}

interface MessagePartBody {
  readonly attachmentId?: string | null | undefined;
  /** base64url. */
  readonly data?: string | null | undefined;
  /** The decoded bytes, where they came beside the answer. */
  readonly bytes?: Uint8Array | undefined;
  /** `bytes` are not all there is. */
  readonly cut?: true | undefined;
  /** Bytes; for a text part, those of the sender's charset. */
  readonly size?: number | null | undefined;
}

/** One node of Gmail's `payload` tree: https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages */
export interface MessagePart {
  readonly partId?: string | null | undefined;
  readonly mimeType?: string | null | undefined;
  readonly filename?: string | null | undefined;
  readonly headers?: readonly MessageHeader[] | null | undefined;
  readonly body?: MessagePartBody | null | undefined;
  readonly parts?: readonly MessagePart[] | null | undefined;
}

export interface Message {
  readonly id?: string | null | undefined;
  readonly threadId?: string | null | undefined;
  readonly labelIds?: readonly string[] | null | undefined;
  readonly snippet?: string | null | undefined;
  /** Milliseconds since the epoch, as text. */
  readonly internalDate?: string | null | undefined;
  readonly payload?: MessagePart | null | undefined;
  /** The RFC 822 source, base64url; only in `format=raw`. */
  readonly raw?: string | null | undefined;
}

/** A part with the id we hand out: Gmail's `partId`, which never changes, or `root` for the message's own part. */
export interface NumberedPart {
  readonly part: MessagePart;
  readonly partId: string;
}

export const rootPartId = 'root';

/** The parts directly below one, with their ids; an absent `partId` is counted out from the position. */
export const childrenOf = ({ part, partId }: NumberedPart): NumberedPart[] =>
  (part.parts ?? []).map((child, index) => ({
    part: child,
    partId: child.partId || (partId === rootPartId ? `${index}` : `${partId}.${index}`),
  }));

/** The root part of a message; undefined where none was fetched (`minimal`, `raw`). */
export const rootOf = (message: Message): NumberedPart | undefined =>
  message.payload ? { part: message.payload, partId: rootPartId } : undefined;

/** Every part in the order of the message, containers before what they contain. Iterative: depth is the sender's choice. */
export function* everyPart(message: Message): Generator<NumberedPart> {
  const root = rootOf(message);
  const open = root ? [root] : [];
  for (let next = open.pop(); next; next = open.pop()) {
    yield next;
    for (const child of childrenOf(next).reverse()) open.push(child);
  }
}

export const isContainer = (part: MessagePart): boolean => (part.parts ?? []).length > 0;

export const mimeTypeOf = (part: MessagePart): string => (part.mimeType || 'text/plain').toLowerCase();

/** The bytes Gmail put into the answer itself; undefined where they have to be fetched by attachment id. */
export const inlineBytes = ({ body }: MessagePart): Uint8Array | undefined =>
  body?.bytes ?? (typeof body?.data === 'string' ? Buffer.from(body.data, 'base64url') : undefined);

/** Whether the answer itself has bytes of the part. */
export const hasInlineBytes = ({ body }: MessagePart): boolean => Boolean(body?.bytes || body?.data);

/**
 * One part of a message by our part id (`root` for the message's own), or by the attachment id Gmail gave in this
 * very answer (those change with every answer).
 */
export const findPart = (message: Message, attachmentId: string): NumberedPart | undefined => {
  for (const numbered of everyPart(message)) {
    if (numbered.partId === attachmentId || numbered.part.body?.attachmentId === attachmentId) return numbered;
  }
  return undefined;
};

const textTypes =
  /^(?:text\/(?!rtf)|message\/|application\/(?:(?:x-)?(?:javascript|ecmascript|json|ndjson|yaml|sh|shellscript|sql|toml|tex|latex|perl|python|php|typescript|httpd-php|pem-file|subrip)|xml|xhtml|pgp-signature|pgp-keys|pgp-encrypted|ics|mbox)\b)|\+(?:json|xml|yaml)$/i;
const textExtensions =
  /\.(?:asc|bat|c|cc|cfg|conf|cpp|cs|css|csv|diff|eml|env|go|h|hpp|html?|ics|ini|java|js|json|jsonl|key|log|lua|mbox|md|mjs|patch|pem|php|pl|properties|ps1|py|r|rb|rs|rst|sh|sql|srt|svg|tex|toml|ts|tsv|txt|vcf|vtt|xml|ya?ml)$/i;

/** Whether an attachment is worth showing as text: by its type, or by its name where the type says nothing. */
export const isTextLike = (mimeType: string, fileName: string): boolean =>
  textTypes.test(mimeType) ||
  (/^(?:application\/(?:x-)?(?:octet-stream|unknown))?$/i.test(mimeType) && textExtensions.test(fileName));
