// What a client of either protocol era has to say over HTTP, word by word, and what it gets: nothing here is a client's
// library, so that nothing corrects a request on its way.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toolNames } from '../../src/mcp/tools/index.ts';
import { createWorld, type World } from '../support/world.ts';

const modern = '2026-07-28';
const fetchMails = { name: 'gmail_fetch_mails', arguments: { max_results: 1 } };

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.close());

interface Answer {
  readonly status: number;
  readonly result: Record<string, unknown> | undefined;
  readonly error: { readonly code: number; readonly message: string; readonly data?: unknown } | undefined;
}

/** The message of an answer that is JSON, or a stream of one event. */
const messageIn = (text: string): unknown => JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? text);

/** One POST to /mcp as user_42, with these headers beside those of every POST. */
const post = async (message: object, headers: Record<string, string>, identifier = 'user_42'): Promise<Answer> => {
  const response = await world.http('/mcp', {
    method: 'POST',
    key: await world.userKey(identifier, { unverifiedLinks: true }),
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 7, ...message }),
  });
  const { result, error } = messageIn(await response.text()) as Partial<Answer>;
  return { status: response.status, result, error };
};

const meta = (capabilities: object = {}) => ({
  'io.modelcontextprotocol/protocolVersion': modern,
  'io.modelcontextprotocol/clientCapabilities': capabilities,
  'io.modelcontextprotocol/clientInfo': { name: 'a test', version: '1.0.0' },
});
const list = { method: 'tools/list', params: { _meta: meta() } };
const call = (params: object = {}, capabilities: object = {}) => ({
  method: 'tools/call',
  params: { ...fetchMails, ...params, _meta: meta(capabilities) },
});
const version = { 'mcp-protocol-version': modern };
const callHeaders = { ...version, 'mcp-method': 'tools/call', 'mcp-name': 'gmail_fetch_mails' };

describe(`A client of MCP ${modern}`, () => {
  it('learns with server/discover what Postern is and speaks, without a handshake', async () => {
    const discover = { method: 'server/discover', params: { _meta: meta() } };
    const { status, result } = await post(discover, { ...version, 'mcp-method': 'server/discover' });
    expect(status).toBe(200);
    expect(result).toMatchObject({
      supportedVersions: [modern],
      capabilities: { tools: { listChanged: false } },
      instructions: expect.stringContaining('changes nothing'),
      _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'postern' } },
    });
  });

  it.each([
    ['no MCP-Protocol-Version', list, { 'mcp-method': 'tools/list' }],
    [
      'another MCP-Protocol-Version than the body',
      list,
      { 'mcp-protocol-version': '2025-11-25', 'mcp-method': 'tools/list' },
    ],
    ['no Mcp-Method', list, version],
    ['another Mcp-Method than the body', list, { ...version, 'mcp-method': 'tools/call' }],
    ['no Mcp-Name', call(), { ...version, 'mcp-method': 'tools/call' }],
    ['another Mcp-Name than the body', call(), { ...callHeaders, 'mcp-name': 'gmail_get_contacts' }],
  ])('that sends %s is refused as a header mismatch', async (_, message, headers) => {
    const { status, error } = await post(message, headers);
    expect([status, error?.code]).toEqual([400, -32020]);
    expect(world.sandbox.requests).toEqual([]);
  });

  it('that sends the headers without saying in the body what it can do is refused', async () => {
    const { status, error } = await post({ method: 'tools/list' }, { ...version, 'mcp-method': 'tools/list' });
    expect([status, error?.code]).toEqual([400, -32602]);
  });

  it('that speaks a revision nobody knows is told which one is spoken', async () => {
    const unknown = '2030-01-01';
    const params = { _meta: { ...meta(), 'io.modelcontextprotocol/protocolVersion': unknown } };
    const headers = { 'mcp-protocol-version': unknown, 'mcp-method': 'tools/list' };
    const { status, error } = await post({ method: 'tools/list', params }, headers);
    expect([status, error?.code]).toEqual([400, -32022]);
    expect(error?.data).toMatchObject({ requested: unknown, supported: expect.arrayContaining([modern]) });
  });
});

describe('A client of an older revision', () => {
  it.each(['2025-11-25', '2025-06-18', '2025-03-26'])('of %s gets the revision it asks for', async (asked) => {
    const params = { protocolVersion: asked, capabilities: {}, clientInfo: { name: 'a test', version: '1.0.0' } };
    const { status, result } = await post({ method: 'initialize', params }, {});
    expect([status, result?.protocolVersion]).toEqual([200, asked]);
    const tools = await post({ method: 'tools/list' }, { 'mcp-protocol-version': asked });
    expect(tools.result?.tools).toHaveLength(toolNames.length);
  });

  it('whose revision is none that is spoken is refused, in whatever form it names it', async () => {
    for (const named of ['1999-01-01', 'latest']) {
      const { status } = await post({ method: 'tools/list' }, { 'mcp-protocol-version': named });
      expect(status, named).toBe(400);
    }
  });
});

describe('A call that needs a person first', () => {
  const canShowLinks = { elicitation: { url: {} } };
  const accepted = { connect: { action: 'accept' } };

  /** The first round: what the client is asked to show, and the state it has to send back. */
  const firstRound = async () => {
    const { result } = await post(call({}, canShowLinks), callHeaders);
    expect(result).toMatchObject({
      resultType: 'input_required',
      inputRequests: { connect: { method: 'elicitation/create', params: { mode: 'url' } } },
    });
    const { inputRequests, requestState } = result as {
      inputRequests: { connect: { params: { url: string } } };
      requestState: string;
    };
    return { url: inputRequests.connect.params.url, requestState };
  };

  it('asks with input_required, and brings the mail when it is sent again with the state it was given', async () => {
    const { url, requestState } = await firstRound();
    await world.approve(url);
    const again = await post(call({ inputResponses: accepted, requestState }, canShowLinks), callHeaders);
    expect(again.result).toMatchObject({
      resultType: 'complete',
      structuredContent: { messages: [expect.anything()] },
    });
  });

  it('brings nothing to somebody else who sends that state', async () => {
    const { url, requestState } = await firstRound();
    await world.approve(url);
    const theirs = await post(call({ inputResponses: accepted, requestState }, canShowLinks), callHeaders, 'user_43');
    const { authorizationRequired } = (theirs.result?.structuredContent ?? {}) as {
      authorizationRequired?: { url: string };
    };
    expect(authorizationRequired?.url).toMatch(/^https:\/\/postern\.test\/connect\//);
    expect(authorizationRequired?.url).not.toBe(url);
  });
});
