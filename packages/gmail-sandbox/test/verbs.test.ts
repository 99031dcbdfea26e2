// What people and admins do at the fake Google, and what the app notices of it.
import { describe, expect, it } from 'vitest';
import {
  contactsReadonly,
  day,
  type GoogleWorld,
  gmailReadonly,
  googleWorld,
  minute,
  type Tokens,
} from './google-world.ts';

const alex = 'alex@example.com';
const profile = '/gmail/v1/users/me/profile';
const connections = '/v1/people/me/connections?personFields=names';

const refreshError = async (world: GoogleWorld, refreshToken: string | undefined) => {
  const response = await world.refresh(refreshToken);
  return { status: response.status, ...((await response.json()) as object) };
};

describe('a changed password', () => {
  it('ends grants with a Gmail scope and leaves the others', async () => {
    const world = googleWorld();
    const mail = await world.connect({ scope: gmailReadonly });
    const contacts = await world.connect({ scope: contactsReadonly });
    world.sandbox.changePassword(alex);
    expect(await refreshError(world, mail.refresh_token)).toEqual({
      status: 400,
      error: 'invalid_grant',
      error_description: 'Token has been expired or revoked.',
    });
    expect((await world.get(profile, mail.access_token)).status).toBe(401);
    expect((await world.get(connections, contacts.access_token)).status).toBe(200);
    expect((await world.refresh(contacts.refresh_token)).status).toBe(200);
  });

  it('is described as "Bad Request" some hours later, so that nobody relies on the words', async () => {
    const world = googleWorld();
    const { refresh_token } = await world.connect();
    world.sandbox.changePassword(alex);
    await world.clock.advance(5 * 60 * minute);
    expect(await refreshError(world, refresh_token)).toMatchObject({
      error: 'invalid_grant',
      error_description: 'Bad Request',
    });
  });
});

describe('other ends of access', () => {
  it('removing the app ends every grant, and the next connection starts with consent', async () => {
    const world = googleWorld();
    const first = await world.connect();
    world.sandbox.revokeAccess(alex);
    expect(world.sandbox.activeGrants(alex)).toBe(0);
    expect(await refreshError(world, first.refresh_token)).toMatchObject({ error: 'invalid_grant' });
    expect((await world.connect()).refresh_token).toBeDefined();
    expect(world.sandbox.activeGrants(alex)).toBe(1);
  });

  it('an admin’s block answers admin_policy_enforced and 401 until it is lifted', async () => {
    const world = googleWorld();
    const { access_token, refresh_token } = await world.connect();
    const code = await world.code();
    world.sandbox.blockAppByAdmin('example.com');
    expect(await refreshError(world, refresh_token)).toEqual({ status: 400, error: 'admin_policy_enforced' });
    expect(await (await world.exchange(code)).json()).toEqual({ error: 'admin_policy_enforced' });
    expect((await world.get(profile, access_token)).status).toBe(401);
    world.sandbox.unblockAppByAdmin('example.com');
    expect((await world.refresh(refresh_token)).status).toBe(200);
  });

  it('a session policy answers invalid_rapt until the person signs in again', async () => {
    const world = googleWorld();
    const { refresh_token } = await world.connect();
    world.sandbox.sessionPolicy(alex);
    expect(await refreshError(world, refresh_token)).toMatchObject({
      status: 400,
      error: 'invalid_grant',
      error_subtype: 'invalid_rapt',
    });
    const again = await world.connect({ prompt: 'consent' });
    expect((await world.refresh(again.refresh_token)).status).toBe(200);
  });

  it('a deleted account answers invalid_grant and 401', async () => {
    const world = googleWorld();
    const { access_token, refresh_token } = await world.connect();
    world.sandbox.deleteAccount(alex);
    expect(await refreshError(world, refresh_token)).toMatchObject({ status: 400, error: 'invalid_grant' });
    expect((await world.get(profile, access_token)).status).toBe(401);
  });

  it('testing mode ends refresh tokens after seven days and announces it', async () => {
    const world = googleWorld();
    world.sandbox.setTestingMode(true);
    const tokens = await world.connect();
    expect(tokens.refresh_token_expires_in).toBe(604_799);
    await world.clock.advance(7 * day - minute);
    const refreshed = (await (await world.refresh(tokens.refresh_token)).json()) as Tokens;
    expect(refreshed.refresh_token_expires_in).toBeLessThanOrEqual(60);
    await world.clock.advance(minute);
    expect(await refreshError(world, tokens.refresh_token)).toMatchObject({ error: 'invalid_grant' });
  });

  it('testing mode spares an app that only signs people in', async () => {
    const world = googleWorld();
    world.sandbox.setTestingMode(true);
    expect((await world.connect({ scope: 'openid email' })).refresh_token_expires_in).toBeUndefined();
  });

  it('a token can be aged by hand', async () => {
    const world = googleWorld();
    const { access_token, refresh_token } = await world.connect();
    world.sandbox.ageTokens(alex, 60 * minute);
    expect((await world.get(profile, access_token)).status).toBe(401);
    expect((await world.refresh(refresh_token)).status).toBe(200);
    world.sandbox.ageTokens(alex, 200 * day);
    expect(await refreshError(world, refresh_token)).toMatchObject({ error: 'invalid_grant' });
  });

  it('above the cap the oldest refresh token of that account and client ends without notice', async () => {
    const world = googleWorld();
    world.sandbox.addAccount({ email: 'robin@example.org' });
    world.sandbox.setRefreshTokenCap(2);
    const robin = await world.connect({ login_hint: 'robin@example.org' });
    const other = world.sandbox.addClient();
    const asOther = { client_id: other.clientId, client_secret: other.clientSecret };
    const elsewhere = await world.exchange(await world.code({ client_id: other.clientId }), asOther);
    const { refresh_token: ofOther } = (await elsewhere.json()) as Tokens;
    const grants: Tokens[] = [];
    for (let count = 0; count < 3; count++) grants.push(await world.connect({ prompt: 'consent' }));
    const statuses = [];
    for (const { refresh_token } of grants) statuses.push((await world.refresh(refresh_token)).status);
    expect(statuses).toEqual([400, 200, 200]);
    expect((await world.get(profile, grants[0]?.access_token)).status).toBe(200);
    expect((await world.refresh(robin.refresh_token)).status).toBe(200);
    expect((await world.refresh(ofOther, asOther)).status).toBe(200);
  });
});

describe('less than everything', () => {
  it('a removed scope is gone from the APIs and from the next refresh', async () => {
    const world = googleWorld();
    const { access_token, refresh_token } = await world.connect();
    world.sandbox.removeScope(alex, contactsReadonly);
    expect((await world.get(connections, access_token)).status).toBe(403);
    expect((await world.get(profile, access_token)).status).toBe(200);
    const refreshed = (await (await world.refresh(refresh_token)).json()) as Tokens;
    expect(refreshed.scope.split(' ')).not.toContain(contactsReadonly);
    expect((await world.get(world.authorizationUrl())).status).toBe(200);
  });

  it('an account without Gmail answers "Mail service not enabled" but has contacts', async () => {
    const world = googleWorld();
    const { access_token } = await world.connect();
    world.sandbox.disableGmail(alex);
    const response = await world.get(profile, access_token);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { message: 'Mail service not enabled', errors: [{ reason: 'failedPrecondition' }] },
    });
    expect((await world.get(connections, access_token)).status).toBe(200);
  });
});

describe('the verbs over HTTP', () => {
  const play = (world: GoogleWorld, verb: string, body: unknown, type = 'application/json') =>
    world.sandbox.fetch(
      new Request(`${world.sandbox.origin}/_sandbox/${verb}`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: JSON.stringify(body),
      }),
    );

  it('lets curl play an admin', async () => {
    const world = googleWorld();
    const { refresh_token } = await world.connect();
    expect((await play(world, 'blockAppByAdmin', { domain: 'example.com' })).status).toBe(200);
    expect(await refreshError(world, refresh_token)).toMatchObject({ error: 'admin_policy_enforced' });
    const ageing = await play(world, 'ageTokens', { email: alex, milliseconds: 400 * day });
    expect(ageing.status).toBe(200);
    await play(world, 'unblockAppByAdmin', { domain: 'example.com' });
    expect(await refreshError(world, refresh_token)).toMatchObject({ error: 'invalid_grant' });
  });

  it('adds people, delivers mail and makes requests fail', async () => {
    const world = googleWorld();
    await play(world, 'addAccount', { email: 'robin@example.org', name: 'Robin Quill' });
    const delivered = await play(world, 'deliverMessage', {
      email: 'robin@example.org',
      message: 'Subject: Fresh\n\nHello\n',
      labelIds: ['INBOX'],
    });
    const { messageId } = (await delivered.json()) as { messageId: string };
    const { access_token } = await world.connect({ login_hint: 'robin@example.org' });
    const path = `/gmail/v1/users/me/messages/${messageId}`;
    await play(world, 'fault', { path, times: 1, fault: { status: 503 } });
    expect((await world.get(path, access_token)).status).toBe(503);
    expect(await (await world.get(path, access_token)).json()).toMatchObject({ id: messageId, labelIds: ['INBOX'] });
  });

  it('shows accounts and verbs, and no secret', async () => {
    const world = googleWorld();
    const tokens = await world.connect();
    await world.post('/revoke', { token: tokens.access_token });
    const text = await (await world.get('/_sandbox')).text();
    const overview = JSON.parse(text) as { accounts: object[]; verbs: object; requests: object[] };
    expect(overview.accounts).toMatchObject([{ email: alex, activeGrants: 0 }]);
    expect(Object.keys(overview.verbs)).toContain('changePassword');
    expect(overview.requests.length).toBeGreaterThan(0);
    for (const secret of [tokens.access_token, tokens.refresh_token, tokens.id_token, world.sandbox.clientSecret])
      expect(text).not.toContain(secret);
  });

  it('says what is wrong with a verb', async () => {
    const world = googleWorld();
    const answer = async (verb: string, body: unknown, type?: string) => {
      const response = await play(world, verb, body, type);
      return [response.status, ((await response.json()) as { error: string }).error];
    };
    expect(await answer('explode', {})).toEqual([404, expect.stringContaining('no verb "explode"')]);
    expect(await answer('constructor', {})).toEqual([404, expect.stringContaining('no verb')]);
    expect(await answer('changePassword', {})).toEqual([400, expect.stringContaining('needs "email"')]);
    expect(await answer('changePassword', { email: 7 })).toEqual([400, '"email" must be a string.']);
    expect(await answer('changePassword', { mail: 'x' })).toEqual([
      400,
      expect.stringContaining('does not know "mail"'),
    ]);
    expect(await answer('changePassword', { email: 'x@example.org' })).toEqual([
      400,
      expect.stringContaining('no account'),
    ]);
    expect(await answer('changePassword', [])).toEqual([400, expect.stringContaining('JSON object')]);
    expect(await answer('changePassword', { email: alex }, 'text/plain')).toEqual([415, expect.any(String)]);
  });
});
