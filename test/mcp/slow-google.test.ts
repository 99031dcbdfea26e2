// A Google that takes its time, for clients of both eras over a socket and over a pipe: they see progress meanwhile, and
// a call that is cancelled ends its request to Google.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWorld, type World } from '../support/world.ts';
import { type Connected, type Era, overPipe, overSocket } from './transport-clients.ts';

const fetchMails = { name: 'gmail_fetch_mails', arguments: { max_results: 1 } };
const listOfMails = /^\/gmail\/v1\/users\/me\/messages$/;
/** Long enough for a busy machine; what is waited for comes at once. */
const patient = { timeout: 10_000 };

let world: World;
let atGoogle: PromiseWithResolvers<Request>;
let toGoogle: Request[];
beforeEach(async () => {
  toGoogle = [];
  atGoogle = Promise.withResolvers<Request>();
  world = await createWorld({
    fetch: (input, init) => {
      const request = new Request(input, init);
      toGoogle.push(request);
      if (listOfMails.test(new URL(request.url).pathname)) atGoogle.resolve(request);
      return world.sandbox.fetch(request);
    },
  });
  await world.connect('user_42');
});
afterEach(() => world.close());

type Connect = (world: World, era: Era, identifier: string) => Promise<Connected>;
const ways: [string, Connect, Era][] = [
  ['A client of the newer protocol over HTTP', overSocket, 'modern'],
  ['A client of the older protocol over HTTP', overSocket, 'legacy'],
  ['A client of the newer protocol over stdio', overPipe, 'modern'],
  ['A client of the older protocol over stdio', overPipe, 'legacy'],
];

describe.each(ways)('%s', (_, connect, era) => {
  it('sees progress every five seconds while Google works, and then the mail', async () => {
    world.sandbox.fault({ path: listOfMails, times: 1 }, { kind: 'delay', milliseconds: 12_000 });
    const { client } = await connect(world, era, 'user_42');
    const seen: number[] = [];
    const answer = client.callTool(fetchMails, { onprogress: ({ progress }) => void seen.push(progress) });
    await atGoogle.promise;
    for (const [milliseconds, progress] of [
      [0, [0]],
      [5_000, [0, 1 / 2]],
      [5_000, [0, 1 / 2, 2 / 3]],
    ] as const) {
      await world.clock.advance(milliseconds);
      await expect.poll(() => seen, patient).toEqual(progress);
    }
    await world.clock.advance(2_000);
    expect((await answer).structuredContent).toMatchObject({ messages: [expect.anything()] });
  });

  it('that goes away ends the request to Google, and none follows', async () => {
    world.sandbox.fault({ path: listOfMails }, { kind: 'hang' });
    const { client, leave } = await connect(world, era, 'user_42');
    const answer = client.callTool(fetchMails).catch(() => 'gone');
    const { signal } = await atGoogle.promise;
    const before = toGoogle.length;
    expect(signal.aborted).toBe(false);
    await leave();
    await expect.poll(() => signal.aborted, patient).toBe(true);
    expect(await answer).toBe('gone');
    expect(toGoogle).toHaveLength(before);
  });
});

// The older protocol over HTTP is missing here: its notifications/cancelled is a POST of its own, which without a session
// reaches another server than the call. There the call ends with the connection, or by its own deadline.
describe.each(ways.filter(([, connect, era]) => connect !== overSocket || era !== 'legacy'))(
  '%s',
  (_, connect, era) => {
    it('that cancels one call ends its request to Google, and calls on', async () => {
      world.sandbox.fault({ path: listOfMails, times: 1 }, { kind: 'hang' });
      const { client } = await connect(world, era, 'user_42');
      const cancelled = new AbortController();
      const answer = client.callTool(fetchMails, { signal: cancelled.signal }).catch(() => 'cancelled');
      const { signal } = await atGoogle.promise;
      const before = toGoogle.length;
      cancelled.abort();
      await expect.poll(() => signal.aborted, patient).toBe(true);
      expect(await answer).toBe('cancelled');
      expect(toGoogle).toHaveLength(before);
      const next = await client.callTool(fetchMails);
      expect(next.structuredContent).toMatchObject({ messages: [expect.anything()] });
    });
  },
);
