// One person's tools in OpenAI's flat, strict form: the Agents SDK takes them as function tools, and in a request of the
// Responses API (`tools`) the same objects are its JSON, for functions do not get into JSON.
import { runnerOf } from './framework-tools.ts';
import type { ToolSource } from './tool-source.ts';

/** A tool as the server lists it in the format `openai-responses`. */
interface ListedTool {
  readonly type: 'function';
  readonly name: string;
  readonly description: string;
  readonly parameters: {
    type: 'object';
    properties: Record<string, Record<string, unknown>>;
    required: string[];
    additionalProperties: false;
  };
  readonly strict: true;
}

/** What the Agents SDK hands a call. */
interface CallDetails {
  readonly signal?: AbortSignal;
}

export interface OpenAITool extends ListedTool {
  /** @param input the arguments as JSON, as the model wrote them */
  readonly invoke: (context: unknown, input: string, details?: CallDetails) => Promise<string>;
  readonly needsApproval: () => Promise<boolean>;
  readonly isEnabled: () => Promise<boolean>;
}

const argumentsOf = (input: string): unknown => {
  try {
    return JSON.parse(input);
  } catch {
    // The server names what is missing.
    return {};
  }
};

export const forOpenAI = async (source: ToolSource, identifier: string): Promise<OpenAITool[]> => {
  const tools = await source.tools.listAs<ListedTool[]>('openai-responses');
  return tools.map((tool) => {
    const run = runnerOf(source, identifier, tool.name);
    return {
      ...tool,
      invoke: (_context, input, details) => run(argumentsOf(input), { signal: details?.signal }),
      needsApproval: async () => false,
      isEnabled: async () => true,
    };
  });
};
