// OpenAI Agents SDK: an agent with one person's tools.
import { Agent, type AgentInputItem, run, setTracingDisabled } from '@openai/agents';
import { scriptedOpenAIModel } from '../shared/scripted-openai-model.ts';
import { instructions, tellStory, user } from '../shared/story.ts';

await tellStory('OpenAI Agents SDK', async (postern) => {
  // Traces hold tool results, that is mail, and go to OpenAI.
  setTracingDisabled(true);
  const tools = await postern.tools.forOpenAI(user);
  // A live model: leave `model` away, or name one, and set OPENAI_API_KEY.
  const agent = new Agent({ name: 'Mail assistant', model: scriptedOpenAIModel, instructions, tools });
  let history: AgentInputItem[] = [];
  return {
    ask: async (text) => {
      const result = await run(agent, [...history, { role: 'user', content: text }]);
      ({ history } = result);
      return result.finalOutput ?? '';
    },
  };
});
