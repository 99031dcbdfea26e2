// Fixture tools that need something of the client first: input_required in 2026-07-28, a request from the server in
// the older protocol; the SDK chooses.
import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type ElicitInputParams,
  type InputRequest,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  type McpServer,
  type RequestStateCodec,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import { text } from './fixture-content.ts';

type Responses = ServerContext['mcpReq']['inputResponses'];

/** What the person typed into this field of this form. */
export const asked = (responses: Responses, key: string, field: string): string | undefined =>
  acceptedContent(responses, key, z.object({ [field]: z.string() }))?.[field];

const form = (message: string, field: string): InputRequest =>
  inputRequired.elicit({ message, requestedSchema: z.object({ [field]: z.string() }) });

/** Forms with one field each, by key. */
export const formOf = (forms: Record<string, [message: string, field: string]>, state?: string): InputRequiredResult =>
  inputRequired({
    inputRequests: Object.fromEntries(
      Object.entries(forms).map(([key, [message, field]]) => [key, form(message, field)]),
    ),
    ...(state === undefined ? {} : { requestState: state }),
  });

const sample = (words: string): InputRequest =>
  inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text: words } }], maxTokens: 100 });

/** A tool that asks once, under this key, and repeats what came back. */
const registerAsking = (server: McpServer, name: string, key: string, request: () => InputRequest): void => {
  server.registerTool(name, { description: 'Asks the client first' }, ({ mcpReq }) => {
    const answer = inputResponse(mcpReq.inputResponses, key);
    if (answer.kind === 'missing') return inputRequired({ inputRequests: { [key]: request() } });
    return text(`The client answered ${JSON.stringify(answer)}`);
  });
};

const choices = ['option1', 'option2', 'option3'];
const titled = choices.map((choice, index) => ({ const: choice, title: `Choice ${index + 1}` }));
const everyDefault: ElicitInputParams['requestedSchema'] = {
  type: 'object',
  properties: {
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
  },
};
const everyEnum: ElicitInputParams['requestedSchema'] = {
  type: 'object',
  properties: {
    untitledSingle: { type: 'string', enum: choices },
    titledSingle: { type: 'string', oneOf: titled },
    legacyEnum: { type: 'string', enum: choices, enumNames: titled.map(({ title }) => title) },
    untitledMulti: { type: 'array', items: { type: 'string', enum: choices } },
    titledMulti: { type: 'array', items: { anyOf: titled } },
  },
};

export const registerAskingTools = (server: McpServer, state: RequestStateCodec<{ round: number }>): void => {
  registerAsking(server, 'test_elicitation_sep1034_defaults', 'form', () =>
    inputRequired.elicit({ message: 'With a default each.', requestedSchema: everyDefault }),
  );
  registerAsking(server, 'test_elicitation_sep1330_enums', 'form', () =>
    inputRequired.elicit({ message: 'With choices each.', requestedSchema: everyEnum }),
  );
  registerAsking(server, 'test_streaming_elicitation', 'form', () => form('Which name?', 'name'));
  registerAsking(server, 'test_missing_capability', 'answer', () => sample('Say anything.'));
  registerAsking(server, 'test_input_required_result_sampling', 'capital_question', () => sample('Which capital?'));
  registerAsking(server, 'test_input_required_result_list_roots', 'client_roots', () => inputRequired.listRoots());
  registerOldAskingTools(server);
  registerRoundTools(server, state);
};

/** The tools that the older protocol's scenarios call with what is to be asked. */
const registerOldAskingTools = (server: McpServer): void => {
  server.registerTool(
    'test_sampling',
    { description: 'Asks the client’s model', inputSchema: z.object({ prompt: z.string() }) },
    ({ prompt }, { mcpReq }) => {
      const answer = inputResponse(mcpReq.inputResponses, 'answer');
      if (answer.kind === 'missing') return inputRequired({ inputRequests: { answer: sample(prompt) } });
      return text(`The model answered ${JSON.stringify(answer)}`);
    },
  );
  server.registerTool(
    'test_elicitation',
    { description: 'Asks the person', inputSchema: z.object({ message: z.string() }) },
    ({ message }, { mcpReq }) => {
      const answer = inputResponse(mcpReq.inputResponses, 'person');
      if (answer.kind === 'missing') return formOf({ person: [message, 'username'] });
      return text(`The person answered ${JSON.stringify(answer)}`);
    },
  );
};

const capabilitiesOf = ({ mcpReq }: ServerContext): ClientCapabilities =>
  // The SDK types the envelope as an object without members.
  (mcpReq.envelope as { [CLIENT_CAPABILITIES_META_KEY]?: ClientCapabilities } | undefined)?.[
    CLIENT_CAPABILITIES_META_KEY
  ] ?? {};

/** Tools whose rounds depend on what came before, or on what the client can. */
const registerRoundTools = (server: McpServer, state: RequestStateCodec<{ round: number }>): void => {
  server.registerTool('test_input_required_result_elicitation', { description: 'Asks for a name' }, ({ mcpReq }) => {
    const name = asked(mcpReq.inputResponses, 'user_name', 'name');
    return name === undefined ? formOf({ user_name: ['Which name?', 'name'] }) : text(`Hello, ${name}.`);
  });
  for (const name of ['test_input_required_result_request_state', 'test_input_required_result_tampered_state'])
    server.registerTool(name, { description: 'Keeps its state with the client' }, async (ctx) => {
      if (ctx.mcpReq.requestState<{ round: number }>()?.round === 1) return text('state-ok');
      const requestState = await state.mint({ round: 1 }, ctx);
      const ok = inputRequired.elicit({ message: 'Go on?', requestedSchema: z.object({ ok: z.boolean() }) });
      return inputRequired({ inputRequests: { confirm: ok }, requestState });
    });
  server.registerTool(
    'test_input_required_result_multiple_inputs',
    { description: 'Asks three things' },
    async (ctx) => {
      const keys = ['user_name', 'greeting', 'client_roots'];
      const answers = keys.map((key) => inputResponse(ctx.mcpReq.inputResponses, key));
      if (answers.every(({ kind }) => kind !== 'missing'))
        return text(`The client answered ${JSON.stringify(answers)}`);
      return inputRequired({
        inputRequests: {
          user_name: form('Which name?', 'name'),
          greeting: sample('Greet somebody.'),
          client_roots: inputRequired.listRoots(),
        },
        requestState: await state.mint({ round: 1 }, ctx),
      });
    },
  );
  server.registerTool('test_input_required_result_multi_round', { description: 'Asks twice' }, async (ctx) => {
    const round = (ctx.mcpReq.requestState<{ round: number }>()?.round ?? 0) + 1;
    if (round > 2) return text('Both rounds are over.');
    const question: [string, string] = round === 1 ? ['Which name?', 'name'] : ['Which colour?', 'color'];
    return formOf({ [`step${round}`]: question }, await state.mint({ round }, ctx));
  });
  server.registerTool('test_input_required_result_capabilities', { description: 'Asks what it may' }, (ctx) => {
    const { elicitation, sampling } = capabilitiesOf(ctx);
    return inputRequired({
      inputRequests: {
        ...(elicitation === undefined ? {} : { user_name: form('Which name?', 'name') }),
        ...(sampling === undefined ? {} : { greeting: sample('Greet somebody.') }),
      },
    });
  });
};
