// The kinds of elements that the HTML standard's tree construction tells apart (§13.2.4), as far as reading text needs.
import type { Attributes } from './html-tokens.ts';

const names = (list: string): ReadonlySet<string> => new Set(list.split(' '));

/** Elements that never have content. */
export const voidElements = names(
  'area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr image',
);

/** Formatting elements: left open, they go on in the paragraph that follows. */
export const formattingElements = names('a b big code em font i nobr s small strike strong tt u');

/** Opening one of these ends an open paragraph. */
export const paragraphEnders = names(
  'address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 ' +
    'header hgroup hr li listing main menu nav ol p pre search section summary table ul dd dt xmp plaintext',
);

/** The standard's "special" elements: an end tag of any other element does not reach beyond them. */
export const specialElements = names(
  'address applet area article aside base basefont bgsound blockquote body br button caption center col colgroup dd ' +
    'details dir div dl dt embed fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup ' +
    'hr html iframe img input keygen li link listing main marquee menu meta nav noembed noframes noscript object ol p param ' +
    'plaintext pre script search section select source style summary table tbody td template textarea tfoot th thead title ' +
    'tr track ul wbr xmp svg math',
);

/** An end tag from inside one of these does not close what was opened outside. */
export const scopeBoundaries = names('applet caption html table td th marquee object template svg math');

/** Parts of a table: their end tags reach up to the table they are in. */
export const tableParts = names('caption colgroup tbody td tfoot th thead tr');

/** Formatting left open inside one of these ends with it. */
export const formattingBoundaries = names('applet caption marquee object td template th');

/** Elements that may come before the body begins by itself. */
export const headElements = names(
  'html head title meta link style script base basefont bgsound noscript template frameset',
);

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
