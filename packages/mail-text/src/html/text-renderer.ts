// Elements in the order of the document → lines of text as a person would read them, without what that person does not see. What
// is seen is decided in visibility.ts, how lines are made in text/text-lines.ts.
import type { PseudoElement } from '../css/cascade.ts';
import type { Attributes, StyledElement } from '../css/element.ts';
import { withoutInvisible } from '../text/invisible.ts';
import { createHistoryTracker, type HistoryMark, historyMark } from '../text/quoted-history.ts';
import type { Edit, TextLines } from '../text/text-lines.ts';
import type { Appearance, HiddenBy } from './appearance.ts';
import { createLists, type RowKind, TableRows } from './lists-and-tables.ts';
import type { OpenLinks } from './open-links.ts';
import type { ElementSource } from './styled-elements.ts';
import {
  betweenCells,
  type ElementHandlers,
  headings,
  isFallback,
  lineElements,
  paragraphElements,
  rowGroups,
  silentElements,
  voidElements,
} from './tree-construction.ts';
import type { Visibility } from './visibility.ts';

/** An element that is open. */
interface RenderedElement {
  readonly styled: StyledElement;
  readonly history: HistoryMark;
  /** It was seen when it began, and the lines know of it. */
  isRendered: boolean;
  isLink: boolean;
  /** How it was seen when it began; undefined where it has no box. */
  readonly opened: Appearance | undefined;
  appearance: Appearance;
}

/** Where a text is rendered to, and from what. */
interface Rendering {
  readonly lines: TextLines;
  readonly links: OpenLinks;
  readonly visibility: Visibility;
  readonly elements: ElementSource;
  /** Of all table rows of the document. */
  readonly rowKinds: readonly RowKind[];
}

/** Formatting that is closed while more than this is open inside it keeps its look to the end. */
const deepestRestyling = 64;

export class TextRenderer implements ElementHandlers {
  private readonly lines: TextLines;
  private readonly links: OpenLinks;
  private readonly visibility: Visibility;
  private readonly source: ElementSource;
  private readonly lists: ReturnType<typeof createLists>;
  private readonly rows: TableRows;
  private readonly history = createHistoryTracker();
  private readonly openElements: RenderedElement[] = [];
  private hiddenElements = 0;
  private invisibleCharacters = 0;
  private hasTicks = false;

  constructor({ lines, links, visibility, elements, rowKinds }: Rendering) {
    this.lines = lines;
    this.links = links;
    this.visibility = visibility;
    this.source = elements;
    this.lists = createLists(lines);
    this.rows = new TableRows(lines, rowKinds);
  }

  open(name: string, attributes: Attributes): void {
    const styled = this.source.enter(name, attributes);
    const appearance = this.appearanceOf(styled, this.current());
    const isHidden = appearance.hidden !== undefined;
    const element: RenderedElement = {
      styled,
      history: historyMark(name, attributes),
      isRendered: !isHidden,
      isLink: false,
      opened: isHidden ? undefined : appearance,
      appearance,
    };
    this.openElements.push(element);
    if (name === 'tr') this.rows.beginRow();
    if (!isHidden) this.openVisible(element, attributes);
    else if (name === 'img' || name === 'area') this.image(attributes.alt, appearance);
  }

  text(text: string): void {
    const fosterParent = text.trim() === '' ? undefined : this.fosterParent();
    this.visibleText(text, fosterParent ?? this.current());
  }

  close(name: string): void {
    const element = this.openElements.at(-1);
    if (element?.isRendered && hasPseudoElements(name)) this.pseudoElement(element, 'after');
    this.openElements.pop();
    this.source.leave();
    if (!element?.isRendered) return;
    if (element.opened) this.visibility.close(element.opened);
    if (element.isLink) this.links.end();
    if (element.history === 'inside') this.history.leave();
    this.endElement(name);
  }

  release(place: number): void {
    const element = this.openElements[place];
    if (!element) return;
    if (element.isLink) this.links.end();
    element.isLink = false;
    if (this.openElements.length - place > deepestRestyling) return;
    const around = this.openElements[place - 1]?.appearance ?? this.visibility.page;
    element.appearance = { ...around, box: element.appearance.box };
    let parent = element.appearance;
    for (const inner of this.openElements.slice(place + 1)) {
      if (isShown(inner.styled)) inner.appearance = this.visibility.restyle(inner.styled, inner.appearance, parent);
      parent = inner.appearance;
    }
  }

  removed(): { hiddenElements: number; invisibleCharacters: number } {
    return { hiddenElements: this.hiddenElements, invisibleCharacters: this.invisibleCharacters };
  }
  /** Whether the text says of words that they are struck out, inserted or ticked. */
  hasMarks(): boolean {
    return this.hasTicks || this.lines.hasEdits();
  }
  /** The part of the lines where quoted history begins. */
  historyPart(): number | undefined {
    return this.history.begins();
  }

  private current(): Appearance {
    return this.openElements.at(-1)?.appearance ?? this.visibility.page;
  }
  private appearanceOf(styled: StyledElement, parent: Appearance): Appearance {
    if (silentElements.has(styled.name)) return { ...parent, hidden: { isCounted: true } };
    if (parent.hidden || isShown(styled)) return this.visibility.open(styled, parent);
    return { ...parent, hidden: { isCounted: false } };
  }
  /** HTML standard §13.2.6.1: text that is in a table, but in no cell, comes before the table. */
  private fosterParent(): Appearance | undefined {
    if (!betweenCells.has(this.openElements.at(-1)?.styled.name ?? '')) return undefined;
    const table = this.openElements.findLastIndex(({ styled }) => styled.name === 'table');
    return table > 0 ? this.openElements[table - 1]?.appearance : undefined;
  }

  private openVisible(element: RenderedElement, attributes: Attributes): void {
    const { appearance, history, styled } = element;
    const { name } = styled;
    this.beginElement(name, attributes);
    if (name === 'optgroup' && attributes.label) this.visibleText(attributes.label, appearance);
    if (history) this.history.enter(history);
    if ((name === 'a' || name === 'area') && attributes.href) {
      element.isLink = true;
      this.links.begin(attributes.href);
    }
    if (name === 'img' || name === 'area') this.image(attributes.alt, appearance);
    else if (name === 'input') this.formControl(attributes, appearance);
    if (name === 'li') this.pseudoElement(element, 'marker');
    if (hasPseudoElements(name)) this.pseudoElement(element, 'before');
  }

  /** What the start of an element does to the lines. */
  private beginElement(name: string, attributes: Attributes): void {
    if (this.lists.open(name, attributes)) {
      this.links.lineEnds();
      return;
    }
    this.separate(name);
    if (name === 'br') {
      this.lines.breakLine();
      this.visibility.lineBreak(this.current());
    } else if (name === 'hr') this.write('---', this.visibility.page);
    else if (headings.has(name)) this.lines.startNextLineWith(`${'#'.repeat(Number(name[1]))} `);
    else if (name === 'blockquote') this.lines.quote(1);
    else if (name === 'tr') this.rows.openRow();
    else if (name === 'td' || name === 'th') this.rows.openCell(attributes);
    else if (name === 'table') this.rows.openTable();
    else if (rowGroups.has(name)) this.rows.openGroup();
    else if (name === 'base' && attributes.href) this.links.setBase(attributes.href);
    else if (name === 'q') this.quotationMark();
  }
  private endElement(name: string): void {
    if (this.lists.close(name)) {
      this.links.lineEnds();
      return;
    }
    if (headings.has(name) || name === 'li') this.lines.startNextLineWith('');
    if (name === 'blockquote') {
      this.lines.quote(-1);
      this.lines.endBlock();
    }
    if (name === 'tr') this.rows.closeRow();
    if (name === 'table') this.rows.closeTable();
    if (name === 'q') this.quotationMark();
    this.separate(name);
  }
  /** Ends the line or the block before and after an element. */
  private separate(name: string): void {
    if (paragraphElements.has(name)) this.lines.endBlock();
    else if (lineElements.has(name)) this.lines.endLine();
    else return;
    this.links.lineEnds();
  }
  private quotationMark(): void {
    this.lines.setEdit(editOf(this.current()));
    this.lines.words('"');
  }

  private image(alternative: string | undefined, appearance: Appearance): void {
    const hiddenBy = this.visibility.hiddenBy(appearance);
    const text = alternative?.trim() ?? '';
    const isEmpty = withoutInvisible(text).text.trim() === '';
    if (hiddenBy) {
      if (!isEmpty) this.countHidden(hiddenBy);
    } else if (isEmpty) {
      this.links.addImage();
      this.rows.addImage();
    } else this.write(`[${text}]`, appearance);
  }
  /** An `<input>` as it is filled in. The spaces that it preserves are for its inside alone. */
  private formControl(attributes: Attributes, appearance: Appearance): void {
    if (this.visibility.hiddenBy(appearance) ?? appearance.unreadable) return;
    const inLine = { ...appearance, preservesSpaces: false };
    const type = attributes.type?.trim().toLowerCase() || 'text';
    if (type === 'checkbox' || type === 'radio') {
      this.hasTicks = true;
      this.write(attributes.checked === undefined ? ' [ ] ' : ' [x] ', inLine);
    } else if (shownValues.has(type)) this.write(` ${attributes.value || attributes.placeholder || ''} `, inLine);
  }
  private pseudoElement(element: RenderedElement, part: PseudoElement): void {
    const generated = this.visibility.pseudoElement(element.styled, part, element.appearance);
    if (!generated) return;
    const { text, appearance } = generated;
    const isBlock = /^(?:block|flex|grid|table|list-item|flow-root)$/.test(appearance.computed.style.display);
    if (isBlock) this.lines.endLine();
    this.visibleText(text, appearance);
    if (isBlock) this.lines.endLine();
    this.visibility.close(appearance);
  }

  /** Writes what of a text is seen, and counts what hides the rest. */
  private visibleText(text: string, appearance: Appearance): void {
    const { ranges, hiddenBy } = this.visibility.text(text, appearance);
    let hidden = ranges.length === 0 ? text : '';
    let from = 0;
    for (const range of ranges) {
      hidden += text.slice(from, range.from);
      this.write(text.slice(range.from, range.to), appearance);
      from = range.to;
    }
    if (ranges.length > 0) hidden += text.slice(from);
    if (hiddenBy && withoutInvisible(hidden).text.trim() !== '') this.countHidden(hiddenBy);
  }
  private countHidden(hiddenBy: HiddenBy): void {
    if (!hiddenBy.isCounted) this.hiddenElements += 1;
    hiddenBy.isCounted = true;
  }
  private write(text: string, appearance: Appearance): void {
    const { text: clean, removed } = withoutInvisible(text);
    this.invisibleCharacters += removed;
    this.links.beforeText(clean);
    if (clean.trim() !== '') {
      this.rows.beforeText();
      this.history.beforeText(() => this.lines.nextPart());
      this.lines.setEdit(editOf(appearance));
    }
    if (appearance.preservesSpaces && !this.rows.isOnOneLine()) this.lines.preformatted(clean);
    else this.lines.words(clean);
  }
}

/** Controls whose value a person sees. */
const shownValues = new Set(
  'text email url tel number search date time datetime-local month week submit button reset'.split(' '),
);

const isShown = ({ name, attributes }: StyledElement): boolean =>
  !silentElements.has(name) && !isFallback(name, attributes);

/** Whether style sheets can put text before and behind such an element. */
const hasPseudoElements = (name: string): boolean => !voidElements.has(name) || name === 'img' || name === 'hr';

const editOf = ({ decorations, isInserted }: Appearance): Edit | undefined =>
  decorations.has('line-through') ? 'deleted' : isInserted ? 'inserted' : undefined;
