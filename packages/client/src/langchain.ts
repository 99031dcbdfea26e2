// One person's tools for LangChain, made by LangChain's own `tool`, which is given: nothing of it is loaded here.
import { frameworkTools } from './framework-tools.ts';
import type { ToolSource } from './tool-source.ts';

/** What LangChain's `tool` takes beside a function. */
export interface LangChainFields {
  readonly name: string;
  readonly description: string;
  /** A JSON Schema. LangChain's own type for one is wider than can be said here. */
  readonly schema: { readonly type: 'object'; readonly properties: Record<string, object>; required?: string[] };
}

/** @param tool `tool` of `@langchain/core/tools` */
export const forLangChain = async <Made>(
  source: ToolSource,
  identifier: string,
  tool: (run: (input: Record<string, unknown>) => Promise<string>, fields: LangChainFields) => Made,
): Promise<Made[]> => {
  const tools = await frameworkTools(source, identifier);
  return tools.map(({ name, description, input_schema, run }) =>
    tool((input) => run(input), {
      name,
      description,
      schema: {
        ...input_schema,
        properties: { ...input_schema.properties },
        required: [...(input_schema.required ?? [])],
      },
    }),
  );
};
