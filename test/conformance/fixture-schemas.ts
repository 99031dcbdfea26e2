// Fixture tools whose input schema has to reach the client untouched, or mirrors an argument in a header.
import { fromJsonSchema, type JsonSchemaType, type McpServer } from '@modelcontextprotocol/server';
import { text } from './fixture-content.ts';

/** Keywords of JSON Schema 2020-12 that a conversion might lose. */
const demanding: JsonSchemaType = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema.
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
};

/** The annotation is MCP's own; JSON Schema ignores it. */
const repeated = { type: 'string', 'x-mcp-header': 'Region' } as const;
const mirrored: JsonSchemaType = {
  type: 'object',
  properties: { region: repeated },
  required: ['region'],
};

export const registerSchemaTools = (server: McpServer): void => {
  server.registerTool(
    'json_schema_2020_12_tool',
    { description: 'Has a demanding input schema', inputSchema: fromJsonSchema(demanding) },
    () => text('The arguments fit.'),
  );
  server.registerTool(
    'test_custom_header_tool',
    { description: 'Has an argument that a header repeats', inputSchema: fromJsonSchema<{ region: string }>(mirrored) },
    ({ region }) => text(`In ${region}.`),
  );
};
