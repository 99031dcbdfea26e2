// The text of a message: which parts make it up, in which order, and what they say. The plain version: text/plain where
// there is any, else HTML reduced to text. No part is dropped that says something of its own.
import { isBodyText } from './attachments.ts';
import { textOfBytes } from './charset.ts';
import { declaredCharset, headerText, headerValues } from './headers.ts';
import { textOfHtml } from './html-text.ts';
import {
  childrenOf,
  everyPart,
  inlineBytes,
  isContainer,
  type Message,
  type MessagePart,
  mimeTypeOf,
  type NumberedPart,
  rootOf,
} from './message-part.ts';

/** A piece of the body: a text part, or the head of a message inside the message. */
type Piece = { readonly kind: 'text'; readonly from: NumberedPart } | { readonly kind: 'head'; readonly text: string };

/** A body text that Gmail left out of its answer because it is large; fetch it and give it to `withTexts`. */
export interface MissingText {
  /** Our part id. */
  readonly partId: string;
  /** Gmail's own, valid now. */
  readonly attachmentId: string;
  /** Bytes. */
  readonly size: number;
}

const isHtml = (part: MessagePart): boolean => mimeTypeOf(part) === 'text/html';

/** The text of a text part as its sender wrote it, decoded; empty where it was not fetched. */
export const decodedText = (part: MessagePart): string => {
  const bytes = inlineBytes(part);
  return bytes === undefined ? '' : textOfBytes(bytes, mimeTypeOf(part), declaredCharset(part));
};

const readableText = (part: MessagePart): string => {
  const text = decodedText(part).replace(/\r\n?/g, '\n');
  return (isHtml(part) ? textOfHtml(text) : text).trimEnd();
};

const saysSomething = (piece: Piece): boolean => {
  if (piece.kind === 'head') return false;
  const { part } = piece.from;
  return part.body?.data ? decodedText(part).trim() !== '' : Boolean(part.body?.attachmentId);
};

/** Of several forms of the same content: the first with plain text, else the first that says anything. */
const bestAlternative = (forms: Piece[][]): Piece[] => {
  const spoken = forms.filter((form) => form.some(saysSomething));
  const plain = spoken.find((form) =>
    form.some((piece) => piece.kind === 'text' && !isHtml(piece.from.part) && saysSomething(piece)),
  );
  return plain ?? spoken[0] ?? [];
};

const headOfInnerMessage = (container: NumberedPart): Piece[] => {
  const [inner] = childrenOf(container);
  const fields = ['From', 'To', 'Cc', 'Date', 'Subject'].flatMap((name) =>
    headerValues(inner?.part.headers, name.toLowerCase()).map((value) => `${name}: ${headerText(value)}`),
  );
  return [{ kind: 'head', text: ['---------- Forwarded message ----------', ...fields].join('\n') }];
};

const piecesOf = (numbered: NumberedPart): Piece[] => {
  if (!isContainer(numbered.part)) return isBodyText(numbered) ? [{ kind: 'text', from: numbered }] : [];
  const children = childrenOf(numbered).map(piecesOf);
  switch (mimeTypeOf(numbered.part)) {
    case 'multipart/alternative':
      return bestAlternative(children);
    case 'message/rfc822':
    case 'message/global':
      return [...headOfInnerMessage(numbered), ...children.flat()];
    default:
      return children.flat();
  }
};

/** The body as a person would read it: lines end with LF, the texts of several parts follow each other. */
export const bodyText = (message: Message): string => {
  const root = rootOf(message);
  const pieces = root ? piecesOf(root) : [];
  return pieces
    .map((piece) => (piece.kind === 'head' ? piece.text : readableText(piece.from.part)))
    .filter((text) => text.trim() !== '')
    .join('\n\n');
};

const isMissing = ({ part }: NumberedPart): boolean => !part.body?.data && Boolean(part.body?.attachmentId);

/**
 * The body texts that have to be fetched before a message can be shown.
 * @param view `readable` needs only the form that is shown, `full` every one.
 */
export const missingTextParts = (message: Message, view: 'readable' | 'full' = 'full'): MissingText[] => {
  const root = rootOf(message);
  const shown = root ? piecesOf(root).flatMap((piece) => (piece.kind === 'text' ? [piece.from] : [])) : [];
  const all = [...everyPart(message)].filter(({ part }) => !isContainer(part)).filter(isBodyText);
  return (view === 'readable' ? shown : all).filter(isMissing).map(({ part, partId }) => ({
    partId,
    attachmentId: part.body?.attachmentId ?? '',
    size: part.body?.size ?? 0,
  }));
};

const fill = (numbered: NumberedPart, texts: ReadonlyMap<string, Uint8Array>): MessagePart => {
  const bytes = texts.get(numbered.partId);
  const { part } = numbered;
  return {
    ...part,
    ...(bytes === undefined ? {} : { body: { size: bytes.length, data: Buffer.from(bytes).toString('base64url') } }),
    ...(isContainer(part) ? { parts: childrenOf(numbered).map((child) => fill(child, texts)) } : {}),
  };
};

/** The message with fetched texts in their places; `texts` goes by our part id. */
export const withTexts = (message: Message, texts: ReadonlyMap<string, Uint8Array>): Message => {
  const root = rootOf(message);
  return root ? { ...message, payload: fill(root, texts) } : message;
};
