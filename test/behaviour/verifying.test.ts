// Links whose completion the product confirms (`verify_url`): whoever completes a link, only the person it was made for
// is connected, because the product says so from its own session.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alex, createWorld, sam, type World } from '../support/world.ts';

let world: World;
let product: string;
beforeEach(async () => {
  world = await createWorld();
  product = await world.serviceKey({ verifyUrl: 'https://app.example.com/postern/verify?from=mail' });
});
afterEach(() => world.close());

const minute = 60_000;
const find = (identifier = 'user_42') => world.postern.accounts.find({ realm: 'default', identifier });
const call = (as = 'user_42', key = product) => world.call('gmail_fetch_mails', { max_results: 1 }, { key, as });

const request = async (method: string, path: string, body?: unknown, key = product, as?: string) => {
  const answer = await world.http(`/api/v1${path}`, {
    method,
    key,
    ...(as === undefined ? {} : { as }),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? {} : JSON.parse(text), text };
};
const confirm = (id: string, identifier = 'user_42', key = product) =>
  request('POST', `/auth-requests/${id}/confirm`, { identifier }, key);
const look = (id: string, key = product) => request('GET', `/auth-requests/${id}`, undefined, key);

const linkFor = async (identifier = 'user_42', body: object = {}, key = product): Promise<string> => {
  await request('POST', '/accounts', { identifier }, key);
  return (await request('POST', `/accounts/${identifier}/link`, body, key)).body.url;
};
/** Walks a link to the product and gives what the browser brings there. */
const complete = async (url: string, email = alex): Promise<string> => {
  const page = await world.approve(url, { email });
  expect(new URL(page.url).origin).toBe('https://app.example.com');
  return new URL(page.url).searchParams.get('auth_request_id') ?? '';
};
const pending = async (identifier = 'user_42', email = alex) => complete(await linkFor(identifier), email);

describe('A link of a key with a verify_url', () => {
  it('needs no pins, and sends the browser to the product instead of connecting', async () => {
    const { structured } = await call();
    const page = await world.approve((structured.authorizationRequired as { url: string }).url);
    const arrived = new URL(page.url);
    expect(arrived.origin + arrived.pathname).toBe('https://app.example.com/postern/verify');
    expect(arrived.searchParams.get('from')).toBe('mail');
    expect(arrived.searchParams.get('auth_request_id')).toMatch(/^[\w-]{43}$/);
    expect((await find())?.state).toEqual({ status: 'PENDING', reason: 'awaiting_verification' });
    expect((await call()).structured.authorizationRequired).toMatchObject({ reason: 'awaiting_verification' });
  });

  it('connects when the product names the person the link was made for', async () => {
    const id = await pending();
    expect((await look(id)).body).toEqual({
      status: 'waiting',
      google_email: alex,
      created_at: '2026-01-15T12:00:00.000Z',
      expires_at: '2026-01-15T12:10:00.000Z',
    });
    const answer = await confirm(id);
    expect(answer).toMatchObject({
      status: 200,
      body: { status: 'ACTIVE', identifier: 'user_42', google_email: alex },
    });
    expect((await call()).structured.messages).toHaveLength(1);
    expect((await look(id)).body).toMatchObject({ status: 'confirmed', google_email: null });
  });

  it('that was forwarded connects nobody: the product names the person who came back, and the grant is erased', async () => {
    const id = await pending('attacker', sam);
    const refused = await confirm(id, 'victim');
    expect(refused).toMatchObject({ status: 409, body: { error: 'identifier_mismatch' } });
    expect((await find('attacker'))?.state.status).toBe('PENDING');
    expect(await find('victim')).toBeUndefined();
    expect((await confirm(id, 'attacker')).status).toBe(410);
    expect((await call('attacker')).structured.authorizationRequired).toBeDefined();
    expect(world.sandbox.requests.some(({ path }) => path === '/revoke')).toBe(false);
  });

  it('that somebody else completed and passed on shows the mailbox before the person confirms it', async () => {
    const stolen = await linkFor('victim');
    const id = await complete(stolen, sam);
    // The address of verify_url works in the victim's browser too: what tells the two apart is the mailbox.
    expect((await look(id)).body).toMatchObject({ status: 'waiting', google_email: sam });
    expect((await look(id, await world.serviceKey())).status).toBe(404);
  });

  it('of a pinned account connects at once, and only the pinned mailbox', async () => {
    await request('POST', '/accounts', { identifier: 'user_42', expected_email: alex });
    const wrong = await world.approve(await linkFor(), { email: sam });
    expect(wrong.heading).toBe('That is another mailbox');
    const right = await world.approve(await linkFor(), { email: alex });
    expect(right.heading).toBe('Gmail is connected');
    expect((await find())?.state.status).toBe('ACTIVE');
  });

  it('ends the person’s other links when it is confirmed, not before', async () => {
    const [one, two, other] = [await linkFor(), await linkFor(), await linkFor()];
    const [first, second] = [await complete(one), await complete(two)];
    expect((await world.browser().open(other)).status).toBe(200);
    expect((await confirm(first)).status).toBe(200);
    expect((await world.browser().open(other)).status).toBe(410);
    const next = expect.stringContaining('Look at the account first, GET /api/v1/accounts/{identifier}');
    for (const over of [first, second])
      expect(await confirm(over)).toMatchObject({ status: 410, body: { error: 'auth_request_over', next } });
  });

  it('cannot be completed after its key was revoked', async () => {
    const url = await linkFor();
    await world.postern.storage.apiKeys.revoke(product.split('_')[2] ?? '', world.clock.now());
    const page = await world.approve(url);
    expect(page.heading).toBe('This link cannot be finished');
    expect((await find())?.state.status).toBe('PENDING');
  });
});

describe('A present grant', () => {
  it('serves on while the new one waits, and after a mismatch', async () => {
    await world.connect('user_42');
    const present = (await find())?.grantVersion;
    const id = await pending();
    expect((await find())?.state.status).toBe('ACTIVE');
    expect((await call()).structured.messages).toHaveLength(1);
    expect((await confirm(id, 'user_43')).status).toBe(409);
    expect((await call()).structured.messages).toHaveLength(1);
    expect((await find())?.grantVersion).toBe(present);
  });

  it('is replaced by the confirmed one, which needs no second consent at Google', async () => {
    await world.connect('user_42');
    const present = (await find())?.grantVersion ?? 0;
    world.sandbox.clearRequests();
    expect((await confirm(await pending())).status).toBe(200);
    expect((await find())?.grantVersion).toBe(present + 1);
    await world.clock.advance(120 * minute);
    expect((await call()).structured.messages).toHaveLength(1);
    const asked = world.sandbox.requests.filter(({ path, method }) => path.endsWith('/auth') && method === 'GET');
    expect(asked).toHaveLength(1);
  });

  it('of another mailbox is kept unless the link was made to replace it, at the callback and at the confirmation', async () => {
    await world.connect('user_42');
    // Google would sign in as Alex without asking, had he not removed the app.
    world.sandbox.revokeAccess(alex);
    const page = await world.approve(await linkFor(), { email: sam });
    expect(page.heading).toBe('That is another mailbox');
    const late = await pending('user_43', sam);
    await world.connect('user_43', { email: alex });
    expect(await confirm(late, 'user_43')).toMatchObject({ status: 409, body: { error: 'account_changed' } });
    expect((await find('user_43'))?.google?.email).toBe(alex);
    expect((await confirm(await complete(await linkFor('user_42', { replace: true }), sam))).status).toBe(200);
    expect((await find())?.google?.email).toBe(sam);
  });

  it('that was pinned meanwhile is not replaced by what does not fit', async () => {
    const id = await pending('user_42', sam);
    await request('PATCH', '/accounts/user_42', { expected_email: alex });
    expect(await confirm(id)).toMatchObject({ status: 409, body: { error: 'account_changed' } });
    expect((await find())?.state.status).toBe('PENDING');
  });
});

describe('An auth_request_id', () => {
  it('works once, also when it is confirmed twenty times at once', async () => {
    const id = await pending();
    const before = (await find())?.grantVersion ?? 0;
    const answers = await Promise.all(Array.from({ length: 20 }, () => confirm(id)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 410)).toHaveLength(19);
    expect((await find())?.grantVersion).toBe(before + 1);
  });

  it('is either confirmed or refused when both come at once', async () => {
    const id = await pending();
    const [right, wrong] = await Promise.all([confirm(id), confirm(id, 'user_43')]);
    expect([right.status, wrong.status].sort()).toEqual(right.status === 200 ? [200, 410] : [409, 410]);
    expect((await find())?.state.status).toBe(right.status === 200 ? 'ACTIVE' : 'PENDING');
  });

  it('runs out after ten minutes, and its tokens are erased', async () => {
    const id = await pending();
    await world.clock.advance(10 * minute);
    const next = expect.stringContaining('Make a new link');
    expect(await confirm(id)).toMatchObject({ status: 410, body: { error: 'auth_request_over', next } });
    expect((await look(id)).body).toMatchObject({ status: 'expired' });
    // Erased at once, without a sweep: they are not there any more when the clock is put back either.
    await world.clock.advance(-10 * minute);
    expect((await look(id)).body).toMatchObject({ status: 'expired' });
    expect((await confirm(id)).status).toBe(410);
  });

  it('is unknown to every key but the one that made the link, in the same realm too', async () => {
    const id = await pending();
    const others = [
      await world.serviceKey({ verifyUrl: 'https://app.example.com/postern/verify' }),
      await world.serviceKey(),
      await world.serviceKey({ realm: 'another' }),
    ];
    for (const key of others) {
      expect((await look(id, key)).status).toBe(404);
      expect((await confirm(id, 'user_42', key)).status).toBe(404);
    }
    expect((await look('A'.repeat(43))).status).toBe(404);
    expect((await look('..')).status).toBe(404);
    expect((await confirm(id)).status).toBe(200);
  });

  it('is not for user keys, nor for a request about somebody else', async () => {
    const id = await pending();
    expect((await confirm(id, 'user_42', await world.userKey('user_42'))).status).toBe(403);
    expect(
      (await request('POST', `/auth-requests/${id}/confirm`, { identifier: 'user_42' }, product, 'b')).status,
    ).toBe(403);
    expect((await request('POST', `/auth-requests/${id}/confirm`, { name: 'user_42' })).status).toBe(400);
    expect((await confirm(id)).status).toBe(200);
  });

  it('ends when the person is disconnected or deleted meanwhile', async () => {
    const one = await pending();
    await request('POST', '/accounts/user_42/disconnect');
    expect((await confirm(one)).status).toBe(410);
    const two = await pending();
    await request('DELETE', '/accounts/user_42');
    expect((await confirm(two)).status).toBe(404);
    expect(await find()).toBeUndefined();
  });

  it('is in no log line', async () => {
    const id = await pending();
    await confirm(id);
    expect(world.logged.join('\n')).not.toContain(id);
  });
});

describe('A pending grant', () => {
  it('keeps a disconnect elsewhere from ending it: Google is not told while it waits', async () => {
    await world.connect('user_43');
    const id = await pending('user_42');
    const ended = await request('POST', '/accounts/user_43/disconnect');
    expect(ended.body).toMatchObject({ revoked_at_google: false, not_revoked_because: 'sibling' });
    expect((await confirm(id)).status).toBe(200);
    expect((await call()).structured.messages).toHaveLength(1);
  });

  it('no longer counts once it has run out', async () => {
    await world.connect('user_43');
    await pending('user_42');
    await world.clock.advance(10 * minute);
    expect((await request('POST', '/accounts/user_43/disconnect')).body).toMatchObject({ revoked_at_google: true });
  });
});
