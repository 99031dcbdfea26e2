// One argument as a model sends it → as the tool declares it, where its meaning is certain: numbers and lists as text,
// other letter case, what lies above a bound. What is not certain stays as it is, for the schema to refuse.
import type { z } from 'zod';
import { nearestName } from '../lib/nearest-name.ts';

export type Schema = z.core.JSONSchema.BaseSchema;

export interface Argument {
  readonly value: unknown;
  /** What was read differently from how it was sent, for the answer. */
  readonly notes?: readonly string[];
}

/** "2.0" is 2; "05", "1e1" and "0x5" may be anything. */
const wholeNumber = /^-?(?:0|[1-9]\d{0,14})(?:\.0{1,6})?$/;
/** What a fault or a note may repeat of what was sent. */
export const sayableName = /^[A-Za-z_][\w-]{0,63}$/;
/** A list that a program printed in Python's way: `['INBOX', 'UNREAD']`. */
const singleQuoted = /^\[\s*(?:'[^'"\\]*'\s*(?:,\s*'[^'"\\]*'\s*)*)?\]$/;
/** Entries that one answer names; more are only counted. */
const mostNamed = 5;

export const itemsOf = ({ items }: Schema): Schema =>
  typeof items === 'object' && !Array.isArray(items) ? (items as Schema) : {};

const readInteger = (name: string, value: unknown, { maximum = Number.MAX_SAFE_INTEGER }: Schema): Argument => {
  const text = typeof value === 'string' ? value.trim() : '';
  const number = wholeNumber.test(text) ? Number(text) : value;
  const isAbove = typeof number === 'number' && Number.isInteger(number) && number > maximum;
  if (!isAbove || maximum === Number.MAX_SAFE_INTEGER) return { value: number };
  return { value: maximum, notes: [`${name} is at most ${maximum}: that was used instead of ${number}`] };
};

const truths = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

const readBoolean = (value: unknown): Argument => {
  const isText = typeof value === 'string' || typeof value === 'number';
  return { value: isText ? (truths.get(String(value).trim().toLowerCase()) ?? value) : value };
};

/** A whole number is its digits; of 1.10 nobody can tell whether "1.1" or "1.10" was meant. */
const readText = (value: unknown): unknown => {
  if (typeof value === 'string') return value.trim();
  return Number.isSafeInteger(value) ? String(value) : value;
};

const readString = (value: unknown, schema: Schema): Argument => {
  const text = readText(value);
  return { value: schema.enum?.find((known) => String(known) === String(text).toLowerCase()) ?? text };
};

const listInText = (text: string): unknown[] | undefined => {
  if (!text.startsWith('[')) return undefined;
  try {
    const list: unknown = JSON.parse(singleQuoted.test(text) ? text.replaceAll("'", '"') : text);
    return Array.isArray(list) ? list : undefined;
  } catch {
    return undefined;
  }
};

/** `separator`: where nothing but it can part two entries, because no entry has it. */
const entriesOf = (value: unknown, separator: RegExp | undefined): unknown => {
  const text = readText(value);
  const list = typeof text === 'string' ? (listInText(text) ?? (separator ? text.split(separator) : [text])) : text;
  if (!Array.isArray(list)) return value;
  return list.map(readText).filter((entry) => entry !== null && entry !== '');
};

const styleless = (name: string): string => name.replace(/[_\s-]/g, '').toLowerCase();

const skippedNotes = (name: string, unknown: readonly unknown[], known: readonly string[]): string[] => {
  const notes = unknown.slice(0, mostNamed).map((entry) => {
    const isSayable = typeof entry === 'string' && sayableName.test(entry);
    const nearest = isSayable ? nearestName(entry, known) : undefined;
    const advice = nearest === undefined ? '' : `; there is ${nearest}`;
    return `${isSayable ? entry : 'one entry'} of ${name} is not known and was skipped${advice}`;
  });
  const more = unknown.length - mostNamed;
  return more > 0 ? [...notes, `${more} more entries of ${name} are not known and were skipped`] : notes;
};

/** Entries of a known vocabulary: in any style, each once; others are skipped as long as one is known. */
const readWords = (name: string, entries: readonly unknown[], known: readonly string[]): Argument => {
  const byStyle = new Map(known.map((word) => [styleless(word), word]));
  const read = entries.map((entry) => ({
    entry,
    word: typeof entry === 'string' ? byStyle.get(styleless(entry)) : undefined,
  }));
  const words = [...new Set(read.flatMap(({ word }) => word ?? []))];
  if (words.length === 0) return { value: entries };
  const unknown = read.flatMap(({ entry, word }) => (word === undefined ? [entry] : []));
  return { value: words, ...(unknown.length > 0 ? { notes: skippedNotes(name, unknown, known) } : {}) };
};

const readList = (name: string, value: unknown, schema: Schema): Argument => {
  const known = itemsOf(schema).enum?.map(String);
  const entries = entriesOf(value, known && /[\s,;]+/);
  return known !== undefined && Array.isArray(entries) ? readWords(name, entries, known) : { value: entries };
};

/** @param schema the JSON Schema of the parameter. */
export const readArgument = (name: string, value: unknown, schema: Schema): Argument => {
  switch (schema.type) {
    case 'integer':
      return readInteger(name, value, schema);
    case 'boolean':
      return readBoolean(value);
    case 'array':
      return readList(name, value, schema);
    case 'string':
      return readString(value, schema);
    default:
      return { value };
  }
};
