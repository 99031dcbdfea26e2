// One person's tools as Mastra takes them: those of the AI SDK, each with its name as its id.
import { type AISDKTool, forAISDK } from './ai-sdk.ts';
import type { ToolSource } from './tool-source.ts';

export interface MastraTool extends AISDKTool {
  readonly id: string;
}

export const forMastra = async (source: ToolSource, identifier: string): Promise<Record<string, MastraTool>> => {
  const tools = Object.entries(await forAISDK(source, identifier));
  return Object.fromEntries(tools.map(([name, tool]): [string, MastraTool] => [name, { id: name, ...tool }]));
};
