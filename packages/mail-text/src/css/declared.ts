// One declaration → what it says about being seen, under the names of the properties that decide. Knows no element.
import { type Declared, isPropertyName, type PropertyName, properties } from './properties.ts';
import type { ReadingRules } from './property.ts';
import { shorthands } from './shorthands.ts';
import { isWide, type Wide, type Words, wordsOf } from './value.ts';

/** Names that mean another property: older ones, and logical ones in text that runs from left to right and down. */
const aliases = new Map<string, string>(
  Object.entries({
    'text-emphasis': 'text-emphasis-style',
    '-webkit-text-emphasis': 'text-emphasis-style',
    '-webkit-text-emphasis-style': 'text-emphasis-style',
    'inline-size': 'width',
    'block-size': 'height',
    'min-inline-size': 'min-width',
    'min-block-size': 'min-height',
    'max-inline-size': 'max-width',
    'max-block-size': 'max-height',
    'inset-inline-start': 'left',
    'inset-inline-end': 'right',
    'inset-block-start': 'top',
    'inset-block-end': 'bottom',
    'margin-inline-start': 'margin-left',
    'margin-inline-end': 'margin-right',
    'margin-block-start': 'margin-top',
    'margin-block-end': 'margin-bottom',
    '-webkit-margin-start': 'margin-left',
    '-webkit-margin-before': 'margin-top',
    'padding-inline-start': 'padding-left',
    'padding-inline-end': 'padding-right',
    'padding-block-start': 'padding-top',
    'padding-block-end': 'padding-bottom',
    'overflow-inline': 'overflow-x',
    'overflow-block': 'overflow-y',
    '-webkit-clip-path': 'clip-path',
    '-webkit-mask': 'mask',
    '-webkit-mask-image': 'mask-image',
    '-webkit-mask-size': 'mask-size',
    '-webkit-mask-position': 'mask-position',
    '-webkit-mask-repeat': 'mask-repeat',
    '-webkit-background-clip': 'background-clip',
    '-webkit-background-size': 'background-size',
    '-webkit-transform': 'transform',
    '-webkit-transform-origin': 'transform-origin',
    '-webkit-transform-style': 'transform-style',
    '-webkit-backface-visibility': 'backface-visibility',
    '-webkit-filter': 'filter',
    '-webkit-opacity': 'opacity',
    '-webkit-box-sizing': 'box-sizing',
    '-webkit-box-shadow': 'box-shadow',
    '-webkit-writing-mode': 'writing-mode',
    '-webkit-flex': 'flex',
    '-webkit-flex-direction': 'flex-direction',
    '-webkit-flex-grow': 'flex-grow',
    '-webkit-flex-shrink': 'flex-shrink',
    '-webkit-flex-basis': 'flex-basis',
    '-webkit-order': 'order',
    '-webkit-animation': 'animation',
    '-webkit-animation-name': 'animation-name',
    '-webkit-animation-duration': 'animation-duration',
    '-webkit-animation-fill-mode': 'animation-fill-mode',
    '-webkit-animation-iteration-count': 'animation-iteration-count',
    '-webkit-animation-direction': 'animation-direction',
    '-webkit-animation-delay': 'animation-delay',
    '-webkit-text-decoration': 'text-decoration',
    '-webkit-text-decoration-line': 'text-decoration-line',
  }),
);

const targetOf = (name: string): string => aliases.get(name) ?? name;

/** `all` leaves the direction of text as it is. */
const allNames = Object.keys(properties).filter(
  (name): name is PropertyName => isPropertyName(name) && name !== 'direction',
);

const namesOf = (target: string): readonly PropertyName[] => {
  if (target === 'all') return allNames;
  if (Object.hasOwn(shorthands, target)) return shorthands[target]?.sets ?? [];
  return isPropertyName(target) ? [target] : [];
};

const everywhere = (names: readonly PropertyName[], wide: Wide): Declared | undefined =>
  names.length === 0 ? undefined : Object.fromEntries(names.map((name) => [name, { wide }]));

const read = (target: string, words: Words, rules: ReadingRules): Declared | undefined => {
  if (Object.hasOwn(shorthands, target)) return shorthands[target]?.read(words, rules);
  if (!isPropertyName(target)) return undefined;
  const value = properties[target].read(words, rules);
  return value === undefined ? undefined : { [target]: value };
};

/** Whether declarations of this property say something about being seen. */
export const isRead = (name: string): boolean => namesOf(targetOf(name)).length > 0;

/** What a declaration says; undefined where it says nothing, or where a browser would not accept it. */
export const declared = (name: string, value: string, rules: ReadingRules): Declared | undefined => {
  const target = targetOf(name);
  if (namesOf(target).length === 0) return undefined;
  const words = wordsOf(value);
  const [first] = words;
  if (first === undefined) return undefined;
  if (words.length === 1 && isWide(first)) return everywhere(namesOf(target), first);
  return read(target, words, rules);
};

/** What a declaration comes to whose value turns out invalid only at the element. */
export const unsetBy = (name: string): Declared => everywhere(namesOf(targetOf(name)), 'unset') ?? {};
