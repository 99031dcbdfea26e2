// What text is painted with and on, and whether its letters can be told from what is behind them: colours, backgrounds,
// opacity, filters, masks, shadows. When in doubt, they can.

import { type ImageValue, isNoSize } from '../css/box-properties.ts';
import { blend, type Color, type ColorValue, colorOf, isDistinct, resolvedColor, white } from '../css/color.ts';
import { type Computed, measureOf } from '../css/computed.ts';
import type { Shadow } from '../css/text-properties.ts';
import { angleOf, type Call, lengthOf, listOf, pixelsOf, shareOf, type Words } from '../css/value.ts';

/** All colours that may be behind text; of an image nobody knows them. */
type Backdrop = readonly Color[] | 'unknown';

type ColorFilter = (color: Color) => Color;

/** How an element and what is in it is painted. */
export interface TextPaint {
  readonly backdrop: Backdrop;
  /** Colours that a background shows through the letters (`background-clip: text`). */
  readonly textBackdrop: Backdrop | undefined;
  /** Of everything that is painted, with all that is around it. */
  readonly opacity: number;
  readonly colorFilter: ColorFilter;
  /** Pixels by which everything is blurred. */
  readonly blur: number;
  /** It is blended with what is behind it, or changed in a way that nobody follows. */
  readonly isBlended: boolean;
  /** Colours of `drop-shadow()`, in which letters are seen again. */
  readonly dropShadows: readonly Color[];
  /** Nothing of it is painted. */
  readonly isHidden: boolean;
}

/** How the page is painted: white, or dark where its sender wants that. */
export const pagePaint = (dark: boolean): TextPaint => ({
  backdrop: [dark ? { red: 18, green: 18, blue: 18, alpha: 1 } : white],
  textBackdrop: undefined,
  opacity: 1,
  colorFilter: (color) => color,
  blur: 0,
  isBlended: false,
  dropShadows: [],
  isHidden: false,
});

const lastPaint = new WeakMap<Computed, { readonly parent: TextPaint; readonly paint: TextPaint }>();

/** @param isMissing whether the document has no mask of this id that lets anything through */
export const textPaintOf = (computed: Computed, parent: TextPaint, isMissing: (id: string) => boolean): TextPaint => {
  const before = lastPaint.get(computed);
  if (before?.parent === parent) return before.paint;
  const paint = paintsNothing(computed) ? parent : newPaint(computed, parent, isMissing);
  lastPaint.set(computed, { parent, paint });
  return paint;
};

/** Whether an element paints nothing that its parent does not; without a box it cannot (CSS Display 3 §2.5). */
const paintsNothing = ({ style }: Computed): boolean =>
  style.display === 'contents' ||
  !Object.keys(style).some((name) => /^(?:background|opacity|filter|mask|mix-blend|backdrop|box-shadow)/.test(name));

const newPaint = (computed: Computed, parent: TextPaint, isMissing: (id: string) => boolean): TextPaint => {
  const { style } = computed;
  const filtered = filteredPaint(computed, parent);
  const isBlended = style['mix-blend-mode'] !== 'normal' || style['backdrop-filter'][0] !== 'none';
  const isClippedToText = style['background-clip'].includes('text');
  const painted = backdropOf(computed, isClippedToText ? [] : parent.backdrop, filtered.colorFilter);
  return {
    ...filtered,
    backdrop: isClippedToText ? parent.backdrop : painted,
    textBackdrop: isClippedToText ? painted : parent.textBackdrop,
    opacity: filtered.opacity * style.opacity,
    isBlended: filtered.isBlended || isBlended,
    isHidden: parent.isHidden || isMaskedAway(computed, isMissing),
  };
};

const colorIn = ({ color, dark }: Computed, value: ColorValue): Color => resolvedColor(value, color, dark);

/** A share of opacity under which nobody sees anything. */
const faintest = 0.04;
/** Colours that may be behind a text; more are as good as an image. */
const mostColors = 12;

/** What is behind the content of an element: its background images over its background colour over what is behind that. */
const backdropOf = (computed: Computed, below: Backdrop, filter: ColorFilter): Backdrop => {
  const { style } = computed;
  const color = filter(colorIn(computed, style['background-color']));
  let backdrop = color.alpha === 0 ? below : composited([color], below);
  for (const [index, image] of [...style['background-image'].entries()].reverse()) {
    if (image === 'none') continue;
    const size = layerOf(style['background-size'], index);
    const isOnce = layerOf(style['background-repeat'], index).includes('no-repeat');
    if (isNoSize(size)) continue;
    const painted = composited(colorsOf(image, computed, filter), backdrop);
    const isPart = isOnce && !/^(?:auto|cover|100%)$/.test(size[0] ?? 'auto');
    backdrop = isPart ? eitherOf(painted, backdrop) : painted;
  }
  const insets = style['box-shadow'].filter(({ isInset }) => isInset);
  return insets.reduce(
    (all, { color: inset }) => eitherOf(all, composited([filter(colorIn(computed, inset))], all)),
    backdrop,
  );
};

/** The words of a list of layers that belong to one layer. */
const layerOf = (words: Words, index: number): Words => {
  const layers = listOf(words);
  return layers[index % layers.length] ?? [];
};

const colorsOf = (image: ImageValue, computed: Computed, filter: ColorFilter): Backdrop => {
  if (image === 'none' || image === 'unknown' || 'reference' in image) return 'unknown';
  return image.stops.map((stop) => filter(colorIn(computed, stop)));
};

const composited = (top: Backdrop, below: Backdrop): Backdrop => {
  if (top === 'unknown') return 'unknown';
  if (top.every(({ alpha }) => alpha >= 1)) return top;
  if (below === 'unknown') return 'unknown';
  const blended = top.flatMap((color) => below.map((under) => blend(color, under)));
  return blended.length > mostColors ? 'unknown' : blended;
};

const eitherOf = (one: Backdrop, other: Backdrop): Backdrop =>
  one === 'unknown' || other === 'unknown' || one.length + other.length > mostColors ? 'unknown' : [...one, ...other];

/** Whether all masks of an element let nothing through. */
const isMaskedAway = (computed: Computed, isMissing: (id: string) => boolean): boolean => {
  const { style } = computed;
  return style['mask-image'].every((image, index) => {
    if (image === 'none') return false;
    const isOnce = layerOf(style['mask-repeat'], index).includes('no-repeat');
    if (isOnce && isNoSize(layerOf(style['mask-size'], index))) return true;
    if (image === 'unknown') return false;
    if ('reference' in image) return isMissing(image.reference);
    const isByLuminance = style['mask-mode'].includes('luminance');
    return image.stops.every((stop) => {
      const { red, green, blue, alpha } = colorIn(computed, stop);
      const luminance = isByLuminance ? (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255 : 1;
      return alpha * luminance < faintest;
    });
  });
};

/** `filter`, which also applies to everything inside. */
const filteredPaint = (computed: Computed, parent: TextPaint) => {
  let { opacity, colorFilter, blur, isBlended, dropShadows } = parent;
  const steps: ColorFilter[] = [];
  for (const call of computed.style.filter) {
    const [word = ''] = call.args[0] ?? [];
    const step = colorFilterOf(call);
    if (step) steps.push(step);
    else if (call.name === 'opacity') opacity *= Math.min(Math.max(shareOf(word) ?? 1, 0), 1);
    else if (call.name === 'blur') {
      const length = lengthOf(word, { bare: false, percent: false });
      blur += (length && pixelsOf(length, measureOf(computed))) ?? 0;
    } else if (call.name === 'drop-shadow') {
      const [color] = call.args.flat().flatMap((part) => colorOf(part) ?? []);
      dropShadows = [...dropShadows, colorIn(computed, color ?? { contextual: 'currentcolor' })];
    } else isBlended = true;
  }
  if (steps.length > 0) {
    const around = colorFilter;
    colorFilter = (color) => around(steps.reduce((changed, step) => step(changed), color));
  }
  return { opacity, colorFilter, blur, isBlended, dropShadows };
};

const channel = (value: number): number => Math.min(Math.max(value, 0), 255);

const each =
  (change: (value: number) => number): ColorFilter =>
  ({ red, green, blue, alpha }) => ({
    red: channel(change(red)),
    green: channel(change(green)),
    blue: channel(change(blue)),
    alpha,
  });

/** Three rows of three. */
const mixed =
  (rows: readonly number[]): ColorFilter =>
  ({ red, green, blue, alpha }) => {
    const row = (at: number) =>
      channel((rows[at] ?? 0) * red + (rows[at + 1] ?? 0) * green + (rows[at + 2] ?? 0) * blue);
    return { red: row(0), green: row(3), blue: row(6), alpha };
  };

/** From colours as they are (0) to their brightness alone (1), and beyond. */
const saturated = (amount: number): ColorFilter =>
  mixed([
    ...[0.213 + 0.787 * amount, 0.715 - 0.715 * amount, 0.072 - 0.072 * amount],
    ...[0.213 - 0.213 * amount, 0.715 + 0.285 * amount, 0.072 - 0.072 * amount],
    ...[0.213 - 0.213 * amount, 0.715 - 0.715 * amount, 0.072 + 0.928 * amount],
  ]);

const sepia = (amount: number): ColorFilter => {
  const rest = 1 - amount;
  return mixed([
    ...[0.393 + 0.607 * rest, 0.769 - 0.769 * rest, 0.189 - 0.189 * rest],
    ...[0.349 - 0.349 * rest, 0.686 + 0.314 * rest, 0.168 - 0.168 * rest],
    ...[0.272 - 0.272 * rest, 0.534 - 0.534 * rest, 0.131 + 0.869 * rest],
  ]);
};

const hueRotated = (angle: number): ColorFilter => {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return mixed([
    ...[0.213 + cos * 0.787 - sin * 0.213, 0.715 - cos * 0.715 - sin * 0.715, 0.072 - cos * 0.072 + sin * 0.928],
    ...[0.213 - cos * 0.213 + sin * 0.143, 0.715 + cos * 0.285 + sin * 0.14, 0.072 - cos * 0.072 - sin * 0.283],
    ...[0.213 - cos * 0.213 - sin * 0.787, 0.715 - cos * 0.715 + sin * 0.715, 0.072 + cos * 0.928 + sin * 0.072],
  ]);
};

/** What a function of `filter` does to colours (Filter Effects 1 §6, §8); undefined where it does something else. */
const colorFilterOf = ({ name, args }: Call): ColorFilter | undefined => {
  const [word] = args[0] ?? [];
  const amount = word === undefined ? 1 : (shareOf(word) ?? 1);
  const share = Math.min(Math.max(amount, 0), 1);
  switch (name) {
    case 'brightness':
      return each((value) => value * amount);
    case 'contrast':
      return each((value) => (value - 127.5) * amount + 127.5);
    case 'invert':
      return each((value) => value * (1 - share) + (255 - value) * share);
    case 'grayscale':
      return saturated(1 - share);
    case 'saturate':
      return saturated(amount);
    case 'sepia':
      return sepia(share);
    case 'hue-rotate':
      return hueRotated(word === undefined ? 0 : (angleOf(word) ?? 0));
    default:
      return undefined;
  }
};

const unknownBackdrops = new WeakMap<TextPaint, TextPaint>();

/** The same, where nobody knows what is behind it. */
export const onUnknownBackdrop = (paint: TextPaint): TextPaint => {
  const before = unknownBackdrops.get(paint) ?? { ...paint, backdrop: 'unknown' };
  unknownBackdrops.set(paint, before);
  return before;
};

const lastReadable = new WeakMap<
  Computed,
  { readonly paint: TextPaint; readonly isSvg: boolean; readonly isReadable: boolean }
>();

/** Whether text that is painted so can be read. @param isSvg then `fill` and `stroke` say how */
export const isReadable = (computed: Computed, paint: TextPaint, isSvg: boolean): boolean => {
  const before = lastReadable.get(computed);
  if (before?.paint === paint && before.isSvg === isSvg) return before.isReadable;
  const result = canBeRead(computed, paint, isSvg);
  lastReadable.set(computed, { paint, isSvg, isReadable: result });
  return result;
};

/** Blurred by more than this share of their size, letters are a cloud. */
const mostBlur = 0.6;

const canBeRead = (computed: Computed, paint: TextPaint, isSvg: boolean): boolean => {
  const { style } = computed;
  if (style['text-emphasis-style'][0] !== 'none') return true;
  if (paint.isHidden || paint.blur > computed.fontSize * mostBlur) return false;
  const fill = colorIn(computed, isSvg ? style.fill : style['-webkit-text-fill-color']);
  const isStroked = (pixelsOf(style['-webkit-text-stroke-width'], measureOf(computed)) ?? 0) > 0;
  const stroke = isSvg ? style.stroke : isStroked ? style['-webkit-text-stroke-color'] : undefined;
  const candidates: Color[] = [
    faded(fill, isSvg ? style['fill-opacity'] : 1),
    ...(stroke ? [faded(colorIn(computed, stroke), isSvg ? style['stroke-opacity'] : 1)] : []),
    ...shadowsOf(computed, false).map(({ color }) => colorIn(computed, color)),
    ...paint.dropShadows,
  ];
  const { backdrop, textBackdrop, colorFilter, opacity } = paint;
  if (textBackdrop === 'unknown' && fill.alpha < 1) return opacity >= faintest;
  // A background that is clipped to the text shows at the edges of the letters that are painted over it.
  if (textBackdrop && textBackdrop !== 'unknown') candidates.push(...textBackdrop);
  if (backdrop === 'unknown' || paint.isBlended) return candidates.some(({ alpha }) => alpha * opacity >= faintest);
  return candidates.some((color) => backdrop.some((behind) => isDistinct(colorFilter(color), behind, opacity)));
};

const faded = (color: Color, alpha: number): Color => ({
  ...color,
  alpha: color.alpha * Math.min(Math.max(alpha, 0), 1),
});

/** Pixels. Shadows farther from their letters than this are no part of them. */
const farthestShadow = 500;

/** Whether letters throw a shadow elsewhere: then where they are themselves says little. */
export const hasFarShadow = (computed: Computed): boolean =>
  computed.style['text-shadow'].length > 0 && shadowsOf(computed, true).length > 0;

const shadowsOf = (computed: Computed, isFar: boolean): Shadow[] =>
  computed.style['text-shadow'].filter((shadow) => {
    const pixels = (side: 'x' | 'y' | 'blur') => pixelsOf(shadow[side], measureOf(computed, 0)) ?? 0;
    const distance = Math.max(Math.abs(pixels('x')), Math.abs(pixels('y')));
    return (
      pixels('blur') <= computed.fontSize && (isFar ? distance > computed.fontSize * 3 : distance <= farthestShadow)
    );
  });
