// A product's own endpoints by /api/v1/webhooks: of its key's realm alone, the secret shown once.
import { describe, expect, it } from 'vitest';
import { aWorld, type World } from '../support.ts';

const base = 'https://postern.example.com/api/v1/webhooks';

const api =
  ({ app }: World, key: string) =>
  async (method: string, path = '', body?: unknown) => {
    const response = await app.request(base + path, {
      method,
      headers: { authorization: `Bearer ${key}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? {} : JSON.parse(text), text };
  };

const url = 'https://app.example.com/hooks/postern';

describe('An endpoint of a product', () => {
  it('is added with a secret that no other answer shows, and removed', async () => {
    const world = await aWorld();
    const call = api(world, await world.key({ realm: 'shop' }));
    const added = await call('POST', '', { url, events: ['account.ended', 'account.connected', 'account.ended'] });
    expect(added.status).toBe(201);
    expect(added.body).toMatchObject({ realm: 'shop', url, status: 'enabled', waiting: 0, dead: 0 });
    expect(added.body.events).toEqual(['account.connected', 'account.ended']);
    expect(added.body.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const { id, secret, ...shown } = added.body;
    expect((await call('GET')).body).toEqual({ webhooks: [{ id, ...shown }] });
    expect((await call('GET', `/${id}`)).body).toEqual({ id, ...shown });
    const rotated = await call('POST', `/${id}/rotate-secret`);
    expect(rotated.body.secret).not.toBe(secret);
    expect((await call('GET', `/${id}`)).body.former_secret_until).toBe(rotated.body.former_secret_until);
    expect((await call('DELETE', `/${id}`)).status).toBe(204);
    expect((await call('GET', `/${id}`)).status).toBe(404);
  });

  it('is nobody’s but its realm’s, and for service keys alone', async () => {
    const world = await aWorld();
    const mine = api(world, await world.key({ realm: 'shop' }));
    const { id } = (await mine('POST', '', { url })).body;
    const other = api(world, await world.key({ realm: 'bank' }));
    expect((await other('GET')).body).toEqual({ webhooks: [] });
    for (const [method, path] of [
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/test'],
      ['POST', '/rotate-secret'],
      ['GET', '/dead'],
      ['POST', '/redeliver'],
    ] as const)
      expect((await other(method, `/${id}${path}`)).status, path).toBe(404);
    const person = api(world, await world.key({ kind: 'user', realm: 'shop', identifier: 'user_42' }));
    expect(await person('GET')).toMatchObject({ status: 403, body: { error: 'service_key_required' } });
    expect((await mine('GET', `/${id}`)).status).toBe(200);
  });

  it.each([
    [{}, 'url must be a URL'],
    [{ url: 'not a url' }, 'absolute URL'],
    [{ url: 'http://app.example.com/' }, 'https://'],
    [{ url: 'https://127.0.0.1/' }, 'private network'],
    [{ url: 'https://[::ffff:10.0.0.1]/' }, 'private network'],
    [{ url: 'https://169.254.169.254/latest' }, 'private network'],
    [{ url: 'https://a.localhost/' }, 'private network'],
    [{ url: 'https://user:pass@app.example.com/' }, 'password'],
    [{ url: `https://app.example.com/${'x'.repeat(2048)}` }, '2048'],
    [{ url, events: ['acount.ended'] }, 'Did you mean "account.ended"?'],
    [{ url, events: [] }, 'must not be empty'],
    [{ url, event: ['account.ended'] }, 'Did you mean "events"?'],
    [{ url, allow_private: true }, 'Unknown field "allow_private"'],
  ])('is not added for %j', async (body, said) => {
    const world = await aWorld();
    const call = api(world, await world.key());
    const refused = await call('POST', '', body);
    expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_input', who: 'the caller' } });
    expect(refused.body.message + refused.body.next).toContain(said);
    expect((await call('GET')).body.webhooks).toEqual([]);
  });

  it('is one of ten at most', async () => {
    const world = await aWorld();
    const call = api(world, await world.key());
    const statuses = await Promise.all(
      Array.from({ length: 12 }, async () => (await call('POST', '', { url })).status),
    );
    expect(statuses.filter((status) => status === 201)).toHaveLength(10);
    expect((await call('POST', '', { url })).body).toMatchObject({ error: 'too_many_webhooks' });
  });

  it('is tested at once; says what it did not take, and gets it again on demand', async () => {
    const tried: { url: string; body: unknown }[] = [];
    const world = await aWorld({
      outside: async (to, init) => {
        tried.push({ url: String(to), body: JSON.parse(String(init?.body)) });
        return new Response(null, { status: 418 });
      },
    });
    const call = api(world, await world.key());
    const { id } = (await call('POST', '', { url })).body;
    expect((await call('POST', `/${id}/test`)).body).toEqual({
      delivered: false,
      http_status: 418,
      reason: 'http_418',
      enabled_again: false,
    });
    expect(tried).toMatchObject([{ url, body: { type: 'webhook.test', realm: 'default', account: null } }]);
    await world.accounts.ensure({ realm: 'default', identifier: 'user_42' }, {});
    await world.storage.webhookEndpoints.disable(id, 'gone', world.clock.now());
    const dead = (await call('GET', `/${id}/dead`)).body;
    expect(dead).toMatchObject({
      dead: 1,
      events: [{ type: 'account.created', identifier: 'user_42', last_error: 'gone' }],
    });
    expect(await call('POST', `/${id}/redeliver`)).toMatchObject({ status: 409, body: { error: 'webhook_disabled' } });
    await world.storage.webhookEndpoints.enable(id);
    expect((await call('POST', `/${id}/redeliver`, { event_id: 'evt_other' })).status).toBe(404);
    const [{ event_id }] = dead.events;
    expect((await call('POST', `/${id}/redeliver`, { event_id })).body).toEqual({ redelivered: 1 });
    expect((await call('GET', `/${id}`)).body).toMatchObject({ waiting: 1, dead: 0 });
  });
});
