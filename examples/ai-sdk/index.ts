// Vercel AI SDK: its agent loop with Postern's tools through `@ai-sdk/mcp`.
import { createMCPClient } from '@ai-sdk/mcp';
import { type ModelMessage, stepCountIs, ToolLoopAgent } from 'ai';
import { scriptedAiSdkModel } from '../shared/scripted-ai-sdk-model.ts';
import { instructions, tellStory } from '../shared/story.ts';

await tellStory('Vercel AI SDK', async ({ url, headers }) => {
  const client = await createMCPClient({ transport: { type: 'http', url, headers: { ...headers } } });
  const agent = new ToolLoopAgent({
    // A live model: 'openai/gpt-5' in place of scriptedAiSdkModel(), with AI_GATEWAY_API_KEY (or a provider's package).
    model: scriptedAiSdkModel(),
    instructions,
    // Tools found this way show the model a result's `content`, and so the text with the link to approve. Your code
    // finds { authorizationRequired: { url, … } } in the `structuredContent` of the step's tool result. Tools declared
    // with `schemas` and an `outputSchema` of yours give structured content only: that schema has to allow both forms.
    tools: await client.tools(),
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
    close: () => client.close(),
  };
});
