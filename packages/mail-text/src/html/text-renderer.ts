// Elements in their order → lines of text as a person would read them, without what that person does not see. Knows the
// meaning of elements; what is seen is decided in visibility.ts, how lines are made in text-lines.ts.
import type { Part } from '../css/cascade.ts';
import type { StyledElement } from '../css/element.ts';
import { withoutInvisible } from '../text/invisible.ts';
import type { Edit, TextLines } from '../text/text-lines.ts';
import type { Appearance, Hider, Sight } from './appearance.ts';
import type { Families } from './families.ts';
import type { Attributes } from './html-tokens.ts';
import {
  betweenCells,
  type ElementHandlers,
  headings,
  isFallback,
  lineElements,
  paragraphElements,
  silentElements,
  voidElements,
} from './open-elements.ts';
import type { OpenLinks } from './open-links.ts';
import { createHistoryTracker, createLists, createRows, type HistoryMark, historyMark } from './rows.ts';
import { rowGroups, type Survey } from './survey.ts';

const names = (list: string): ReadonlySet<string> => new Set(list.split(' '));

/** Fields whose value a person sees. */
const shownValues = names('text email url tel number search date time datetime-local month week submit button reset');

const editOf = ({ decorations, inserted }: Appearance): Edit | undefined =>
  decorations.has('line-through') ? 'deleted' : inserted ? 'inserted' : undefined;

/** Elements that sheets can put text before and behind. */
const hasParts = (name: string): boolean => !voidElements.has(name) || name === 'img' || name === 'hr';

interface NarratedElement {
  readonly styled: StyledElement;
  readonly history: HistoryMark;
  /** It was in sight when it began, and the lines know of it. */
  begun: boolean;
  isLink: boolean;
  /** How it looked when it began; undefined where it has no box. */
  readonly opened: Appearance | undefined;
  appearance: Appearance;
}

export interface Narration extends ElementHandlers {
  readonly removed: () => { hiddenElements: number; invisibleCharacters: number };
  /** Whether the text says of words that they are struck out, inserted or ticked. */
  readonly isMarked: () => boolean;
  /** The place where quoted history begins. */
  readonly historyPlace: () => number | undefined;
}

/** Formatting that is closed while more than this is open inside it keeps its look to the end. */
const deepestRestyling = 64;

export const createNarration = (
  out: TextLines,
  links: OpenLinks,
  sight: Sight,
  survey: Survey,
  families: Families,
): Narration => {
  const elements: NarratedElement[] = [];
  const lists = createLists(out);
  const rows = createRows(out, survey.rows);
  const history = createHistoryTracker();
  const removed = { hiddenElements: 0, invisibleCharacters: 0 };
  let isMarked = false;

  const here = (): Appearance => elements.at(-1)?.appearance ?? sight.page;
  const isTold = ({ name, attributes }: StyledElement): boolean =>
    !silentElements.has(name) && !isFallback(name, attributes);
  const appearanceOf = (styled: StyledElement, parent: Appearance): Appearance => {
    if (silentElements.has(styled.name)) return { ...parent, gone: { told: true } };
    return parent.gone || isTold(styled) ? sight.open(styled, parent) : { ...parent, gone: { told: false } };
  };
  /** HTML standard §13.2.6.1: text that stands in a table, but in no cell, comes before the table. */
  const fosterParent = (): Appearance | undefined => {
    if (!betweenCells.has(elements.at(-1)?.styled.name ?? '')) return undefined;
    const table = elements.findLastIndex(({ styled }) => styled.name === 'table');
    return table > 0 ? elements[table - 1]?.appearance : undefined;
  };
  const tellHidden = (hider: Hider): void => {
    if (!hider.told) removed.hiddenElements += 1;
    hider.told = true;
  };

  const say = (text: string, appearance: Appearance): void => {
    const { text: clean, removed: count } = withoutInvisible(text);
    removed.invisibleCharacters += count;
    links.saying(clean);
    if (clean.trim() !== '') {
      rows.saying();
      history.said(out.place);
      out.edit(editOf(appearance));
    }
    if (appearance.keepsSpaces && !rows.isInRow()) out.verbatim(clean);
    else out.words(clean);
  };
  const layOut = (name: string): void => {
    if (paragraphElements.has(name)) out.endBlock();
    else if (lineElements.has(name)) out.endLine();
    else return;
    links.layOut();
  };
  const openPicture = (alternative: string | undefined, appearance: Appearance): void => {
    const hider = sight.hiderOf(appearance);
    const text = alternative?.trim() ?? '';
    const isEmpty = withoutInvisible(text).text.trim() === '';
    if (hider) {
      if (!isEmpty) tellHidden(hider);
    } else if (isEmpty) {
      links.picture();
      rows.picture();
    } else say(`[${text}]`, appearance);
  };

  /** Boxes and fields of a form, as they are filled in. The spaces that a field keeps are for its inside alone. */
  const openField = (attributes: Attributes, appearance: Appearance): void => {
    if (sight.hiderOf(appearance) ?? appearance.unreadable) return;
    const inLine = { ...appearance, keepsSpaces: false };
    const type = attributes.type?.trim().toLowerCase() || 'text';
    if (type === 'checkbox' || type === 'radio') {
      isMarked = true;
      say(attributes.checked === undefined ? ' [ ] ' : ' [x] ', inLine);
    } else if (shownValues.has(type)) say(` ${attributes.value || attributes.placeholder || ''} `, inLine);
  };

  /** What an element does to the lines when it begins; only elements in sight come here. */
  const begin = (name: string, attributes: Attributes) => {
    if (lists.open(name, attributes)) return links.layOut();
    layOut(name);
    if (name === 'br') {
      out.breakLine();
      sight.breakLine(here());
    } else if (name === 'hr') say('---', sight.page);
    else if (headings.has(name)) out.mark(`${'#'.repeat(Number(name[1]))} `);
    else if (name === 'blockquote') out.quote(1);
    else if (name === 'tr') rows.openRow();
    else if (name === 'td' || name === 'th') rows.openCell(attributes);
    else if (name === 'table') rows.openTable();
    else if (rowGroups.has(name)) rows.openGroup();
    else if (name === 'base' && attributes.href) links.setBase(attributes.href);
    else if (name === 'q') quoteMark();
  };
  /** What a style sheet lets stand before or behind what an element has. */
  const sayPart = (element: NarratedElement, part: Part): void => {
    const made = sight.part(element.styled, part, element.appearance);
    if (!made) return;
    const isLine = /^(?:block|flex|grid|table|list-item|flow-root)$/.test(made.appearance.computed.style.display);
    if (isLine) out.endLine();
    sayText(made.text, made.appearance);
    if (isLine) out.endLine();
    sight.close(made.appearance);
  };
  const sayText = (text: string, appearance: Appearance): void => {
    const { ranges, hider } = sight.text(text, appearance);
    let hidden = ranges.length === 0 ? text : '';
    let from = 0;
    for (const range of ranges) {
      hidden += text.slice(from, range.from);
      say(text.slice(range.from, range.to), appearance);
      from = range.to;
    }
    if (ranges.length > 0) hidden += text.slice(from);
    if (hider && withoutInvisible(hidden).text.trim() !== '') tellHidden(hider);
  };
  const quoteMark = (): void => {
    out.edit(editOf(here()));
    out.words('"');
  };
  const finish = (name: string) => {
    if (lists.close(name)) return links.layOut();
    if (headings.has(name) || name === 'li') out.mark('');
    if (name === 'blockquote') {
      out.quote(-1);
      out.endBlock();
    }
    if (name === 'tr') rows.closeRow();
    if (name === 'table') rows.closeTable();
    if (name === 'q') quoteMark();
    layOut(name);
  };

  return {
    open: (name, attributes) => {
      const parent = here();
      const styled = families.enter(name, attributes);
      const appearance = appearanceOf(styled, parent);
      const element: NarratedElement = {
        styled,
        history: historyMark(name, attributes),
        begun: false,
        isLink: false,
        opened: appearance.gone ? undefined : appearance,
        appearance,
      };
      elements.push(element);
      if (name === 'tr') rows.meetRow();
      if (appearance.gone) {
        if (name === 'img' || name === 'area') openPicture(attributes.alt, appearance);
        return;
      }
      element.begun = true;
      begin(name, attributes);
      if (name === 'optgroup' && attributes.label) sayText(attributes.label, appearance);
      if (element.history) history.enter(element.history);
      if ((name === 'a' || name === 'area') && attributes.href) {
        element.isLink = true;
        links.begin(attributes.href);
      }
      if (name === 'img' || name === 'area') openPicture(attributes.alt, element.appearance);
      else if (name === 'input') openField(attributes, element.appearance);
      if (name === 'li') sayPart(element, 'marker');
      if (hasParts(name)) sayPart(element, 'before');
    },
    text: (text) => sayText(text, (text.trim() === '' ? undefined : fosterParent()) ?? here()),
    close: (name) => {
      const element = elements.at(-1);
      if (element?.begun && hasParts(name)) sayPart(element, 'after');
      elements.pop();
      families.leave();
      if (!element?.begun) return;
      if (element.opened) sight.close(element.opened);
      if (element.isLink) links.end();
      if (element.history === 'inside') history.leave();
      finish(name);
    },
    release: (place) => {
      const element = elements[place];
      if (!element) return;
      if (element.isLink) links.end();
      element.isLink = false;
      if (elements.length - place > deepestRestyling) return;
      let parent = elements[place - 1]?.appearance ?? sight.page;
      element.appearance = { ...parent, box: element.appearance.box };
      parent = element.appearance;
      for (const inner of elements.slice(place + 1)) {
        if (isTold(inner.styled)) inner.appearance = sight.again(inner.styled, inner.appearance, parent);
        parent = inner.appearance;
      }
    },
    removed: () => removed,
    isMarked: () => isMarked || out.isEdited(),
    historyPlace: history.begins,
  };
};
