// Faults, latency, the concurrency limit and the record of requests.
import { describe, expect, it } from 'vitest';
import { ConnectionReset } from '../src/sandbox.ts';
import { googleWorld, redirectUri } from './google-world.ts';

const list = '/gmail/v1/users/me/messages';

describe('a fault on demand', () => {
  it('answers with the given status, body and headers, as often as asked', async () => {
    const world = googleWorld();
    const { access_token } = await world.connect();
    world.sandbox.fault({ path: list, times: 2 }, { status: 429, headers: { 'retry-after': '7' } });
    const first = await world.get(list, access_token);
    expect(first.status).toBe(429);
    expect(first.headers.get('retry-after')).toBe('7');
    expect(await first.json()).toMatchObject({
      error: { status: 'RESOURCE_EXHAUSTED', errors: [{ reason: 'rateLimitExceeded' }] },
    });
    expect((await world.get(list, access_token)).status).toBe(429);
    expect((await world.get(list, access_token)).status).toBe(200);
  });

  it('hits only the path and method it names', async () => {
    const world = googleWorld();
    const { access_token, refresh_token } = await world.connect();
    world.sandbox.fault({ path: /^\/gmail\//, method: 'GET' }, { status: 500 });
    expect((await world.get(list, access_token)).status).toBe(500);
    expect((await world.get('/v1/people/me/connections?personFields=names', access_token)).status).toBe(200);
    expect((await world.refresh(refresh_token)).status).toBe(200);
    world.sandbox.clearFaults();
    expect((await world.get(list, access_token)).status).toBe(200);
  });

  it('can be a body of one’s own, also at the token endpoint', async () => {
    const world = googleWorld();
    const { refresh_token } = await world.connect();
    world.sandbox.fault({ path: '/token', times: 1 }, { status: 400, body: { error: 'invalid_grant' } });
    expect(await (await world.refresh(refresh_token)).json()).toEqual({ error: 'invalid_grant' });
    world.sandbox.fault({ path: '/token', times: 1 }, { status: 503 });
    expect((await world.refresh(refresh_token)).status).toBe(503);
    expect((await world.refresh(refresh_token)).status).toBe(200);
  });

  it('can be a page of HTML, a cut connection, half an answer', async () => {
    const world = googleWorld();
    const { access_token } = await world.connect();
    world.sandbox.fault({ times: 1 }, { kind: 'html' });
    const html = await world.get(list, access_token);
    expect([html.status, html.headers.get('content-type')]).toEqual([502, expect.stringContaining('text/html')]);
    world.sandbox.fault({ times: 1 }, { kind: 'reset' });
    await expect(world.get(list, access_token)).rejects.toBeInstanceOf(ConnectionReset);
    world.sandbox.fault({ times: 1 }, { kind: 'half' });
    const half = await world.get(list, access_token);
    expect(half.status).toBe(200);
    await expect(half.text()).rejects.toThrow();
  });

  it('can be no answer, until the client gives up', async () => {
    const world = googleWorld();
    const { access_token } = await world.connect();
    world.sandbox.fault({ times: 1 }, { kind: 'hang' });
    const controller = new AbortController();
    const call = world.get(list, access_token, { signal: controller.signal });
    controller.abort(new Error('had enough'));
    await expect(call).rejects.toThrow('had enough');
  });

  it('can be a delay by the test’s own clock', async () => {
    const world = googleWorld();
    const { access_token } = await world.connect();
    world.sandbox.setLatency(50);
    world.sandbox.fault({ times: 1 }, { kind: 'delay', milliseconds: 100 });
    let answered = false;
    const call = world.get(list, access_token).then((response) => {
      answered = true;
      return response.status;
    });
    await world.clock.advance(149);
    expect(answered).toBe(false);
    await world.clock.advance(1);
    expect(await call).toBe(200);
  });
});

describe('many requests at once', () => {
  it('are counted per account, and refused above the limit', async () => {
    const world = googleWorld();
    const { access_token } = await world.connect();
    world.sandbox.clearRequests();
    world.sandbox.setConcurrencyLimit(3);
    world.sandbox.setLatency(10);
    const calls = Array.from({ length: 5 }, () => world.get(list, access_token));
    await world.clock.advance(10);
    const answers = await Promise.all(calls);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 429, 429]);
    const refused = answers.find(({ status }) => status === 429);
    expect(await refused?.json()).toMatchObject({
      error: { message: 'Too many concurrent requests for user', errors: [{ reason: 'rateLimitExceeded' }] },
    });
    // Three being answered and, each for a moment, one that was refused.
    expect(world.sandbox.maxInFlight('alex@example.com')).toBe(4);
  });

  it('are counted down when they end, also by a cut connection', async () => {
    const world = googleWorld();
    const { access_token } = await world.connect();
    world.sandbox.clearRequests();
    world.sandbox.setConcurrencyLimit(1);
    world.sandbox.fault({ times: 1 }, { kind: 'reset' });
    await world.get(list, access_token).catch(() => undefined);
    expect((await world.get(list, access_token)).status).toBe(200);
    expect(world.sandbox.maxInFlight('alex@example.com')).toBe(1);
  });
});

describe('the record of requests', () => {
  it('names grant type, form fields, account and error, and never a secret', async () => {
    const lines: string[] = [];
    const world = googleWorld({ log: (line) => lines.push(line) });
    const code = await world.code();
    const wrong = await world.exchange(code, { redirect_uri: `${redirectUri}2` });
    expect(wrong.status).toBe(400);
    const tokens = (await (await world.exchange(code)).json()) as { access_token: string; refresh_token: string };
    await world.get(`${list}?q=is:unread&labelIds=A&labelIds=B`, tokens.access_token);
    await world.post(`/revoke?token=${encodeURIComponent(tokens.refresh_token)}`, {});
    const [failed, exchanged, listed, revoked] = world.sandbox.requests.slice(-4);
    expect(failed).toMatchObject({ path: '/token', status: 400, errorReturned: 'redirect_uri_mismatch' });
    expect(exchanged).toMatchObject({
      method: 'POST',
      status: 200,
      at: world.clock.now(),
      grantType: 'authorization_code',
      account: 'alex@example.com',
    });
    expect(exchanged?.formKeys).toContain('code_verifier');
    expect(listed?.query.getAll('labelIds')).toEqual(['A', 'B']);
    expect(listed).toMatchObject({ path: list, account: 'alex@example.com' });
    expect(revoked?.query.get('token')).toBe('[secret]');
    const everything = JSON.stringify([world.sandbox.requests, lines]) + revoked?.query.toString();
    for (const secret of [code, tokens.access_token, tokens.refresh_token, world.sandbox.clientSecret])
      expect(everything).not.toContain(secret);
    expect(lines).toContain('POST /token 200');
  });

  it('keeps a request that was never answered', async () => {
    const world = googleWorld();
    world.sandbox.fault({}, { kind: 'reset' });
    await world.refresh('1//x').catch(() => undefined);
    expect(world.sandbox.requests).toMatchObject([{ path: '/token', status: 0, grantType: 'refresh_token' }]);
  });
});
