// What is read of a message, as jobs: which texts have to be fetched for it, and the message in the format that was asked
// for, in variants that fit into a result.
import { type Answer, type Body, contentOf, type MessageOrDraft } from '@postern/mail-text/answer';
import {
  fullMessage,
  isCheapToRead,
  linksOfMessage,
  type Message,
  type MissingText,
  messageRow,
  missingTextParts,
  type PageRequest,
  rawMessage,
  readableMessage,
  readRow,
  type SourcePage,
  withTexts,
} from '@postern/mail-text/message';
import { fitPage, type Variants, variantsOf } from '../size-limit.ts';
import type { MessageOutput } from '../tools/outputs.ts';

/** All but the source, which has a job of its own. */
export type ParsedFormat = 'minimal' | 'metadata' | 'readable' | 'links' | 'full';

interface FormatInput {
  readonly answer: Answer<MessageOrDraft>;
  readonly format: ParsedFormat;
}

interface MessageInput extends FormatInput {
  /** Texts that were fetched, by our part id. */
  readonly texts: ReadonlyMap<string, Body>;
  /** Of each body, or of the one that a list shows. */
  readonly page: PageRequest;
  /** Bytes that are read of each body, where all of it took too long. */
  readonly maxBodyBytes?: number;
}

const messageOf = (answer: Answer<MessageOrDraft>, most?: number): Message => {
  const content = contentOf(answer, most);
  return content.message ?? content;
};

const hasBodies = (format: ParsedFormat): boolean => format !== 'minimal' && format !== 'metadata';

const isParsed = ({ skeleton }: Answer<object>): boolean => 'value' in skeleton;

/** Which texts Gmail left out that the format shows. */
export const missingTextsJob = {
  run: ({ answer, format }: FormatInput): MissingText[] =>
    hasBodies(format) ? missingTextParts(messageOf(answer), format === 'full' ? 'full' : 'readable') : [],
  isSmall: ({ answer }: FormatInput): boolean => isParsed(answer),
  moved: (): ArrayBuffer[] => [],
};

const minimalRow = (message: Message): MessageOutput => {
  const { id, threadId, labelIds, snippet } = messageRow(message);
  return { id, threadId, labelIds, snippet };
};

const render = (message: Message, format: ParsedFormat, page: PageRequest): MessageOutput => {
  switch (format) {
    case 'minimal':
      return minimalRow(message);
    case 'metadata':
      return messageRow(message);
    case 'readable':
      return readableMessage(message, page);
    case 'links':
      return linksOfMessage(message, page);
    case 'full':
      return fullMessage(message, page);
  }
};

const cutText = (text: string): string => (text.length > 200 ? `${text.slice(0, 200).toWellFormed()}…` : text);

/** Ever shorter variants of a message that does not fit; the last is a few bytes. */
const clippedVariants = (message: Message, format: ParsedFormat): MessageOutput[] => {
  // Where the body was fetched, with a snippet of what a person sees of it.
  const row = hasBodies(format) ? readRow(message) : messageRow(message);
  const { id, subject = '', from = '', to = [], date } = row;
  const clipped = true as const;
  return [
    { ...row, clipped },
    {
      ...{ id, from: cutText(from), to: to.slice(0, 3).map(cutText), subject: cutText(subject), clipped },
      ...(date === undefined ? {} : { date }),
    },
    { id, clipped },
  ];
};

const completeMessage = ({ answer, texts, maxBodyBytes }: MessageInput): Message => {
  const message = messageOf(answer, maxBodyBytes);
  return texts.size === 0 ? message : withTexts(message, texts, maxBodyBytes);
};

const isSmall = ({ answer, format, texts }: MessageInput): boolean =>
  texts.size === 0 &&
  answer.bodies === undefined &&
  'value' in answer.skeleton &&
  (!hasBodies(format) || isCheapToRead(messageOf(answer)));

/** Each memory once: small bodies share one. */
const moved = ({ answer, texts }: MessageInput): ArrayBuffer[] => [
  ...new Set([...(answer.bodies ?? []), ...texts.values()].map(({ bytes }) => bytes.buffer)),
];

/** One message by itself: the largest page that fits into a result, at most the one asked for. */
export const messageJob = {
  run: (wanted: MessageInput): MessageOutput => {
    const message = completeMessage(wanted);
    const { format, page } = wanted;
    return fitPage(
      page.maxChars,
      (maxChars) => render(message, format, { ...page, maxChars }),
      () => clippedVariants(message, format).at(1) ?? { id: message.id ?? '', clipped: true },
    );
  },
  isSmall,
  moved,
};

/** One message of a list. */
export const listedMessageJob = {
  run: (wanted: MessageInput): Variants<MessageOutput> => {
    const message = completeMessage(wanted);
    return variantsOf([render(message, wanted.format, wanted.page), ...clippedVariants(message, wanted.format)]);
  },
  isSmall,
  moved,
};

export interface DraftContent extends MessageOrDraft {
  readonly id?: string | null | undefined;
}

/** A draft of a list: its id, and the variants of its message. */
export interface ListedDraft {
  readonly id: string;
  readonly variants: Variants<MessageOutput>;
}

/** One draft of a list, by its header fields. */
export const listedDraftJob = {
  run: ({ answer }: { readonly answer: Answer<DraftContent> }): ListedDraft => {
    const { id, message } = contentOf(answer);
    return {
      id: id ?? '',
      variants: variantsOf([messageRow(message ?? {}), ...clippedVariants(message ?? {}, 'metadata')]),
    };
  },
  isSmall: ({ answer }: { readonly answer: Answer<DraftContent> }): boolean => isParsed(answer),
  moved: (): ArrayBuffer[] => [],
};

/** Base64url units of a head that is read at once. */
const smallHeadChars = 64 * 1024;

interface SourceInput {
  readonly source: SourcePage<Message>;
  readonly page: PageRequest;
}

/** A page of a message's source, with what its head says. */
export const sourceJob = {
  run: ({ source, page }: SourceInput): MessageOutput =>
    fitPage<MessageOutput>(
      page.maxChars,
      (maxChars) => rawMessage(source, { ...page, maxChars }),
      () => ({ id: source.value.id ?? '', clipped: true }),
    ),
  isSmall: ({ source, page }: SourceInput): boolean =>
    source.head.length <= smallHeadChars && page.maxChars <= smallHeadChars,
  moved: (): ArrayBuffer[] => [],
};
