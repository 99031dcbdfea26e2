// Whether the box of an element has a place on the screen: its size, what it cuts off, where it stands. Knows no colours
// and nothing of what is inherited.
import type { Style } from '../css/style.ts';
import { type Length, pixelsOf, viewport } from '../css/values.ts';

/** Whatever lies farther out than this is on no screen. */
export const farAway = 500;

/** Lines without a height: letters are drawn all the same, only a box that cuts off loses them. */
const isLineless = (fontSize: number, lineHeight: Length | 'normal'): boolean =>
  lineHeight !== 'normal' && pixelsOf(lineHeight, fontSize, fontSize) <= 1;

const tableElements = new Set(['table', 'tbody', 'thead', 'tfoot', 'tr', 'td', 'th', 'col', 'colgroup']);

type Side = Length | 'auto' | undefined;
const pixels = (side: Side, fontSize: number, whole: number): number | undefined =>
  side === undefined || side === 'auto' ? undefined : pixelsOf(side, fontSize, whole);
const isSliver = (size: number | undefined): boolean => size !== undefined && size <= 1;

/** Elements that stand in a line unless a style says otherwise: sizes, clipping and transforms do nothing to them. */
const inlineElements = new Set(
  (
    'a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q s samp small span strike ' +
    'strong sub sup time tt u var'
  ).split(' '),
);

/** Elements that draw something into a frame of their own, which cuts off. */
const frames = new Set(['img', 'svg', 'iframe', 'object']);

/** Whether the element is a box of its own. Taken out of the line, or in no table any more, every element is. */
export const isBox = (name: string, { display, position }: Style): boolean =>
  display === 'block' || position === 'taken out' || (display === undefined && !inlineElements.has(name));

/**
 * Zero or one pixel in size, and the rest is cut off. A size alone hides nothing: what does not fit is drawn beyond it.
 * Cells grow with what is in them, and padding and a least height keep a box open.
 */
export const isSquashed = (name: string, style: Style, fontSize: number, lineHeight: Length | 'normal'): boolean => {
  const width = pixels(style.width, fontSize, viewport.width);
  const maxWidth = pixels(style.maxWidth, fontSize, viewport.width);
  const height = pixels(style.height, fontSize, viewport.height);
  const maxHeight = pixels(style.maxHeight, fontSize, viewport.height);
  const isNarrow = isSliver(width) || isSliver(maxWidth);
  const isFlat = isSliver(height) || isSliver(maxHeight) || (height === undefined && isLineless(fontSize, lineHeight));
  if (frames.has(name)) return isNarrow || isFlat;
  if (style.overflow !== 'hidden') return false;
  if (tableElements.has(name) && style.display !== 'block') return false;
  const least = pixels(style.minHeight, fontSize, viewport.height) ?? 0;
  const padding = pixels(style.paddingAbove, fontSize, viewport.width) ?? 0;
  return isNarrow || (isFlat && least <= 1 && padding <= 1);
};

export const isOffScreen = (style: Style, fontSize: number): boolean => {
  const across = (side: Side) => pixels(side, fontSize, viewport.width) ?? 0;
  const down = (side: Side) => pixels(side, fontSize, viewport.height) ?? 0;
  if (across(style.marginLeft) <= -farAway || down(style.marginTop) <= -farAway) return true;
  if (style.position === undefined || style.position === 'static') return false;
  const [besides, above] = [[style.left, style.right].map(across), [style.top, style.bottom].map(down)];
  if ([...besides, ...above].some((side) => side <= -farAway)) return true;
  return besides.some((side) => side >= viewport.width) || above.some((side) => side >= viewport.height * 2);
};
