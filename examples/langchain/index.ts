// LangChain: an agent of `langchain` with Postern's tools through `@langchain/mcp-adapters`.
import { AIMessage, type BaseMessage, type ContentBlock, HumanMessage, ToolMessage } from '@langchain/core/messages';
import { fakeModel } from '@langchain/core/testing';
import { MultiServerMCPClient } from '@langchain/mcp-adapters';
import { createAgent } from 'langchain';
import { decide, type Turn } from '../shared/scripted-model.ts';
import { instructions, tellStory } from '../shared/story.ts';

const turn = (message: BaseMessage): Turn[] => {
  if (HumanMessage.isInstance(message)) return [{ role: 'person', text: message.text }];
  if (ToolMessage.isInstance(message)) return [{ role: 'tool', tool: message.name ?? '', text: message.text }];
  return [];
};

const withoutStructuredContent = ({ structuredContent: _, ...block }: ContentBlock): ContentBlock => block;

/** LangChain's own fake model, which answers from a queue; this many turns are more than the story has. */
const scriptedModel = (offered: readonly string[]) => {
  const model = fakeModel();
  const respond = (messages: BaseMessage[]): BaseMessage => {
    const decision = decide(messages.flatMap(turn), offered);
    if (decision.kind === 'answer') return new AIMessage(decision.text);
    const call = {
      type: 'tool_call' as const,
      id: `call_${messages.length}`,
      name: decision.tool,
      args: decision.args,
    };
    return new AIMessage({ content: '', tool_calls: [call] });
  };
  for (let turns = 0; turns < 20; turns++) model.respond(respond);
  return model;
};

await tellStory('LangChain', async ({ url, headers }) => {
  const client = new MultiServerMCPClient({
    mcpServers: { postern: { url, headers: { ...headers }, automaticSSEFallback: false } },
    // Texts go to the model, not aside as an artifact: the link to approve is in one of them.
    outputHandling: { text: 'content', image: 'content' },
    // Where a result has structured content as well, the adapter shows the model both, as JSON: everything twice. Here
    // your code can take { authorizationRequired: { url, … } } for itself; the model needs the text only.
    afterToolCall: ({ result: [content, artifacts] }) => ({
      result: [typeof content === 'string' ? content : content.map(withoutStructuredContent), artifacts],
    }),
  });
  const tools = await client.getTools();
  // A live model: 'openai:gpt-5' in place of scriptedModel(…), with the package @langchain/openai and OPENAI_API_KEY.
  const model = scriptedModel(tools.map(({ name }) => name));
  const agent = createAgent({ model, tools, systemPrompt: instructions });
  let messages: BaseMessage[] = [];
  return {
    ask: async (text) => {
      ({ messages } = await agent.invoke({ messages: [...messages, new HumanMessage(text)] }));
      return messages.at(-1)?.text ?? '';
    },
    close: () => client.close(),
  };
});
