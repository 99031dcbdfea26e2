// The script as a chat model of LangChain.
import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from '@langchain/core/messages';
import { fakeModel } from '@langchain/core/testing';
import { decide, type Turn } from './scripted-model.ts';

const turn = (message: BaseMessage): Turn[] => {
  if (HumanMessage.isInstance(message)) return [{ role: 'person', text: message.text }];
  if (ToolMessage.isInstance(message)) return [{ role: 'tool', tool: message.name ?? '', text: message.text }];
  return [];
};

/** LangChain's own fake model, which answers from a queue; this many turns are more than the story has. */
export const scriptedLangChainModel = (offered: readonly string[]) => {
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
