// The script as a language model of the AI SDK (specification version 4), for the frameworks that take one.
import { MockLanguageModelV4 } from 'ai/test';
import { type Decision, decide, type Turn } from './scripted-model.ts';

type CallOptions = Parameters<MockLanguageModelV4['doGenerate']>[0];
type Message = CallOptions['prompt'][number];
type GenerateResult = Awaited<ReturnType<MockLanguageModelV4['doGenerate']>>;

const toolTurn = (part: Extract<Message, { role: 'tool' }>['content'][number]): Turn[] => {
  if (part.type !== 'tool-result') return [];
  const { output, toolName } = part;
  const text =
    output.type === 'content'
      ? output.value.map((item) => (item.type === 'text' ? item.text : '')).join('\n')
      : output.type === 'text' || output.type === 'error-text'
        ? output.value
        : JSON.stringify(output);
  return [{ role: 'tool', tool: toolName, text }];
};

const turns = (message: Message): Turn[] => {
  if (message.role === 'tool') return message.content.flatMap(toolTurn);
  if (message.role !== 'user') return [];
  return [{ role: 'person', text: message.content.map((part) => (part.type === 'text' ? part.text : '')).join('\n') }];
};

const unknownCount = { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined };

const result = (decision: Decision, id: string): GenerateResult => ({
  content: [
    decision.kind === 'answer'
      ? { type: 'text', text: decision.text }
      : { type: 'tool-call', toolCallId: id, toolName: decision.tool, input: JSON.stringify(decision.args) },
  ],
  finishReason: { unified: decision.kind === 'answer' ? 'stop' : 'tool-calls', raw: undefined },
  usage: { inputTokens: unknownCount, outputTokens: { total: undefined, text: undefined, reasoning: undefined } },
  warnings: [],
});

export const scriptedAiSdkModel = () =>
  new MockLanguageModelV4({
    doGenerate: async ({ prompt, tools = [] }) =>
      result(
        decide(
          prompt.flatMap(turns),
          tools.map(({ name }) => name),
        ),
        `call_${prompt.length}`,
      ),
  });
