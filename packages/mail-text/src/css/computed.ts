// What the cascade says about an element, and what it inherits → its computed values (CSS Cascade 5 §4), once its animations have
// run.
import { black, type Color, resolvedColor } from './color.ts';
import { declared as declaredBy } from './declarations.ts';
import {
  type Declared,
  isCssWideValue,
  isPropertyName,
  type Properties,
  type PropertyName,
  properties,
} from './properties.ts';
import type { Keyframe } from './style-sheets.ts';
import type { Declaration } from './syntax.ts';
import type { FontSize, LineHeight } from './text-properties.ts';
import { isRelativeToFont, type Length, type Measure, pixelsOf } from './value.ts';

type InheritedValues = Partial<Properties>;

export interface Computed {
  /** Every property. Lengths of text are in pixels, or a share of something outside. */
  readonly style: Properties;
  /** Of these the inherited ones that are not initial. */
  readonly inheritedByChildren: InheritedValues;
  /** Pixels. */
  readonly fontSize: number;
  /** The size was given in absolute units: then browsers let it be as small as it is. */
  readonly isSizeAbsolute: boolean;
  readonly rootFontSize: number;
  /** The colour of text. */
  readonly color: Color;
  /** Shown in dark mode, because its sender says so. */
  readonly dark: boolean;
}

const initialStyle = Object.fromEntries(
  Object.entries(properties).map(([name, { initial }]) => [name, initial]),
) as unknown as Properties;

const initialFontSize = 16;

/** What stands around the outermost element. */
export const rootComputed: Computed = {
  style: initialStyle,
  inheritedByChildren: {},
  fontSize: initialFontSize,
  isSizeAbsolute: false,
  rootFontSize: initialFontSize,
  color: black,
  dark: false,
};

/** What lengths of an element are relative to. */
export const measureOf = ({ fontSize, rootFontSize }: Computed, percentageBase?: number): Measure => ({
  fontSize,
  rootFontSize,
  percentageBase,
});

/** Browsers keep relative sizes legible: Chromium's smallest logical size. */
const smallestRelative = 6;

const fontSizeOf = (size: FontSize | undefined, parent: Computed): { pixels: number; isAbsolute: boolean } => {
  if (size === undefined) return { pixels: parent.fontSize, isAbsolute: parent.isSizeAbsolute };
  if (size === 'smaller' || size === 'larger') {
    return { pixels: parent.fontSize * (size === 'smaller' ? 1 / 1.2 : 1.2), isAbsolute: parent.isSizeAbsolute };
  }
  if ('pixels' in size) return { pixels: size.pixels, isAbsolute: true };
  const pixels = pixelsOf(size, measureOf(parent, parent.fontSize)) ?? parent.fontSize;
  return { pixels: Math.max(pixels, 0), isAbsolute: parent.isSizeAbsolute || !isRelativeToFont(size) };
};

const legible = ({ pixels, isAbsolute }: { pixels: number; isAbsolute: boolean }): number =>
  !isAbsolute && pixels > 0 ? Math.max(pixels, smallestRelative) : pixels;

const inherits = (value: unknown): boolean => isCssWideValue(value) && /^(?:inherit|unset)$/.test(value.wide);

/** Lengths of text that are handed on as pixels, because the font of whoever inherits them may be another. */
const textLengths = ['text-indent', 'letter-spacing', 'word-spacing', '-webkit-text-stroke-width'] as const;

const absolute = (length: Length, measure: Measure): Length => {
  const pixels = pixelsOf(length, measure);
  return pixels === undefined ? length : { amount: pixels, unit: 'px' };
};

const lineHeightOf = (height: LineHeight, measure: Measure): LineHeight =>
  height === 'normal' || 'factor' in height
    ? height
    : absolute(height, { ...measure, percentageBase: measure.fontSize });

type Values = { -readonly [Name in PropertyName]?: Properties[Name] };

/** CSS Cascade 5 §4.3: CSS-wide keywords become values. */
const specifiedValue = <Name extends PropertyName>(
  name: Name,
  value: Declared[Name],
  defaults: Declared[Name],
  parent: Computed,
): Properties[Name] => {
  if (!isCssWideValue(value)) return (value ?? initialStyle[name]) as Properties[Name];
  const around = properties[name].inherits ? parent.style[name] : initialStyle[name];
  switch (value.wide) {
    case 'inherit':
      return parent.style[name];
    case 'initial':
      return initialStyle[name];
    case 'revert':
    case 'revert-layer':
      return defaults === undefined || isCssWideValue(defaults) ? around : (defaults as Properties[Name]);
    case 'unset':
      return around;
  }
};

const isDark = (scheme: readonly string[], around: boolean): boolean => {
  if (scheme.includes('light') || scheme.includes('normal')) return false;
  return scheme.includes('dark') || around;
};

/**
 * @param defaults the user agent style sheet's declarations
 * @param declared what the message says
 */
export const computedOf = (defaults: Declared, declared: Declared, parent: Computed): Computed => {
  const own: Values = {};
  const inherited: Values = {};
  const all: Declared = { ...defaults, ...declared };
  const set = <Name extends PropertyName>(name: Name): void => {
    const target = properties[name].inherits ? inherited : own;
    Object.assign(target, { [name]: specifiedValue(name, all[name], defaults[name], parent) });
  };
  for (const name of Object.keys(all)) if (isPropertyName(name)) set(name);
  const isSized = inherited['font-size'] !== undefined && !inherits(all['font-size']);
  const size = fontSizeOf(isSized ? inherited['font-size'] : undefined, parent);
  const fontSize = isSized ? legible(size) : size.pixels;
  const measure: Measure = { fontSize, rootFontSize: parent.rootFontSize, percentageBase: undefined };
  if (inherited['line-height']) inherited['line-height'] = lineHeightOf(inherited['line-height'], measure);
  for (const name of textLengths) {
    const length = inherited[name];
    if (length) inherited[name] = absolute(length, measure);
  }
  const dark = inherited['color-scheme'] ? isDark(inherited['color-scheme'], parent.dark) : parent.dark;
  const specified = inherited.color ?? parent.style.color;
  const color = resolvedColor(specified, parent.color, dark);
  // The first element says which colour text has where nobody says one.
  if (inherited.color || parent.style === initialStyle) inherited.color = color;
  if (isSized) inherited['font-size'] = { pixels: fontSize };
  const inheritsAll = Object.keys(inherited).length === 0;
  const inheritedByChildren: InheritedValues = inheritsAll
    ? parent.inheritedByChildren
    : { ...parent.inheritedByChildren, ...inherited };
  const style: Properties = Object.assign(Object.create(initialStyle), inheritedByChildren, own);
  return {
    style,
    inheritedByChildren,
    fontSize,
    isSizeAbsolute: size.isAbsolute,
    rootFontSize: parent.rootFontSize,
    color,
    dark,
  };
};

/** Values of results that are remembered. */
const mostRemembered = 250_000;

/**
 * `computedOf`, which remembers: most elements of a message are like others, in the same surroundings.
 * @returns a function of what browsers do by themselves, what attributes say, and what styles say
 */
export const createComputer = () => {
  const numbers = new WeakMap<Declared, number>();
  const results = new WeakMap<Computed, Map<string, Computed>>();
  let given = 0;
  let remembered = 0;
  const numberOf = (declared: Declared): number => {
    const known = numbers.get(declared);
    if (known !== undefined) return known;
    given += 1;
    numbers.set(declared, given);
    return given;
  };
  return (defaults: Declared, hints: Declared, declared: Declared, parent: Computed): Computed => {
    const key = `${numberOf(defaults)} ${numberOf(hints)} ${numberOf(declared)}`;
    const known = results.get(parent)?.get(key);
    if (known) return known;
    const computed = computedOf(defaults, { ...hints, ...declared }, parent);
    if (remembered < mostRemembered) {
      remembered += Object.keys(computed.style).length + 1;
      const ofParent = results.get(parent) ?? new Map<string, Computed>();
      results.set(parent, ofParent.set(key, computed));
    }
    return computed;
  };
};

// Animations: how an element looks once they have run, which is what a person reads.

/** Seconds. What goes on for longer is what a person sees of it. */
const longestWait = 5;

const rules = { quirks: false };

const valuesOf = (declarations: readonly Declaration[]): Declared =>
  Object.assign({}, ...declarations.map(({ name, value }) => declaredBy(name, value, rules)));

const frameAt = (frames: readonly Keyframe[], at: number): Declared =>
  valuesOf(frames.filter((frame) => frame.at === at).flatMap(({ declarations }) => declarations));

/** After so many iterations, whether the last one ends where the animation begins. */
const endsAtStart = (direction: string, iterations: number): boolean => {
  if (direction === 'reverse') return true;
  if (direction === 'alternate') return iterations % 2 === 0;
  return direction === 'alternate-reverse' && iterations % 2 === 1;
};

/** While it runs: a property that is the same all the time is so; of others what would hide is not taken for granted. */
const whileRunning = (frames: readonly Keyframe[]): Declared => {
  const [start, end] = [frameAt(frames, 0), frameAt(frames, 1)];
  const all = frames.map(({ declarations }) => valuesOf(declarations));
  const names = new Set(all.flatMap((frame) => Object.keys(frame)).filter(isPropertyName));
  const values: { [Name in PropertyName]?: Declared[Name] } = {};
  for (const name of names) {
    const isSteady = [start, end, ...all].every((frame) => JSON.stringify(frame[name]) === JSON.stringify(start[name]));
    Object.assign(values, { [name]: isSteady ? start[name] : properties[name].initial });
  }
  return values;
};

const itemOf = <Item>(list: readonly Item[], index: number): Item | undefined => list[index % list.length];

const restingFrame = (style: Properties, index: number, frames: readonly Keyframe[]): Declared => {
  const duration = itemOf(style['animation-duration'], index) ?? 0;
  const delay = itemOf(style['animation-delay'], index) ?? 0;
  const iterations = itemOf(style['animation-iteration-count'], index) ?? 1;
  const direction = itemOf(style['animation-direction'], index) ?? 'normal';
  const fill = itemOf(style['animation-fill-mode'], index) ?? 'none';
  const isPaused = itemOf(style['animation-play-state'], index) === 'paused';
  const isReversed = direction === 'reverse' || direction === 'alternate-reverse';
  if (delay > longestWait || (isPaused && delay >= 0)) {
    const shows = fill === 'backwards' || fill === 'both' || (isPaused && delay === 0 && duration > 0);
    return shows ? frameAt(frames, isReversed ? 1 : 0) : {};
  }
  if (isPaused || delay + duration * iterations > longestWait) return whileRunning(frames);
  if (fill !== 'forwards' && fill !== 'both') return {};
  return frameAt(frames, endsAtStart(direction, iterations) ? 0 : 1);
};

/** Properties that no animation changes. */
const fixed = /^(?:animation-|direction$|writing-mode$)/;

/**
 * What animations make of an element in the end; nothing where it has none.
 * @param important properties that no animation overrides
 */
export const restingStyle = (
  style: Properties,
  keyframes: ReadonlyMap<string, readonly Keyframe[]>,
  important: ReadonlySet<PropertyName>,
): Declared | undefined => {
  const names = style['animation-name'];
  if (keyframes.size === 0 || names.every((name) => !keyframes.has(name))) return undefined;
  const together = Object.assign(
    {},
    ...names.map((name, index) => restingFrame(style, index, keyframes.get(name) ?? [])),
  ) as Declared;
  return Object.fromEntries(
    Object.entries(together).filter(([name]) => !fixed.test(name) && isPropertyName(name) && !important.has(name)),
  );
};
