// One person's tools as the AI SDK takes them (version 6 and later): an object of tools by name. Their
// inputs are a Standard Schema with a JSON Schema (https://standardschema.dev), which needs nothing of the AI SDK.
import { frameworkTools } from './framework-tools.ts';
import type { ObjectSchema, ToolSource } from './tool-source.ts';

type Input = Record<string, unknown>;

export interface AISDKTool {
  readonly description: string;
  readonly inputSchema: {
    readonly '~standard': {
      readonly version: 1;
      readonly vendor: string;
      readonly validate: (value: unknown) => { readonly value: Input };
      readonly jsonSchema: {
        readonly input: () => Record<string, unknown>;
        readonly output: () => Record<string, unknown>;
      };
      readonly types?: { readonly input: Input; readonly output: Input };
    };
  };
  readonly execute: (input: Input, options: { readonly abortSignal?: AbortSignal }) => Promise<string>;
}

const standardSchema = (schema: ObjectSchema): AISDKTool['inputSchema'] => ({
  '~standard': {
    version: 1,
    vendor: 'postern',
    // The server reads what models send, and answers in words where it cannot.
    validate: (value) => ({ value: Object(value) }),
    jsonSchema: { input: () => ({ ...schema }), output: () => ({ ...schema }) },
  },
});

export const forAISDK = async (source: ToolSource, identifier: string): Promise<Record<string, AISDKTool>> => {
  const tools = await frameworkTools(source, identifier);
  return Object.fromEntries(
    tools.map(({ name, description, input_schema, run }): [string, AISDKTool] => [
      name,
      {
        description,
        inputSchema: standardSchema(input_schema),
        execute: (input, { abortSignal } = {}) => run(input, { signal: abortSignal }),
      },
    ]),
  );
};
