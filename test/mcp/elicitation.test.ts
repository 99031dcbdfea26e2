// Clients that can show a link themselves are asked to, once per call; everybody else gets the link in the result.
import type { Client, ClientCapabilities } from '@modelcontextprotocol/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '../../src/model/caller.ts';
import { createWorld, type World } from '../support/world.ts';
import { currentClient, sessionClient } from './clients.ts';

const key = { realm: 'default', identifier: 'user_42' };
const caller: Caller = { key, credential: 'service_key', linkPolicy: 'unverified' };

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.close());

const makeServer = () => world.postern.mcpServer(caller);
const canShowLinks: ClientCapabilities = { elicitation: { url: {} } };

type Person = (url: string) => Promise<'accept' | 'decline' | 'cancel'>;
type Connect = (capabilities: ClientCapabilities, prepare: (client: Client) => void) => Promise<Client>;

const modernHttp: Connect = (capabilities, prepare) => currentClient(makeServer, 'modern', { capabilities }, prepare);
const legacyHttp: Connect = (capabilities, prepare) => currentClient(makeServer, 'legacy', { capabilities }, prepare);
const session: Connect = (capabilities, prepare) => sessionClient(makeServer, { capabilities }, prepare);

/** Connects a client whose person acts as told; remembers what they were shown. */
const connectWith = async (connect: Connect, capabilities: ClientCapabilities, person: Person) => {
  const shown: { url: string; message: string }[] = [];
  const client = await connect(capabilities, (made) => {
    if (capabilities.elicitation === undefined) return;
    made.setRequestHandler('elicitation/create', async ({ params }) => {
      const { url, message } = params as { url: string; message: string };
      shown.push({ url, message });
      return { action: await person(url) };
    });
  });
  return { client, shown };
};

const linkIn = (result: { structuredContent?: unknown }): string | undefined =>
  (result.structuredContent as { authorizationRequired?: { url: string } }).authorizationRequired?.url;

const fetchMails = { name: 'gmail_fetch_mails', arguments: { max_results: 1 } };

describe.each([
  ['A client of the newer protocol over HTTP', modernHttp],
  ['A client of the older protocol in a session', session],
])('%s that can show links', (_, connect) => {
  it('shows one, and the same call brings the mail once the person approved', async () => {
    const approve: Person = async (url) => {
      await world.approve(url);
      return 'accept';
    };
    const { client, shown } = await connectWith(connect, canShowLinks, approve);
    const result = await client.callTool(fetchMails);
    expect(result.structuredContent).toMatchObject({ messages: [expect.anything()] });
    expect(shown).toEqual([
      { url: expect.stringMatching(/^https:\/\/postern\.test\/connect\//), message: 'Gmail is not connected yet.' },
    ]);
  });

  it('waits for a person who opened the link and approves while the call is under way', async () => {
    const opened = Promise.withResolvers<string>();
    const { client, shown } = await connectWith(connect, canShowLinks, async (url) => {
      opened.resolve(url);
      return 'accept';
    });
    const answer = client.callTool(fetchMails);
    const url = await opened.promise;
    await world.clock.advance(10_000);
    await world.approve(url);
    await world.clock.advance(1_000);
    expect((await answer).structuredContent).toMatchObject({ messages: [expect.anything()] });
    expect(shown).toHaveLength(1);
  });

  it('gets the same link as a normal result when the person opened it and did not finish within 45 seconds', async () => {
    const opened = Promise.withResolvers<void>();
    const { client, shown } = await connectWith(connect, canShowLinks, async () => {
      opened.resolve();
      return 'accept';
    });
    const answer = client.callTool(fetchMails);
    await opened.promise;
    while (world.clock.sleeping === 0) await world.clock.advance(0);
    await world.clock.advance(46_000);
    expect(linkIn(await answer)).toBe(shown[0]?.url);
    expect(shown).toHaveLength(1);
  });

  it.each(['decline', 'cancel'] as const)('gets the same link as a normal result after a %s', async (action) => {
    const { client, shown } = await connectWith(connect, canShowLinks, async () => action);
    expect(linkIn(await client.callTool(fetchMails))).toBe(shown[0]?.url);
    expect(shown).toHaveLength(1);
  });
});

describe('The link comes in the result, and nobody is interrupted,', () => {
  const nobody: Person = async () => {
    throw new Error('must not be asked');
  };

  it.each([
    ['where a client can show forms only', modernHttp, { elicitation: {} }],
    ['where a client in a session can show forms only', session, { elicitation: { form: {} } }],
    ['where a client cannot ask its person anything', modernHttp, {}],
    ['where the older protocol over stateless HTTP does not tell what a client can', legacyHttp, canShowLinks],
  ] as [string, Connect, ClientCapabilities][])('%s', async (_, connect, capabilities) => {
    const { client, shown } = await connectWith(connect, capabilities, nobody);
    expect(linkIn(await client.callTool(fetchMails))).toMatch(/^https:\/\/postern\.test\/connect\//);
    expect(shown).toEqual([]);
  });
});
