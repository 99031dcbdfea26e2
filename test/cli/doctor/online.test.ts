// What doctor finds out by asking, against the sandbox: each answer explained, and a tick for what was tried alone.
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tryApis, tryClient, tryIssuer } from '../../../src/cli/doctor/online.ts';
import { createGoogleOAuth } from '../../../src/oauth/google-oauth.ts';
import { createWorld, type World } from '../../support/world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world.close());

const client = async (change: { id?: string; secret?: string } = {}) => {
  const { config, sandbox, clock } = world;
  const { client: given, ...endpoints } = config.google;
  const pair = { id: change.id ?? given.id, secret: change.secret ?? given.secret };
  const oauth = createGoogleOAuth({
    client: pair,
    endpoints,
    fetch: async (input, init) => sandbox.fetch(new Request(input, init)),
    clock,
    random: randomBytes,
  });
  return tryClient({ ...config, google: { ...config.google, client: { ...given, ...pair } } }, oauth);
};

describe('The OAuth client', () => {
  it('is accepted where Google refuses only the wrong authorization code', async () => {
    expect(await client()).toMatchObject({ verdict: 'ok', text: expect.stringContaining('and its secret') });
  });

  it('is a fault where Google answers invalid_client; a secret in place of the ID is not shown', async () => {
    const { id, secret } = world.config.google.client;
    expect(await client({ secret: 'another' })).toMatchObject({ verdict: 'fault', text: expect.stringContaining(id) });
    const exchanged = await client({ id: secret, secret: id });
    expect(exchanged).toMatchObject({ verdict: 'fault', text: expect.stringContaining('invalid_client') });
    expect(exchanged.text).not.toContain(secret);
  });

  it('is a warning where Google does not answer', async () => {
    world.sandbox.fault({ path: '/token' }, { status: 503 });
    expect(await client()).toMatchObject({ verdict: 'warning', text: expect.stringContaining('nothing is known') });
  });
});

describe('Google’s APIs', () => {
  const verdicts = async () => (await tryApis(world.postern)).map(({ verdict }) => verdict);

  it('are not tried while nobody is connected', async () => {
    expect(await verdicts()).toEqual(['untried', 'untried']);
  });

  it('are tried with one stored access, and one that is not enabled is a fault with its way out', async () => {
    await world.connect('user_42');
    expect(await verdicts()).toEqual(['ok', 'ok']);
    world.sandbox.disableApi('people.googleapis.com');
    const [gmail, people] = await tryApis(world.postern);
    expect([gmail?.verdict, people?.verdict]).toEqual(['ok', 'fault']);
    expect(people?.text).toContain('APIs & Services → Library → People API');
    world.sandbox.disableApi('gmail.googleapis.com');
    expect(await verdicts()).toEqual(['fault', 'fault']);
  });

  it('are not reported as disabled where the access has ended', async () => {
    await world.connect('user_42');
    world.sandbox.changePassword('alex@example.com');
    await world.clock.advance(2 * 3_600_000);
    expect(await verdicts()).toEqual(['warning', 'warning']);
  });
});

describe('An issuer', () => {
  const issuer = { url: 'https://login.example.org' } as Parameters<typeof tryIssuer>[0];
  const answering = (keys: object) => async (url: string | URL) =>
    String(url).endsWith('openid-configuration')
      ? Response.json({ issuer: issuer.url, jwks_uri: `${issuer.url}/keys` })
      : Response.json(keys);

  it('is accepted where it publishes keys, and a fault where it does not answer', async () => {
    const keys = { keys: [{ kty: 'RSA' }] };
    expect(await tryIssuer(issuer, answering(keys))).toMatchObject({ verdict: 'ok' });
    const down = async () => Promise.reject(new TypeError('fetch failed'));
    expect(await tryIssuer(issuer, down)).toMatchObject({
      verdict: 'fault',
      text: expect.stringContaining('cannot be reached'),
    });
  });
});
