// A check asks Google now: the answer is the truth about the account, written down at once, or says that there was none.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alex, createWorld, type World } from '../support/world.ts';

let world: World;
let serviceKey: string;
beforeEach(async () => {
  world = await createWorld();
  serviceKey = await world.serviceKey({ unverifiedLinks: true });
  await world.connect('user_42');
  world.sandbox.clearRequests();
});
afterEach(() => world.close());

const minute = 60_000;
const gmailScope = 'https://www.googleapis.com/auth/gmail.readonly';
const request = async (method: string, path: string) => {
  const response = await world.http(`/api/v1/accounts/${path}`, { method, key: serviceKey });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const check = (identifier = 'user_42') => request('POST', `${identifier}/check`);
const show = async (identifier = 'user_42') => (await request('GET', identifier)).body;
const tokenRequests = () => world.sandbox.requests.filter(({ path }) => path === '/token').length;

describe('A check', () => {
  it('of an account that works says so, and when it was asked', async () => {
    await world.clock.advance(minute);
    const { status, body } = await check();
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'ACTIVE',
      identifier: 'user_42',
      reason: null,
      checked_at: new Date(world.clock.now()).toISOString(),
    });
    expect(await show()).toEqual(body);
    expect((await world.postern.accounts.find({ realm: 'default', identifier: 'user_42' }))?.state.status).toBe(
      'ACTIVE',
    );
    expect(tokenRequests()).toBe(1);
  });

  it('finds out that the password was changed although the access token is fresh, and writes it down', async () => {
    world.sandbox.changePassword(alex);
    expect(await show()).toMatchObject({ reason: null });
    const { status, body } = await check();
    expect([status, body.reason]).toEqual([200, 'revoked_or_password_changed']);
    expect(body.message).toContain('the password was changed');
    expect(await show()).toEqual(body);
  });

  it('that Google does not answer changes nothing, and says that nothing was found out', async () => {
    const before = await show();
    world.sandbox.fault({ path: '/token' }, { status: 503 });
    const { status, body } = await check();
    expect([status, body.error]).toEqual([503, 'google_unavailable']);
    expect(body.message).toContain('could not be checked; what Google did not answer stays as it was');
    expect(await show()).toEqual(before);
    world.sandbox.clearFaults();
    expect((await check()).status).toBe(200);
  });

  it('under a swapped secret is the operator’s to mend, and changes nothing', async () => {
    const before = await show();
    world.sandbox.rotateClientSecret();
    const { status, body } = await check();
    expect([status, body.error, body.who]).toEqual([500, 'client_invalid', 'the operator']);
    expect(body.message).toContain('could not be checked');
    expect(await show()).toEqual(before);
  });

  it('of an account that Google refused for a while brings it back without its person', async () => {
    world.sandbox.fault({ path: '/token' }, { status: 400, body: { error: 'invalid_grant' } });
    expect((await check()).body.reason).toBe('revoked_or_password_changed');
    expect((await check()).body.reason).toBe('revoked_or_password_changed');
    world.sandbox.clearFaults();
    expect((await check()).body.reason).toBe(null);
    const answer = await world.call('gmail_fetch_mails', { max_results: 1 }, { key: serviceKey, as: 'user_42' });
    expect(answer.structured.messages).toBeDefined();
  });

  it('of an account that is not connected asks nobody', async () => {
    await world.postern.accounts.ensure({ realm: 'default', identifier: 'user_43' });
    const { status, body } = await check('user_43');
    expect([status, body.reason, body.checked_at]).toEqual([200, 'never_connected', null]);
    expect(tokenRequests()).toBe(0);
  });

  it('of an account that does not exist, or is another realm’s, is 404', async () => {
    expect((await check('nobody')).status).toBe(404);
    await world.connect('user_44', { realm: 'other' });
    expect((await check('user_44')).status).toBe(404);
  });

  it('takes no fields', async () => {
    const response = await world.http('/api/v1/accounts/user_42/check', {
      method: 'POST',
      key: serviceKey,
      body: '{"force":true}',
    });
    expect(response.status).toBe(400);
  });

  it('asks each API for what was granted, and for no more', async () => {
    await check();
    const asked = world.sandbox.requests.map(({ path }) => path).filter((path) => path !== '/token');
    expect(asked.sort()).toEqual([
      '/gmail/v1/users/me/profile',
      '/v1/people/me/connections',
      '/v1/people:searchDirectoryPeople',
    ]);
  });

  it('finds out by capability what Google refuses, since when and why, and what works again', async () => {
    world.sandbox.disableGmail(alex);
    const since = new Date(world.clock.now()).toISOString();
    const { status, body } = await check();
    expect([status, body.status]).toEqual([200, 'ACTIVE']);
    expect(body.capabilities).toMatchObject({
      mail: { status: 'refused', reason: 'no_mailbox', since },
      contacts: { status: 'ready' },
    });
    await world.clock.advance(minute);
    expect((await check()).body.capabilities).toMatchObject({ mail: { status: 'refused', since } });
    world.sandbox.enableGmail(alex);
    expect((await check()).body.capabilities).toMatchObject({ mail: { status: 'ready' } });
  });

  it.each([
    ['a permission that was taken back', () => world.sandbox.removeScope(alex, gmailScope), 'not_granted'],
    ['an API that is not enabled', () => world.sandbox.disableApi('gmail.googleapis.com'), 'refused'],
  ])('finds out about %s', async (_, happen, mail) => {
    happen();
    const { body } = await check();
    expect([body.status, body.capabilities]).toMatchObject([
      'ACTIVE',
      { mail: { status: mail }, contacts: { status: 'ready' } },
    ]);
    expect(await show()).toEqual(body);
  });

  it('writes down what one API refuses where another one does not answer, and says that not all was found out', async () => {
    world.sandbox.disableApi('people.googleapis.com');
    world.sandbox.fault({ path: /^\/gmail\// }, { status: 503 });
    const answer = check();
    for (let n = 0; n < 40; n++) await world.clock.advance(1000);
    const { status, body } = await answer;
    expect([status, body.error]).toEqual([503, 'google_unavailable']);
    const { capabilities } = await show();
    expect(capabilities).toMatchObject({
      mail: { status: 'ready' },
      contacts: { status: 'refused', reason: 'api_not_enabled' },
    });
  });

  it('does not count as use of the account', async () => {
    await check();
    expect((await show()).last_used_at).toBe(null);
  });

  it('of many at the same moment asks Google once', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => check()));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(tokenRequests()).toBe(1);
  });
});
