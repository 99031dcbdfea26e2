// What one network address may ask for before anybody knows who is asking. The clock is turned by hand.
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listen } from '../../../src/http/serve.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import { createAddressLimit, limitsInMemory, type Rate } from '../../../src/lib/rate-limit.ts';
import { handClock } from '../../support/hand-clock.ts';
import { aWorld, type World } from '../support.ts';

const second = 1000;
const minute = 60 * second;
const origin = 'https://postern.example.com';

const from = (remoteAddress: string) => ({ incoming: { socket: { remoteAddress } } });
const attacker = '198.51.100.66';
const somebody = '203.0.113.7';

/** A well-formed key that nobody made; another one for every number. */
const guess = (number: number) => `pst_user_${String(number).padStart(16, '0')}_${'A'.repeat(43)}`;

/** One request with this credential from this address. */
const knock = (world: World, address: string, credential: string | undefined, path = '/mcp') => {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'postern-identifier': 'ada',
    ...(credential === undefined ? {} : { authorization: `Bearer ${credential}` }),
  };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  const init = path === '/mcp' ? { method: 'POST', headers, body } : { headers };
  return world.app.request(origin + path, init, from(address));
};

/** Reads the answer to its end, as a client does. */
const statusOf = async (response: Response | Promise<Response>): Promise<number> => {
  const answer = await response;
  await answer.text();
  return answer.status;
};

/** Sixty bad keys: as many as one address has in a minute. */
const useUp = async (world: World, address: string, path?: string) => {
  for (let number = 0; number < 60; number++)
    expect(await statusOf(knock(world, address, guess(number), path))).toBe(401);
};

describe('1. Refused credentials', () => {
  it('limits refused credentials to 60 per minute per address, and says in Retry-After when to try again', async () => {
    const world = await aWorld();
    await useUp(world, attacker);
    const refused = await knock(world, attacker, guess(60));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    expect(refused.headers.get('cache-control')).toBe('no-store');
    expect(await refused.json()).toEqual({
      error: 'too_many_failures',
      message: 'Too many requests with a credential that is not valid came from this network address within a minute.',
      who: 'the caller',
      next: 'Try again in 1 seconds.',
    });
    await world.clock.advance(second);
    expect(await statusOf(knock(world, attacker, guess(61)))).toBe(401);
    expect(await statusOf(knock(world, attacker, guess(62)))).toBe(429);
    await world.clock.advance(minute);
    await useUp(world, attacker);
  });

  it('does not ask the store for credentials of an address beyond its limit', async () => {
    let lookups = 0;
    const world = await aWorld();
    const { find } = world.storage.apiKeys;
    Object.assign(world.storage.apiKeys, {
      find: (id: string) => {
        lookups += 1;
        return find(id);
      },
    });
    await useUp(world, attacker);
    const before = lookups;
    for (let number = 0; number < 10; number++) await knock(world, attacker, guess(number));
    expect([before, lookups]).toEqual([60, 60]);
  });

  it('counts refused credentials of /mcp and of the API together', async () => {
    const world = await aWorld();
    await useUp(world, attacker, '/api/v1/accounts/ada');
    expect(await statusOf(knock(world, attacker, guess(1)))).toBe(429);
  });

  it('counts each IPv4 address by itself, and all addresses of an IPv6 /64 as one', async () => {
    const world = await aWorld();
    await useUp(world, '2001:db8:1:2::1');
    expect(await statusOf(knock(world, '2001:db8:1:2:ffff::9', guess(1)))).toBe(429);
    expect(await statusOf(knock(world, '2001:db8:1:3::1', guess(1)))).toBe(401);
    expect(await statusOf(knock(world, somebody, guess(1)))).toBe(401);
  });

  it('counts refusals that arrive concurrently, and lets none wait longer than a minute', async () => {
    const world = await aWorld();
    const many = await Promise.all(
      Array.from({ length: 200 }, (_, number) => statusOf(knock(world, attacker, guess(number)))),
    );
    expect(new Set(many)).toEqual(new Set([401]));
    expect((await knock(world, attacker, guess(1))).headers.get('retry-after')).toBe('61');
  });

  it('takes the address from forwarding headers of a trusted proxy only', async () => {
    const world = await aWorld({ trustedProxies: ['10.0.0.1'] });
    const ask = (peer: string, client: string, number: number) =>
      world.app.request(
        `${origin}/mcp`,
        { method: 'POST', headers: { authorization: `Bearer ${guess(number)}`, 'x-forwarded-for': client } },
        from(peer),
      );
    for (let number = 0; number < 60; number++) await ask('10.0.0.1', attacker, number);
    expect(await statusOf(ask('10.0.0.1', attacker, 60))).toBe(429);
    expect(await statusOf(ask('10.0.0.1', somebody, 60))).toBe(401);
    for (let number = 0; number < 60; number++) await ask('198.51.100.1', `192.0.2.${number}`, number);
    expect(await statusOf(ask('198.51.100.1', somebody, 60))).toBe(429);
  });
});

describe('2. Over a socket', () => {
  it('recognises a trusted proxy by the address of its socket', async () => {
    const world = await aWorld({ trustedProxies: ['127.0.0.1'] });
    const listening = await listen(world.app, { host: '127.0.0.1', port: 0 }, world.clock);
    if (listening.kind !== 'listening') throw new Error(listening.message);
    onTestFinished(() => listening.close(0));
    const ask = (client: string, number: number) =>
      statusOf(
        fetch(`http://127.0.0.1:${listening.port}/mcp`, {
          method: 'POST',
          headers: { authorization: `Bearer ${guess(number)}`, 'x-forwarded-for': client },
        }),
      );
    for (let number = 0; number < 60; number++) expect(await ask(attacker, number)).toBe(401);
    expect(await ask(attacker, 60)).toBe(429);
    expect(await ask(somebody, 60)).toBe(401);
  });
});

describe('3. Other clients of an address with many refused credentials', () => {
  it('accepts a key that was accepted before', async () => {
    const world = await aWorld();
    const key = await world.key();
    expect(await statusOf(knock(world, somebody, key))).toBe(200);
    await useUp(world, attacker);
    for (let time = 0; time < 100; time++) expect(await statusOf(knock(world, attacker, key))).toBe(200);
    expect(await statusOf(knock(world, attacker, guess(0)))).toBe(429);
  });

  it('accepts it also after another client sent one good key with many spacings', async () => {
    const rememberedCredentials = 100;
    const world = await aWorld({ rememberedCredentials });
    const [key, other] = [await world.key(), await world.key()];
    await world.accounts.ensure({ realm: 'default', identifier: 'ada' });
    expect(await statusOf(knock(world, somebody, key))).toBe(200);
    for (let spaces = 1; spaces <= rememberedCredentials + 1; spaces++) {
      const headers = { authorization: `Bearer${' '.repeat(spaces)}${other}` };
      await world.app.request(`${origin}/api/v1/accounts/ada`, { headers }, from(attacker));
    }
    await useUp(world, attacker);
    expect(await statusOf(knock(world, attacker, key))).toBe(200);
  });

  it('makes a good key that was never seen wait one second at most, and does not count it', async () => {
    const world = await aWorld();
    await useUp(world, attacker);
    const keys = await Promise.all(Array.from({ length: 5 }, () => world.key()));
    for (const key of keys) expect(await statusOf(knock(world, attacker, key))).toBe(429);
    await world.clock.advance(second);
    for (const key of keys) expect(await statusOf(knock(world, attacker, key))).toBe(200);
    expect(await statusOf(knock(world, attacker, guess(1)))).toBe(401);
  });

  it('answers a credential that was accepted before and has been revoked with 401, and does not count it once', async () => {
    const world = await aWorld();
    const service = await world.key();
    const headers = { authorization: `Bearer ${service}`, 'content-type': 'application/json' };
    await world.accounts.ensure({ realm: 'default', identifier: 'ada' });
    const minted: string[] = [];
    for (let number = 0; number < 70; number++) {
      const init = { method: 'POST', headers, body: '{"expires_in":300}' };
      const answer = await world.app.request(`${origin}/api/v1/accounts/ada/sessions`, init, from(somebody));
      minted.push(((await answer.json()) as { token: string }).token);
    }
    for (const token of minted) expect(await statusOf(knock(world, somebody, token))).toBe(200);
    await world.clock.advance(10 * minute);
    for (const token of minted) expect(await statusOf(knock(world, somebody, token))).toBe(401);
    for (const token of minted.slice(0, 60)) expect(await statusOf(knock(world, somebody, token))).toBe(401);
    expect(await statusOf(knock(world, somebody, minted[0]))).toBe(429);
  });

  it('answers a request without a credential with a challenge', async () => {
    const world = await aWorld();
    for (let time = 0; time < 100; time++) expect(await statusOf(knock(world, attacker, undefined))).toBe(401);
    await useUp(world, attacker);
    expect(await statusOf(knock(world, attacker, undefined))).toBe(401);
  });

  it('does not count requests that were refused for another reason than the credential', async () => {
    const world = await aWorld();
    const key = await world.key({ kind: 'user', identifier: 'ben' });
    for (let time = 0; time < 100; time++) expect(await statusOf(knock(world, attacker, key))).toBe(403);
    expect(await statusOf(knock(world, attacker, guess(1)))).toBe(401);
  });
});

describe('4. Download URLs', () => {
  const open = (world: World, address: string, token: string) =>
    world.app.request(`${origin}/downloads/${token}`, { method: 'HEAD' }, from(address));

  it('limits unknown download URLs to 60 per minute per address, apart from credentials', async () => {
    const world = await aWorld();
    await useUp(world, attacker);
    for (let number = 0; number < 60; number++) expect(await statusOf(open(world, attacker, `x${number}`))).toBe(404);
    const refused = await open(world, attacker, 'x60');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    expect(await statusOf(open(world, somebody, 'x60'))).toBe(404);
    await world.clock.advance(second);
    expect(await statusOf(open(world, attacker, 'x61'))).toBe(404);
  });
});

describe('5. Pages', () => {
  it('limits pages to 300 per minute per address, and answers one more with a page that says to wait', async () => {
    const world = await aWorld();
    const url = await world.link('ada');
    const view = (address: string) => world.app.request(url, {}, from(address));
    for (let time = 0; time < 300; time++) expect(await statusOf(view(somebody))).toBe(200);
    const refused = await view(somebody);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    expect(refused.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await refused.text()).toContain('<h1>Too many pages at once</h1>');
    expect(await statusOf(world.app.request(`${origin}/oauth/callback?state=x`, {}, from(somebody)))).toBe(429);
    expect(await statusOf(view(attacker))).toBe(200);
    await world.clock.advance(second);
    expect(await statusOf(view(somebody))).toBe(200);
  });

  it('does not count pages as calls', async () => {
    const world = await aWorld();
    const key = await world.key();
    for (let time = 0; time < 130; time++) await world.app.request(`${origin}/connect/x`, {}, from(somebody));
    expect(await statusOf(knock(world, somebody, key))).toBe(200);
  });
});

describe('6. The token bucket', () => {
  const limitBy = (clock: Pick<Clock, 'now'>, rate: Rate) =>
    createAddressLimit(limitsInMemory({ sleep: async () => {}, ...clock }), 'test', rate);

  it('never allows more than one full bucket and what was added since', async () => {
    const steps = fc.array(fc.record({ wait: fc.nat({ max: 5_000 }), tries: fc.nat({ max: 8 }) }), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 20 }), async (walk, perMinute) => {
        let now = 0;
        const limit = limitBy({ now: () => now }, { times: perMinute, perMs: minute });
        let taken = 0;
        for (const { wait, tries } of walk) {
          now += wait;
          for (let time = 0; time < tries; time++) if ((await limit.take(somebody)) === 0) taken += 1;
          expect(taken).toBeLessThanOrEqual(perMinute + (now * perMinute) / minute);
        }
      }),
    );
  });

  it('allows one more after exactly the time that it returns', async () => {
    let now = 0;
    const limit = limitBy({ now: () => now }, { times: 2, perMs: 60_000 });
    expect(await Promise.all([limit.take(somebody), limit.take(somebody), limit.take(somebody)])).toEqual([0, 0, 30]);
    now += 30 * second - 1;
    expect(await limit.wait(somebody)).toBe(1);
    now += 1;
    expect(await Promise.all([limit.wait(somebody), limit.take(somebody), limit.take(somebody)])).toEqual([0, 0, 30]);
  });

  it('keeps at most 10,000 buckets, and drops the one that was used least recently', async () => {
    const limit = limitBy(handClock(), { times: 1, perMs: 60_000 });
    expect(await Promise.all([limit.take('192.0.2.1'), limit.take('192.0.2.2')])).toEqual([0, 0]);
    for (let number = 0; number < 9_999; number++) {
      await limit.count(`10.0.${number >> 8}.${number & 255}`);
      if (number % 1000 === 0) expect(await limit.wait('192.0.2.2')).toBe(60);
    }
    expect(await limit.wait('192.0.2.2')).toBe(60);
    expect(await limit.wait('192.0.2.1')).toBe(0);
  });
});
