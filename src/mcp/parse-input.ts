// A tool's arguments as a model sends them → as the tool declares them. Tolerant where the meaning is certain, and
// otherwise one text that names every fault at once. The text never repeats what was sent, only its type and size.

import { z } from 'zod';
import { nearestName } from '../lib/nearest-name.ts';
import { failed, type Result } from '../model/result.ts';

type Schema = z.core.JSONSchema.BaseSchema;

interface Argument {
  readonly value: unknown;
  /** What was read differently from how it was sent, for the answer. */
  readonly notes?: readonly string[];
}

/** "2.0" is 2; "05", "1e1" and "0x5" may be anything. */
const wholeNumber = /^-?(?:0|[1-9]\d{0,14})(?:\.0{1,6})?$/;
/** What a fault or a note may repeat of what was sent. */
const repeatableName = /^[A-Za-z_][\w-]{0,63}$/;
/** A list that a program printed in Python's way: `['INBOX', 'UNREAD']`. */
const singleQuoted = /^\[\s*(?:'[^'"\\]*'\s*(?:,\s*'[^'"\\]*'\s*)*)?\]$/;
/** Entries that one answer names; more are only counted. */
const maxNamed = 5;

const itemsOf = ({ items }: Schema): Schema =>
  typeof items === 'object' && !Array.isArray(items) ? (items as Schema) : {};

const readInteger = (name: string, value: unknown, { maximum = Number.MAX_SAFE_INTEGER }: Schema): Argument => {
  const text = typeof value === 'string' ? value.trim() : '';
  const number = wholeNumber.test(text) ? Number(text) : value;
  const isAbove = typeof number === 'number' && Number.isInteger(number) && number > maximum;
  if (!isAbove || maximum === Number.MAX_SAFE_INTEGER) return { value: number };
  return { value: maximum, notes: [`${name} is at most ${maximum}: that was used instead of ${number}`] };
};

const booleanTexts = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

const readBoolean = (value: unknown): Argument => {
  const isText = typeof value === 'string' || typeof value === 'number';
  return { value: isText ? (booleanTexts.get(String(value).trim().toLowerCase()) ?? value) : value };
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

const withoutSeparators = (name: string): string => name.replace(/[_\s-]/g, '').toLowerCase();

const skippedNotes = (name: string, unknown: readonly unknown[], known: readonly string[]): string[] => {
  const notes = unknown.slice(0, maxNamed).map((entry) => {
    const isRepeatable = typeof entry === 'string' && repeatableName.test(entry);
    const nearest = isRepeatable ? nearestName(entry, known) : undefined;
    const advice = nearest === undefined ? '' : `; there is ${nearest}`;
    return `${isRepeatable ? entry : 'one entry'} of ${name} is not known and was skipped${advice}`;
  });
  const more = unknown.length - maxNamed;
  return more > 0 ? [...notes, `${more} more entries of ${name} are not known and were skipped`] : notes;
};

/** Entries of a known vocabulary: in any style, each once; others are skipped as long as one is known. */
const readWords = (name: string, entries: readonly unknown[], known: readonly string[]): Argument => {
  const byPlainText = new Map(known.map((word) => [withoutSeparators(word), word]));
  const read = entries.map((entry) => ({
    entry,
    word: typeof entry === 'string' ? byPlainText.get(withoutSeparators(entry)) : undefined,
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

/**
 * One argument in the type that the tool declares, where its meaning is certain: numbers and lists as text, other letter
 * case, what lies above a bound. What is not certain stays as it is, for the schema to refuse.
 * @param schema the JSON Schema of the parameter.
 */
const readArgument = (name: string, value: unknown, schema: Schema): Argument => {
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

/** Sent by some callers with every call; they mean nothing here. */
const ignored = new Set(['schema_version', 'tool_version']);
/** Faults that one answer names; more are only counted. */
const maxNamedFaults = 10;

interface Parameter {
  readonly schema: Schema;
  readonly required: boolean;
}

/** Arguments as declared; `notes` say what was read differently from how it was sent. */
type ParsedInput<Input> = Result<Input> & { readonly notes?: readonly string[] };

/** The parser of one tool's arguments; what it needs of the schema is computed once. */
export const createInputParser = <Shape extends z.ZodRawShape>(
  toolName: string,
  input: z.ZodObject<Shape>,
): ((raw: unknown) => ParsedInput<z.output<z.ZodObject<Shape>>>) => {
  const parameters = parametersOf(input);
  const fail = (faults: readonly string[]) =>
    failed({ kind: 'invalid_input', detail: `The arguments of ${toolName} are not right: ${faults.join('; ')}.` });

  return (raw) => {
    if (!isRecord(raw ?? {})) return fail([`they must be one object, and are ${describe(raw)}`]);
    const given = Object.entries(raw ?? {}).filter(([name]) => !ignored.has(name));
    const unknownParameters = given.filter(([name]) => !parameters.has(name));
    const unknown = unknownParameters.slice(0, maxNamedFaults).map(([name]) => unknownFault(name, parameters));
    if (unknownParameters.length > maxNamedFaults)
      unknown.push(`${unknownParameters.length - maxNamedFaults} more are not known`);
    const read = given.flatMap(([name, value]) => readGiven(name, value, parameters.get(name)));
    const values = new Map(read.map(({ name, value }) => [name, value]));
    const parsed = input.safeParse(Object.fromEntries(values));
    if (parsed.success && unknown.length === 0) {
      const notes = read.flatMap((argument) => argument.notes ?? []);
      return { ok: true, value: parsed.data, ...(notes.length > 0 ? { notes } : {}) };
    }
    const wrong = new Set(parsed.error?.issues.map((issue) => String(issue.path[0])));
    return fail([...unknown, ...[...wrong].map((name) => valueFault(name, values.get(name), parameters.get(name)))]);
  };
};

const parametersOf = (input: z.ZodObject): ReadonlyMap<string, Parameter> => {
  const json = z.toJSONSchema(input, { io: 'input' });
  return new Map(
    Object.entries(json.properties ?? {}).map(([name, schema]) => [
      name,
      { schema: typeof schema === 'object' ? schema : {}, required: json.required?.includes(name) === true },
    ]),
  );
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Nothing for a value that means "absent"; otherwise the value in the declared type, where that is certain. */
const readGiven = (name: string, given: unknown, parameter: Parameter | undefined) => {
  if (parameter === undefined || given === undefined || given === null) return [];
  const { value, notes = [] } = readArgument(name, given, parameter.schema);
  const isEmpty = value === '' || (Array.isArray(value) && value.length === 0);
  return isEmpty && !parameter.required ? [] : [{ name, value, notes }];
};

const unknownFault = (name: string, parameters: ReadonlyMap<string, Parameter>): string => {
  const names = [...parameters.keys()];
  const shown = repeatableName.test(name) ? name : 'one parameter';
  const nearest = nearestName(name, names);
  return `${shown} is not known, ${nearest === undefined ? `there are ${names.join(', ')}` : `use ${nearest}`}`;
};

const valueFault = (name: string, value: unknown, parameter: Parameter | undefined): string => {
  const expected = describeExpected(parameter?.schema ?? {});
  return value === undefined
    ? `${name} is missing, it must be ${expected}`
    : `${name} is ${describe(value)}, it must be ${expected}`;
};

const describe = (value: unknown): string => {
  if (typeof value === 'string') return value === '' ? 'empty' : `a text of ${value.length} characters`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === null) return 'null';
  if (!Array.isArray(value)) return 'an object';
  if (value.length === 0) return 'an empty list';
  return `a list of ${value.length} ${value.length === 1 ? 'entry' : 'entries'}`;
};

const describeExpected = (schema: Schema): string => {
  if (schema.enum) return `one of ${schema.enum.join(', ')}`;
  switch (schema.type) {
    case 'integer':
      return `a whole number${describeRange(schema.minimum, schema.maximum)}`;
    case 'boolean':
      return 'true or false';
    case 'array': {
      return `a list${schema.maxItems === undefined ? '' : ` of at most ${schema.maxItems}`}, each ${describeExpected(itemsOf(schema))}`;
    }
    default:
      return `a text${schema.maxLength === undefined ? '' : ` of 1 to ${schema.maxLength} characters`}`;
  }
};

const describeRange = (minimum: number | undefined, maximum: number | undefined): string => {
  if (minimum === undefined) return '';
  return maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER
    ? ` of at least ${minimum}`
    : ` from ${minimum} to ${maximum}`;
};
