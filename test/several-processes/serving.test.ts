// No sticky sessions: what begins at one process goes on at another, whatever it is.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { fillSampleMailbox } from '@postern/gmail-sandbox/sample-mailbox';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createWebhooks } from '../../src/webhooks/endpoints.ts';
import { aReceiver } from '../webhooks/support.ts';
import { alex, listenProxied, type Proxied } from './behind-a-proxy.ts';

const fetchMails = { name: 'gmail_fetch_mails', arguments: { max_results: 1 } };
const listOfMails = /^\/gmail\/v1\/users\/me\/messages$/;

const mailWithFile = [
  'From: kim@example.org',
  'Subject: With a file',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary="b"',
  '',
  '--b',
  'Content-Type: text/plain',
  '',
  'Hello',
  '--b',
  'Content-Type: application/zip',
  'Content-Disposition: attachment; filename="a.zip"',
  'Content-Transfer-Encoding: base64',
  '',
  Buffer.from('the bytes of a file').toString('base64'),
  '--b--',
  '',
].join('\r\n');

let world: Proxied;
let key: string;
let toGoogle: Request[];
let messageId: string;

beforeAll(async () => {
  const watched: typeof fetch = (input, init) => {
    const request = new Request(input, init);
    toGoogle.push(request);
    return fetch(request);
  };
  toGoogle = [];
  world = await listenProxied({ fetch: watched, env: { POSTERN_SCALEKIT_API: '1' } });
  const { mailbox } = world.google.sandbox.account(alex);
  fillSampleMailbox(mailbox);
  messageId = mailbox.importMessage(Buffer.from(mailWithFile));
  key = await world.newKey();
  await world.connect(key, 'user_42');
});
afterAll(() => world?.close());
beforeEach(() => {
  toGoogle = [];
  world.google.sandbox.clearFaults();
});

const connectClient = async (
  mode: 'auto' | 'legacy',
  identifier: string,
  prepare: (client: Client) => void = () => {},
): Promise<{ readonly client: Client; readonly transport: StreamableHTTPClientTransport }> => {
  const client = new Client(
    { name: 'a test', version: '1.0.0' },
    { versionNegotiation: { mode }, capabilities: { elicitation: { url: {} } } },
  );
  prepare(client);
  const headers = { authorization: `Bearer ${key}`, 'postern-identifier': identifier };
  const transport = new StreamableHTTPClientTransport(new URL(`${world.origin}/mcp`), { requestInit: { headers } });
  await client.connect(transport);
  return { client, transport };
};

describe.each([
  ['A client of the newer protocol', 'auto'],
  ['A client of the older protocol', 'legacy'],
] as const)('%s', (_, mode) => {
  it('is served by every process, with nothing remembered of it by one', async () => {
    const { client, transport } = await connectClient(mode, 'user_42');
    expect(transport.sessionId).toBeUndefined();
    const processes = await world.answeredBy(async () => {
      for (let times = 0; times < 3; times++) {
        expect((await client.listTools()).tools.length).toBeGreaterThan(1);
        expect((await client.callTool(fetchMails)).structuredContent).toMatchObject({ messages: [expect.anything()] });
      }
    });
    expect(processes).toBe(3);
    await client.close();
  });

  it('sees progress, and one that goes away ends the request to Google', async () => {
    world.google.sandbox.fault({ path: listOfMails }, { kind: 'hang' });
    const { client } = await connectClient(mode, 'user_42');
    const seen: number[] = [];
    const answer = client
      .callTool(fetchMails, { onprogress: ({ progress }) => void seen.push(progress) })
      .catch(() => 'gone');
    const listing = () => toGoogle.find(({ url }) => listOfMails.test(new URL(url).pathname));
    await expect.poll(listing).toBeDefined();
    await expect.poll(() => seen).toEqual([0]);
    await client.close();
    expect(await answer).toBe('gone');
    await expect.poll(() => listing()?.signal.aborted).toBe(true);
  });
});

describe('A call that waits for a person', () => {
  it('goes on when another process completes their link', async () => {
    let approved: Promise<unknown> | undefined;
    const { client } = await connectClient('auto', 'asked', (made) =>
      made.setRequestHandler('elicitation/create', async ({ params }) => {
        // The client calls again at once, and that call waits.
        approved = world.approve((params as { url: string }).url);
        return { action: 'accept' };
      }),
    );
    const result = await client.callTool(fetchMails);
    expect(result.structuredContent).toMatchObject({ messages: [expect.anything()] });
    await approved;
    await client.close();
  });
});

describe('What one process hands out, another one takes', () => {
  it('a download, once', async () => {
    const input = { message_id: messageId, attachment_id: '1', delivery: 'link' };
    const minted = await world.api('POST', '/accounts/user_42/tools/gmail_get_attachment_by_id', key, input);
    const [url = ''] = /http:[^"]+\/downloads\/[\w-]+/.exec(minted.text) ?? [];
    const [first, second] = [await fetch(url), await fetch(url)];
    expect([first.status, await first.text()]).toEqual([200, 'the bytes of a file']);
    expect(second.status).toBe(404);
  });

  it('a session token, and none after its account is gone', async () => {
    await world.api('POST', '/accounts', key, { identifier: 'short' });
    const token = String((await world.api('POST', '/accounts/short/sessions', key, {})).body.token);
    const look = () => world.api('GET', '/accounts/short', token);
    for (let times = 0; times < 3; times++) expect((await look()).status).toBe(200);
    expect((await world.api('DELETE', '/accounts/short', key)).status).toBeLessThan(300);
    for (let times = 0; times < 3; times++) expect((await look()).status).toBe(401);
  });

  it('the cursor of a list', async () => {
    for (const name of 'abcdefg') await world.api('POST', '/accounts', key, { identifier: `list_${name}` });
    const names: string[] = [];
    let cursor: unknown;
    const processes = await world.answeredBy(async () => {
      do {
        const query = cursor === undefined ? '' : `&cursor=${cursor}`;
        const { status, body } = await world.api('GET', `/accounts?limit=2${query}`, key);
        expect(status).toBe(200);
        names.push(...(body.accounts as { identifier: string }[]).map(({ identifier }) => identifier));
        cursor = body.next_cursor ?? undefined;
      } while (cursor !== undefined);
    });
    expect(names.filter((name) => name.startsWith('list_'))).toEqual([...'abcdefg'].map((name) => `list_${name}`));
    expect(processes).toBe(3);
  });

  it('a service token of the hosted product’s clients, until its key is revoked', async () => {
    const own = await world.newKey();
    const [, , id = ''] = own.split('_');
    const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: own });
    const answer = await fetch(`${world.origin}/oauth/token`, { method: 'POST', body: form });
    const { access_token } = (await answer.json()) as { access_token: string };
    const look = () => world.api('GET', '/connected_accounts', access_token);
    for (let times = 0; times < 3; times++) expect((await look()).status).toBe(200);
    await world.postern.storage.apiKeys.revoke(id, world.postern.clock.now());
    for (let times = 0; times < 3; times++) expect((await look()).status).toBe(401);
  });
});

describe('What was asked for once is done once', () => {
  it('for requests with one Idempotency-Key, whichever processes they come to', async () => {
    await world.api('POST', '/accounts', key, { identifier: 'once' });
    const ask = () => world.api('POST', '/accounts/once/sessions', key, {}, { 'idempotency-key': 'k1' });
    const answers = await Promise.all([ask(), ask(), ask(), ask(), ask(), ask()]);
    for (let times = 0; times < 3; times++) answers.push(await ask());
    const made = answers.filter(({ status }) => status === 201);
    expect(answers.filter(({ status }) => status !== 201 && status !== 409)).toEqual([]);
    expect(new Set(made.map(({ text }) => text)).size).toBe(1);
    expect(made.filter(({ headers }) => headers.get('idempotent-replayed') === null)).toHaveLength(1);
  });

  it('for events: each comes from one process', async () => {
    const receiver = await aReceiver();
    const added = await createWebhooks(world.postern).add({ realm: 'default', url: receiver.url, allowPrivate: true });
    if (added.kind !== 'added') throw new Error(added.kind);
    const people = Array.from({ length: 12 }, (_, number) => `event_${number}`);
    await Promise.all(people.map((identifier) => world.api('POST', '/accounts', key, { identifier })));
    await expect.poll(() => receiver.got.length, { timeout: 15_000 }).toBeGreaterThanOrEqual(people.length);
    await world.api('DELETE', '/accounts/event_0', key);
    await expect.poll(() => receiver.got.map(({ type }) => type), { timeout: 15_000 }).toContain('account.deleted');
    expect(receiver.got.map(({ identifier }) => identifier).toSorted()).toEqual([...people, 'event_0'].toSorted());
  });
});
