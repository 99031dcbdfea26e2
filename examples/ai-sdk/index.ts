// Vercel AI SDK: its agent loop with one person's tools.
import { type ModelMessage, stepCountIs, ToolLoopAgent } from 'ai';
import { scriptedAiSdkModel } from '../shared/scripted-ai-sdk-model.ts';
import { instructions, tellStory, user } from '../shared/story.ts';

await tellStory('Vercel AI SDK', async (postern) => {
  const agent = new ToolLoopAgent({
    // A live model: 'openai/gpt-5' in place of scriptedAiSdkModel(), with AI_GATEWAY_API_KEY (or a provider's package).
    model: scriptedAiSdkModel(),
    instructions,
    tools: await postern.tools.forAISDK(user),
    stopWhen: stepCountIs(20),
  });
  const messages: ModelMessage[] = [];
  return {
    ask: async (text) => {
      messages.push({ role: 'user', content: text });
      const result = await agent.generate({ messages });
      messages.push(...result.responseMessages);
      return result.text;
    },
  };
});
