// Where the quoted history of a mail begins, from the marks that mail programs leave in their HTML. Knows no layout.
import type { Attributes } from './html-tokens.ts';

/** `inside`: what stands in the element is history. `onwards`: it and everything after it. */
export type HistoryMark = 'inside' | 'onwards' | undefined;

const insideClasses =
  /(?:^|\s)(?:x_)*(?:gmail_quote|gmail_quote_container|yahoo_quoted|moz-cite-prefix|moz-forward-container|protonmail_quote|tutanota_quote|zmail_extra|ydp[0-9a-z]*yahoo_quoted)(?=\s|$)/i;
const onwardsClasses = /(?:^|\s)(?:x_)*(?:OutlookMessageHeader)(?=\s|$)/i;
const onwardsIds =
  /^(?:x_)*(?:divRplyFwdMsg|appendonsend|oriMsgHtmlSeperator|mail-editor-reference-message-container|reply-intro|stopSpelling)$/i;
/** The rule that Outlook for Windows and for Mac draw above "From: … Sent: …". */
const outlookRule = /border:\s?none;\s?border-top:\s?solid\s?#(?:e1e1e1|b5c4df)/i;

/** Whether an element begins quoted history. */
export const historyMark = (name: string, attributes: Attributes): HistoryMark => {
  const { class: classes = '', id = '', style = '', type = '' } = attributes;
  if (onwardsIds.test(id) || onwardsClasses.test(classes.slice(0, 500))) return 'onwards';
  if (name === 'div' && outlookRule.test(style.slice(0, 200))) return 'onwards';
  if (name === 'blockquote' && /^\s*cite\s*$/i.test(type.slice(0, 20))) return 'inside';
  return insideClasses.test(classes.slice(0, 500)) || /^yahoo_quoted/.test(id) ? 'inside' : undefined;
};

export interface HistoryTracker {
  enter(mark: 'inside' | 'onwards'): void;
  /** Leaves an element that was entered with `inside`. */
  leave(): void;
  /** Something is about to be written; `place` is remembered if history begins there. */
  said(place: () => number): void;
  /** Where history begins; undefined where there is none, or where the answer stands below it. */
  readonly begins: () => number | undefined;
}

/**
 * History begins where the last stretch of it begins: answers between quotes, or below the only one, are new text, but
 * a footer under the history of a mail that began with its own words is not.
 */
export const createHistoryTracker = (): HistoryTracker => {
  let depth = 0;
  let goesOn = false;
  let begins: number | undefined;
  let stretches = 0;
  let saidBefore = false;
  let saidAfter = false;
  return {
    enter: (mark) => {
      if (mark === 'onwards') goesOn = true;
      else depth += 1;
    },
    leave: () => {
      depth = Math.max(depth - 1, 0);
    },
    said: (place) => {
      const isHistory = goesOn || depth > 0;
      if (isHistory && (begins === undefined || saidAfter)) {
        begins = place();
        stretches += 1;
        saidAfter = false;
      } else if (!isHistory && begins === undefined) saidBefore = true;
      else if (!isHistory) saidAfter = true;
    },
    begins: () => (saidAfter && (stretches > 1 || !saidBefore) ? undefined : begins),
  };
};
