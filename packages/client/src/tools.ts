// The tools: what there is, and one call. The forms for agent frameworks are modules of their own, loaded when asked for.
import { answerAs, type CallOptions, pathPart, type Send } from './http.ts';
import type { LangChainFields } from './langchain.ts';
import type { ToolCalls, ToolDescription, ToolFormat } from './tool-source.ts';

export const createExecuteTool =
  (send: Send): ToolCalls['executeTool'] =>
  (identifier, toolName, input, options) => {
    const path = `/accounts/${pathPart('identifier', identifier)}/tools/${pathPart('toolName', toolName)}`;
    return answerAs(send({ method: 'POST', path, body: input ?? {} }, options));
  };

export const createTools = (send: Send, { executeTool }: ToolCalls) => {
  const list = async (options?: CallOptions): Promise<readonly ToolDescription[]> =>
    (await answerAs<{ tools: ToolDescription[] }>(send({ method: 'GET', path: '/tools' }, options))).tools;
  const listAs = async <Form = unknown>(format: ToolFormat, options?: CallOptions): Promise<Form> =>
    (await answerAs<{ tools: Form }>(send({ method: 'GET', path: '/tools', query: { format } }, options))).tools;
  const source = { executeTool, tools: { list, listAs } };

  return {
    /** Names, descriptions and JSON Schemas of the tools that the server offers. */
    list,
    /** The same as a model's SDK wants them in a request; calling them is then yours (`executeTool`). */
    listAs,
    /**
     * One person's tools for LangChain.
     * @param tool LangChain's own `tool`, of `@langchain/core/tools`
     */
    forLangChain: async <Made>(
      identifier: string,
      tool: (run: (input: Record<string, unknown>) => Promise<string>, fields: LangChainFields) => Made,
    ): Promise<Made[]> => (await import('./langchain.ts')).forLangChain(source, identifier, tool),
    /** One person's tools for the AI SDK. */
    forAISDK: async (identifier: string) => (await import('./ai-sdk.ts')).forAISDK(source, identifier),
    /** One person's tools for Mastra. */
    forMastra: async (identifier: string) => (await import('./mastra.ts')).forMastra(source, identifier),
    /** One person's tools for the OpenAI Agents SDK, and for the Responses API. */
    forOpenAI: async (identifier: string) => (await import('./openai.ts')).forOpenAI(source, identifier),
    /** One person's tools for Anthropic's Messages API, and its tool runner. */
    forAnthropic: async (identifier: string) => (await import('./anthropic.ts')).forAnthropic(source, identifier),
  };
};
