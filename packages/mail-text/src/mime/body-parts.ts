// The texts that Gmail left out of its answer because of their size or kind: which ones have to be fetched before a
// message can be shown, and putting them in their places.
import type { Body } from '../answer.ts';
import { isWinmail } from '../tnef/winmail.ts';
import { isBodyText } from './attachments.ts';
import { headerText, headerValues } from './headers.ts';
import {
  childrenOf,
  everyPart,
  hasInlineBytes,
  isContainer,
  type Message,
  type MessagePart,
  mimeTypeOf,
  type NumberedPart,
  rootOf,
} from './message-part.ts';
import { isStructured } from './structured-parts.ts';

/** A text to fetch; give it to `withTexts`. */
export interface MissingText {
  /** Our part id. */
  readonly partId: string;
  /** Gmail's own, valid now. */
  readonly attachmentId: string;
  /** Bytes. */
  readonly size: number;
}

/** Calendar data, reports and winmail.dat are fetched up to this size (bytes) and number. */
const largestTold = 5 * 1024 * 1024;
const mostTold = 5;

const isMissing = ({ part }: NumberedPart): boolean =>
  !isContainer(part) && !hasInlineBytes(part) && Boolean(part.body?.attachmentId);

/**
 * What has to be fetched before a message can be shown.
 * @param view `readable` needs the body texts and what is summarised, `full` the body texts alone.
 */
export const missingTextParts = (message: Message, view: 'readable' | 'full' = 'full'): MissingText[] => {
  const missing = [...everyPart(message)].filter(isMissing);
  const summarised = missing.filter(
    (numbered) =>
      !isBodyText(numbered) &&
      (isStructured(numbered) || isWinmail(numbered)) &&
      (numbered.part.body?.size ?? 0) <= largestTold,
  );
  const wanted = [...missing.filter(isBodyText), ...(view === 'readable' ? summarised.slice(0, mostTold) : [])];
  return wanted.map(({ part, partId }) => ({
    partId,
    attachmentId: part.body?.attachmentId ?? '',
    size: part.body?.size ?? 0,
  }));
};

const filled = (part: MessagePart, { bytes, cut }: Body, most: number): MessagePart => {
  const isCut = cut ?? bytes.length > most;
  const size = isCut ? part.body?.size : bytes.length;
  return { ...part, body: { ...part.body, size, bytes: bytes.subarray(0, most), ...(isCut ? { cut: true } : {}) } };
};

/**
 * The message with fetched texts in their places.
 * @param texts by our part id.
 * @param most bytes of each text.
 */
export const withTexts = (
  message: Message,
  texts: ReadonlyMap<string, Body>,
  most: number = Number.POSITIVE_INFINITY,
): Message => {
  const root = rootOf(message);
  if (root === undefined) return message;
  // Parents come before their children, so that going backwards every part finds its children done.
  const changed = new Map<MessagePart, MessagePart>();
  for (const { part, partId } of [...everyPart(message)].reverse()) {
    const text = texts.get(partId);
    const parts = part.parts?.some((child) => changed.has(child))
      ? part.parts.map((child) => changed.get(child) ?? child)
      : undefined;
    if (text !== undefined) changed.set(part, filled(part, text, most));
    else if (parts !== undefined) changed.set(part, { ...part, parts });
  }
  return { ...message, payload: changed.get(root.part) ?? root.part };
};

// Which parts of a message make up its body, and in which order: of several forms of the same content the best one, and
// messages inside the message under a head of their own. Knows how parts are arranged, not how their text is read.

/** A piece of the body: a text part, or the head of a message inside the message. */
export type Piece =
  | { readonly kind: 'text'; readonly from: NumberedPart; readonly forwarded: boolean }
  | { readonly kind: 'head'; readonly text: string; readonly forwarded: true };

/** Picks one of several forms of the same content. */
export type ChooseForm = (forms: readonly Piece[][]) => readonly Piece[];

/** Alternatives that are nested deeper are all shown: nobody writes such mail, and choosing costs at every level. */
const deepestChoice = 50;

const isInnerMessage = (mimeType: string): boolean => /^message\/(?:rfc822|global|news)$/.test(mimeType);
/** Their parts are fields for programs; what they say is told by `reports`. */
const isReport = (mimeType: string): boolean =>
  /^message\/(?:delivery-status|disposition-notification|feedback-report|global-.*)$/.test(mimeType);

const headOfInnerMessage = (container: NumberedPart): Piece => {
  const [inner] = childrenOf(container);
  const fields = ['From', 'To', 'Cc', 'Date', 'Subject'].flatMap((name) =>
    headerValues(inner?.part.headers, name.toLowerCase()).map((value) => `${name}: ${headerText(value)}`),
  );
  return { kind: 'head', text: ['---------- Forwarded message ----------', ...fields].join('\n'), forwarded: true };
};

interface Open {
  readonly numbered: NumberedPart;
  readonly children: readonly NumberedPart[];
  readonly forwarded: boolean;
  readonly depth: number;
  /** Where the pieces of its children go. */
  readonly sink: Piece[];
  /** For alternatives: one list for each child, and where the chosen one goes. */
  readonly forms?: Piece[][];
  next: number;
}

/** The pieces of a message's body, in order. Iterative: depth is the sender's choice. */
export const bodyPieces = (message: Message, choose: ChooseForm): Piece[] => {
  const root = rootOf(message);
  const pieces: Piece[] = [];
  const open: Open[] = [];

  const enter = (numbered: NumberedPart, sink: Piece[], forwarded: boolean, depth: number): void => {
    const mimeType = mimeTypeOf(numbered.part);
    if (isReport(mimeType)) return;
    if (!isContainer(numbered.part)) {
      if (isBodyText(numbered)) sink.push({ kind: 'text', from: numbered, forwarded });
      return;
    }
    const inner = isInnerMessage(mimeType);
    if (inner) sink.push(headOfInnerMessage(numbered));
    const isChoice = mimeType === 'multipart/alternative' && depth < deepestChoice;
    open.push({
      ...{ numbered, children: childrenOf(numbered), forwarded: forwarded || inner, depth, sink, next: 0 },
      ...(isChoice ? { forms: [] } : {}),
    });
  };

  if (root) enter(root, pieces, false, 0);
  for (let here = open.at(-1); here; here = open.at(-1)) {
    const child = here.children[here.next];
    if (child === undefined) {
      open.pop();
      if (here.forms) for (const piece of choose(here.forms)) here.sink.push(piece);
      continue;
    }
    here.next += 1;
    const sink = here.forms ? [] : here.sink;
    here.forms?.push(sink);
    enter(child, sink, here.forwarded, here.depth + 1);
  }
  return pieces;
};
