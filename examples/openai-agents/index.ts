// OpenAI Agents SDK: an agent with Postern as one of its MCP servers.
import {
  Agent,
  type AgentInputItem,
  type AgentOutputItem,
  MCPServerStreamableHttp,
  type Model,
  run,
  setTracingDisabled,
  Usage,
} from '@openai/agents';
import { decide, type Turn } from '../shared/scripted-model.ts';
import { instructions, tellStory } from '../shared/story.ts';

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

const scriptedModel: Model = {
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

await tellStory('OpenAI Agents SDK', async ({ url, headers }) => {
  // Traces hold tool results, that is mail, and go to OpenAI.
  setTracingDisabled(true);
  // The model sees a result's `content`, and so the text with the link to approve. With `useStructuredContent: true` it
  // sees the structured content instead, as JSON: the link is in there too, as authorizationRequired.url.
  const postern = new MCPServerStreamableHttp({ name: 'postern', url, requestInit: { headers } });
  await postern.connect();
  // A live model: leave `model` away, or name one, and set OPENAI_API_KEY.
  const agent = new Agent({ name: 'Mail assistant', model: scriptedModel, instructions, mcpServers: [postern] });
  let history: AgentInputItem[] = [];
  return {
    ask: async (text) => {
      const result = await run(agent, [...history, { role: 'user', content: text }]);
      ({ history } = result);
      return result.finalOutput ?? '';
    },
    close: () => postern.close(),
  };
});
