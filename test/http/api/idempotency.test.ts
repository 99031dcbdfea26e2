// Idempotency-Key: a request whose answer was lost is sent again, done once, and answered the same.
import { beforeEach, describe, expect, it } from 'vitest';
import { aWorld, type World } from '../support.ts';

const hour = 60 * 60_000;
let world: World;
let key: string;
beforeEach(async () => {
  world = await aWorld();
  key = await world.key({ unverifiedLinks: true });
});

const post = async (path: string, body: unknown, idempotencyKey?: string, credential = key) => {
  const response = await world.app.request(`https://postern.example.com/api/v1${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${credential}`,
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
    },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const replayed = response.headers.get('idempotent-replayed');
  return { status: response.status, text: await response.text(), headers: response.headers, replayed };
};

describe('A request with an Idempotency-Key', () => {
  it('is done once; sent again it gets the same status and body, and a header says so', async () => {
    const first = await post('/accounts', { identifier: 'user_42' }, 'k1');
    const second = await post('/accounts', { identifier: 'user_42' }, 'k1');
    expect([first.status, first.replayed]).toEqual([201, null]);
    expect([second.status, second.text, second.replayed]).toEqual([201, first.text, 'true']);
    expect(second.headers.get('content-type')).toBe(first.headers.get('content-type'));
    expect(second.headers.get('cache-control')).toBe('no-store');
    expect((await post('/accounts', { identifier: 'user_42' })).status).toBe(200);
  });

  it('makes one session token and one link, however often it comes', async () => {
    await post('/accounts', { identifier: 'user_42' });
    for (const path of ['/accounts/user_42/sessions', '/accounts/user_42/link']) {
      const first = await post(path, {}, 'k1');
      expect((await post(path, {}, 'k1')).text).toBe(first.text);
      expect((await post(path, {}, 'k2')).text).not.toBe(first.text);
    }
  });

  it('of twenty at the same time is done once', async () => {
    await post('/accounts', { identifier: 'user_42' });
    const all = await Promise.all(Array.from({ length: 20 }, () => post('/accounts/user_42/sessions', {}, 'k1')));
    const made = all.filter(({ status }) => status === 201);
    expect(new Set(made.map(({ text }) => text)).size).toBe(1);
    expect(all.filter(({ replayed, status }) => status === 201 && replayed === null)).toHaveLength(1);
    const rows = await world.storage.operations.refusedRows();
    expect(rows).toEqual([]);
  });

  it('with another body is refused, and nothing is made', async () => {
    await post('/accounts', { identifier: 'user_42' }, 'k1');
    const other = await post('/accounts', { identifier: 'user_43' }, 'k1');
    expect([other.status, JSON.parse(other.text)]).toEqual([
      422,
      {
        error: 'idempotency_key_reused',
        message: expect.any(String),
        who: 'the caller',
        next: expect.stringContaining('new key'),
      },
    ]);
    expect(await world.accounts.find({ realm: 'default', identifier: 'user_43' })).toBeUndefined();
  });

  it('means another request under another path or API key', async () => {
    await post('/accounts', { identifier: 'user_42' });
    await post('/accounts', { identifier: 'user_43' });
    const tokens = [
      await post('/accounts/user_42/sessions', {}, 'k1'),
      await post('/accounts/user_43/sessions', {}, 'k1'),
      await post('/accounts/user_42/sessions', {}, 'k1', await world.key()),
    ];
    expect(tokens.map(({ status, replayed }) => [status, replayed])).toEqual(Array(3).fill([201, null]));
    expect(new Set(tokens.map(({ text }) => text)).size).toBe(3);
  });

  it.each(['user%5F42', 'user%5f42', '%75ser_42'])(
    'is the same request where %s stands in its path: what counts is whom the route reads',
    async (encoded) => {
      await post('/accounts', { identifier: 'user_42' });
      const first = await post('/accounts/user_42/sessions', {}, 'k1');
      const again = await post(`/accounts/${encoded}/sessions`, {}, 'k1');
      expect([again.status, again.text, again.replayed]).toEqual([201, first.text, 'true']);
    },
  );

  it('means another request for a person whose name holds what parts a path', async () => {
    for (const identifier of ['a', 'a/sessions', 'a%2Fsessions']) await post('/accounts', { identifier });
    const tokens = [
      await post('/accounts/a/sessions', {}, 'k1'),
      await post('/accounts/a%2Fsessions/sessions', {}, 'k1'),
      await post('/accounts/a%252Fsessions/sessions', {}, 'k1'),
    ];
    expect(tokens.map(({ status, replayed }) => [status, replayed])).toEqual(Array(3).fill([201, null]));
  });

  it('that names nobody is refused as it would be without', async () => {
    expect((await post('/accounts/%FF/sessions', {}, 'k1')).status).toBe(400);
  });

  it('that failed by its own fault gets the same answer, and one that was too much may come again', async () => {
    const wrong = await post('/accounts', { identifer: 'a' }, 'k1');
    expect(await post('/accounts', { identifer: 'a' }, 'k1')).toMatchObject({ status: 400, text: wrong.text });
    world = await aWorld({
      keyRates: {
        ...{ requests: { times: 100, perMs: 60_000 }, accounts: { times: 1, perMs: 60_000 } },
        ...{ links: { times: 1, perMs: 60_000 }, sessions: { times: 1, perMs: 60_000 } },
        ...{ confirmations: { times: 1, perMs: 60_000 }, endings: { times: 1, perMs: 60_000 } },
        ...{ checks: { times: 1, perMs: 60_000 }, webhooks: { times: 1, perMs: 60_000 } },
      },
    });
    key = await world.key();
    await post('/accounts', { identifier: 'a' });
    expect((await post('/accounts', { identifier: 'b' }, 'k1')).status).toBe(429);
    await world.clock.advance(60_000);
    expect(await post('/accounts', { identifier: 'b' }, 'k1')).toMatchObject({ status: 201, replayed: null });
  });

  it('that is still under way elsewhere is told to wait; once its process is gone, another does it', async () => {
    const begin = world.storage.idempotencyKeys.begin;
    // Another process, which is killed before it answers.
    world.storage.idempotencyKeys.begin = async (request) => {
      world.storage.idempotencyKeys.begin = begin;
      await begin(request);
      return begin(request);
    };
    const waiting = await post('/accounts', { identifier: 'user_42' }, 'k1');
    expect([waiting.status, JSON.parse(waiting.text).error]).toEqual([409, 'idempotency_in_progress']);
    expect(Number(waiting.headers.get('retry-after'))).toBeGreaterThan(0);
    await world.clock.advance(180_000);
    expect((await post('/accounts', { identifier: 'user_42' }, 'k1')).status).toBe(201);
  });

  it('is forgotten after a day', async () => {
    await post('/accounts', { identifier: 'user_42' }, 'k1');
    await world.clock.advance(24 * hour - 1);
    expect((await post('/accounts', { identifier: 'user_42' }, 'k1')).status).toBe(201);
    await world.clock.advance(1);
    expect(await post('/accounts', { identifier: 'user_42' }, 'k1')).toMatchObject({ status: 200, replayed: null });
  });

  it('about an account that was deleted since is done anew', async () => {
    await post('/accounts', { identifier: 'user_42' }, 'k1');
    await world.accounts.remove({ realm: 'default', identifier: 'user_42' });
    expect(await post('/accounts', { identifier: 'user_42' }, 'k1')).toMatchObject({ status: 201, replayed: null });
  });

  it.each(['accounts', '%61ccounts', 'account%73'])(
    'is forgotten with its account, with %s in its path',
    async (accounts) => {
      await post('/accounts', { identifier: 'user_42' });
      const former = await post(`/${accounts}/user_42/sessions`, {}, 'k1');
      expect(former.status).toBe(201);
      await world.accounts.remove({ realm: 'default', identifier: 'user_42' });
      await post('/accounts', { identifier: 'user_42' });
      const anew = await post(`/${accounts}/user_42/sessions`, {}, 'k1');
      expect([anew.status, anew.replayed]).toEqual([201, null]);
      expect(anew.text).not.toBe(former.text);
    },
  );

  it.each(['tools', 'to%6Fls', '%74ools'])(
    'is not kept where it calls a tool, with %s in its path: mail is never stored',
    async (tools) => {
      await post('/accounts', { identifier: 'user_42' });
      for (const id of ['k1', 'k1']) {
        const answer = await post(`/accounts/user_42/${tools}/whoami`, {}, id);
        expect(answer).toMatchObject({ status: 200, text: expect.stringContaining('default/user_42'), replayed: null });
      }
    },
  );

  it.each(['', 'a b', 'x'.repeat(256)])('is refused with the key %j', async (wrong) => {
    expect((await post('/accounts', { identifier: 'user_42' }, wrong)).status).toBe(400);
  });
});
