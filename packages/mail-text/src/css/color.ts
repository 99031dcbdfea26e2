// Colours in all notations of CSS Color 5, read by a library → red, green, blue and alpha; and which of them can be told apart.
import { color as readColor, serializeRGB } from '@csstools/css-color-parser';
import { parseComponentValue } from '@csstools/css-parser-algorithms';
import { tokenize } from '@csstools/css-tokenizer';
import { BoundedCache } from '../bounded-cache.ts';
import { callOf } from './value.ts';

/** Red, green and blue 0–255, alpha 0–1. */
export interface Color {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
  readonly alpha: number;
}

/** A colour, or words that mean one only together with the text's colour or the colour scheme. */
export type ColorValue = Color | { readonly contextual: string };

export const black: Color = { red: 0, green: 0, blue: 0, alpha: 1 };
export const white: Color = { red: 255, green: 255, blue: 255, alpha: 1 };
export const transparent: Color = { red: 0, green: 0, blue: 0, alpha: 0 };

/** CSS Color 4 §6.2, as current browsers paint them: in light mode and, where they differ, in dark mode. */
const systemColors = new Map<string, readonly [light: string, dark: string]>(
  Object.entries({
    canvas: ['#fff', '#121212'],
    canvastext: ['#000', '#fff'],
    linktext: ['#0000ee', '#9e9eff'],
    visitedtext: ['#551a8b', '#d0adf0'],
    activetext: ['#f00', '#ff9e9e'],
    buttonface: ['#efefef', '#6b6b6b'],
    buttontext: ['#000', '#fff'],
    buttonborder: ['#000', '#fff'],
    field: ['#fff', '#3b3b3b'],
    fieldtext: ['#000', '#fff'],
    highlight: ['#b5d5ff', '#b5d5ff'],
    highlighttext: ['#000', '#000'],
    mark: ['#ff0', '#ff0'],
    marktext: ['#000', '#000'],
    graytext: ['#808080', '#808080'],
    window: ['#fff', '#121212'],
    windowtext: ['#000', '#fff'],
    infobackground: ['#fff', '#121212'],
    infotext: ['#000', '#fff'],
    menu: ['#fff', '#121212'],
    menutext: ['#000', '#fff'],
    background: ['#fff', '#121212'],
    '-webkit-link': ['#0000ee', '#9e9eff'],
    '-webkit-text': ['#000', '#fff'],
  }),
);

const hexColor = (digits: string): Color | undefined => {
  const wide = digits.length <= 4 ? digits.replace(/./g, '$&$&') : digits;
  if (wide.length !== 6 && wide.length !== 8) return undefined;
  const part = (at: number) => Number.parseInt(wide.slice(at, at + 2), 16);
  return { red: part(0), green: part(2), blue: part(4), alpha: wide.length === 8 ? part(6) / 255 : 1 };
};

/** Longer words are no colours. */
const longestColor = 300;

const readByLibrary = (word: string): Color | undefined => {
  const component = parseComponentValue(tokenize({ css: word }));
  const read = component && readColor(component);
  if (!read) return undefined;
  const [red = 0, green = 0, blue = 0, alpha = 1] = serializeRGB(read)
    .toString()
    .replace(/^rgba?\(|\)$/g, '')
    .split(/[\s,/]+/)
    .map(Number);
  return { red, green, blue, alpha };
};

const cache = new BoundedCache<Color | undefined>(2_000, longestColor);

const absoluteColor = (word: string): Color | undefined => {
  const hex = /^#([0-9a-f]{3,8})$/.exec(word)?.[1];
  if (hex !== undefined) return hexColor(hex);
  if (word.length > longestColor || !/^[a-z-]+(?:\(.*\))?$/.test(word)) return undefined;
  if (cache.has(word)) return cache.get(word);
  const read = readByLibrary(word);
  cache.set(word, read);
  return read;
};

const textOf = ({ red, green, blue, alpha }: Color): string => `rgb(${red} ${green} ${blue} / ${alpha})`;

/** Colours inside colours deeper than this are none. */
const deepest = 6;

/** Puts colours in the place of `currentcolor`, system colours and `light-dark()`. */
const resolvedWord = (word: string, current: Color, dark: boolean, depth = 0): string => {
  if (word === 'currentcolor') return textOf(current);
  const system = systemColors.get(word);
  if (system) return system[dark ? 1 : 0];
  const call = depth > deepest ? undefined : callOf(word);
  if (!call) return word;
  const args = call.args.map((words) => words.map((part) => resolvedWord(part, current, dark, depth + 1)).join(' '));
  if (call.name === 'light-dark') return args[dark ? 1 : 0] ?? '';
  return `${call.name}(${args.join(', ')})`;
};

const mayBeContextual = (word: string): boolean =>
  word.includes('currentcolor') || word.includes('light-dark(') || systemColors.has(word);

/** What a word means as a colour; undefined where it is none. */
export const colorOf = (word: string): ColorValue | undefined => {
  if (word.length > longestColor) return undefined;
  const read = absoluteColor(word);
  if (read) return read;
  const isContextual = mayBeContextual(word) || /canvas|field|text|link|button/.test(word);
  return isContextual && absoluteColor(resolvedWord(word, black, false)) ? { contextual: word } : undefined;
};

/** @param current the colour of the text; @param dark whether the element is shown in dark mode */
export const resolvedColor = (value: ColorValue, current: Color, dark: boolean): Color =>
  'contextual' in value ? (absoluteColor(resolvedWord(value.contextual, current, dark)) ?? current) : value;

/** The colour that is seen where `over` lies on an opaque `under`. */
export const blend = (over: Color, under: Color): Color => {
  const mix = (above: number, below: number) => above * over.alpha + below * (1 - over.alpha);
  return {
    red: mix(over.red, under.red),
    green: mix(over.green, under.green),
    blue: mix(over.blue, under.blue),
    alpha: 1,
  };
};

/** Nobody tells colours apart whose red, green and blue differ by less together. */
const leastDifference = 31;

/** How far two opaque colours are apart: the differences of red, green and blue together, 0–765. */
const difference = (one: Color, other: Color): number =>
  Math.abs(one.red - other.red) + Math.abs(one.green - other.green) + Math.abs(one.blue - other.blue);

/** Whether what is drawn with this share of opacity in one colour on the other can be seen. */
export const isDistinct = (one: Color, other: Color, opacity = 1): boolean =>
  difference(blend(one, other), other) * opacity >= leastDifference;
