// A token or revocation endpoint that is broken or means harm: nothing of it sticks.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '../../src/model/caller.ts';
import { caller, key, linkIn, type OnTheWay, worldBetween } from '../support/between.ts';
import { alex, type World } from '../support/world.ts';

let onTheWay: OnTheWay;
let world: World;
beforeEach(async () => {
  onTheWay = (response) => response;
  world = await worldBetween(() => onTheWay);
});
afterEach(() => world.close());

const linkFor = (who: Caller = caller) => linkIn(world, who);

/** Changes what the token endpoint says. */
const tokensWith = (change: Record<string, unknown>) => async (response: Response, path: string) =>
  path === '/token' ? Response.json({ ...((await response.json()) as object), ...change }) : response;

describe('A token endpoint with malformed answers', () => {
  it.each([
    ['an endless life', { expires_in: 1e300 }],
    ['an endless life of the grant', { refresh_token_expires_in: 1e300 }],
    ['a life of a fraction of a millisecond', { expires_in: 3599.00001 }],
  ])('with %s is read as far as it makes sense', async (_, change) => {
    onTheWay = tokensWith(change);
    await world.connect('user_42');
    const answer = await world.call('gmail_list_drafts', {}, { key: await world.serviceKey(), as: 'user_42' });
    expect(answer.isError).toBe(false);
  });

  it.each([
    ['access_token', 'a\r\nX-Injected: 1'],
    ['access_token', 'a\0b'],
    ['refresh_token', 'a\nb'],
  ])('with an %s that no header could carry connects nobody, and the person can connect again', async (name, value) => {
    onTheWay = tokensWith({ [name]: value });
    expect((await world.approve((await linkFor()).url)).heading).toBe('Google could not be reached');
    onTheWay = (response) => response;
    expect((await world.approve((await linkFor()).url)).heading).toBe('Gmail is connected');
    onTheWay = tokensWith({ [name]: value });
    await world.clock.advance(56 * 60_000);
    const who = { key: await world.serviceKey(), as: 'user_42' };
    expect((await world.call('gmail_list_drafts', {}, who)).isError).toBe(false);
  });
});

describe('A token endpoint that gives no refresh token', () => {
  const asked = () =>
    world.sandbox.requests
      .filter(({ method, path }) => method === 'GET' && path === '/o/oauth2/v2/auth')
      .map(({ query }) => query.get('prompt'));

  it('is asked once more for consent, then the person hears what happened and what to do, and can connect later', async () => {
    onTheWay = tokensWith({ refresh_token: undefined });
    const page = await world.approve((await linkFor()).url);
    expect(asked().filter((prompt) => prompt !== null)).toEqual(['consent']);
    expect(page.heading).toBe('Google gave no lasting access');
    expect(page.text).toContain('without a refresh token');
    expect(page.html).toContain('https://myaccount.google.com/connections');
    expect((await world.postern.accounts.find(key))?.state.status).toBe('PENDING');
    onTheWay = (response) => response;
    world.sandbox.revokeAccess(alex);
    expect((await world.approve((await linkFor()).url)).heading).toBe('Gmail is connected');
  });

  it('does not bring back a refresh token that Google ended: after a change of the password a reconnect lasts', async () => {
    await world.connect('user_42');
    world.sandbox.changePassword(alex);
    await world.connect('user_42');
    await world.clock.advance(2 * 3_600_000);
    const who = { key: await world.serviceKey(), as: 'user_42' };
    expect((await world.call('gmail_list_drafts', {}, who)).isError).toBe(false);
    expect((await world.call('gmail_list_drafts', {}, who)).structured.authorizationRequired).toBeUndefined();
  });
});

describe('A hostile token endpoint', () => {
  it('that answers without end is cut off, and the person can connect again', async () => {
    let pulled = 0;
    onTheWay = (response, path) =>
      path === '/token'
        ? new Response(
            new ReadableStream({
              pull: (controller) => {
                pulled += 1;
                // Real ones do not end; this one does, so that a failing test does.
                if (pulled > 1_000) controller.close();
                else controller.enqueue(new Uint8Array(64 * 1024).fill(32));
              },
            }),
            { headers: { 'content-type': 'application/json' } },
          )
        : response;
    expect((await world.approve((await linkFor()).url)).heading).toBe('Google could not be reached');
    expect(pulled).toBeLessThan(100);
    onTheWay = (response) => response;
    expect((await world.approve((await linkFor()).url)).heading).toBe('Gmail is connected');
  });
});

describe('Disconnecting', () => {
  it.each([
    ['invalid_token', true, 'because it knows the token no longer'],
    ['invalid_request', false, 'for another reason'],
  ])('where Google answers %s says revoked: %s, %s', async (error, revokedAtGoogle) => {
    await world.connect('user_42');
    onTheWay = (response, path) => (path === '/revoke' ? Response.json({ error }, { status: 400 }) : response);
    expect(await world.postern.accounts.disconnect(key)).toMatchObject({ value: { revokedAtGoogle } });
  });
});
