// Mastra: an agent with Postern's tools through `@mastra/mcp`, which speaks the protocol revision 2026-07-28.
import { Agent } from '@mastra/core/agent';
import type { MessageInput } from '@mastra/core/agent/message-list';
import type { MastraModelConfig } from '@mastra/core/llm';
import { MCPClient } from '@mastra/mcp';
import { scriptedAiSdkModel } from '../shared/scripted-ai-sdk-model.ts';
import { instructions, tellStory } from '../shared/story.ts';

await tellStory('Mastra', async ({ url, headers }) => {
  const client = new MCPClient({ servers: { postern: { url: new URL(url), requestInit: { headers } } } });
  const agent = new Agent({
    id: 'mail-assistant',
    name: 'Mail assistant',
    instructions,
    // A live model: 'openai/gpt-5' in place of scriptedAiSdkModel(), with OPENAI_API_KEY. (The cast is for the script
    // only: Mastra carries types of an earlier AI SDK, which lack its newest finish reason.)
    model: scriptedAiSdkModel() as MastraModelConfig,
    // The model sees a result's texts, and so the link to approve; your code gets the structured content, here
    // { authorizationRequired: { url, … } }, as the tool's result. Tools carry the server's name: postern_gmail_….
    tools: await client.listTools(),
  });
  const messages: MessageInput[] = [];
  return {
    ask: async (text) => {
      messages.push({ role: 'user', content: text });
      const result = await agent.generate(messages, { maxSteps: 20 });
      messages.push(...(result.response.messages ?? []));
      return result.text;
    },
    close: () => client.disconnect(),
  };
});
