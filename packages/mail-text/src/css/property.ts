// How a property is described, and readers that several share. Knows no single property.
import { angleOf, type Length, lengthOf, numberOf, shareOf } from './length.ts';
import type { Words } from './value.ts';

export interface ReadingRules {
  /** In quirks mode lengths may lack their unit and colours their `#`. */
  readonly quirks: boolean;
}

/** The value that words mean; undefined where a browser would not accept them. */
export type Reader<Value> = (words: Words, rules: ReadingRules) => Value | undefined;

export interface Property<Value> {
  readonly inherits: boolean;
  readonly initial: Value;
  readonly read: Reader<Value>;
}

/** A property that an element hands on to those inside it. */
export const inherited = <Value>(initial: Value, read: Reader<Value>): Property<Value> => ({
  ...{ inherits: true, initial, read },
});

/** A property that each element has for itself. */
export const own = <Value>(initial: Value, read: Reader<Value>): Property<Value> => ({
  ...{ inherits: false, initial, read },
});

/** A reader for values of one word. */
export const oneWord =
  <Value>(read: (word: string, rules: ReadingRules) => Value | undefined): Reader<Value> =>
  (words, rules) =>
    words.length === 1 ? read(words[0] ?? '', rules) : undefined;

/** One of a list of keywords. */
export const keyword = <Keyword extends string>(list: string): Reader<Keyword> => {
  const known = new Set(list.split(' '));
  const isKnown = (word: string): word is Keyword => known.has(word);
  return oneWord((word) => (isKnown(word) ? word : undefined));
};

export const nothing: Length = { amount: 0, unit: 'px' };

/** A length without sign, or any; with keywords that leave it to the layout. */
export const size = (keywords: string, isSigned: boolean): Reader<Length | 'auto'> => {
  const automatic = new Set(keywords.split(' '));
  return oneWord((word, { quirks }) => {
    if (automatic.has(word) || /^fit-content\(/.test(word)) return 'auto';
    const length = lengthOf(word, { bare: quirks, percent: true });
    return length && (isSigned || !isNegative(length)) ? length : undefined;
  });
};

export const isNegative = (length: Length): boolean => 'amount' in length && length.amount < 0;

/** A length, where `normal` or another word means none. */
export const spacing = (word: string): Reader<Length> =>
  oneWord((written, { quirks }) => (written === word ? nothing : lengthOf(written, { bare: quirks, percent: true })));

export const number: Reader<number> = oneWord(numberOf);
export const share: Reader<number> = oneWord(shareOf);
export const angle: Reader<number> = oneWord(angleOf);

/** Any words: what they mean is looked at elsewhere. */
export const anyWords: Reader<Words> = (words) => words;
