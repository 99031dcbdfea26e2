// HTML → the text a person would read, in two readings of the tags: no tree, no recursion, linear. Nothing is fetched.
import { type Cascade, createCascade } from '../css/cascade.ts';
import { type LinkManner, type TextLink, withLinks } from '../links/links.ts';
import { codePointsIn } from '../page.ts';
import { createTextLines } from '../text/text-lines.ts';
import { createFamilies, readFamilies } from './families.ts';
import { mostTags as mostTagsOfHtml } from './html-tokens.ts';
import { readElements } from './open-elements.ts';
import { createOpenLinks } from './open-links.ts';
import { type Survey, surveyOf } from './survey.ts';
import { createNarration } from './text-renderer.ts';
import { createSight } from './visibility.ts';

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

const notJudged =
  '[The style sheets of this HTML ask for too much to be judged to their end: text that its sender hid may stand above.]';
const notTheEnd = '[This HTML is too long to be read to its end here: format "full" has all of it.]';

/** Bytes. A text up to this size may carry its links whole. */
const smallText = 20_000;
/** A larger one is to be at most this share of its HTML; fewer of its links are told whole until it is. */
const largestShare = 0.19;
/** Where words alone are more than that, links may take this share of what the words take. */
const shareOfWords = 0.3;

const mannerFor = (html: string, links: LinksOfHtml): LinkManner => {
  if (links === 'whole') return { numbered: false };
  const room = Math.max(smallText, Buffer.byteLength(html) * largestShare);
  return { numbered: true, room: (words) => Math.max(room, words * (1 + shareOfWords)) };
};

/** `numbered`: whole or by number, as there is room. `whole`: where nothing would resolve a number. */
export type LinksOfHtml = 'numbered' | 'whole';

const nothing: ReadonlySet<number> = new Set();

/** One reading of a document. @param covered texts that something lies on, as an earlier reading found */
const tell = (html: string, mostTags: number, survey: Survey, cascade: Cascade, covered: ReadonlySet<number>) => {
  const out = createTextLines();
  const openLinks = createOpenLinks(out);
  const ahead = cascade.looksAhead ? readFamilies(html, survey, mostTags) : undefined;
  const sight = createSight(cascade, survey, covered);
  const narration = createNarration(out, openLinks, sight, survey, ahead ?? createFamilies(survey));
  const isWhole = readElements(html, narration, mostTags);
  const places = openLinks.finish();
  const isJudged = cascade.isWhole() && sight.isWhole() && (ahead !== undefined || !cascade.looksAhead);
  return { out, narration, places, isWhole, isJudged, covered: sight.covered };
};

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
  const survey = surveyOf(html, mostTags);
  const cascade = createCascade(survey.styleSheets, { quirks: survey.quirks, elements: survey.childCounts.length });
  let told = tell(html, mostTags, survey, cascade, nothing);
  const covered = told.covered();
  // What lies on a text may come after it: then all is told again without what nobody sees.
  if (covered.size > 0) told = tell(html, mostTags, survey, cascade, covered);
  const { out, narration, places, isWhole, isJudged } = told;
  for (const note of [...(isWhole ? [] : [notTheEnd]), ...(isJudged ? [] : [notJudged])]) {
    out.endBlock();
    out.edit(undefined);
    out.words(note);
  }
  const about = { hasMarks: true, markedPart: narration.historyPlace() };
  const { text, links, markedAt } = withLinks(out.parts(), places, mannerFor(html, linksOfHtml), about);
  return {
    text,
    removed: narration.removed(),
    links,
    ...(narration.isMarked() ? { marked: true } : {}),
    ...(markedAt === undefined ? {} : { quotedFrom: codePointsIn(text.slice(0, afterLineBreaks(text, markedAt))) }),
    ...(isWhole ? {} : { truncated: true }),
  };
};

const afterLineBreaks = (text: string, from: number): number => {
  let at = from;
  while (text[at] === '\n') at += 1;
  return at;
};
