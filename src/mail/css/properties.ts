// The CSS properties that decide whether text is seen, and what their values mean. A value that no browser would accept
// gives nothing, so that an earlier declaration stays in force. Knows nothing of elements or selectors.
import { clip, clipPath, filter, opacityOf, rotate, scale, transform, translate } from './effects.ts';
import { imageOf, mask } from './gradients.ts';
import type { DecorationLine, Reader, Style } from './style.ts';
import { colorOf, type Length, lengthOf } from './values.ts';

const inheriting = /^(?:inherit|unset|revert|revert-layer)$/;
const resetting = /^(?:initial|unset|revert|revert-layer|inherit)$/;

/** Keyword lists: of each value what it means, or nothing. */
const keywords =
  (meanings: Readonly<Record<string, Style>>): Reader =>
  (value) =>
    Object.hasOwn(meanings, value) ? meanings[value] : undefined;

const length =
  (make: (length: Length | 'auto') => Style): Reader =>
  (value) => {
    if (value === 'auto' || value === 'none' || resetting.test(value) || /^(?:fit|min|max)-content$/.test(value)) {
      return make('auto');
    }
    const read = lengthOf(value);
    return read && make(read);
  };

const display: Reader = (value) => {
  if (value === 'none') return { display: 'none' };
  if (value === 'inline' || value === 'contents' || resetting.test(value)) return { display: 'inline' };
  const isKnown =
    /^(?:block|flex|grid|flow-root|list-item|inline-(?:block|flex|grid|table)|table(?:-[a-z-]+)?|-webkit-(?:inline-)?(?:box|flex))$/;
  return isKnown.test(value) ? { display: 'block' } : undefined;
};

const fontKeywords = new Map<string, number>(
  Object.entries({
    'xx-small': 9,
    'x-small': 10,
    small: 13,
    medium: 16,
    large: 18,
    'x-large': 24,
    'xx-large': 32,
    'xxx-large': 48,
    initial: 16,
  }),
);

const fontSize: Reader = (value) => {
  const keyword = fontKeywords.get(value);
  if (keyword !== undefined) return { fontSize: keyword };
  if (value === 'smaller' || value === 'larger')
    return { fontSize: { amount: value === 'smaller' ? 83 : 120, unit: '%' } };
  if (inheriting.test(value)) return { fontSize: { amount: 100, unit: '%' } };
  const read = lengthOf(value);
  return read && read.amount >= 0 ? { fontSize: read } : undefined;
};

const lineHeight: Reader = (value) => {
  if (value === 'normal' || resetting.test(value)) return { lineHeight: 'normal' };
  const factor = /^\d*\.?\d+$/.test(value) ? { amount: Number(value), unit: 'em' } : lengthOf(value);
  return factor && factor.amount >= 0 ? { lineHeight: factor } : undefined;
};

/** `font: bold 1px/1px Arial`: the size is the first length. */
const font: Reader = (value) => {
  for (const word of value.split(' ')) {
    const [size = '', height] = word.split('/');
    const read = /^\d{3}$/.test(size) ? undefined : fontSize(size);
    if (read) return height === undefined ? read : { ...read, ...lineHeight(height) };
  }
  return undefined;
};

const color =
  (name: 'color' | 'textFill'): Reader =>
  (value) => {
    if (inheriting.test(value) || value === 'currentcolor') return { [name]: 'inherit' };
    const read = value === 'initial' ? colorOf('black') : colorOf(value);
    return read && { [name]: read };
  };

const backgroundColor: Reader = (value) => {
  if (value === 'currentcolor') return { backgroundColor: 'text colour' };
  const read = colorOf(resetting.test(value) ? 'transparent' : value);
  return read && { backgroundColor: read };
};

/** The shorthand sets the colour as well: without one it is transparent. */
const background: Reader = (value) => {
  const words: readonly string[] =
    value.replace(/url\([^)]*\)?/g, 'url()').match(/[a-z-]+\([^()]*(?:\([^()]*\)[^()]*)*\)|[^\s]+/g) ?? [];
  const found = words.includes('currentcolor')
    ? ('text colour' as const)
    : words.map((word) => colorOf(word)).find((read) => read !== undefined);
  const transparent = { red: 0, green: 0, blue: 0, alpha: 0 };
  return { backgroundColor: found ?? transparent, backgroundImage: imageOf(value) };
};

const animated: Reader = (value) => ({ animated: value !== 'none' && !resetting.test(value) });

/** A shadow or stroke that can be seen: in a colour of its own, or in that of the text. */
const isOutline = (value: string): boolean =>
  value !== 'none' &&
  value !== 'initial' &&
  !/(?:^|\s)(?:transparent|#fff|#ffffff|white)(?:\s|$)/.test(value) &&
  !/^0(?:px)?$/.test(value);

const margin: Reader = (value) => {
  const sides = value.split(' ').map((word) => lengthOf(word) ?? 'auto');
  const [top = 'auto', right = top, , left = right] = sides;
  return { marginTop: top, marginLeft: left };
};

const inset: Reader = (value) => {
  const sides = value.split(' ').map((word) => lengthOf(word) ?? 'auto');
  const [top = 'auto', right = top, bottom = top, left = right] = sides;
  return { top, right, bottom, left };
};

const overflow: Reader = (value) => {
  if (!/^(?:visible|hidden|clip|scroll|auto|overlay|initial|inherit|unset)(?: [a-z]+)?$/.test(value)) return undefined;
  return { overflow: /hidden|clip|scroll|auto|overlay/.test(value) ? 'hidden' : 'visible' };
};

const decorationLines: ReadonlySet<string> = new Set(['underline', 'overline', 'line-through']);

/** `text-decoration: line-through red 2px`: only the lines matter; a value without any takes them away. */
const textDecoration: Reader = (value) => ({
  textDecorationLine: value.split(' ').filter((word): word is DecorationLine => decorationLines.has(word)),
});

/**
 * To ask for a further property: name what it means in `Style` (css-style.ts), read it here, and let `appearanceOf`
 * (html/visibility.ts) hand it on: from the parent's appearance where it is inherited.
 */
const readers: Readonly<Record<string, Reader>> = {
  display,
  visibility: keywords({
    visible: { visibility: 'visible' },
    initial: { visibility: 'visible' },
    hidden: { visibility: 'hidden' },
    collapse: { visibility: 'hidden' },
    inherit: { visibility: 'inherit' },
    unset: { visibility: 'inherit' },
  }),
  'content-visibility': keywords({ hidden: { display: 'none' } }),
  opacity: (value) => {
    const read = resetting.test(value) ? 1 : opacityOf(value);
    return read === undefined ? undefined : { opacity: Math.min(Math.max(read, 0), 1) };
  },
  width: length((width) => ({ width })),
  height: length((height) => ({ height })),
  'max-width': length((maxWidth) => ({ maxWidth })),
  'max-height': length((maxHeight) => ({ maxHeight })),
  overflow,
  'overflow-x': overflow,
  'overflow-y': overflow,
  'font-size': fontSize,
  font,
  'line-height': lineHeight,
  'text-indent': length((textIndent) => (textIndent === 'auto' ? {} : { textIndent })),
  'letter-spacing': length((letterSpacing) => ({
    letterSpacing: letterSpacing === 'auto' ? { amount: 0, unit: 'px' } : letterSpacing,
  })),
  color: color('color'),
  '-webkit-text-fill-color': color('textFill'),
  'background-color': backgroundColor,
  background,
  'background-image': (value) => ({ backgroundImage: imageOf(value) }),
  'background-clip': (value) => ({ backgroundClip: value.includes('text') ? 'text' : 'box' }),
  '-webkit-background-clip': (value) => ({ backgroundClip: value.includes('text') ? 'text' : 'box' }),
  clip,
  'clip-path': clipPath,
  '-webkit-clip-path': clipPath,
  position: keywords({
    static: { position: 'static' },
    relative: { position: 'relative' },
    sticky: { position: 'relative' },
    absolute: { position: 'taken out' },
    fixed: { position: 'taken out' },
  }),
  left: length((left) => ({ left })),
  right: length((right) => ({ right })),
  top: length((top) => ({ top })),
  bottom: length((bottom) => ({ bottom })),
  inset,
  'inset-inline-start': length((left) => ({ left })),
  'inset-inline-end': length((right) => ({ right })),
  'inset-block-start': length((top) => ({ top })),
  'inset-block-end': length((bottom) => ({ bottom })),
  margin,
  'margin-inline-start': length((marginLeft) => ({ marginLeft })),
  'margin-block-start': length((marginTop) => ({ marginTop })),
  'margin-left': length((marginLeft) => ({ marginLeft })),
  'margin-top': length((marginTop) => ({ marginTop })),
  transform,
  '-webkit-transform': transform,
  scale,
  translate,
  rotate,
  zoom: (value) => ({ transformedAway: Number.parseFloat(value) <= 0.05 }),
  filter,
  'backface-visibility': (value) => ({ backHidden: value === 'hidden' }),
  '-webkit-backface-visibility': (value) => ({ backHidden: value === 'hidden' }),
  mask,
  'mask-image': mask,
  '-webkit-mask': mask,
  '-webkit-mask-image': mask,
  animation: animated,
  'animation-name': animated,
  '-webkit-animation': animated,
  'text-shadow': (value) => (inheriting.test(value) ? undefined : { outlined: isOutline(value) }),
  '-webkit-text-stroke': (value) => (inheriting.test(value) ? undefined : { outlined: isOutline(value) }),
  '-webkit-text-security': (value) => ({ dotted: /^(?:disc|circle|square)$/.test(value) }),
  'min-height': length((minHeight) => ({ minHeight })),
  'min-block-size': length((minHeight) => ({ minHeight })),
  'padding-top': length((paddingAbove) => ({ paddingAbove })),
  'padding-bottom': length((paddingAbove) => ({ paddingAbove })),
  padding: (value) => ({ paddingAbove: lengthOf(value.split(' ')[0] ?? '') ?? 'auto' }),
  'block-size': length((height) => ({ height })),
  'max-block-size': length((maxHeight) => ({ maxHeight })),
  'inline-size': length((width) => ({ width })),
  'max-inline-size': length((maxWidth) => ({ maxWidth })),
  'text-decoration': textDecoration,
  'text-decoration-line': textDecoration,
  'white-space': (value) => ({ whiteSpace: /^(?:pre|pre-wrap|break-spaces)$/.test(value) ? 'kept' : 'collapsed' }),
};

/** What one declaration says about being seen; undefined where it says nothing or is not valid. */
export const styleOf = (name: string, value: string): Style | undefined =>
  Object.hasOwn(readers, name) ? readers[name]?.(value) : undefined;

/** Whether declarations of this property say something about being seen. */
export const isRead = (name: string): boolean => Object.hasOwn(readers, name);
