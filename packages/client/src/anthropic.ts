// One person's tools in the form of Anthropic's Messages API: its SDK's tool runner calls `run`, and in a request (`tools`)
// the same objects are its JSON. `toolResults` answers a message that was asked for without the runner.
import { type FrameworkTool, frameworkTools } from './framework-tools.ts';
import type { ToolSource } from './tool-source.ts';

export interface AnthropicTool {
  readonly name: string;
  readonly description: string;
  readonly input_schema: { type: 'object'; properties?: unknown; required?: string[]; [keyword: string]: unknown };
  readonly run: (input: unknown) => Promise<string>;
  readonly parse: (content: unknown) => unknown;
}

/** A block of a model's message; those of type `tool_use` are calls. */
export interface ContentBlock {
  readonly type: string;
  readonly id?: string;
  readonly name?: string;
  readonly input?: unknown;
}

export interface ToolResultBlock {
  type: 'tool_result';
  tool_use_id: string;
  content: string;
}

const toolOf = ({ name, description, input_schema, run }: FrameworkTool): AnthropicTool => ({
  name,
  description,
  input_schema: { ...input_schema, required: [...(input_schema.required ?? [])] },
  run: (input) => run(input),
  parse: (content) => content,
});

export const forAnthropic = async (source: ToolSource, identifier: string): Promise<AnthropicTool[]> =>
  (await frameworkTools(source, identifier)).map(toolOf);

/** Runs the calls of a model's message that are for these tools; the answers are the content of the next user message. */
export const toolResults = async (
  tools: readonly AnthropicTool[],
  content: readonly ContentBlock[],
): Promise<ToolResultBlock[]> => {
  const calls = content.flatMap(({ type, id, name, input }) => {
    const tool = type === 'tool_use' ? tools.find((offered) => offered.name === name) : undefined;
    return tool === undefined || id === undefined ? [] : [{ id, tool, input }];
  });
  return Promise.all(
    calls.map(async ({ id, tool, input }) => ({
      type: 'tool_result' as const,
      tool_use_id: id,
      content: await tool.run(input),
    })),
  );
};
