// One message's bytes, parsed when first asked for: its tree, its snippet, its words for the search.
// Knows nothing of labels, threads or other messages.
import { headerValue } from './header-fields.ts';
import { htmlToText } from './html-text.ts';
import { isInlineText, partFilename, partText, walkParts } from './message-part.ts';
import { type MimePart, parseMimeTree } from './mime-tree.ts';
import { snippetOf } from './snippet.ts';

export interface ParsedMessage {
  readonly root: MimePart;
  readonly snippet: string;
  /** File names of the parts that have one. */
  readonly filenames: readonly string[];
  /** Everything a person can read in the bodies; computed at every call. */
  bodyText(): string;
  /** The value of a top-level header field, '' when absent. */
  header(name: string): string;
}

/** Longer bodies are searched up to here. */
const SEARCHED_CHARACTERS = 500_000;

/** @param raw the message with CRLF line ends */
export const parseMessage = (raw: Buffer): ParsedMessage => {
  const root = parseMimeTree(raw);
  const parts = [...walkParts(root)].map(({ part }) => part);
  return {
    root,
    snippet: snippetOf(firstText(raw, root)),
    filenames: parts.map(partFilename).filter((name) => name !== ''),
    bodyText: () =>
      parts
        .filter(isInlineText)
        .map((part) => readableText(part, partText(raw, part).slice(0, SEARCHED_CHARACTERS)))
        .join('\n')
        .slice(0, SEARCHED_CHARACTERS),
    header: (name) => headerValue(root.headers, name) ?? '',
  };
};

const readableText = (part: MimePart, text: string): string =>
  part.mimeType === 'text/html' ? htmlToText(text) : text;

/** The text a snippet is made of: the first readable part; in an alternative its HTML. */
const firstText = (raw: Buffer, root: MimePart): { html?: string; plain?: string } => {
  const part = firstReadable(root);
  if (part === undefined) return {};
  const text = partText(raw, part);
  return part.mimeType === 'text/html' ? { html: text } : { plain: text };
};

const firstReadable = (part: MimePart): MimePart | undefined => {
  if (part.children === undefined) return isInlineText(part) && part.mimeType !== 'text/calendar' ? part : undefined;
  const readable = part.children.map(firstReadable).filter((child) => child !== undefined);
  if (part.mimeType !== 'multipart/alternative') return readable[0];
  return readable.find((child) => child.mimeType === 'text/html') ?? readable[0];
};
