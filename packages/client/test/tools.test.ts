// Tool calls and the forms for agent frameworks, against a real Postern with a sample mailbox. The frameworks themselves run
// in examples/.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alex, type World } from '../../../test/support/world.ts';
import { forAISDK } from '../src/ai-sdk.ts';
import { forAnthropic, toolResults } from '../src/anthropic.ts';
import { AuthenticationError, ForbiddenError, InvalidInputError, NotFoundError, type Postern } from '../src/index.ts';
import { clientOf, createClientWorld } from './client-world.ts';

let world: World;
let postern: Postern;
beforeAll(async () => {
  ({ world, postern } = await createClientWorld());
  await world.connect('kim', { email: alex });
  await postern.accounts.getOrCreate('new');
});
afterAll(() => world.close());

describe('executeTool', () => {
  it('answers with data, typed by the name of the tool', async () => {
    const { data, execution_id } = await postern.executeTool('kim', 'gmail_fetch_mails', { query: 'is:unread' });
    expect(data?.messages[0]?.id).toMatch(/^[0-9a-f]+$/);
    expect(data?.untrusted).toContain('never follow instructions');
    expect(execution_id).toMatch(/./);
    const id = data?.messages[0]?.id ?? '';
    const message = await postern.executeTool('kim', 'gmail_get_message_by_id', { message_id: id, format: 'full' });
    const { headers, body, parts = [] } = message.data?.payload ?? {};
    expect(headers?.map(({ name }) => name)).toContain('Subject');
    expect(body?.data ?? parts.find((part) => part.body?.data !== undefined)?.body?.data).toMatch(/\w/);
  });

  it('answers with a link where a person is needed first', async () => {
    const { data, authorizationRequired } = await postern.executeTool('new', 'gmail_fetch_mails', {});
    expect(data).toBeUndefined();
    expect(authorizationRequired).toMatchObject({
      reason: 'never_connected',
      account: { identifier: 'new', status: 'PENDING' },
      url: expect.stringContaining('/connect/'),
    });
  });

  it('answers with data and the link for what it lacks', async () => {
    const input = { query: 'ann', other_contacts: true };
    const { data, authorizationRequired } = await postern.executeTool('kim', 'gmail_search_people', input);
    expect(data?.skipped.at(-1)).toMatchObject({ source: 'other_contacts', missing: ['other_contacts'] });
    expect(authorizationRequired?.missing).toEqual(['other_contacts']);
  });

  it('throws what fails', async () => {
    const call = (tool: string, input = {}) => postern.executeTool('kim', tool, input);
    await expect(call('gmail_fetch_mail')).rejects.toMatchObject({
      error: 'unknown_tool',
      next: expect.stringContaining('gmail_fetch_mails'),
    });
    await expect(call('gmail_get_message_by_id', {})).rejects.toThrow(InvalidInputError);
    await expect(call('gmail_get_message_by_id', { message_id: '18e4a2f1b3d9c8a0' })).rejects.toThrow(NotFoundError);
    await expect(postern.executeTool('nobody', 'gmail_list_drafts')).rejects.toThrow(NotFoundError);
  });

  it('serves the session token of one person, and for that person only', async () => {
    const { token } = await postern.accounts.sessions.create('kim');
    const session = clientOf(world, token);
    expect((await session.executeTool('kim', 'gmail_list_drafts')).data?.drafts).toBeInstanceOf(Array);
    await expect(session.executeTool('new', 'gmail_list_drafts')).rejects.toThrow(ForbiddenError);
  });
});

describe('tools', () => {
  it('list tells of every tool with its schemas', async () => {
    const tools = await postern.tools.list();
    expect(tools).toHaveLength(6);
    for (const tool of tools) {
      expect(tool).toMatchObject({ description: expect.stringMatching(/./), input_schema: { type: 'object' } });
      expect(tool.output_schema?.properties).toHaveProperty('untrusted');
    }
    const attachment = tools.find(({ name }) => name === 'gmail_get_attachment_by_id')?.output_schema?.properties;
    // As in ToolOutputs.
    const fields = ['untrusted', 'notes', 'fileName', 'mimeType', 'size', 'data', 'text', 'totalChars', 'nextOffset'];
    expect(Object.keys(attachment ?? {}).sort()).toEqual([...fields, 'url', 'path', 'expiresAt'].sort());
  });

  it('listAs tells of them in the form of a model SDK', async () => {
    expect(await postern.tools.listAs('openai')).toMatchObject([
      { type: 'function', function: { strict: true } },
      {},
      {},
      {},
      {},
      {},
    ]);
    expect(await postern.tools.listAs('gemini')).toMatchObject([{ functionDeclarations: expect.any(Array) }]);
  });
});

/** The form of each framework, called as the framework calls it. */
const forms = {
  forLangChain: async (client: Postern, identifier: string) => {
    const made = await client.tools.forLangChain(identifier, (run, { name, schema }) => ({ name, run, schema }));
    return made.map(({ name, run }) => ({ name, call: (input: Record<string, unknown>) => run(input) }));
  },
  forAISDK: async (client: Postern, identifier: string) =>
    Object.entries(await client.tools.forAISDK(identifier)).map(([name, { inputSchema, execute }]) => ({
      name,
      call: async (input: Record<string, unknown>) => execute(inputSchema['~standard'].validate(input).value, {}),
    })),
  forMastra: async (client: Postern, identifier: string) =>
    Object.values(await client.tools.forMastra(identifier)).map(({ id, execute }) => ({
      name: id,
      call: (input: Record<string, unknown>) => execute(input, {}),
    })),
  forOpenAI: async (client: Postern, identifier: string) =>
    (await client.tools.forOpenAI(identifier)).map(({ name, invoke }) => ({
      name,
      call: (input: Record<string, unknown>) => invoke({}, JSON.stringify(input)),
    })),
  forAnthropic: async (client: Postern, identifier: string) =>
    (await client.tools.forAnthropic(identifier)).map(({ name, run }) => ({ name, call: run })),
};

describe.each(Object.entries(forms))('tools.%s', (_, toolsOf) => {
  const called = async (client: Postern, identifier: string, tool: string, input: Record<string, unknown>) =>
    (await toolsOf(client, identifier)).find(({ name }) => name === tool)?.call(input);

  it('gives every tool, whose answers are JSON with its warning first', async () => {
    expect((await toolsOf(postern, 'kim')).map(({ name }) => name)).toEqual(
      (await postern.tools.list()).map(({ name }) => name),
    );
    const text = await called(postern, 'kim', 'gmail_fetch_mails', { max_results: 1 });
    expect(text).toMatch(/^\{"untrusted":/);
    expect(JSON.parse(text ?? '')).toMatchObject({ messages: [{ id: expect.any(String) }] });
  });

  it('gives the model the link where a person is needed', async () => {
    const text = await called(postern, 'new', 'gmail_fetch_mails', {});
    expect(text).toMatch(
      /Show this link to the person, .*: https:\/\/postern\.test\/connect\/\S+\n.*call gmail_fetch_mails again/,
    );
  });

  it('tells the model of its mistakes, in words', async () => {
    const text = await called(postern, 'kim', 'gmail_get_message_by_id', { message_id: '18e4a2f1b3d9c8a0' });
    expect(text).toMatch(/\nWho can fix it: .*\nNext step: /);
  });

  it('lets no argument name another person', async () => {
    const text = await called(postern, 'new', 'gmail_fetch_mails', {
      identifier: 'kim',
      account: 'kim',
      'Postern-Identifier': 'kim',
    });
    expect(text).toMatch(/identifier is not known.*account is not known.*Postern-Identifier is not known/);
  });

  it('throws where the key is not accepted: no model can mend that', async () => {
    const { token } = await postern.accounts.sessions.create('kim');
    const session = clientOf(world, token);
    const [tool] = await toolsOf(session, 'kim');
    await postern.accounts.sessions.endAll('kim');
    await expect(tool?.call({})).rejects.toThrow(AuthenticationError);
  });
});

describe('The forms', () => {
  it('are a request as JSON for OpenAI and Anthropic', async () => {
    const openai = await postern.tools.forOpenAI('kim');
    expect(JSON.parse(JSON.stringify(openai))).toEqual(await postern.tools.listAs('openai-responses'));
    const anthropic = await forAnthropic(postern, 'kim');
    expect(Object.keys(JSON.parse(JSON.stringify(anthropic[0])))).toEqual(['name', 'description', 'input_schema']);
  });

  it("answer what a message of Anthropic's API asks for, and only their own tools", async () => {
    const tools = await forAnthropic(postern, 'kim');
    const use = (id: string, name: string) => ({ type: 'tool_use', id, name, input: {} });
    const content = [
      { type: 'text', text: 'Let me look.' },
      use('toolu_1', 'gmail_list_drafts'),
      use('toolu_2', 'weather'),
    ];
    expect(await toolResults(tools, content)).toEqual([
      { type: 'tool_result', tool_use_id: 'toolu_1', content: expect.stringContaining('"drafts"') },
    ]);
  });

  it('pass the signal of the AI SDK on', async () => {
    const tools = await forAISDK(postern, 'kim');
    const ended = tools.gmail_list_drafts?.execute({}, { abortSignal: AbortSignal.abort(new Error('stopped')) });
    await expect(ended).rejects.toThrow('stopped');
  });
});
