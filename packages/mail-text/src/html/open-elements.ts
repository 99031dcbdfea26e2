// The kinds of elements that the HTML standard's tree construction tells apart (§13.2.4), as far as reading text needs.
import { type Attributes, mostTags as mostTagsOfHtml, readTags } from './html-tokens.ts';

const names = (list: string): ReadonlySet<string> => new Set(list.split(' '));

/** Elements that never have content. */
export const voidElements = names(
  'area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr image',
);

/** Formatting elements: left open, they go on in the paragraph that follows. */
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

/** Parts of a table in which no text stands. */
export const betweenCells = names('table tbody thead tfoot tr colgroup');

// Tags as written → elements that open and close in proper order: what HTML closes by implication is closed, stray end
// tags are dropped, formatting left open goes on in the next paragraph (HTML standard §13.2.6, in short). A stack, no
// tree; each tag costs a bounded number of steps, however deep, and no more elements than a browser nests are told of as
// open at once. Knows nothing of what the elements look like.

export interface ElementHandlers {
  open(name: string, attributes: Attributes): void;
  text(text: string): void;
  /** Closes the innermost element that is open. */
  close(name: string): void;
  /** The formatting element `depth` places above the root was closed while others inside it stay open. */
  release(depth: number): void;
}

interface OpenElement {
  readonly name: string;
  readonly attributes: Attributes;
  /** Of a cell: the formatting left open outside, which waits until the cell ends. */
  readonly waiting: readonly OpenElement[];
  released: boolean;
}

/** More formatting than this is not carried on into the next paragraph: the sender chooses how much there is. */
const mostCarriedOn = 8;
const noneWaiting: readonly OpenElement[] = [];

/**
 * Chromium nests no deeper: an element that is opened farther inside stands beside the one that it was opened in. What
 * is remembered of open elements costs a kilobyte each, and the sender chooses how many there are.
 */
const deepestTold = 512;

const rowGroups = new Set(['tbody', 'thead', 'tfoot']);

const createOpenElements = (handlers: ElementHandlers) => {
  const stack: OpenElement[] = [];
  /** The place of the one element from `deepestTold` on that is told of as open; undefined while there is none. */
  let deepTold: number | undefined;
  const placesByName = new Map<string, number[]>();
  const specialPlaces: number[] = [];
  const boundaryPlaces: number[] = [];
  let carriedOn: readonly OpenElement[] = [];
  let body: 'missing' | 'implied' | 'written' = 'missing';

  const placeOf = (name: string): number => placesByName.get(name)?.at(-1) ?? -1;
  const lastOf = (...names: readonly string[]): number => Math.max(...names.map(placeOf));
  const scope = (): number => boundaryPlaces.at(-1) ?? -1;
  const isOpenIn = (name: string, boundary: number): boolean => placeOf(name) > boundary;

  const closeDeep = (): void => {
    const element = deepTold === undefined ? undefined : stack[deepTold];
    deepTold = undefined;
    if (element) handlers.close(element.name);
  };
  const tellOpen = (place: number, { name, attributes }: OpenElement): void => {
    if (place >= deepestTold) {
      closeDeep();
      deepTold = place;
    }
    handlers.open(name, attributes);
  };
  /** Text that follows a deep element belongs to the one around it, which was told of as closed: it goes on. */
  const goOnInDeep = (): void => {
    const place = stack.length - 1;
    const element = stack[place];
    if (element && place >= deepestTold && deepTold === undefined && !element.released) tellOpen(place, element);
  };

  const push = (name: string, attributes: Attributes): void => {
    const places = placesByName.get(name);
    if (places) places.push(stack.length);
    else placesByName.set(name, [stack.length]);
    if (specialElements.has(name)) specialPlaces.push(stack.length);
    if (scopeBoundaries.has(name)) boundaryPlaces.push(stack.length);
    const isBoundary = formattingBoundaries.has(name);
    const element = { name, attributes, waiting: isBoundary ? carriedOn : noneWaiting, released: false };
    if (isBoundary) carriedOn = [];
    const place = stack.push(element) - 1;
    tellOpen(place, element);
  };

  /** Closes everything down to `place`; formatting that is closed on the way goes on afterwards. */
  const closeTo = (place: number): void => {
    let leftOpen: OpenElement[] = [];
    while (stack.length > place) {
      if (deepTold === stack.length - 1) closeDeep();
      const isTold = stack.length <= deepestTold;
      const element = stack.pop();
      if (!element) return;
      placesByName.get(element.name)?.pop();
      if (specialPlaces.at(-1) === stack.length) specialPlaces.pop();
      if (boundaryPlaces.at(-1) === stack.length) boundaryPlaces.pop();
      if (formattingBoundaries.has(element.name)) {
        leftOpen = [];
        carriedOn = element.waiting;
      } else if (stack.length > place && formattingElements.has(element.name) && !element.released) {
        leftOpen.push(element);
      }
      if (isTold) handlers.close(element.name);
    }
    if (leftOpen.length > 0) carriedOn = [...carriedOn, ...leftOpen.reverse()].slice(-mostCarriedOn);
  };
  const closeAbove = (name: string, boundary: number): void => {
    if (isOpenIn(name, boundary)) closeTo(placeOf(name));
  };

  const closeFormatting = (name: string) => {
    const place = placeOf(name);
    if (place > (specialPlaces.at(-1) ?? -1)) return closeTo(place);
    const waiting = carriedOn.findLastIndex((element) => element.name === name);
    if (waiting >= 0) {
      carriedOn = carriedOn.filter((_, index) => index !== waiting);
      return;
    }
    const element = stack[place];
    if (!element || element.released || place <= scope()) return;
    element.released = true;
    if (place < deepestTold) handlers.release(place);
    else if (place === deepTold) closeDeep();
  };

  const carryOn = (): void => {
    if (carriedOn.length === 0) return;
    const again = carriedOn;
    carriedOn = [];
    for (const { name, attributes } of again) push(name, attributes);
  };

  const closeImplied = (name: string): void => {
    const table = lastOf('table', 'template');
    if (paragraphEnders.has(name)) closeAbove('p', Math.max(lastOf('button'), scope()));
    if (name === 'li') closeAbove('li', Math.max(lastOf('ul', 'ol', 'menu', 'dir'), scope()));
    else if (name === 'dt' || name === 'dd') {
      closeAbove(placeOf('dt') > placeOf('dd') ? 'dt' : 'dd', Math.max(lastOf('dl'), scope()));
    } else if (name === 'option' || name === 'optgroup') closeAbove('option', lastOf('select', 'optgroup', 'datalist'));
    else if (name === 'td' || name === 'th') {
      closeAbove(placeOf('td') > placeOf('th') ? 'td' : 'th', table);
    } else if (name === 'tr') closeAbove('tr', table);
    else if (name === 'tbody' || name === 'thead' || name === 'tfoot') {
      const places = ['caption', 'colgroup', 'tbody', 'thead', 'tfoot', 'tr'].map(placeOf).filter((at) => at > table);
      if (places.length > 0) closeTo(Math.min(...places));
    } else if (headings.has(name) && headings.has(stack.at(-1)?.name ?? '')) closeTo(stack.length - 1);
    else if (name === 'a' && isOpenIn('a', scope())) closeFormatting('a');
  };

  /** Rows stand in a group, cells in a row, whether that is written or not. */
  const openImplied = (name: string): void => {
    const isCell = name === 'td' || name === 'th';
    if ((name === 'tr' || isCell) && stack.at(-1)?.name === 'table') push('tbody', {});
    if (isCell && rowGroups.has(stack.at(-1)?.name ?? '')) push('tr', {});
  };

  const close = (name: string) => {
    if (name === 'html' || name === 'body') return;
    if (name === 'br') return void open('br', {}, false);
    if (formattingElements.has(name)) return closeFormatting(name);
    if (tableParts.has(name)) return closeAbove(name, lastOf('table', 'template'));
    if (name === 'table' || name === 'template') return closeAbove(name, -1);
    if (headings.has(name)) {
      const place = lastOf(...headings);
      if (place > scope()) closeTo(place);
      return;
    }
    if (name === 'svg' || name === 'math') return closeAbove(name, lastOf('table', 'td', 'th', 'template'));
    // Such an element is the boundary that its own end tag would otherwise stop at.
    if (scopeBoundaries.has(name)) return closeAbove(name, scope() - 1);
    closeAbove(name, specialElements.has(name) ? scope() : (specialPlaces.at(-1) ?? -1));
  };

  const inForeignContent = (): boolean => {
    const foreign = lastOf('svg', 'math');
    return foreign >= 0 && foreign > lastOf('foreignobject', 'desc', 'annotation-xml');
  };

  /** HTML gives every text a body, so that rules for `body` hold for it. A late body tag is an element like others. */
  const beginBody = (): void => {
    const around = stack.at(-1)?.name;
    if (body !== 'missing' || (around !== undefined && around !== 'html' && around !== 'head')) return;
    body = 'implied';
    if (around === undefined) push('html', {});
    closeAbove('head', -1);
    push('body', {});
  };

  const open = (name: string, attributes: Attributes, selfClosing: boolean): void => {
    if ((name === 'html' && placeOf(name) >= 0) || (name === 'body' && body === 'written')) return;
    if (name === 'body') {
      closeAbove('head', -1);
      body = 'written';
    } else if (!headElements.has(name)) beginBody();
    closeImplied(name);
    openImplied(name);
    const isStructure = paragraphEnders.has(name) || tableParts.has(name) || name === 'html' || name === 'body';
    if (!isStructure || name === 'hr') carryOn();
    const isEmpty =
      voidElements.has(name) || (selfClosing && (inForeignContent() || name === 'svg' || name === 'math'));
    push(name, attributes);
    if (isEmpty) closeTo(stack.length - 1);
  };

  return {
    open,
    close,
    inForeignContent,
    text: (text: string): void => {
      if (text.trim() !== '') {
        beginBody();
        carryOn();
        goOnInDeep();
      }
      handlers.text(text);
    },
    end: (): void => closeTo(0),
  };
};

/**
 * Reads a document or a fragment; every `open` is answered by one `close`, the innermost first.
 * @returns whether that was all of it.
 */
export const readElements = (html: string, handlers: ElementHandlers, mostTags = mostTagsOfHtml): boolean => {
  const elements = createOpenElements(handlers);
  const isWhole = readTags(html, elements, mostTags);
  elements.end();
  return isWhole;
};
