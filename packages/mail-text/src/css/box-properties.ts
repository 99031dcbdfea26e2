// The properties of boxes: where they are, how large they are, what of their content is cut off.
import { type Length, lengthOf, numberOf } from './length.ts';
import {
  anyWords,
  isNegative,
  keyword,
  lineWidth,
  nothing,
  number,
  oneWord,
  own,
  type Reader,
  size,
} from './text-properties.ts';
import type { Words } from './value.ts';

export type Size = Length | 'auto';

const displays = new Set(
  (
    'none contents inline block inline-block flow-root list-item flex inline-flex grid inline-grid table inline-table ' +
    'table-row table-cell table-row-group table-header-group table-footer-group table-caption table-column ' +
    'table-column-group ruby ruby-text -webkit-box -webkit-inline-box -webkit-flex -webkit-inline-flex math'
  ).split(' '),
);

const displayPairs = new Map<string, string>(
  Object.entries({
    'block flow': 'block',
    'inline flow': 'inline',
    'block flow-root': 'flow-root',
    'inline flow-root': 'inline-block',
    'block flex': 'flex',
    'inline flex': 'inline-flex',
    'block grid': 'grid',
    'inline grid': 'inline-grid',
    'block table': 'table',
    'inline table': 'inline-table',
    'block flow list-item': 'list-item',
    'block ruby': 'ruby',
    'inline ruby': 'ruby',
  }),
);

/** One of the values with one word; `-webkit-` names of flexible boxes are the newer ones. */
const display: Reader<string> = (words) => {
  if (words.length > 1) return displayPairs.get(words.join(' '));
  const word = (words[0] ?? '').replace(/^-webkit-(?=(?:inline-)?flex$)/, '');
  return displays.has(word) ? word : undefined;
};

const length: Reader<Size> = size('auto', true);
const extent: Reader<Size> = size(
  'auto none min-content max-content fit-content stretch -webkit-fill-available intrinsic',
  false,
);
const padding: Reader<Length> = oneWord((word, { quirks }) => {
  const read = lengthOf(word, { bare: quirks, percent: true });
  return read && !isNegative(read) ? read : undefined;
});
export const borderStyles = 'none hidden dotted dashed solid double groove ridge inset outset';
const borderStyle: Reader<string> = keyword(borderStyles);
const alignment: Reader<string> = (words) => words.join(' ');
export type Overflow = 'visible' | 'hidden' | 'clip' | 'scroll' | 'auto';
const overflow: Reader<Overflow> = oneWord((word) =>
  word === 'overlay' ? 'auto' : keyword<Overflow>('visible hidden clip scroll auto')([word], { quirks: false }),
);

/** Width by height; 0 where the box has none of its own. */
const aspectRatio: Reader<number> = (words) => {
  const numbers = words.flatMap((word) => (word === 'auto' || word === '/' ? [] : [numberOf(word) ?? Number.NaN]));
  const [across = 0, down = 1] = numbers;
  const ratio = across / down;
  return Number.isNaN(ratio) || ratio < 0 ? undefined : Number.isFinite(ratio) ? ratio : 0;
};

export const boxProperties = {
  display: own<string>('inline', display),
  position: own<string>('static', keyword('static relative absolute fixed sticky -webkit-sticky')),
  float: own<string>('none', keyword('none left right inline-start inline-end')),
  clear: own<string>('none', keyword('none left right both inline-start inline-end')),
  width: own<Size>('auto', extent),
  height: own<Size>('auto', extent),
  'min-width': own<Size>('auto', extent),
  'min-height': own<Size>('auto', extent),
  'max-width': own<Size>('auto', extent),
  'max-height': own<Size>('auto', extent),
  'box-sizing': own<string>('content-box', keyword('content-box border-box')),
  'margin-top': own<Size>(nothing, length),
  'margin-right': own<Size>(nothing, length),
  'margin-bottom': own<Size>(nothing, length),
  'margin-left': own<Size>(nothing, length),
  'padding-top': own<Length>(nothing, padding),
  'padding-right': own<Length>(nothing, padding),
  'padding-bottom': own<Length>(nothing, padding),
  'padding-left': own<Length>(nothing, padding),
  'border-top-width': own<Length>({ amount: 3, unit: 'px' }, lineWidth),
  'border-right-width': own<Length>({ amount: 3, unit: 'px' }, lineWidth),
  'border-bottom-width': own<Length>({ amount: 3, unit: 'px' }, lineWidth),
  'border-left-width': own<Length>({ amount: 3, unit: 'px' }, lineWidth),
  'border-top-style': own<string>('none', borderStyle),
  'border-right-style': own<string>('none', borderStyle),
  'border-bottom-style': own<string>('none', borderStyle),
  'border-left-style': own<string>('none', borderStyle),
  top: own<Size>('auto', length),
  right: own<Size>('auto', length),
  bottom: own<Size>('auto', length),
  left: own<Size>('auto', length),
  'z-index': own<number | 'auto'>(
    'auto',
    oneWord((word) => (word === 'auto' ? 'auto' : numberOf(word))),
  ),
  'overflow-x': own<Overflow>('visible', overflow),
  'overflow-y': own<Overflow>('visible', overflow),
  'overflow-clip-margin': own<Words>([], anyWords),
  'flex-direction': own<string>('row', keyword('row row-reverse column column-reverse')),
  'flex-wrap': own<string>('nowrap', keyword('nowrap wrap wrap-reverse')),
  'flex-grow': own<number>(0, number),
  'flex-shrink': own<number>(1, number),
  'flex-basis': own<Size>('auto', size('auto content min-content max-content fit-content', false)),
  order: own<number>(0, number),
  'align-items': own<string>('normal', alignment),
  'align-self': own<string>('auto', alignment),
  'align-content': own<string>('normal', alignment),
  'justify-content': own<string>('normal', alignment),
  'grid-template-rows': own<Words>(['none'], anyWords),
  'grid-template-columns': own<Words>(['none'], anyWords),
  'grid-template-areas': own<Words>(['none'], anyWords),
  'grid-row-start': own<Words>(['auto'], anyWords),
  'grid-column-start': own<Words>(['auto'], anyWords),
  '-webkit-line-clamp': own<number | 'none'>(
    'none',
    oneWord((word) => (word === 'none' ? 'none' : numberOf(word))),
  ),
  '-webkit-box-orient': own<string>('horizontal', keyword('horizontal vertical inline-axis block-axis')),
  'column-count': own<Words>(['auto'], anyWords),
  'column-width': own<Words>(['auto'], anyWords),
  'aspect-ratio': own<number>(0, aspectRatio),
  contain: own<Words>(['none'], anyWords),
  'container-type': own<Words>(['normal'], anyWords),
  'content-visibility': own<string>('visible', keyword('visible hidden auto')),
  'table-layout': own<string>('auto', keyword('auto fixed')),
  'vertical-align': own<Words>(['baseline'], anyWords),
  content: own<Words>(['normal'], anyWords),
};
