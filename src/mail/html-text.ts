// HTML → the text a person would read, in two readings of the tags: no tree, no recursion, linear. Nothing is fetched.
import { createCascade } from './css-cascade.ts';
import { createNarration } from './html/narrator.ts';
import { readElements } from './html/open-elements.ts';
import { createOpenLinks } from './html/open-links.ts';
import { surveyOf } from './html/survey.ts';
import { allAtOnce, type Steps } from './html-tokens.ts';
import { usualUrlLength } from './links.ts';
import { codePointsIn } from './page.ts';
import { createTextLines } from './text-lines.ts';

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
  /** Its HTML is longer than what is read of one; `text` ends by saying so. */
  readonly truncated?: true;
}

const notTheEnd = '[This HTML is too long to be read to its end here: format "full" has all of it.]';

/** Bytes. A text up to this size may carry its links at their usual length. */
const smallText = 20_000;
/** A larger one is to be at most this share of its HTML; its URLs become shorter until it is. */
const largestShare = 0.19;
const shorterUrls = [68, 58, 50, 44, 38, 34, 30, 26] as const;

/**
 * The readable text of an HTML document or fragment, in steps: links keep their URL (shortened), images their alternative text,
 * data tables their rows. What a person would not see is left out and counted.
 */
export function* readHtmlInSteps(html: string): Steps<ReadableText> {
  const survey = yield* surveyOf(html);
  const out = createTextLines();
  const links = createOpenLinks(out);
  const narration = createNarration(out, links, createCascade(survey.styleSheets), survey);
  const isWhole = yield* readElements(html, narration);
  links.finish();
  if (!isWhole) {
    out.endBlock();
    out.words(notTheEnd);
  }

  const historyPlace = narration.historyPlace();
  links.fill(usualUrlLength);
  let { text, index } = out.text(historyPlace);
  const wanted = Math.max(smallText, Buffer.byteLength(html) * largestShare);
  for (const limit of links.count() > 0 ? shorterUrls : []) {
    if (Buffer.byteLength(text) <= wanted) break;
    links.fill(limit);
    ({ text, index } = out.text(historyPlace));
    yield;
  }
  return {
    text,
    removed: narration.removed(),
    ...(historyPlace === undefined ? {} : { quotedFrom: codePointsIn(text.slice(0, index)) }),
    ...(isWhole ? {} : { truncated: true }),
  };
}

/** The same, all at once. */
export const readableHtml = (html: string): ReadableText => allAtOnce(readHtmlInSteps(html));
