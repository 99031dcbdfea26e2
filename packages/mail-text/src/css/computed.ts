// What the cascade says about an element, and what it inherits → the values that hold for it (CSS Cascade 5 §7). Knows no
// element by name.
import { black, type Color, resolvedColor } from './color.ts';
import { isRelativeToFont, type Length, type Measure, pixelsOf } from './length.ts';
import {
  type Declared,
  isPropertyName,
  isWideValue,
  type Properties,
  type PropertyName,
  properties,
} from './properties.ts';
import type { FontSize, LineHeight } from './text-properties.ts';

type Handed = Partial<Properties>;

export interface Computed {
  /** Every property. Lengths of text are in pixels, or a share of something outside. */
  readonly style: Properties;
  /** Of these, what is handed on to the elements inside, where it is not as it is at first. */
  readonly handedOn: Handed;
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

const usualSize = 16;

/** What stands around the outermost element. */
export const rootComputed: Computed = {
  style: initialStyle,
  handedOn: {},
  fontSize: usualSize,
  isSizeAbsolute: false,
  rootFontSize: usualSize,
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

const sizeOf = (size: FontSize | undefined, parent: Computed): { pixels: number; isAbsolute: boolean } => {
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

const inherits = (value: unknown): boolean => isWideValue(value) && /^(?:inherit|unset)$/.test(value.wide);

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

/** The value that a declaration comes to. */
const meantBy = <Name extends PropertyName>(
  name: Name,
  value: Declared[Name],
  usual: Declared[Name],
  parent: Computed,
): Properties[Name] => {
  if (!isWideValue(value)) return (value ?? initialStyle[name]) as Properties[Name];
  const around = properties[name].inherits ? parent.style[name] : initialStyle[name];
  switch (value.wide) {
    case 'inherit':
      return parent.style[name];
    case 'initial':
      return initialStyle[name];
    case 'revert':
    case 'revert-layer':
      return usual === undefined || isWideValue(usual) ? around : (usual as Properties[Name]);
    case 'unset':
      return around;
  }
};

const isDark = (scheme: readonly string[], around: boolean): boolean => {
  if (scheme.includes('light') || scheme.includes('normal')) return false;
  return scheme.includes('dark') || around;
};

/**
 * @param usual what browsers do with such an element by themselves
 * @param declared what the message says
 */
export const computedOf = (usual: Declared, declared: Declared, parent: Computed): Computed => {
  const own: Values = {};
  const inherited: Values = {};
  const said: Declared = { ...usual, ...declared };
  const set = <Name extends PropertyName>(name: Name): void => {
    const target = properties[name].inherits ? inherited : own;
    Object.assign(target, { [name]: meantBy(name, said[name], usual[name], parent) });
  };
  for (const name of Object.keys(said)) if (isPropertyName(name)) set(name);
  const isSized = inherited['font-size'] !== undefined && !inherits(said['font-size']);
  const size = sizeOf(isSized ? inherited['font-size'] : undefined, parent);
  const fontSize = isSized ? legible(size) : size.pixels;
  const measure: Measure = { fontSize, rootFontSize: parent.rootFontSize, percentageBase: undefined };
  if (inherited['line-height']) inherited['line-height'] = lineHeightOf(inherited['line-height'], measure);
  for (const name of textLengths) {
    const length = inherited[name];
    if (length) inherited[name] = absolute(length, measure);
  }
  const dark = inherited['color-scheme'] ? isDark(inherited['color-scheme'], parent.dark) : parent.dark;
  const meant = inherited.color ?? parent.style.color;
  const color = resolvedColor(meant, parent.color, dark);
  // The first element says which colour text has where nobody says one.
  if (inherited.color || parent.style === initialStyle) inherited.color = color;
  if (isSized) inherited['font-size'] = { pixels: fontSize };
  const isSame = Object.keys(inherited).length === 0;
  const handedOn: Handed = isSame ? parent.handedOn : { ...parent.handedOn, ...inherited };
  const style: Properties = Object.assign(Object.create(initialStyle), handedOn, own);
  return {
    style,
    handedOn,
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
  return (usual: Declared, hints: Declared, declared: Declared, parent: Computed): Computed => {
    const key = `${numberOf(usual)} ${numberOf(hints)} ${numberOf(declared)}`;
    const known = results.get(parent)?.get(key);
    if (known) return known;
    const computed = computedOf(usual, { ...hints, ...declared }, parent);
    if (remembered < mostRemembered) {
      remembered += Object.keys(computed.style).length + 1;
      const ofParent = results.get(parent) ?? new Map<string, Computed>();
      results.set(parent, ofParent.set(key, computed));
    }
    return computed;
  };
};
