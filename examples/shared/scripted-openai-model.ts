// The script as a model of the OpenAI Agents SDK.
import { type AgentInputItem, type AgentOutputItem, type Model, Usage } from '@openai/agents';
import { decide, type Turn } from './scripted-model.ts';

type Texts = string | { readonly type: string } | readonly { readonly type: string }[];

const textOf = (parts: Texts): string => {
  if (typeof parts === 'string') return parts;
  return [parts]
    .flat()
    .map((part) => ('text' in part ? String(part.text) : ''))
    .join('\n');
};

const turn = (item: AgentInputItem): Turn[] => {
  if (item.type === 'function_call_result') return [{ role: 'tool', tool: item.name, text: textOf(item.output) }];
  if ('role' in item && item.role === 'user') return [{ role: 'person', text: textOf(item.content) }];
  return [];
};

export const scriptedOpenAIModel: Model = {
  getResponse: async ({ input, tools }) => {
    const conversation = typeof input === 'string' ? [{ role: 'person' as const, text: input }] : input.flatMap(turn);
    const decision = decide(
      conversation,
      tools.map((tool) => ('name' in tool ? tool.name : '')),
    );
    const output: AgentOutputItem =
      decision.kind === 'answer'
        ? {
            type: 'message',
            role: 'assistant',
            status: 'completed',
            content: [{ type: 'output_text', text: decision.text }],
          }
        : {
            type: 'function_call',
            callId: `call_${input.length}`,
            name: decision.tool,
            arguments: JSON.stringify(decision.args),
          };
    return { usage: new Usage(), output: [output] };
  },
  getStreamedResponse: () => {
    throw new Error('This script answers without streaming.');
  },
};
