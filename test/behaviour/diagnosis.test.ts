// Every reason for which access ends, played from Google's side to the words the person reads: no more than is known,
// who can mend it and how.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectAtOnce } from '../support/connect-at-once.ts';
import { alex, createWorld, type World } from '../support/world.ts';

let world: World;
let serviceKey: string;
beforeEach(async () => {
  world = await createWorld();
  serviceKey = await world.serviceKey({ unverifiedLinks: true });
});
afterEach(() => world.close());

const hour = 3_600_000;
const day = 24 * hour;
const kim = 'kim@corp.example';
const find = (identifier = 'user_42') => world.postern.accounts.find({ realm: 'default', identifier });
const fetchOne = (as = 'user_42') => world.call('gmail_fetch_mails', { max_results: 1 }, { key: serviceKey, as });

/** What the next call says about the end of access. */
const toldAt = async (identifier = 'user_42') => {
  const answer = await fetchOne(identifier);
  expect(answer.isError).toBe(false);
  const { reason } = answer.structured.authorizationRequired as { reason: string };
  const state = (await find(identifier))?.state;
  expect(state).toMatchObject({ status: 'REVOKED', reason });
  expect(answer.text).not.toMatch(/invalid_grant|invalid_rapt|Bad Request/);
  const api = await world.http(`/api/v1/accounts/${identifier}`, { key: serviceKey });
  const { message } = (await api.json()) as { message: string };
  expect(answer.text).toContain(message);
  return { reason, message };
};

describe('Access that ended', () => {
  it('on the day Google had announced is the testing mode of the operator’s app, which the operator can leave', async () => {
    world.sandbox.setTestingMode(true);
    await world.connect('user_42');
    for (let days = 0; days < 6; days++) {
      await world.clock.advance(day);
      expect((await fetchOne()).structured.messages).toHaveLength(1);
    }
    await world.clock.advance(2 * day);
    const { reason, message } = await toldAt();
    expect(reason).toBe('testing_mode_expired');
    expect(message).toContain('7 days after it was given, as it had announced');
    expect(message).toMatch(/the operator .* publishing the app, or making it Internal/);
  });

  it('before the announced day is not blamed on the testing mode', async () => {
    world.sandbox.setTestingMode(true);
    await world.connect('user_42');
    await world.clock.advance(3 * day);
    world.sandbox.changePassword(alex);
    expect((await toldAt()).reason).toBe('revoked_or_password_changed');
  });

  it('still counts from the first day of the refresh token after the person connected again', async () => {
    world.sandbox.setTestingMode(true);
    await world.connect('user_42');
    await world.clock.advance(5 * day);
    await world.connect('user_42');
    await world.clock.advance(2 * day + hour);
    expect((await toldAt()).message).toContain('7 days after it was given');
  });

  it('after seven days without an announcement is only probably the testing mode', async () => {
    await world.connect('user_42');
    await world.clock.advance(6 * day);
    await fetchOne();
    await world.clock.advance(day + hour);
    world.sandbox.revokeAccess(alex);
    const { reason, message } = await toldAt();
    expect(reason).toBe('testing_mode_expired');
    expect(message).toContain('about 7 days after it was given, probably');
  });

  it('after eight days has nothing to do with the testing mode', async () => {
    await world.connect('user_42');
    await world.clock.advance(8 * day);
    world.sandbox.revokeAccess(alex);
    expect((await toldAt()).reason).toBe('revoked_or_password_changed');
  });

  it('after half a year without use names the day of the last use', async () => {
    await world.connect('user_42');
    await world.clock.advance(10 * day);
    await fetchOne();
    const lastUse = new Date(world.clock.now()).toISOString().slice(0, 10);
    await world.clock.advance(190 * day);
    const { reason, message } = await toldAt();
    expect(reason).toBe('idle_six_months');
    expect(message).toContain(`not used since ${lastUse}`);
  });

  it('because the admin blocked the app is the admin’s to mend', async () => {
    world.sandbox.addAccount({ email: kim, hostedDomain: 'corp.example' });
    await world.connect('user_42', { email: kim });
    world.sandbox.blockAppByAdmin('corp.example');
    await world.clock.advance(2 * hour);
    const { reason, message } = await toldAt();
    expect(reason).toBe('admin_policy');
    expect(message).toMatch(/The admin can trust it .* connecting again works only after that/);
  });

  it('because the Workspace wants a new sign-in says that connecting again is one', async () => {
    world.sandbox.addAccount({ email: kim, hostedDomain: 'corp.example' });
    await world.connect('user_42', { email: kim });
    world.sandbox.sessionPolicy(kim);
    await world.clock.advance(2 * hour);
    const { reason, message } = await toldAt();
    expect(reason).toBe('session_policy');
    expect(message).toContain('connecting again is one');
  });

  it.each([
    ['a password change', () => world.sandbox.changePassword(alex), 'the password was changed'],
    ['the person removing the app', () => world.sandbox.revokeAccess(alex), 'the app was removed'],
    ['the end of the Google account', () => world.sandbox.deleteAccount(alex), 'that account was closed'],
  ])('by %s names the three usual causes, because Google does not say which', async (_, happen, cause) => {
    await world.connect('user_42');
    happen();
    await world.clock.advance(2 * hour);
    const { reason, message } = await toldAt();
    expect(reason).toBe('revoked_or_password_changed');
    expect(message).toContain('usually');
    expect(message).toContain(cause);
  });

  it('is judged the same after Google changed its description of it', async () => {
    await world.connect('user_42');
    world.sandbox.changePassword(alex);
    await world.clock.advance(30 * hour);
    expect((await toldAt()).reason).toBe('revoked_or_password_changed');
  });
});

describe('Google’s cap of 100 refresh tokens', () => {
  const accountOf = async (identifier: string) =>
    (await (await world.http(`/api/v1/accounts/${identifier}`, { key: serviceKey })).json()) as { hint: string | null };
  const capWarnings = () => world.logged.filter((line) => line.includes('token_cap_near')).length;
  const connectMore = async (from: number, to: number) => {
    for (let n = from; n <= to; n++) {
      await world.clock.advance(1000);
      await world.connect(`user_${n}`);
    }
  };

  it('is warned of from 90 on, and is the reason when the oldest dies', async () => {
    await connectMore(1, 89);
    expect([capWarnings(), (await accountOf('user_1')).hint]).toEqual([0, null]);
    await connectMore(90, 100);
    expect(capWarnings()).toBe(11);
    for (const identifier of ['user_1', 'user_100'])
      expect((await accountOf(identifier)).hint).toContain('100 refresh tokens');
    expect((await fetchOne('user_1')).structured.messages).toHaveLength(1);
    await connectMore(101, 101);
    await world.clock.advance(2 * hour);
    const { reason, message } = await toldAt('user_1');
    expect(reason).toBe('token_cap_reached');
    expect(message).toContain('connected 100 times since');
    expect((await fetchOne('user_2')).structured.messages).toHaveLength(1);
  }, 60_000);

  it('is not approached by one account that connects 101 times: the stored refresh token serves on', async () => {
    for (let times = 0; times < 101; times++) {
      await world.clock.advance(1000);
      await connectAtOnce(world, alex, 'user_42');
    }
    expect(world.sandbox.activeGrants(alex)).toBe(1);
    expect((await find())?.refreshTokensIssued).toBe(1);
    await world.clock.advance(2 * hour);
    expect((await fetchOne()).structured.messages).toHaveLength(1);
  }, 60_000);

  it('starts anew when everything was revoked at Google', async () => {
    await world.connect('user_42');
    await world.postern.accounts.disconnect({ realm: 'default', identifier: 'user_42' });
    await world.connect('user_42');
    expect((await find())?.refreshTokensIssued).toBe(1);
  });
});
