import { describe, expect, test, vi } from 'vitest';
import { gmailReadonly } from '../../packages/gmail-sandbox/test/google-world.ts';
import type { FreshToken } from '../../src/model/fresh-token.ts';
import { failed } from '../../src/model/result.ts';
import { aToken, contents, fillMailbox, readingWorld } from './reading-world.ts';

const anyId = '18c0ffee18c0ffee';
const anyPath = /messages/;

describe('trying again', () => {
  test.each([
    ['429', { status: 429 }],
    ['503', { status: 503 }],
    ['a proxy page', { kind: 'html' }],
    ['a cut connection', { kind: 'reset' }],
    ['half an answer', { kind: 'half' }],
    [
      '403 userRateLimitExceeded',
      { status: 403, body: { error: { code: 403, errors: [{ reason: 'userRateLimitExceeded' }] } } },
    ],
  ] as const)('after %s once, the request is sent once more and answered', async (_, fault) => {
    const world = await readingWorld();
    const [id = ''] = fillMailbox(world, 1);
    world.sandbox.fault({ path: anyPath, times: 1 }, fault);
    const message = await world.settled(world.google.gmail.message(id, 'minimal', contents));
    expect(message).toMatchObject({ ok: true, value: { id } });
    expect(world.arrived()).toHaveLength(2);
  });

  test('each try is one request, and there are at most six', async () => {
    const world = await readingWorld();
    world.sandbox.fault({ path: anyPath }, { status: 503 });
    const message = await world.settled(world.google.gmail.message(anyId, 'minimal', contents));
    expect(message).toEqual({ ok: false, problem: { kind: 'google_unavailable' } });
    expect(world.arrived()).toHaveLength(6);
    const waits = world.arrived().map(({ at }, index, all) => at - (all[index - 1]?.at ?? at));
    expect(waits).toEqual([0, 250, 500, 1000, 2000, 4000]);
  });

  test('waits as long as a Retry-After in seconds says', async () => {
    const world = await readingWorld();
    fillMailbox(world, 1);
    world.sandbox.fault({ path: anyPath, times: 1 }, { status: 429, headers: { 'retry-after': '7' } });
    await world.settled(
      world.google.gmail.searchMessages({ includeSpamTrash: false, maxResults: 1 }, 'minimal', contents),
    );
    const [first, second] = world.arrived();
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBe(7000);
  });

  test('waits until the date of a Retry-After', async () => {
    const world = await readingWorld();
    const [id = ''] = fillMailbox(world, 1);
    const moment = new Date(world.clock.now() + 9000).toUTCString();
    world.sandbox.fault({ path: anyPath, times: 1 }, { status: 503, headers: { 'retry-after': moment } });
    await world.settled(world.google.gmail.message(id, 'minimal', contents));
    const [first, second] = world.arrived();
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBe(9000);
  });

  test('a Retry-After beyond the deadline is passed on to the caller at once', async () => {
    const world = await readingWorld();
    world.sandbox.fault({ path: anyPath }, { status: 429, headers: { 'retry-after': '3600' } });
    const message = await world.google.gmail.message(anyId, 'minimal', contents);
    expect(message).toEqual({ ok: false, problem: { kind: 'rate_limited', retryAfterSeconds: 3600 } });
    expect(world.arrived()).toHaveLength(1);
  });

  test('a connection that hangs is given up and tried again inside the deadline', async () => {
    const world = await readingWorld();
    const [id = ''] = fillMailbox(world, 1);
    world.sandbox.fault({ path: anyPath, times: 1 }, { kind: 'hang' });
    expect(await world.settled(world.google.gmail.message(id, 'minimal', contents))).toMatchObject({
      ok: true,
      value: { id },
    });
  });

  test.each([400, 404, 418])('HTTP %i is not tried again', async (status) => {
    const world = await readingWorld();
    world.sandbox.fault({ path: anyPath }, { status });
    await world.settled(world.google.gmail.message(anyId, 'minimal', contents));
    expect(world.arrived()).toHaveLength(1);
  });
});

describe('a token that an API refuses', () => {
  test('another token repeats that one request, not the call', async () => {
    const world = await readingWorld();
    const [id = ''] = fillMailbox(world, 2);
    const { access_token: good } = await world.connect({ scope: gmailReadonly, login_hint: 'alex@example.com' });
    world.sandbox.clearRequests();
    const freshToken = vi.fn<FreshToken>(async (rejected) => aToken(rejected === undefined ? 'expired' : good));
    const message = await world.call({ freshToken }).gmail.message(id, 'minimal', contents);
    expect(message).toMatchObject({ ok: true, value: { id } });
    expect(freshToken.mock.calls).toEqual([[undefined], ['expired']]);
    expect(world.arrived().map(({ status }) => status)).toEqual([401, 200]);
  });

  test("a second 401 is an outage of Google's, not the end of an access", async () => {
    const world = await readingWorld();
    const freshToken: FreshToken = async (rejected) => aToken(`${rejected ?? 'dead'}x`);
    const message = await world.call({ freshToken }).gmail.message(anyId, 'minimal', contents);
    expect(message).toEqual({ ok: false, problem: { kind: 'google_unavailable' } });
    expect(world.arrived()).toHaveLength(2);
  });

  test('where a person is needed the call ends with that, and nothing is sent', async () => {
    const world = await readingWorld();
    const need = { kind: 'authorization_required', reason: 'disconnected' } as const;
    const search = world
      .call({ freshToken: async () => failed(need) })
      .gmail.searchMessages({ includeSpamTrash: false, maxResults: 10 }, 'full', contents);
    expect(await search).toEqual({ ok: false, problem: need });
    expect(world.arrived()).toEqual([]);
  });

  test('an access that ends in the middle of a search ends the search, not one message of it', async () => {
    const world = await readingWorld();
    fillMailbox(world, 5);
    const { access_token: token } = await world.connect({ scope: gmailReadonly, login_hint: 'alex@example.com' });
    const need = { kind: 'authorization_required', reason: 'revoked_or_password_changed' } as const;
    let asked = 0;
    const freshToken: FreshToken = async () => {
      asked += 1;
      return asked <= 3 ? aToken(token) : failed(need);
    };
    const search = world
      .call({ freshToken })
      .gmail.searchMessages({ includeSpamTrash: false, maxResults: 5 }, 'metadata', contents);
    expect(await search).toEqual({ ok: false, problem: need });
  });
});

test('a search that needs a person does not wait for its other requests', async () => {
  const world = await readingWorld();
  const ids = fillMailbox(world, 2);
  world.sandbox.fault({ path: `/gmail/v1/users/me/messages/${ids[0]}` }, { kind: 'hang' });
  const body = { error: { code: 403, errors: [{ reason: 'insufficientPermissions' }] } };
  world.sandbox.fault({ path: `/gmail/v1/users/me/messages/${ids[1]}` }, { status: 403, body });
  const search = world.google.gmail.searchMessages({ includeSpamTrash: false, maxResults: 5 }, 'metadata', contents);
  expect(await search).toMatchObject({ ok: false, problem: { kind: 'authorization_required', missing: ['mail'] } });
});

describe('what an error means', () => {
  const google = (code: number, reason: string, status = 'PERMISSION_DENIED') => ({
    status: code,
    body: { error: { code, message: 'Any words.', status, errors: [{ reason }] } },
  });
  test.each([
    [
      google(403, 'insufficientPermissions'),
      { kind: 'authorization_required', reason: 'scope_missing', missing: ['mail'] },
    ],
    [google(403, 'domainPolicy'), { kind: 'domain_policy' }],
    [google(403, 'accessNotConfigured'), { kind: 'api_not_enabled', api: 'Gmail API' }],
    [
      { status: 403, body: { error: { code: 403, details: [{ reason: 'SERVICE_DISABLED' }] } } },
      { kind: 'api_not_enabled', api: 'Gmail API' },
    ],
    [google(403, 'dailyLimitExceeded'), { kind: 'rate_limited' }],
    [google(403, 'forbidden'), { kind: 'request_refused', status: 403 }],
    [google(400, 'failedPrecondition', 'FAILED_PRECONDITION'), { kind: 'no_mailbox' }],
    [google(400, 'invalidArgument', 'INVALID_ARGUMENT'), { kind: 'not_found', what: 'message' }],
    [google(404, 'notFound', 'NOT_FOUND'), { kind: 'not_found', what: 'message' }],
    [
      { status: 418, body: 'I am no JSON' },
      { kind: 'request_refused', status: 418 },
    ],
  ])('%j', async (fault, problem) => {
    const world = await readingWorld();
    world.sandbox.fault({ path: anyPath }, fault);
    expect(await world.google.gmail.message(anyId, 'minimal', contents)).toEqual({ ok: false, problem });
  });

  test('an account without Gmail, as Google answers for it', async () => {
    const world = await readingWorld();
    world.sandbox.disableGmail('alex@example.com');
    const search = world.google.gmail.searchMessages({ includeSpamTrash: false, maxResults: 5 }, 'minimal', contents);
    expect(await search).toEqual({ ok: false, problem: { kind: 'no_mailbox' } });
  });

  test('a grant without Gmail, as Google answers for it', async () => {
    const world = await readingWorld('openid email');
    const problem = { kind: 'authorization_required', reason: 'scope_missing', missing: ['mail'] };
    expect(await world.google.gmail.message(anyId, 'minimal', contents)).toEqual({ ok: false, problem });
  });

  test('the log names method, status and reasons, and neither id nor token nor words of Google', async () => {
    const world = await readingWorld();
    world.sandbox.fault({ path: anyPath }, google(403, 'forbidden'));
    await world.google.gmail.message(anyId, 'minimal', contents);
    expect(world.logged).toEqual([
      {
        event: 'google_request_failed',
        method: 'users.messages.get',
        status: 403,
        reasons: ['PERMISSION_DENIED', 'forbidden'],
      },
    ]);
  });
});

describe('cancelling', () => {
  test('ends the request that is in flight', async () => {
    const world = await readingWorld();
    world.sandbox.fault({ path: anyPath }, { kind: 'hang' });
    const cancel = new AbortController();
    const message = world.call({ signal: cancel.signal }).gmail.message(anyId, 'minimal', contents);
    await world.clock.advance(100);
    expect(world.arrived()).toHaveLength(1);
    cancel.abort();
    expect(await message).toEqual({ ok: false, problem: { kind: 'cancelled' } });
  });

  test('ends the wait before another try', async () => {
    const world = await readingWorld();
    world.sandbox.fault({ path: anyPath }, { status: 503 });
    const cancel = new AbortController();
    const message = world.call({ signal: cancel.signal }).gmail.message(anyId, 'minimal', contents);
    await world.clock.advance(100);
    cancel.abort();
    expect(await message).toEqual({ ok: false, problem: { kind: 'cancelled' } });
    expect(world.arrived()).toHaveLength(1);
    expect(world.clock.sleeping).toBe(0);
  });

  test('takes waiting requests out of the queue and leaves the slots to others', async () => {
    const world = await readingWorld();
    const ids = fillMailbox(world, 25);
    world.sandbox.setLatency(50);
    const cancel = new AbortController();
    const query = { includeSpamTrash: false, maxResults: 25 };
    const search = world.call({ signal: cancel.signal }).gmail.searchMessages(query, 'minimal', contents);
    await world.clock.advance(60);
    cancel.abort();
    expect(await search).toEqual({ ok: false, problem: { kind: 'cancelled' } });
    expect(world.arrived()).toHaveLength(11);
    const next = world.settled(world.call().gmail.message(ids[0] ?? '', 'minimal', contents));
    expect(await next).toMatchObject({ ok: true });
  });

  test('a call that was cancelled before it began sends nothing', async () => {
    const world = await readingWorld();
    const message = world.call({ signal: AbortSignal.abort() }).gmail.message(anyId, 'minimal', contents);
    expect(await message).toEqual({ ok: false, problem: { kind: 'cancelled' } });
    expect(world.arrived()).toEqual([]);
  });
});
