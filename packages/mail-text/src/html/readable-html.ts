// HTML → the text a person would read, in two passes over the tags: no tree, no recursion, linear. Nothing is fetched.
import { Cascade } from '../css/cascade.ts';
import { type LinkStyle, type TextLink, withLinks } from '../links/links.ts';
import { codePointsIn } from '../page.ts';
import { TextLines } from '../text/text-lines.ts';
import { type DocumentScan, scanDocument } from './document-scan.ts';
import { mostTags as mostTagsOfHtml } from './html-tokens.ts';
import { OpenLinks } from './open-links.ts';
import { createElementSource, readElementsAhead } from './styled-elements.ts';
import { TextRenderer } from './text-renderer.ts';
import { readElements } from './tree-construction.ts';
import { Visibility } from './visibility.ts';

export interface ReadableText {
  readonly text: string;
  readonly removed: {
    /** Elements with text that a person would not have seen; of nested ones the outermost. */
    readonly hiddenElements: number;
    /** Code points without a shape, in the text that is left. */
    readonly invisibleCharacters: number;
  };
  /** Code points of `text` before the quoted history that the HTML marks as such; absent where it marks none. */
  readonly quotedFrom?: number;
  /** Says of words that they are struck out (`~~…~~`), inserted (`{++…++}`) or ticked, which no plain form does. */
  readonly marked?: true;
  /** In their order. */
  readonly links: readonly TextLink[];
  /** Its HTML is longer than what is read of one; `text` ends by saying so. */
  readonly truncated?: true;
}

/** `numbered`: URLs whole or by number, as there is room. `whole`: where nothing would resolve a number. */
export type LinksOfHtml = 'numbered' | 'whole';

const notJudged =
  '[The style sheets of this HTML ask for too much to be judged to their end: text that its sender hid may stand above.]';
const notTheEnd = '[This HTML is too long to be read to its end here: format "full" has all of it.]';

/**
 * The readable text of an HTML document or fragment: links keep their URL, images their alternative text, data
 * tables their rows. What a person would not see is left out and counted.
 * @param mostTags that are read of it; the rest is left out, and the text says so
 */
export const readableHtml = (
  html: string,
  linksOfHtml: LinksOfHtml = 'numbered',
  mostTags = mostTagsOfHtml,
): ReadableText => {
  const scan = scanDocument(html, mostTags);
  const cascade = new Cascade(scan.styleSheets, { quirks: scan.quirks, elements: scan.childCounts.length });
  let rendered = render(html, mostTags, scan, cascade, new Set());
  const occluded = rendered.visibility.occludedTexts();
  // What is painted on a text may come after it: then all is rendered again without the texts that nobody sees.
  if (occluded.size > 0) rendered = render(html, mostTags, scan, cascade, occluded);
  const { lines, renderer, linkPlaces, isComplete, isJudged } = rendered;
  for (const note of [...(isComplete ? [] : [notTheEnd]), ...(isJudged ? [] : [notJudged])]) {
    lines.endBlock();
    lines.setEdit(undefined);
    lines.words(note);
  }
  const about = { hasMarks: true, markedPart: renderer.historyPart() };
  const { text, links, markedAt } = withLinks(lines.parts(), linkPlaces, linkStyleFor(html, linksOfHtml), about);
  return {
    text,
    removed: renderer.removed(),
    links,
    ...(renderer.hasMarks() ? { marked: true } : {}),
    ...(markedAt === undefined ? {} : { quotedFrom: codePointsIn(text.slice(0, afterLineBreaks(text, markedAt))) }),
    ...(isComplete ? {} : { truncated: true }),
  };
};

/** The second pass. @param occluded texts that something is painted on, as an earlier pass found */
const render = (
  html: string,
  mostTags: number,
  scan: DocumentScan,
  cascade: Cascade,
  occluded: ReadonlySet<number>,
) => {
  const lines = new TextLines();
  const links = new OpenLinks(lines);
  const ahead = cascade.looksAhead ? readElementsAhead(html, scan, mostTags) : undefined;
  const elements = ahead ?? createElementSource(scan);
  const visibility = new Visibility(cascade, scan, occluded);
  const renderer = new TextRenderer({ lines, links, visibility, elements, rowKinds: scan.rows });
  const isComplete = readElements(html, renderer, mostTags);
  const linkPlaces = links.finish();
  const isJudged = cascade.isComplete() && visibility.isComplete() && (ahead !== undefined || !cascade.looksAhead);
  return { lines, renderer, linkPlaces, visibility, isComplete, isJudged };
};

/** Bytes. A text up to this size may carry its links whole. */
const smallText = 20_000;
/** A larger one is to be at most this share of its HTML; fewer of its links are written whole until it is. */
const largestShare = 0.19;
/** Where words alone are more than that, links may take this share of what the words take. */
const shareOfWords = 0.3;

const linkStyleFor = (html: string, links: LinksOfHtml): LinkStyle => {
  if (links === 'whole') return { numbered: false };
  const room = Math.max(smallText, Buffer.byteLength(html) * largestShare);
  return { numbered: true, room: (words) => Math.max(room, words * (1 + shareOfWords)) };
};

const afterLineBreaks = (text: string, from: number): number => {
  let at = from;
  while (text[at] === '\n') at += 1;
  return at;
};
