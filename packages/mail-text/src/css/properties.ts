// All properties that say something about being seen, and what their values mean. Knows no element.
import { boxProperties } from './box-properties.ts';
import { paintProperties } from './paint-properties.ts';
import type { Property, ReadingRules } from './property.ts';
import { textProperties } from './text-properties.ts';
import type { Wide, Words } from './value.ts';

/**
 * To ask for a further property, add a line to one of the three tables: what it means first, whether it is inherited, and
 * how it is read. Every element's `Computed.style` then has it.
 */
export const properties = { ...textProperties, ...boxProperties, ...paintProperties };

export type PropertyName = keyof typeof properties;

export type Properties = {
  readonly [Name in PropertyName]: (typeof properties)[Name] extends Property<infer Value> ? Value : never;
};

/** A keyword that any property takes, in the place of a value. */
export interface WideValue {
  readonly wide: Wide;
}

/** What declarations say; of properties that none of them mentions nothing. */
export type Declared = { readonly [Name in PropertyName]?: Properties[Name] | WideValue };

export const isWideValue = (value: unknown): value is WideValue =>
  typeof value === 'object' && value !== null && 'wide' in value;

export const isPropertyName = (name: string): name is PropertyName => Object.hasOwn(properties, name);

export interface Shorthand {
  readonly sets: readonly PropertyName[];
  readonly read: (words: Words, rules: ReadingRules) => Partial<Properties> | undefined;
}
