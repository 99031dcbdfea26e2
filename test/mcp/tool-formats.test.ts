// The forms in which model SDKs are told of the tools: each within the rules of whoever takes it.
import { describe, expect, it } from 'vitest';
import { createInputParser } from '../../src/mcp/parse-input.ts';
import { toolsAs } from '../../src/mcp/tool-formats.ts';
import { catalogue, toolNames } from '../../src/mcp/tools/index.ts';

type Json = Record<string, unknown>;
const listed = (format: Parameters<typeof toolsAs>[0]): Json[] => toolsAs(format, catalogue) as Json[];

/** Every schema in a schema, itself first. */
const schemasIn = (schema: Json): Json[] => [
  schema,
  ...Object.values((schema.properties ?? {}) as Record<string, Json>).flatMap(schemasIn),
  ...(schema.items === undefined ? [] : schemasIn(schema.items as Json)),
];
const keywordsIn = (schema: Json): Set<string> => new Set(schemasIn(schema).flatMap((one) => Object.keys(one)));

/** https://platform.openai.com/docs/guides/structured-outputs#supported-schemas */
const strictFaults = (schema: Json): string[] =>
  schemasIn(schema).flatMap((one) => {
    const known = ['type', 'description', 'enum', 'items', 'properties', 'required', 'additionalProperties'];
    const types = [one.type].flat();
    return [
      ...Object.keys(one).filter((keyword) => !known.includes(keyword)),
      ...(types.includes('object') && one.additionalProperties !== false ? ['open object'] : []),
      ...(types.includes('object') &&
      JSON.stringify(Object.keys(Object(one.properties))) !== JSON.stringify(one.required)
        ? ['not all required']
        : []),
      ...(types.includes('array') && one.items === undefined ? ['a list of anything'] : []),
      ...(types.includes('null') && Array.isArray(one.enum) && !one.enum.includes(null) ? ['null is no value'] : []),
    ];
  });

describe("OpenAI's strict form", () => {
  it.each(catalogue.map((tool, at) => [tool.name, at] as const))('of %s keeps its rules', (_, at) => {
    const chat = listed('openai')[at];
    const responses = listed('openai-responses')[at];
    const { name, description, parameters } = Object(chat?.function) as Json;
    expect(chat).toEqual({ type: 'function', function: { name, description, parameters, strict: true } });
    expect(responses).toEqual({ type: 'function', name, description, parameters, strict: true });
    expect(strictFaults(parameters as Json)).toEqual([]);
  });

  it.each(catalogue.map((tool) => [tool.name, tool] as const))(
    'of %s makes models send null for what they leave out, and that is read as left out',
    (name, tool) => {
      const parse = createInputParser(name, tool.input);
      const { function: declared } = listed('openai').find((one) => Object(one.function).name === name) ?? {};
      const { properties } = Object(declared).parameters as { properties: Record<string, Json> };
      const given = Object.entries(properties).map(([field, { type }]) => [field, Array.isArray(type) ? null : 'x']);
      const required = given.filter(([, value]) => value !== null);
      expect(given.length).toBeGreaterThan(required.length);
      const left = parse(Object.fromEntries(required));
      expect(left.ok).toBe(true);
      expect(parse(Object.fromEntries(given))).toEqual(left);
    },
  );

  it('says a default in words, since it has no keyword for it', () => {
    const { parameters } = listed('openai-responses')[0] ?? {};
    expect(Object(parameters).properties.max_results).toEqual({ type: ['integer', 'null'], description: 'default 10' });
  });
});

describe("Gemini's form", () => {
  it('is one tool of function declarations, in its own types and keywords', () => {
    const tools = listed('gemini');
    expect(tools).toHaveLength(1);
    const declarations = tools[0]?.functionDeclarations as { name: string; description: string; parameters: Json }[];
    expect(declarations.map(({ name }) => name)).toEqual(toolNames);
    for (const { name, parameters } of declarations) {
      expect(name).toMatch(/^[a-zA-Z_][\w.-]{0,63}$/);
      const known = ['type', 'description', 'enum', 'items', 'properties', 'required'];
      expect([...keywordsIn(parameters)].filter((keyword) => !known.includes(keyword))).toEqual([]);
      for (const { type } of schemasIn(parameters))
        expect(['OBJECT', 'ARRAY', 'STRING', 'INTEGER', 'BOOLEAN']).toContain(type);
    }
  });
});

describe('The other forms', () => {
  it("Anthropic's names each tool with its input_schema", () => {
    for (const tool of listed('anthropic')) {
      expect(Object.keys(tool)).toEqual(['name', 'description', 'input_schema']);
      expect(tool.input_schema).toMatchObject({ type: 'object', properties: expect.any(Object) });
    }
  });

  it("the AI SDK's is by name", () => {
    const tools = toolsAs('ai-sdk', catalogue) as Record<string, Json>;
    expect(Object.keys(tools)).toEqual(toolNames);
    for (const tool of Object.values(tools)) expect(Object.keys(tool)).toEqual(['description', 'inputSchema']);
  });

  it("Postern's own has what a tool takes and what its data is, and forbids no further field", () => {
    for (const { input_schema, output_schema, title } of listed('postern')) {
      expect(title).toEqual(expect.any(String));
      expect(input_schema).toMatchObject({ type: 'object' });
      expect(output_schema).toMatchObject({ type: 'object', properties: { untrusted: { type: 'string' } } });
      expect(JSON.stringify(output_schema)).not.toContain('additionalProperties');
    }
  });
});
