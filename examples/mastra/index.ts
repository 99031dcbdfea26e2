// Mastra: an agent with one person's tools.
import { Agent } from '@mastra/core/agent';
import type { MessageInput } from '@mastra/core/agent/message-list';
import type { MastraModelConfig } from '@mastra/core/llm';
import { scriptedAiSdkModel } from '../shared/scripted-ai-sdk-model.ts';
import { instructions, tellStory, user } from '../shared/story.ts';

await tellStory('Mastra', async (postern) => {
  const agent = new Agent({
    id: 'mail-assistant',
    name: 'Mail assistant',
    instructions,
    // A live model: 'openai/gpt-5' in place of scriptedAiSdkModel(), with OPENAI_API_KEY. (The cast is for the script
    // only: Mastra carries types of an earlier AI SDK, which lack its newest finish reason.)
    model: scriptedAiSdkModel() as MastraModelConfig,
    tools: await postern.tools.forMastra(user),
  });
  const messages: MessageInput[] = [];
  return {
    ask: async (text) => {
      messages.push({ role: 'user', content: text });
      const result = await agent.generate(messages, { maxSteps: 20 });
      messages.push(...(result.response.messages ?? []));
      return result.text;
    },
  };
});
