// The tools over /api/v1: for the backends of products, and for agents with a session token.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alex, createWorld, type World } from '../../support/world.ts';

let world: World;
let key: string;
beforeEach(async () => {
  world = await createWorld();
  key = await world.serviceKey({ unverifiedLinks: true });
});
afterEach(() => world.close());

type Json = Record<string, unknown>;
interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}
const ask = async (method: string, path: string, body?: unknown, credential = key): Promise<Answer> => {
  const text = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
  const response = await world.http(`/api/v1${path}`, { method, key: credential, ...text });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Json };
};
const call = (tool: string, input?: unknown, identifier = 'user_42', credential = key): Promise<Answer> =>
  ask('POST', `/accounts/${encodeURIComponent(identifier)}/tools/${tool}`, input, credential);
const sessionOf = async (identifier: string): Promise<string> =>
  String((await ask('POST', `/accounts/${identifier}/sessions`)).body.token);

const executionId = expect.stringMatching(/^run_[0-9a-f]{24}$/);

describe('Calling a tool', () => {
  it('answers with the data of the tool, as structured content over MCP, and an id that the log has too', async () => {
    await world.connect('user_42');
    const input = { query: 'invoice', max_results: 2 };
    const { status, body, headers } = await call('gmail_fetch_mails', input);
    const { structured } = await world.call('gmail_fetch_mails', input, { key, as: 'user_42' });
    expect([status, body]).toEqual([200, { data: structured, execution_id: executionId }]);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.has('postern-authorization-required')).toBe(false);
    expect(world.logged.join('\n')).toContain(String(body.execution_id));
  });

  it('answers with a link where a person is needed, as over MCP, and a header says so', async () => {
    await ask('POST', '/accounts', { identifier: 'user_42' });
    const { status, body, headers } = await call('gmail_fetch_mails');
    const { structured } = await world.call('gmail_fetch_mails', {}, { key, as: 'user_42' });
    expect([status, body]).toEqual([200, { ...structured, execution_id: executionId }]);
    expect(headers.get('postern-authorization-required')).toBe('true');
    await world.approve(String(Object(body.authorizationRequired).url), { email: alex });
    expect(await call('gmail_fetch_mails')).toMatchObject({ status: 200, body: { data: { failures: [] } } });
  });

  it('answers a problem with its status, in the shape of every error', async () => {
    await world.connect('user_42');
    expect(await call('gmail_get_message_by_id', { message_id: '18c0ffee00000000' })).toMatchObject({
      status: 404,
      body: { error: 'not_found', who: 'the caller', next: expect.any(String), execution_id: executionId },
    });
  });

  it.each([
    [{ max_result: 3 }, 'max_result is not known, use max_results'],
    [[1], 'they must be one object, and are a list of 1 entry.'],
    ['[]', 'they must be one object, and are an empty list.'],
    ['"text"', 'a text of 4 characters'],
    ['{"max_results":', 'The body is not valid JSON.'],
    [{ max_results: 'many' }, 'max_results is a text of 4 characters, it must be a whole number from 1 to 100'],
  ])('names what is wrong with the input %j', async (input, message) => {
    await world.connect('user_42');
    const { status, body } = await call('gmail_fetch_mails', input);
    expect([status, body.error]).toEqual([400, 'invalid_input']);
    expect(body.message).toContain(message);
  });

  it('names the tool that was meant by an unknown one', async () => {
    await world.connect('user_42');
    expect(await call('gmail_fetch_mail')).toMatchObject({
      status: 404,
      body: { error: 'unknown_tool', next: 'Did you mean "gmail_fetch_mails"?' },
    });
    expect(await call('__proto__')).toMatchObject({ status: 404, body: { error: 'unknown_tool' } });
    expect(await call(encodeURIComponent('<b>'))).toMatchObject({
      body: { message: 'There is no tool of this name.' },
    });
  });

  it('makes no account for an identifier that has none', async () => {
    expect(await call('gmail_fetch_mails', {}, 'nobody')).toMatchObject({
      status: 404,
      body: { error: 'not_found', next: 'Create it with POST /api/v1/accounts.' },
    });
    expect(await world.postern.accounts.list()).toEqual([]);
  });

  it('refuses an input over 64 KB, and a key of another realm finds nobody', async () => {
    await world.connect('user_42');
    expect(await call('gmail_fetch_mails', { query: 'x'.repeat(70_000) })).toMatchObject({ status: 413 });
    const other = await world.serviceKey({ realm: 'other' });
    expect(await call('gmail_fetch_mails', {}, 'user_42', other)).toMatchObject({ status: 404 });
  });

  it('is cancelled when the client breaks off', async () => {
    await world.connect('user_42');
    await world.http('/api/v1/accounts/user_42/tools/gmail_fetch_mails', {
      method: 'POST',
      key,
      signal: AbortSignal.abort(),
    });
    expect(world.logged.join('\n')).toContain('"outcome":"problem"');
  });

  it('counts for the limits of calls that MCP has', async () => {
    await world.connect('user_42');
    let last = await call('no_such_tool');
    for (let made = 1; made < 301 && last.status !== 429; made += 1) last = await call('no_such_tool');
    expect(last).toMatchObject({ status: 429, body: { error: 'too_many_calls' } });
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

describe('The list of tools', () => {
  it.each([
    ['?fromat=openai', 'Unknown parameter "fromat". Did you mean "format"?'],
    ['?limit=3', 'Unknown parameter "limit". Known are format.'],
    ['?format=openai&format=gemini', 'A parameter stands more than once in the address.'],
    ['?format=antropic', expect.stringContaining('Did you mean "anthropic"?')],
  ])('names what is wrong with %s', async (query, message) => {
    expect(await ask('GET', `/tools${query}`)).toMatchObject({
      status: 400,
      body: { error: 'invalid_input', message },
    });
  });
});

describe('A session token', () => {
  it('calls tools for its person, reads and checks their account, and lists the tools', async () => {
    await world.connect('user_42');
    const token = await sessionOf('user_42');
    expect((await call('gmail_fetch_mails', {}, 'user_42', token)).body).toHaveProperty('data.messages');
    expect(await ask('GET', '/accounts/user_42', undefined, token)).toMatchObject({ status: 200 });
    expect(await ask('POST', '/accounts/user_42/check', undefined, token)).toMatchObject({ status: 200 });
    expect(await ask('GET', '/tools', undefined, token)).toMatchObject({ status: 200 });
  });

  it('is good for nobody else', async () => {
    await world.connect('user_42');
    await world.connect('user_43');
    const token = await sessionOf('user_42');
    for (const [method, path] of [
      ['GET', '/accounts/user_43'],
      ['POST', '/accounts/user_43/check'],
      ['POST', '/accounts/user_43/tools/gmail_fetch_mails'],
    ] as const)
      expect(await ask(method, path, undefined, token)).toMatchObject({
        status: 403,
        body: { error: 'identifier_forbidden' },
      });
  });

  it.each([
    ['GET', '/accounts'],
    ['POST', '/accounts'],
    ['PATCH', '/accounts/user_42'],
    ['DELETE', '/accounts/user_42'],
    ['POST', '/accounts/user_42/link'],
    ['POST', '/accounts/user_42/disconnect'],
    ['POST', '/accounts/user_42/sessions'],
    ['DELETE', '/accounts/user_42/sessions'],
    ['GET', '/accounts/user_42/clients'],
    ['GET', '/auth-requests/x'],
    ['GET', '/connections'],
    ['GET', '/webhooks'],
    ['POST', '/webhooks'],
    ['GET', '/accounts/user_42/tools/../../..'],
  ])('is refused by %s %s', async (method, path) => {
    await world.connect('user_42');
    const token = await sessionOf('user_42');
    const body = method === 'GET' ? undefined : {};
    expect(await ask(method, path, body, token)).toMatchObject({
      status: 403,
      body: { error: 'service_key_required' },
    });
  });
});

describe('200 calls at the same time', () => {
  it('of 20 people never mix', async () => {
    const people = Array.from({ length: 20 }, (_, number) => `person-${number}@example.com`);
    for (const email of people) {
      const { mailbox } = world.sandbox.addAccount({ email, name: email });
      mailbox.importMessage(
        Buffer.from(`From: a@example.org\r\nTo: ${email}\r\nSubject: only for ${email}\r\n\r\nmine\r\n`),
      );
      await world.connect(email, { email });
    }
    const calls = Array.from({ length: 200 }, (_, number) => people[number % people.length] ?? '');
    const answers = await Promise.all(calls.map((email) => call('gmail_fetch_mails', {}, email)));
    const subjects = answers.map(({ body }) =>
      (Object(body.data).messages as Json[] | undefined)?.map(({ subject }) => subject),
    );
    expect(subjects).toEqual(calls.map((email) => [`only for ${email}`]));
    expect(new Set(answers.map(({ body }) => body.execution_id)).size).toBe(200);
  });
});
