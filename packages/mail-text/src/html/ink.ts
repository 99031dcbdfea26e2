// What `filter` does to a colour (Filter Effects 1 §6, §8). Knows no element.
import { blend, type Color, type ColorValue, colorOf, isDistinct, resolvedColor, white } from '../css/color.ts';
import { type Computed, measureOf } from '../css/computed.ts';
import { angleOf, lengthOf, pixelsOf, shareOf } from '../css/length.ts';
import { isNoSize, type Picture } from '../css/paint-properties.ts';
import type { Shadow } from '../css/text-properties.ts';
import { type Call, listOf, type Words } from '../css/value.ts';

type FilteredPaint = (color: Color) => Color;

const channel = (value: number): number => Math.min(Math.max(value, 0), 255);

const each =
  (change: (value: number) => number): FilteredPaint =>
  ({ red, green, blue, alpha }) => ({
    red: channel(change(red)),
    green: channel(change(green)),
    blue: channel(change(blue)),
    alpha,
  });

/** Three rows of three. */
const mixed =
  (rows: readonly number[]): FilteredPaint =>
  ({ red, green, blue, alpha }) => {
    const row = (at: number) =>
      channel((rows[at] ?? 0) * red + (rows[at + 1] ?? 0) * green + (rows[at + 2] ?? 0) * blue);
    return { red: row(0), green: row(3), blue: row(6), alpha };
  };

/** From colours as they are (0) to their brightness alone (1), and beyond. */
const saturated = (amount: number): FilteredPaint =>
  mixed([
    ...[0.213 + 0.787 * amount, 0.715 - 0.715 * amount, 0.072 - 0.072 * amount],
    ...[0.213 - 0.213 * amount, 0.715 + 0.285 * amount, 0.072 - 0.072 * amount],
    ...[0.213 - 0.213 * amount, 0.715 - 0.715 * amount, 0.072 + 0.928 * amount],
  ]);

const sepia = (amount: number): FilteredPaint => {
  const rest = 1 - amount;
  return mixed([
    ...[0.393 + 0.607 * rest, 0.769 - 0.769 * rest, 0.189 - 0.189 * rest],
    ...[0.349 - 0.349 * rest, 0.686 + 0.314 * rest, 0.168 - 0.168 * rest],
    ...[0.272 - 0.272 * rest, 0.534 - 0.534 * rest, 0.131 + 0.869 * rest],
  ]);
};

const hueTurned = (angle: number): FilteredPaint => {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return mixed([
    ...[0.213 + cos * 0.787 - sin * 0.213, 0.715 - cos * 0.715 - sin * 0.715, 0.072 - cos * 0.072 + sin * 0.928],
    ...[0.213 - cos * 0.213 + sin * 0.143, 0.715 + cos * 0.285 + sin * 0.14, 0.072 - cos * 0.072 - sin * 0.283],
    ...[0.213 - cos * 0.213 - sin * 0.787, 0.715 - cos * 0.715 + sin * 0.715, 0.072 + cos * 0.928 + sin * 0.072],
  ]);
};

/** What one function does to colours; undefined where it does something else. */
const paintBy = ({ name, args }: Call): FilteredPaint | undefined => {
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
      return hueTurned(word === undefined ? 0 : (angleOf(word) ?? 0));
    default:
      return undefined;
  }
};

// What text is drawn with and what it is drawn on: whether its letters can be told from what is behind them. Knows no place.

/** All colours that may lie behind text; of a picture nobody knows them. */
type Ground = readonly Color[] | 'unknown';

/** A function for the colours of everything that is drawn inside. */
type Paint = (color: Color) => Color;

export interface Ink {
  readonly ground: Ground;
  /** Of everything that is drawn, with all that is around it. */
  readonly opacity: number;
  readonly paint: Paint;
  /** Colours that a background shows through the letters, where it is cut to them. */
  readonly letters: Ground | undefined;
  /** Pixels by which everything is blurred. */
  readonly blur: number;
  /** It is mixed with what is behind it, or changed in a way that nobody follows. */
  readonly isMixed: boolean;
  /** Shadows of whole elements, which show what they are the shadow of. */
  readonly shadows: readonly Color[];
  /** Nothing of it is drawn. */
  readonly isGone: boolean;
}

const unchanged: Paint = (color) => color;

/** What a page is drawn on: paper, or a dark screen where its sender wants that. */
export const pageInk = (dark: boolean): Ink => ({
  ground: [dark ? { red: 18, green: 18, blue: 18, alpha: 1 } : white],
  opacity: 1,
  paint: unchanged,
  letters: undefined,
  blur: 0,
  isMixed: false,
  shadows: [],
  isGone: false,
});

/** A share of opacity under which nobody sees anything. */
const faintest = 0.04;
/** Colours that may lie behind a text; more are as good as a picture. */
const mostColors = 12;

const colorIn = ({ color, dark }: Computed, value: ColorValue): Color => resolvedColor(value, color, dark);

const stopsOf = (picture: Picture, computed: Computed, paint: Paint): Ground => {
  if (picture === 'none' || picture === 'unknown' || 'reference' in picture) return 'unknown';
  return picture.stops.map((stop) => paint(colorIn(computed, stop)));
};

const over = (top: Ground, below: Ground): Ground => {
  if (top === 'unknown') return 'unknown';
  if (top.every(({ alpha }) => alpha >= 1)) return top;
  if (below === 'unknown') return 'unknown';
  const mixed = top.flatMap((color) => below.map((under) => blend(color, under)));
  return mixed.length > mostColors ? 'unknown' : mixed;
};

const together = (one: Ground, other: Ground): Ground =>
  one === 'unknown' || other === 'unknown' || one.length + other.length > mostColors ? 'unknown' : [...one, ...other];

const layerWords = (words: Words, index: number): Words => {
  const layers = listOf(words);
  return layers[index % layers.length] ?? [];
};

/** What an element paints behind what is in it, over what lies behind it. */
const paintedOver = (computed: Computed, below: Ground, paint: Paint): Ground => {
  const { style } = computed;
  const color = paint(colorIn(computed, style['background-color']));
  let ground = color.alpha === 0 ? below : over([color], below);
  for (const [index, picture] of [...style['background-image'].entries()].reverse()) {
    if (picture === 'none') continue;
    const size = layerWords(style['background-size'], index);
    const isOnce = layerWords(style['background-repeat'], index).includes('no-repeat');
    if (isNoSize(size)) continue;
    const painted = over(stopsOf(picture, computed, paint), ground);
    const isPart = isOnce && !/^(?:auto|cover|100%)$/.test(size[0] ?? 'auto');
    ground = isPart ? together(painted, ground) : painted;
  }
  const insets = style['box-shadow'].filter(({ isInset }) => isInset);
  return insets.reduce((all, { color: inset }) => together(all, over([paint(colorIn(computed, inset))], all)), ground);
};

/** Whether an element is masked by nothing but what lets nothing through. */
const isMasked = (computed: Computed, isMissing: (id: string) => boolean): boolean => {
  const { style } = computed;
  const images = style['mask-image'];
  return images.every((picture, index) => {
    if (picture === 'none') return false;
    const isOnce = layerWords(style['mask-repeat'], index).includes('no-repeat');
    if (isOnce && isNoSize(layerWords(style['mask-size'], index))) return true;
    if (picture === 'unknown') return false;
    if ('reference' in picture) return isMissing(picture.reference);
    const byBrightness = style['mask-mode'].includes('luminance');
    return picture.stops.every((stop) => {
      const { red, green, blue, alpha } = colorIn(computed, stop);
      const brightness = byBrightness ? (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255 : 1;
      return alpha * brightness < faintest;
    });
  });
};

const filtered = (computed: Computed, ink: Pick<Ink, 'opacity' | 'paint' | 'blur' | 'isMixed' | 'shadows'>) => {
  let { opacity, paint, blur, isMixed, shadows } = ink;
  const steps: Paint[] = [];
  for (const call of computed.style.filter) {
    const [word = ''] = call.args[0] ?? [];
    const change = paintBy(call);
    if (change) steps.push(change);
    else if (call.name === 'opacity') opacity *= Math.min(Math.max(shareOf(word) ?? 1, 0), 1);
    else if (call.name === 'blur') {
      const length = lengthOf(word, { bare: false, percent: false });
      blur += (length && pixelsOf(length, measureOf(computed))) ?? 0;
    } else if (call.name === 'drop-shadow') {
      const [color] = call.args.flat().flatMap((part) => colorOf(part) ?? []);
      shadows = [...shadows, colorIn(computed, color ?? { open: 'currentcolor' })];
    } else isMixed = true;
  }
  if (steps.length > 0) {
    const around = paint;
    paint = (color) => around(steps.reduce((changed, step) => step(changed), color));
  }
  return { opacity, paint, blur, isMixed, shadows };
};

/** Whether an element draws nothing that its parent does not; without a box it has nothing to draw on (CSS Display 3 §2.5). */
const drawsNothing = ({ style }: Computed): boolean =>
  style.display === 'contents' ||
  !Object.keys(style).some((name) => /^(?:background|opacity|filter|mask|mix-blend|backdrop|box-shadow)/.test(name));

const newInk = (computed: Computed, parent: Ink, isMissing: (id: string) => boolean): Ink => {
  if (drawsNothing(computed)) return parent;
  const { style } = computed;
  const { opacity, paint, blur, isMixed, shadows } = filtered(computed, parent);
  const isBlended = style['mix-blend-mode'] !== 'normal' || style['backdrop-filter'][0] !== 'none';
  const isCut = style['background-clip'].includes('text');
  const painted = paintedOver(computed, isCut ? [] : parent.ground, paint);
  return {
    ground: isCut ? parent.ground : painted,
    letters: isCut ? painted : parent.letters,
    opacity: opacity * style.opacity,
    paint,
    blur,
    isMixed: isMixed || isBlended,
    shadows,
    isGone: parent.isGone || isMasked(computed, isMissing),
  };
};

const known = new WeakMap<Computed, { readonly parent: Ink; readonly ink: Ink }>();

/** @param isMissing whether a mask of this name lets nothing through */
export const inkOf = (computed: Computed, parent: Ink, isMissing: (id: string) => boolean): Ink => {
  const before = known.get(computed);
  if (before?.parent === parent) return before.ink;
  const ink = newInk(computed, parent, isMissing);
  known.set(computed, { parent, ink });
  return ink;
};

/** Shadows farther from their letters than this are no part of them; pixels. */
const farthestShadow = 500;

const pixels = (computed: Computed, shadow: Shadow, side: 'x' | 'y' | 'blur'): number =>
  pixelsOf(shadow[side], measureOf(computed, 0)) ?? 0;

const shadowsOf = (computed: Computed, isFar: boolean): Shadow[] =>
  computed.style['text-shadow'].filter((shadow) => {
    const far = Math.max(Math.abs(pixels(computed, shadow, 'x')), Math.abs(pixels(computed, shadow, 'y')));
    return (
      pixels(computed, shadow, 'blur') <= computed.fontSize &&
      (isFar ? far > computed.fontSize * 3 : far <= farthestShadow)
    );
  });

/** Whether letters throw a shadow elsewhere: then where they are themselves says little. */
export const hasFarShadow = (computed: Computed): boolean =>
  computed.style['text-shadow'].length > 0 && shadowsOf(computed, true).length > 0;

/** Blurred by more than this share of their size, letters are a cloud. */
const mostBlur = 0.6;

const canBeRead = (computed: Computed, ink: Ink, isDrawing: boolean): boolean => {
  const { style } = computed;
  if (style['text-emphasis-style'][0] !== 'none') return true;
  if (ink.isGone || ink.blur > computed.fontSize * mostBlur) return false;
  const fill = colorIn(computed, isDrawing ? style.fill : style['-webkit-text-fill-color']);
  const isStroked = (pixelsOf(style['-webkit-text-stroke-width'], measureOf(computed)) ?? 0) > 0;
  const stroke = isDrawing ? style.stroke : isStroked ? style['-webkit-text-stroke-color'] : undefined;
  const fade = (color: Color, alpha: number): Color => ({
    ...color,
    alpha: color.alpha * Math.min(Math.max(alpha, 0), 1),
  });
  const candidates: Color[] = [
    fade(fill, isDrawing ? style['fill-opacity'] : 1),
    ...(stroke ? [fade(colorIn(computed, stroke), isDrawing ? style['stroke-opacity'] : 1)] : []),
    ...shadowsOf(computed, false).map(({ color }) => colorIn(computed, color)),
    ...ink.shadows,
  ];
  const { ground, letters } = ink;
  if (letters === 'unknown' && fill.alpha < 1) return ink.opacity >= faintest;
  // Letters cut out of a background show at the edges of those that are drawn over them.
  if (letters && letters !== 'unknown') candidates.push(...letters);
  if (ground === 'unknown' || ink.isMixed) return candidates.some(({ alpha }) => alpha * ink.opacity >= faintest);
  return candidates.some((color) => ground.some((behind) => isDistinct(ink.paint(color), behind, ink.opacity)));
};

const anything = new WeakMap<Ink, Ink>();

/** The same, where nobody knows what lies behind it. */
export const onAnything = (ink: Ink): Ink => {
  const before = anything.get(ink) ?? { ...ink, ground: 'unknown' };
  anything.set(ink, before);
  return before;
};

const readBefore = new WeakMap<
  Computed,
  { readonly ink: Ink; readonly isDrawing: boolean; readonly isReadable: boolean }
>();

/** Whether text that is drawn so can be read. @param isDrawing it is a part of SVG */
export const isReadable = (computed: Computed, ink: Ink, isDrawing: boolean): boolean => {
  const before = readBefore.get(computed);
  if (before?.ink === ink && before.isDrawing === isDrawing) return before.isReadable;
  const result = canBeRead(computed, ink, isDrawing);
  readBefore.set(computed, { ink, isDrawing, isReadable: result });
  return result;
};
