// Tool schemas as they are listed: shorter than what is validated, because every client pays for them in tokens.
import type { StandardSchemaWithJSON } from '@modelcontextprotocol/server';
import { z } from 'zod';

/** Output types are named down to this depth (the object itself is 0); what lies deeper is only called by its type. */
const outputDepth = 3;
/** What every tool has beside its own fields is said once, in words, elsewhere. */
const commonDepth = 1;

type Json = z.core.JSONSchema.BaseSchema;

const isSchema = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

interface Short {
  readonly type?: Json['type'];
  readonly properties?: Record<string, Short>;
  readonly items?: Short;
}

const shortened = (schema: Json, depth: number): Short => {
  const { type, properties, items } = schema;
  if (type === 'object' && properties !== undefined && depth > 0) {
    const named = Object.entries(properties).filter((entry): entry is [string, Json] => isSchema(entry[1]));
    return { type, properties: Object.fromEntries(named.map(([name, child]) => [name, shortened(child, depth - 1)])) };
  }
  if (type === 'array' && isSchema(items) && depth > 0) return { type, items: shortened(items, depth - 1) };
  return type === undefined ? {} : { type };
};

/**
 * The short form of an output schema: names and types, nothing required, nothing forbidden.
 * @param also what any result may have instead of the tool's own fields.
 */
export const outputJson = (output: z.ZodType, also: z.ZodRawShape): Record<string, unknown> => {
  const { properties } = shortened(z.toJSONSchema(output, { io: 'output' }), outputDepth);
  const others = shortened(z.toJSONSchema(z.object(also), { io: 'output' }), commonDepth);
  return { type: 'object', properties: { ...properties, ...others.properties } };
};

/** A list may come as one text. `anyOf`, because a list of types is refused by Gemini, with all the tools beside it. */
const orText = (schema: Json): object => {
  const { type, items, ...about } = schema;
  return type === 'array' ? { ...about, anyOf: [{ type, items }, { type: 'string' }] } : schema;
};

/**
 * The listed form of an input schema: what a caller must know, without the converter's boilerplate. Clients that check
 * arguments against it must not refuse what we take: what is above a maximum is capped, so no bound is listed.
 */
export const inputJson = (input: z.ZodObject): Record<string, unknown> => {
  const { type, properties, required } = z.toJSONSchema(input, {
    io: 'input',
    override: ({ jsonSchema }) => {
      delete jsonSchema.maximum;
      delete jsonSchema.minimum;
      delete jsonSchema.minLength;
      delete jsonSchema.maxLength;
      delete jsonSchema.maxItems;
      if ((jsonSchema.enum?.length ?? 0) > 8) delete jsonSchema.enum;
    },
  });
  const listed = Object.entries(properties ?? {}).map(([name, schema]) => [
    name,
    isSchema(schema) ? orText(schema) : schema,
  ]);
  return {
    type,
    properties: Object.fromEntries(listed),
    ...(required && required.length > 0 ? { required } : {}),
  };
};

/** A schema for the SDK that lists `json` and accepts everything: `call-tool` validates, and words the faults. */
export const advertised = (json: Record<string, unknown>): StandardSchemaWithJSON<unknown, unknown> => ({
  '~standard': {
    version: 1,
    vendor: 'postern',
    validate: (value) => ({ value }),
    jsonSchema: { input: () => json, output: () => json },
  },
});
