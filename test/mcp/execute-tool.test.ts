// A call of a tool by a program: the same call as over MCP, as data, a link, a problem or an unknown name.
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ToolAnswer } from '../../src/mcp/execute-tool.ts';
import type { Caller } from '../../src/model/caller.ts';
import { createWorld, sam, type World } from '../support/world.ts';
import { mail, type Part, text } from './tools/mails.ts';

const caller: Caller = {
  key: { realm: 'default', identifier: 'user_42' },
  credential: 'service_key',
  linkPolicy: 'unverified',
};

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.close());

const execute = (tool: string, input: unknown, signal = new AbortController().signal, by = caller) =>
  world.postern.tools.execute(by, tool, input, { signal, executionId: 'run_1' });

describe('A program that calls a tool', () => {
  it('gets what structured content has over MCP, with its warning first', async () => {
    await world.connect('user_42');
    const key = await world.serviceKey({ unverifiedLinks: true });
    const input = { query: 'invoice', max_results: 3, format: 'readable' };
    const answer = await execute('gmail_fetch_mails', input);
    const { structured } = await world.call('gmail_fetch_mails', input, { key, as: 'user_42' });
    expect(answer).toEqual({ kind: 'data', data: structured });
    expect(Object.keys(structured)[0]).toBe('untrusted');
    expect(structured.messages).not.toEqual([]);
  });

  it('gets the link as over MCP while nobody is connected', async () => {
    const key = await world.serviceKey({ unverifiedLinks: true });
    const by = { ...caller, apiKeyId: key.split('_')[2] ?? '' };
    const answer = await execute('gmail_fetch_mails', {}, undefined, by);
    const { structured } = await world.call('gmail_fetch_mails', {}, { key, as: 'user_42' });
    expect(answer).toEqual({ kind: 'authorization_required', ...structured });
    expect(structured.authorizationRequired).toMatchObject({ reason: 'never_connected' });
  });

  it('gets the data and beside it a link for what the answer lacks', async () => {
    await world.connect('user_42');
    const answer = await execute('gmail_search_people', { query: 'ann', other_contacts: true });
    expect(answer).toMatchObject({
      kind: 'data',
      data: { skipped: expect.arrayContaining([expect.objectContaining({ source: 'other_contacts' })]) },
      authorizationRequired: { reason: 'scope_missing', missing: ['other_contacts'] },
    });
  });

  it('gets a problem for arguments that are wrong, and nothing is asked of anybody', async () => {
    const answer = await execute('gmail_fetch_mails', { max_result: 3 });
    expect(answer).toMatchObject({
      kind: 'problem',
      problem: { kind: 'invalid_input', detail: expect.stringContaining('max_result is not known, use max_results') },
    });
  });

  it.each([
    ['gmail_fetch_mail', 'gmail_fetch_mails'],
    ['__proto__', undefined],
    ['', undefined],
  ])('hears that there is no tool %j, and which is meant', async (name, nearest) => {
    expect(await execute(name, {})).toEqual({ kind: 'unknown_tool', ...(nearest === undefined ? {} : { nearest }) });
  });

  it('is told that a call was cancelled', async () => {
    await world.connect('user_42');
    const gone = AbortSignal.abort();
    expect(await execute('gmail_fetch_mails', {}, gone)).toEqual({ kind: 'problem', problem: { kind: 'cancelled' } });
  });

  it('finds its call in the log by the execution id', async () => {
    await execute('gmail_fetch_mails', {});
    const calls = world.logged.map((line) => JSON.parse(line)).filter(({ event }) => event === 'tool_call');
    expect(calls).toEqual([expect.objectContaining({ executionId: 'run_1', outcome: 'authorization_required' })]);
  });
});

describe('An attachment for a program', () => {
  const bytes = randomBytes(2000);
  const file = (type: string, content: string | Uint8Array): Part => ({
    type: `${type}; name="a.bin"`,
    content,
    disposition: 'attachment; filename="a.bin"',
  });
  const get = async (part: Part, delivery: string): Promise<ToolAnswer> => {
    await world.connect('user_42', { email: sam });
    const message_id = world.sandbox.account(sam).mailbox.importMessage(mail('A file', [text('See the file.'), part]));
    return execute('gmail_get_attachment_by_id', { message_id, attachment_id: '1', delivery });
  };

  it.each(['image/png', 'text/plain', 'application/zip'])('%s inline is its bytes in base64', async (type) => {
    const answer = await get(file(type, bytes), 'inline');
    const data = { fileName: 'a.bin', mimeType: type, size: 2000, data: bytes.toString('base64') };
    expect(answer).toMatchObject({ kind: 'data', data });
  });

  it('of more than 1 MB comes inline as well', async () => {
    const large = randomBytes(1024 * 1024 + 1);
    const answer = await get(file('application/zip', large), 'inline');
    expect(answer).toMatchObject({ kind: 'data', data: { size: large.length, data: large.toString('base64') } });
  });

  it('that is text comes as text, and an image as its bytes, where the form is left to Postern', async () => {
    const csv = await get(file('text/csv', 'a;b'), 'auto');
    expect(csv).toMatchObject({ kind: 'data', data: { text: 'a;b', mimeType: 'text/csv', totalChars: 3 } });
    const image = await get(file('image/png', bytes), 'auto');
    expect(image).toMatchObject({ kind: 'data', data: { data: bytes.toString('base64'), mimeType: 'image/png' } });
  });

  it('as a link has the address and when it ends, and no bytes', async () => {
    const answer = await get(file('image/png', bytes), 'link');
    const url = expect.stringMatching(/^https:\/\/postern\.test\/downloads\//);
    expect(answer).toMatchObject({ kind: 'data', data: { url, expiresAt: expect.any(String), size: 2000 } });
    expect(answer).not.toHaveProperty('data.data');
  });
});
