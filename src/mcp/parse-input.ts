// A tool's arguments as a model sends them → as the tool declares them. Tolerant where the meaning is certain, and
// otherwise one text that names every fault at once. The text never repeats what was sent, only its type and size.
import { z } from 'zod';
import { nearestName } from '../lib/nearest-name.ts';
import { failed, type Result } from '../model/result.ts';
import { itemsOf, readArgument, type Schema, sayableName } from './read-argument.ts';

/** Sent by some callers with every call; they mean nothing here. */
const ignored = new Set(['schema_version', 'tool_version']);
/** Faults that one answer names; more are only counted. */
const namedFaults = 10;

interface Parameter {
  readonly schema: Schema;
  readonly required: boolean;
}

/** Arguments as declared; `notes` say what was read differently from how it was sent. */
export type ParsedInput<Input> = Result<Input> & { readonly notes?: readonly string[] };

/** The parser of one tool's arguments; what it needs of the schema is computed once. */
export const createInputParser = <Shape extends z.ZodRawShape>(
  toolName: string,
  input: z.ZodObject<Shape>,
): ((raw: unknown) => ParsedInput<z.output<z.ZodObject<Shape>>>) => {
  const parameters = parametersOf(input);
  const fail = (faults: readonly string[]) =>
    failed({ kind: 'invalid_input', detail: `The arguments of ${toolName} are not right: ${faults.join('; ')}.` });

  return (raw) => {
    if (!isRecord(raw ?? {})) return fail([`they are ${describe(raw)}, not an object`]);
    const given = Object.entries(raw ?? {}).filter(([name]) => !ignored.has(name));
    const strangers = given.filter(([name]) => !parameters.has(name));
    const unknown = strangers.slice(0, namedFaults).map(([name]) => unknownFault(name, parameters));
    if (strangers.length > namedFaults) unknown.push(`${strangers.length - namedFaults} more are not known`);
    const read = given.flatMap(([name, value]) => readGiven(name, value, parameters.get(name)));
    const relaxed = new Map(read.map(({ name, value }) => [name, value]));
    const parsed = input.safeParse(Object.fromEntries(relaxed));
    if (parsed.success && unknown.length === 0) {
      const notes = read.flatMap((argument) => argument.notes ?? []);
      return { ok: true, value: parsed.data, ...(notes.length > 0 ? { notes } : {}) };
    }
    const wrong = new Set(parsed.error?.issues.map((issue) => String(issue.path[0])));
    return fail([...unknown, ...[...wrong].map((name) => valueFault(name, relaxed.get(name), parameters.get(name)))]);
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
  const shown = sayableName.test(name) ? name : 'one parameter';
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
  return Array.isArray(value) ? `a list of ${value.length}` : 'an object';
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
