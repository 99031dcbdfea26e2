// How access ends, and the way back: a reason and a link, never a bare invalid_grant.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alex, createWorld, sam, type World } from '../support/world.ts';

let world: World;
let who: { key: string; as: string };
beforeEach(async () => {
  world = await createWorld();
  await world.connect('user_42');
  who = { key: await world.serviceKey({ unverifiedLinks: true }), as: 'user_42' };
  world.sandbox.clearRequests();
});
afterEach(() => world.close());

const hour = 3_600_000;
const find = (identifier = 'user_42') => world.postern.accounts.find({ realm: 'default', identifier });
const fetchOne = (as = who.as) => world.call('gmail_fetch_mails', { max_results: 1 }, { ...who, as });

describe('Access that Google ended', () => {
  it.each([
    ['a password change', () => world.sandbox.changePassword(alex), 'revoked_or_password_changed', 'password'],
    ['the person removing the app', () => world.sandbox.revokeAccess(alex), 'revoked_or_password_changed', 'removed'],
    ['the Workspace’s session policy', () => world.sandbox.sessionPolicy(alex), 'session_policy', 'sign-in'],
  ])('by %s turns the account REVOKED and the call into a link that says why', async (_, happen, reason, word) => {
    happen();
    await world.clock.advance(2 * hour);
    const answer = await fetchOne();
    expect(answer.isError).toBe(false);
    expect(answer.structured.authorizationRequired).toMatchObject({ reason, account: { status: 'REVOKED' } });
    expect(answer.text).toContain(word);
    expect(answer.text).not.toContain('invalid_grant');
    expect((await find())?.state).toEqual({ status: 'REVOKED', reason });

    const { url } = answer.structured.authorizationRequired as { url: string };
    await world.approve(url);
    expect((await fetchOne()).structured.messages).toHaveLength(1);
  });

  it('is noticed at the next call even while the access token would still be fresh', async () => {
    world.sandbox.changePassword(alex);
    const answer = await fetchOne();
    expect(answer.structured.authorizationRequired).toMatchObject({ reason: 'revoked_or_password_changed' });
  });

  it('leaves no token that can be used, and none in the database a day after', async () => {
    world.sandbox.revokeAccess(alex);
    await fetchOne();
    const key = { realm: 'default', identifier: 'user_42' };
    const { accounts, refreshes, operations } = world.postern.storage;
    expect((await accounts.readGrant(key)).kind).toBe('none');
    expect(await refreshes.readRetained(key)).toBeDefined();
    await operations.sweep(world.clock.now() + 24 * 3_600_000);
    expect(await refreshes.readRetained(key)).toBeUndefined();
  });

  it('does not end for another person of the same server', async () => {
    await world.connect('user_43', { email: sam });
    world.sandbox.changePassword(alex);
    await fetchOne();
    expect((await find('user_43'))?.state.status).toBe('ACTIVE');
    expect((await fetchOne('user_43')).isError).toBe(false);
  });
});

describe('A mailbox that Google closed', () => {
  it('is the Workspace admin’s to open, and the grant stays', async () => {
    world.sandbox.disableGmail(alex);
    const answer = await fetchOne();
    expect(answer.isError).toBe(true);
    expect(answer.text).toContain('their Workspace admin');
    expect((await find())?.state.status).toBe('ACTIVE');
  });
});

describe('Disconnecting', () => {
  const disconnect = (identifier = 'user_42') =>
    world.http(`/api/v1/accounts/${identifier}/disconnect`, { method: 'POST', key: who.key });
  const revocations = () => world.sandbox.requests.filter(({ path }) => path === '/revoke');

  it('revokes at Google, erases the grant and turns the next call into a link', async () => {
    expect(await (await disconnect()).json()).toMatchObject({ revoked_at_google: true });
    expect(revocations()).toHaveLength(1);
    expect(world.sandbox.activeGrants(alex)).toBe(0);
    expect((await find())?.state).toEqual({ status: 'PENDING', reason: 'disconnected' });
    expect((await fetchOne()).structured.authorizationRequired).toMatchObject({ reason: 'disconnected' });
  });

  it('only erases, and says so, while another account here uses the same Google account', async () => {
    await world.connect('user_43');
    expect(await (await disconnect()).json()).toMatchObject({ revoked_at_google: false });
    expect(revocations()).toHaveLength(0);
    expect((await fetchOne('user_43')).structured.messages).toHaveLength(1);
    expect(await (await disconnect('user_43')).json()).toMatchObject({ revoked_at_google: true });
  });

  it('erases even where Google cannot be reached', async () => {
    world.sandbox.fault({ path: '/revoke' }, { status: 503 });
    expect(await (await disconnect()).json()).toMatchObject({ revoked_at_google: false });
    expect((await find())?.state).toEqual({ status: 'PENDING', reason: 'disconnected' });
    expect((await world.postern.storage.accounts.readGrant({ realm: 'default', identifier: 'user_42' })).kind).toBe(
      'none',
    );
  });

  it('ends links that are still open', async () => {
    const link = await world.postern.accounts.link(
      { key: { realm: 'default', identifier: 'user_42' }, credential: 'service_key', linkPolicy: 'unverified' },
      { capabilities: [] },
    );
    await disconnect();
    const page = await world.browser().open(link.ok ? link.value.url : '');
    expect(page.status).toBe(410);
  });

  it('forgets whose mailbox it was, so that another one may be connected', async () => {
    await disconnect();
    expect((await find())?.google).toBeUndefined();
    await world.connect('user_42', { email: sam });
    expect((await find())?.google?.email).toBe(sam);
  });

  it('of a deleted person leaves no row', async () => {
    expect((await world.http('/api/v1/accounts/user_42', { method: 'DELETE', key: who.key })).status).toBeLessThan(300);
    expect(await find()).toBeUndefined();
    expect((await world.http('/api/v1/accounts/user_42', { key: who.key })).status).toBe(404);
  });
});
