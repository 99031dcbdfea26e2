// LangChain: an agent of `langchain` with one person's tools.
import { type BaseMessage, HumanMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { createAgent } from 'langchain';
import { scriptedLangChainModel } from '../shared/scripted-langchain-model.ts';
import { instructions, tellStory, user } from '../shared/story.ts';

await tellStory('LangChain', async (postern) => {
  const tools = await postern.tools.forLangChain(user, tool);
  // A live model: 'openai:gpt-5' in place of scripted…(…), with the package @langchain/openai and OPENAI_API_KEY.
  const model = scriptedLangChainModel(tools.map(({ name }) => name));
  const agent = createAgent({ model, tools, systemPrompt: instructions });
  let messages: BaseMessage[] = [];
  return {
    ask: async (text) => {
      ({ messages } = await agent.invoke({ messages: [...messages, new HumanMessage(text)] }));
      return messages.at(-1)?.text ?? '';
    },
  };
});
