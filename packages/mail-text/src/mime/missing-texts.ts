// The texts that Gmail left out of its answer because of their size or kind: which ones have to be fetched before a
// message can be shown, and putting them in their places.
import type { Body } from '../answer.ts';
import { isWinmail } from '../tnef/winmail.ts';
import { isBodyText } from './attachments.ts';
import {
  everyPart,
  hasInlineBytes,
  isContainer,
  type Message,
  type MessagePart,
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
const largestSummarised = 5 * 1024 * 1024;
const mostSummarised = 5;

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
      (numbered.part.body?.size ?? 0) <= largestSummarised,
  );
  const wanted = [...missing.filter(isBodyText), ...(view === 'readable' ? summarised.slice(0, mostSummarised) : [])];
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
