// Tags as written → elements that open and close in proper order (HTML standard §13.2.6, tree construction, in short): what HTML
// closes by implication is closed, stray end tags are dropped, formatting left open goes on in the next paragraph. A stack and no
// tree: each tag costs a bounded number of steps, however deep, and no more elements than a browser nests are open at once.
import type { Attributes } from '../css/element.ts';
import { mostTags as mostTagsOfHtml, readTags, type TagHandlers } from './html-tokens.ts';

const names = (list: string): ReadonlySet<string> => new Set(list.split(' '));

/** Elements that never have content. */
export const voidElements = names(
  'area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr image',
);

/** The standard's "formatting" elements: left open, they go on in the paragraph that follows. */
const formattingElements = names('a b big code em font i nobr s small strike strong tt u');

/** Opening one of these ends an open paragraph. */
const paragraphEnders = names(
  'address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 ' +
    'header hgroup hr li listing main menu nav ol p pre search section summary table ul dd dt xmp plaintext',
);

/** The standard's "special" elements: an end tag of any other element does not reach beyond them. */
const specialElements = names(
  'address applet area article aside base basefont bgsound blockquote body br button caption center col colgroup dd ' +
    'details dir div dl dt embed fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup ' +
    'hr html iframe img input keygen li link listing main marquee menu meta nav noembed noframes noscript object ol p param ' +
    'plaintext pre script search section select source style summary table tbody td template textarea tfoot th thead title ' +
    'tr track ul wbr xmp svg math',
);

/** An end tag from inside one of these does not close what was opened outside. */
const scopeBoundaries = names('applet caption html table td th marquee object template svg math');

/** Parts of a table: their end tags reach up to the table they are in. */
const tableParts = names('caption colgroup tbody td tfoot th thead tr');

/** Formatting left open inside one of these ends with it. */
const formattingBoundaries = names('applet caption marquee object td template th');

/** Elements that may come before the body begins by itself. */
const headElements = names('html head title meta link style script base basefont bgsound noscript template frameset');

export const headings = names('h1 h2 h3 h4 h5 h6');

/** Elements whose content is no text of the message. */
export const silentElements = names(
  'style script title template iframe noembed noframes datalist rp desc metadata annotation annotation-xml defs symbol ' +
    'clippath mask filter',
);
/** Elements whose content is there for programs that cannot show the rest; nobody is sure to see it. */
const fallbackElements = names('audio video meter progress');
/** Whether what an element has in it stands for something else that is shown. */
export const isFallback = (name: string, { data = '' }: Attributes): boolean =>
  fallbackElements.has(name) || (name === 'object' && /^\s*data:/i.test(data));

/** Elements with a blank line before and after them. */
export const paragraphElements = names('p h1 h2 h3 h4 h5 h6 table dl pre hr figure xmp listing');
/** Elements that begin and end a line. */
export const lineElements = names(
  'div tr li dt dd section article header footer main nav aside address center form fieldset legend caption thead tbody ' +
    'tfoot figcaption body option optgroup details summary blockquote dialog search hgroup menu dir',
);

/** Parts of a table in which no text may be: it is foster-parented. */
export const betweenCells = names('table tbody thead tfoot tr colgroup');

/** Groups of rows: no cell spans rows beyond the end of one. */
export const rowGroups = names('thead tbody tfoot');

export interface ElementHandlers {
  open(name: string, attributes: Attributes): void;
  text(text: string): void;
  /** Closes the innermost element that is open. */
  close(name: string): void;
  /** The formatting element `depth` places above the root was closed while others inside it stay open. */
  release(depth: number): void;
}

/**
 * Reads a document or a fragment; every `open` is answered by one `close`, the innermost first.
 * @param mostTags that are read of it
 * @returns whether that was all of it.
 */
export const readElements = (html: string, handlers: ElementHandlers, mostTags = mostTagsOfHtml): boolean => {
  const elements = new OpenElements(handlers);
  const isComplete = readTags(html, elements, mostTags);
  elements.end();
  return isComplete;
};

interface OpenElement {
  readonly name: string;
  readonly attributes: Attributes;
  /** Of a cell and the like: the formatting left open outside, which waits until it ends. */
  readonly formattingOutside: readonly OpenElement[];
  /** Its end tag came while others inside it stay open. */
  isReleased: boolean;
}

/** More formatting than this is not opened again in the next paragraph: the sender chooses how much there is. */
const mostReopened = 8;
const noFormatting: readonly OpenElement[] = [];

/**
 * Chromium nests no deeper: an element that is opened farther inside becomes a sibling of the one that it was opened in. What
 * is remembered of open elements costs a kilobyte each, and the sender chooses how many there are.
 */
const deepestReported = 512;

/** The standard's stack of open elements and its list of active formatting elements. */
class OpenElements implements TagHandlers {
  private readonly handlers: ElementHandlers;
  private readonly stack: OpenElement[] = [];
  /** Places in the stack, innermost last. */
  private readonly placesByName = new Map<string, number[]>();
  private readonly specialPlaces: number[] = [];
  private readonly boundaryPlaces: number[] = [];
  /** Formatting that was left open, and goes on with the next text. */
  private activeFormatting: readonly OpenElement[] = [];
  /** The place of the one element from `deepestReported` on that is reported as open; undefined while there is none. */
  private deepReported: number | undefined;
  private body: 'missing' | 'implied' | 'written' = 'missing';

  constructor(handlers: ElementHandlers) {
    this.handlers = handlers;
  }

  open(name: string, attributes: Attributes, selfClosing: boolean): void {
    if ((name === 'html' && this.placeOf(name) >= 0) || (name === 'body' && this.body === 'written')) return;
    if (name === 'body') {
      this.closeInside('head', -1);
      this.body = 'written';
    } else if (!headElements.has(name)) this.beginBody();
    this.closeImplied(name);
    this.openImplied(name);
    const isStructure = paragraphEnders.has(name) || tableParts.has(name) || name === 'html' || name === 'body';
    if (!isStructure || name === 'hr') this.reopenFormatting();
    const isEmpty =
      voidElements.has(name) || (selfClosing && (this.inForeignContent() || name === 'svg' || name === 'math'));
    this.push(name, attributes);
    if (isEmpty) this.closeTo(this.stack.length - 1);
  }

  text(text: string): void {
    if (text.trim() !== '') {
      this.beginBody();
      this.reopenFormatting();
      this.reopenDeep();
    }
    this.handlers.text(text);
  }

  close(name: string): void {
    if (name === 'html' || name === 'body') return;
    if (name === 'br') this.open('br', {}, false);
    else if (formattingElements.has(name)) this.closeFormatting(name);
    else if (tableParts.has(name)) this.closeInside(name, this.lastOf('table', 'template'));
    else if (name === 'table' || name === 'template') this.closeInside(name, -1);
    else if (headings.has(name)) {
      const place = this.lastOf(...headings);
      if (place > this.scope()) this.closeTo(place);
    } else if (name === 'svg' || name === 'math') this.closeInside(name, this.lastOf('table', 'td', 'th', 'template'));
    // Such an element is the boundary that its own end tag would otherwise stop at.
    else if (scopeBoundaries.has(name)) this.closeInside(name, this.scope() - 1);
    else this.closeInside(name, specialElements.has(name) ? this.scope() : (this.specialPlaces.at(-1) ?? -1));
  }

  inForeignContent(): boolean {
    const foreign = this.lastOf('svg', 'math');
    return foreign >= 0 && foreign > this.lastOf('foreignobject', 'desc', 'annotation-xml');
  }

  end(): void {
    this.closeTo(0);
  }

  private placeOf(name: string): number {
    return this.placesByName.get(name)?.at(-1) ?? -1;
  }
  private lastOf(...names: readonly string[]): number {
    return Math.max(...names.map((name) => this.placeOf(name)));
  }
  /** The place of the innermost element that end tags do not reach beyond. */
  private scope(): number {
    return this.boundaryPlaces.at(-1) ?? -1;
  }
  /** Closes the innermost element of this name, if it is inside `boundary`. */
  private closeInside(name: string, boundary: number): void {
    const place = this.placeOf(name);
    if (place > boundary) this.closeTo(place);
  }

  private push(name: string, attributes: Attributes): void {
    const place = this.stack.length;
    const places = this.placesByName.get(name);
    if (places) places.push(place);
    else this.placesByName.set(name, [place]);
    if (specialElements.has(name)) this.specialPlaces.push(place);
    if (scopeBoundaries.has(name)) this.boundaryPlaces.push(place);
    const isBoundary = formattingBoundaries.has(name);
    const formattingOutside = isBoundary ? this.activeFormatting : noFormatting;
    const element = { name, attributes, formattingOutside, isReleased: false };
    if (isBoundary) this.activeFormatting = [];
    this.stack.push(element);
    this.reportOpen(place, element);
  }

  /** Closes everything down to `place`; formatting that is closed on the way goes on afterwards. */
  private closeTo(place: number): void {
    let leftOpen: OpenElement[] = [];
    while (this.stack.length > place) {
      if (this.deepReported === this.stack.length - 1) this.closeDeep();
      const isReported = this.stack.length <= deepestReported;
      const element = this.pop();
      if (!element) return;
      if (formattingBoundaries.has(element.name)) {
        leftOpen = [];
        this.activeFormatting = element.formattingOutside;
      } else if (this.stack.length > place && formattingElements.has(element.name) && !element.isReleased) {
        leftOpen.push(element);
      }
      if (isReported) this.handlers.close(element.name);
    }
    if (leftOpen.length === 0) return;
    this.activeFormatting = [...this.activeFormatting, ...leftOpen.reverse()].slice(-mostReopened);
  }

  private pop(): OpenElement | undefined {
    const element = this.stack.pop();
    if (!element) return undefined;
    this.placesByName.get(element.name)?.pop();
    if (this.specialPlaces.at(-1) === this.stack.length) this.specialPlaces.pop();
    if (this.boundaryPlaces.at(-1) === this.stack.length) this.boundaryPlaces.pop();
    return element;
  }

  /** The standard's adoption agency algorithm, in short. */
  private closeFormatting(name: string): void {
    const place = this.placeOf(name);
    if (place > (this.specialPlaces.at(-1) ?? -1)) {
      this.closeTo(place);
      return;
    }
    const waiting = this.activeFormatting.findLastIndex((element) => element.name === name);
    if (waiting >= 0) {
      this.activeFormatting = this.activeFormatting.filter((_, index) => index !== waiting);
      return;
    }
    const element = this.stack[place];
    if (!element || element.isReleased || place <= this.scope()) return;
    element.isReleased = true;
    if (place < deepestReported) this.handlers.release(place);
    else if (place === this.deepReported) this.closeDeep();
  }

  /** The standard's "reconstruct the active formatting elements". */
  private reopenFormatting(): void {
    if (this.activeFormatting.length === 0) return;
    const again = this.activeFormatting;
    this.activeFormatting = [];
    for (const { name, attributes } of again) this.push(name, attributes);
  }

  /** Closes what a start tag of this name closes by implication. */
  private closeImplied(name: string): void {
    const table = this.lastOf('table', 'template');
    if (paragraphEnders.has(name)) this.closeInside('p', Math.max(this.placeOf('button'), this.scope()));
    if (name === 'li') this.closeInside('li', Math.max(this.lastOf('ul', 'ol', 'menu', 'dir'), this.scope()));
    else if (name === 'dt' || name === 'dd') {
      this.closeInside(this.innermostOf('dt', 'dd'), Math.max(this.placeOf('dl'), this.scope()));
    } else if (name === 'option' || name === 'optgroup') {
      this.closeInside('option', this.lastOf('select', 'optgroup', 'datalist'));
    } else if (name === 'td' || name === 'th') this.closeInside(this.innermostOf('td', 'th'), table);
    else if (name === 'tr') this.closeInside('tr', table);
    else if (rowGroups.has(name)) {
      const parts = ['caption', 'colgroup', 'tbody', 'thead', 'tfoot', 'tr'].map((part) => this.placeOf(part));
      const inTable = parts.filter((place) => place > table);
      if (inTable.length > 0) this.closeTo(Math.min(...inTable));
    } else if (headings.has(name) && headings.has(this.stack.at(-1)?.name ?? '')) this.closeTo(this.stack.length - 1);
    else if (name === 'a' && this.placeOf('a') > this.scope()) this.closeFormatting('a');
  }
  private innermostOf(one: string, other: string): string {
    return this.placeOf(one) > this.placeOf(other) ? one : other;
  }

  /** Rows are in a group, cells in a row, whether that is written or not. */
  private openImplied(name: string): void {
    const isCell = name === 'td' || name === 'th';
    if ((name === 'tr' || isCell) && this.stack.at(-1)?.name === 'table') this.push('tbody', {});
    if (isCell && rowGroups.has(this.stack.at(-1)?.name ?? '')) this.push('tr', {});
  }

  /** HTML gives every text a body, so that rules for `body` hold for it. A late body tag is an element like others. */
  private beginBody(): void {
    const around = this.stack.at(-1)?.name;
    if (this.body !== 'missing' || (around !== undefined && around !== 'html' && around !== 'head')) return;
    this.body = 'implied';
    if (around === undefined) this.push('html', {});
    this.closeInside('head', -1);
    this.push('body', {});
  }

  private reportOpen(place: number, { name, attributes }: OpenElement): void {
    if (place >= deepestReported) {
      this.closeDeep();
      this.deepReported = place;
    }
    this.handlers.open(name, attributes);
  }
  private closeDeep(): void {
    const element = this.deepReported === undefined ? undefined : this.stack[this.deepReported];
    this.deepReported = undefined;
    if (element) this.handlers.close(element.name);
  }
  /** Text behind a deep element belongs to the one around it, which was reported as closed: it is opened again. */
  private reopenDeep(): void {
    const place = this.stack.length - 1;
    const element = this.stack[place];
    if (!element || place < deepestReported || this.deepReported !== undefined || element.isReleased) return;
    this.reportOpen(place, element);
  }
}
