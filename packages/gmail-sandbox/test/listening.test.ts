// The sandbox on a real port, with real people in it.
import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { get } from 'node:http';
import { CodeChallengeMethod, OAuth2Client } from 'google-auth-library';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.ts';
import { type ListeningSandbox, type ListenOptions, listenSandbox } from '../src/listen.ts';
import { formOf, gmailReadonly, s256 } from './google-world.ts';

const open: ListeningSandbox[] = [];
const listen = async (options: Partial<ListenOptions> = {}) => {
  const listening = await listenSandbox({ clock: systemClock, ...options });
  open.push(listening);
  return listening;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ close }) => close()));
});

/** Node's fetch does not let a caller choose the Host header. */
const statusFor = (url: string, host: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    get(`${url}/_sandbox`, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });

describe('listening', () => {
  it('answers no web page whose own name was made to point at this machine', async () => {
    const { url } = await listen();
    const { port } = new URL(url);
    expect(await statusFor(url, `evil.example:${port}`)).toBe(403);
    expect(await statusFor(url, `localhost:${port}`)).toBe(200);
  });

  it('answers on loopback under the URL that its settings and its documents name', async () => {
    const { sandbox, url } = await listen();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const settings = sandbox.env();
    expect(settings).toMatchObject({ GOOGLE_ISSUER: url, GMAIL_ROOT_URL: `${url}/`, PEOPLE_ROOT_URL: `${url}/` });
    const discovered = (await (await fetch(`${url}/.well-known/openid-configuration`)).json()) as Record<
      string,
      string
    >;
    expect(discovered).toMatchObject({
      issuer: settings.GOOGLE_ISSUER,
      authorization_endpoint: settings.GOOGLE_AUTHORIZATION_ENDPOINT,
      token_endpoint: settings.GOOGLE_TOKEN_ENDPOINT,
      revocation_endpoint: settings.GOOGLE_REVOCATION_ENDPOINT,
    });
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: '1//x' });
    const answer = await fetch(`${url}/token`, { method: 'POST', body });
    expect([answer.status, await answer.json()]).toEqual([400, expect.objectContaining({ error: 'invalid_request' })]);
    expect(sandbox.requests.at(-1)).toMatchObject({ path: '/token', grantType: 'refresh_token', status: 400 });
  });

  it('can be known by another host name', async () => {
    const { url } = await listen({ publicHost: 'localhost' });
    expect(url).toMatch(/^http:\/\/localhost:\d+$/);
  });

  it('says which port is busy', async () => {
    const port = Number(new URL((await listen()).url).port);
    await expect(listen({ port })).rejects.toThrow(`Port ${port} on 127.0.0.1 is already in use`);
  });

  it('cuts real connections: before the answer, in the middle of it, and while hanging', async () => {
    const { sandbox, url } = await listen();
    const certificates = `${url}/oauth2/v3/certs`;
    sandbox.fault({ times: 1 }, { kind: 'reset' });
    await expect(fetch(certificates)).rejects.toThrow('fetch failed');
    sandbox.fault({ times: 1 }, { kind: 'half' });
    const half = await fetch(certificates);
    expect(half.status).toBe(200);
    await expect(half.text()).rejects.toThrow();
    sandbox.fault({ times: 1 }, { kind: 'hang' });
    const hanging = fetch(certificates);
    const ended = expect(hanging).rejects.toThrow('fetch failed');
    while (sandbox.requests.length < 3) await new Promise((resolve) => setImmediate(resolve));
    sandbox.clearFaults();
    await ended;
    expect((await fetch(certificates)).status).toBe(200);
  });

  it('counts a request down when the client closes the connection', async () => {
    const { sandbox, url } = await listen();
    sandbox.addAccount({ email: 'alex@example.com' });
    const { client } = await signIn(sandbox, url);
    const headers = { authorization: `Bearer ${client.credentials.access_token}` };
    const profile = `${url}/gmail/v1/users/me/profile`;
    sandbox.setConcurrencyLimit(1);
    sandbox.fault({ times: 1 }, { kind: 'hang' });
    sandbox.clearRequests();
    const controller = new AbortController();
    const hanging = fetch(profile, { headers, signal: controller.signal });
    while (sandbox.requests.length < 1) await new Promise((resolve) => setImmediate(resolve));
    expect((await fetch(profile, { headers })).status).toBe(429);
    controller.abort();
    await expect(hanging).rejects.toThrow();
    let status = 429;
    while (status === 429) ({ status } = await fetch(profile, { headers }));
    expect(status).toBe(200);
  });
});

const verifier = 'v'.repeat(64);

/** The whole flow with Google's own library, over the port. */
const signIn = async (sandbox: ListeningSandbox['sandbox'], url: string) => {
  const client = new OAuth2Client({
    clientId: sandbox.clientId,
    clientSecret: sandbox.clientSecret,
    redirectUri: 'http://127.0.0.1:9/callback',
    endpoints: {
      oauth2AuthBaseUrl: `${url}/o/oauth2/v2/auth`,
      oauth2TokenUrl: `${url}/token`,
      oauth2RevokeUrl: `${url}/revoke`,
    },
  });
  const page = await fetch(
    client.generateAuthUrl({
      access_type: 'offline',
      scope: ['openid', 'email', gmailReadonly],
      login_hint: 'alex@example.com',
      code_challenge: s256(verifier),
      code_challenge_method: CodeChallengeMethod.S256,
    }),
  );
  const form = formOf(await page.text());
  form.set('decision', 'allow');
  const answer = await fetch(`${url}/o/oauth2/v2/auth`, { method: 'POST', body: form, redirect: 'manual' });
  const code = new URL(answer.headers.get('location') as string).searchParams.get('code') as string;
  const { tokens } = await client.getToken({ code, codeVerifier: verifier });
  client.setCredentials(tokens);
  return { client, tokens };
};

describe('Google’s own sign-in library', () => {
  it('connects, verifies the ID token, refreshes and revokes', async () => {
    const { sandbox, url } = await listen();
    const { sub } = sandbox.addAccount({ email: 'alex@example.com', hostedDomain: 'example.com' });
    const { client, tokens } = await signIn(sandbox, url);
    const keys = (await (await fetch(`${url}/oauth2/v3/certs`)).json()) as { keys: (JsonWebKey & { kid: string })[] };
    const pemOf = (key: JsonWebKey) =>
      createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString();
    const certificates = Object.fromEntries(keys.keys.map((key) => [key.kid, pemOf(key)]));
    const jwt = tokens.id_token as string;
    const ticket = await client.verifySignedJwtWithCertsAsync(jwt, certificates, sandbox.clientId, [url]);
    expect(ticket.getPayload()).toMatchObject({ sub, email: 'alex@example.com', hd: 'example.com' });
    const refreshed = await client.refreshAccessToken();
    expect(refreshed.credentials.access_token).not.toBe(tokens.access_token);
    await client.revokeToken(tokens.refresh_token as string);
    expect(sandbox.activeGrants('alex@example.com')).toBe(0);
    await expect(client.refreshAccessToken()).rejects.toThrow('invalid_grant');
  });
});
