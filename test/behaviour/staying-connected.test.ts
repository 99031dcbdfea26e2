// Access tokens are renewed before anyone notices, once at a time, and passing troubles change nothing.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ok } from '../../src/model/result.ts';
import { handClock } from '../support/hand-clock.ts';
import { createWorld, newSandbox, type World } from '../support/world.ts';

let world: World;
let who: { key: string; as: string };
beforeEach(async () => {
  world = await createWorld();
  await world.connect('user_42');
  who = { key: await world.serviceKey(), as: 'user_42' };
  world.sandbox.clearRequests();
});
afterEach(() => world.close());

const minutes = 60_000;
const tokenRequests = () => world.sandbox.requests.filter(({ path }) => path === '/token');
const state = async () => (await world.postern.accounts.find({ realm: 'default', identifier: 'user_42' }))?.state;
const fetchOne = () => world.call('gmail_fetch_mails', { max_results: 1 }, who);

describe('An access token', () => {
  it('serves until five minutes before it expires', async () => {
    await world.clock.advance(54 * minutes);
    expect((await fetchOne()).structured.messages).toHaveLength(1);
    expect(tokenRequests()).toHaveLength(0);
  });

  it('is renewed within the last five minutes, only once for all who ask, and none of them waits for it', async () => {
    await world.clock.advance(56 * minutes);
    world.sandbox.fault({ path: '/token', times: 1 }, { kind: 'delay', milliseconds: 1000 });
    const answers = await Promise.all(Array.from({ length: 12 }, fetchOne));
    for (const answer of answers) expect(answer.structured.messages).toHaveLength(1);
    await expect.poll(tokenRequests).toHaveLength(1);
    await world.clock.advance(1000);
    await expect.poll(() => world.logged.join()).toContain('token_refreshed');
    await world.clock.advance(50 * minutes);
    await fetchOne();
    expect(tokenRequests()).toHaveLength(1);
  });

  it('is renewed with the grant that the call has read: it is read and unsealed once', async () => {
    const { accounts, storage } = world.postern;
    await world.clock.advance(61 * minutes);
    const reads = vi.spyOn(storage.accounts, 'readGrant');
    const token = await accounts.freshToken({ realm: 'default', identifier: 'user_42' }, ['mail'])();
    expect(token.ok).toBe(true);
    expect(tokenRequests()).toHaveLength(1);
    expect(reads).toHaveBeenCalledOnce();
  });

  it('is renewed before the call within its last minute', async () => {
    await world.clock.advance(59 * minutes);
    expect((await fetchOne()).structured.messages).toHaveLength(1);
    expect(tokenRequests()).toHaveLength(1);
  });

  it('that Gmail rejects is replaced for that one request, without running the tool again', async () => {
    world.sandbox.fault({ path: /\/messages\/[^/]+$/, times: 1 }, unauthorized);
    const answer = await world.call('gmail_fetch_mails', { max_results: 5 }, who);
    expect(answer.structured.messages).toHaveLength(5);
    expect(tokenRequests()).toHaveLength(1);
    const lists = world.sandbox.requests.filter(({ path }) => path.endsWith('/messages'));
    expect(lists).toHaveLength(1);
  });

  it('rejected twice means that Google has trouble, not that the person left', async () => {
    world.sandbox.fault({ path: /\/messages$/ }, unauthorized);
    const answer = await fetchOne();
    expect(answer.isError).toBe(true);
    expect(answer.text).toContain('Google did not answer properly');
    expect(await state()).toEqual({ status: 'ACTIVE' });
  });
});

const unauthorized = {
  status: 401,
  body: {
    error: { code: 401, status: 'UNAUTHENTICATED', errors: [{ reason: 'authError' }], message: 'Invalid Credentials' },
  },
};

describe('Trouble at the token endpoint', () => {
  it.each([
    ['503', { status: 503 } as const],
    ['429', { status: 429 } as const],
    ['an HTML page', { kind: 'html' } as const],
    ['half an answer', { kind: 'half' } as const],
    ['a cut connection', { kind: 'reset' } as const],
  ])('(%s) costs one request per call and changes nothing', async (_, fault) => {
    await world.clock.advance(120 * minutes);
    world.sandbox.fault({ path: '/token' }, fault);
    const answer = await fetchOne();
    expect(answer.isError).toBe(true);
    expect(tokenRequests()).toHaveLength(1);
    expect(await state()).toEqual({ status: 'ACTIVE' });
    world.sandbox.clearFaults();
    expect((await fetchOne()).structured.messages).toHaveLength(1);
  });

  it('during an early renewal lets the old token serve on', async () => {
    world.sandbox.fault({ path: '/token' }, { status: 503 });
    for (const more of [57 * minutes, 2.5 * minutes]) {
      await world.clock.advance(more);
      expect((await fetchOne()).structured.messages).toHaveLength(1);
    }
    expect(await state()).toEqual({ status: 'ACTIVE' });
  });

  it('caused by the operator’s client is the operator’s to mend, and the account stays', async () => {
    await world.clock.advance(120 * minutes);
    world.sandbox.rotateClientSecret();
    const answer = await fetchOne();
    expect(answer.text).toContain('GOOGLE_CLIENT_SECRET');
    expect(await state()).toEqual({ status: 'ACTIVE' });
  });
});

describe('A grant', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'postern-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const key = Buffer.alloc(32, 7).toString('base64');

  it('is never sent to another token endpoint or under another client than it was made with', async () => {
    const clock = handClock();
    const sandbox = newSandbox(clock);
    const shared = { clock, sandbox, encryptionKey: key, databasePath: join(folder, 'a.db') };
    const first = await createWorld(shared);
    await first.connect('user_42');
    const service = { key: await first.serviceKey(), as: 'user_42' };
    await first.close();
    const others: Record<string, string>[] = [
      { GOOGLE_TOKEN_ENDPOINT: 'https://elsewhere.test/token' },
      { GOOGLE_CLIENT_ID: 'another-client' },
    ];
    for (const env of others) {
      const elsewhere: string[] = [];
      const second = await createWorld({
        ...shared,
        env,
        fetch: async (input, init) => {
          elsewhere.push(new Request(input, init).url);
          return new Response('{}', { status: 500 });
        },
      });
      await clock.advance(120 * minutes);
      const answer = await second.call('gmail_fetch_mails', {}, service);
      expect(answer.text).toContain('another OAuth client or token endpoint');
      expect((await second.postern.accounts.disconnect({ realm: 'default', identifier: 'nobody' })).ok).toBe(false);
      expect(elsewhere).toEqual([]);
      await second.close();
    }
  });

  it('newer than a late failure is not overwritten by it', async () => {
    const clock = handClock();
    const sandbox = newSandbox(clock);
    const shared = { clock, sandbox, encryptionKey: key, databasePath: join(folder, 'b.db') };
    // Two desktop clients share one file. The first one's refresh hangs at Google while the person reconnects in the second.
    let release: ((answer: Response) => void) | undefined;
    const slow: typeof fetch = (input, init) => {
      const request = new Request(input, init);
      if (new URL(request.url).pathname !== '/token') return sandbox.fetch(request);
      return new Promise((resolve) => {
        release = resolve;
      });
    };
    const [second, first] = [await createWorld(shared), await createWorld({ ...shared, fetch: slow })];
    await second.connect('user_42');
    const service = { key: await first.serviceKey(), as: 'user_42' };
    await clock.advance(120 * minutes);
    const late = first.call('gmail_fetch_mails', { max_results: 1 }, service);
    await expect.poll(() => release).toBeDefined();
    await second.connect('user_42');
    release?.(Response.json({ error: 'invalid_grant' }, { status: 400 }));
    expect((await late).structured.messages).toHaveLength(1);
    expect((await second.postern.accounts.find({ realm: 'default', identifier: 'user_42' }))?.state.status).toBe(
      'ACTIVE',
    );
    await Promise.all([first.close(), second.close()]);
  });

  it('that was renewed by another process is used as it is, without a second request', async () => {
    const clock = handClock();
    const sandbox = newSandbox(clock);
    const shared = { clock, sandbox, encryptionKey: key, databasePath: join(folder, 'c.db') };
    const [one, two] = [await createWorld(shared), await createWorld(shared)];
    await one.connect('user_42');
    const service = { key: await one.serviceKey(), as: 'user_42' };
    await clock.advance(120 * minutes);
    sandbox.clearRequests();
    for (const process of [one, two])
      expect((await process.call('gmail_fetch_mails', { max_results: 1 }, service)).structured.messages).toHaveLength(
        1,
      );
    expect(sandbox.requests.filter(({ path }) => path === '/token')).toHaveLength(1);
    await Promise.all([one.close(), two.close()]);
  });
});

it('A caller that gives up does not stop the renewal that others wait for', async () => {
  await world.clock.advance(120 * minutes);
  const { accounts } = world.postern;
  const key = { realm: 'default', identifier: 'user_42' };
  const google = (signal: AbortSignal) =>
    world.postern.google.forCaller({
      key,
      freshToken: accounts.freshToken(key, ['mail']),
      record: (answered) => accounts.recordAnswer(key, answered),
      signal,
    });
  const nothing = async () => ok({});
  const impatient = new AbortController();
  const given = google(impatient.signal).gmail.searchMessages(
    { maxResults: 1, includeSpamTrash: false },
    'minimal',
    nothing,
  );
  const patient = google(new AbortController().signal).gmail.searchMessages(
    { maxResults: 1, includeSpamTrash: false },
    'minimal',
    nothing,
  );
  impatient.abort();
  expect((await given).ok).toBe(false);
  const answer = await patient;
  expect(answer.ok && answer.value.items).toHaveLength(1);
  expect(tokenRequests()).toHaveLength(1);
});
