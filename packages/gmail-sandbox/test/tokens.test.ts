// The fake Google's token and revocation endpoints, ID tokens, and what the APIs say about a bearer token.
import { createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  codeVerifier,
  contactsReadonly,
  day,
  gmailReadonly,
  googleWorld,
  minute,
  type Tokens,
} from './google-world.ts';

const errorOf = async (response: Response) => ({ status: response.status, ...((await response.json()) as object) });
const part = (jwt: string, index: number): Record<string, unknown> =>
  JSON.parse(Buffer.from(jwt.split('.')[index] as string, 'base64url').toString());

describe('exchanging a code', () => {
  it('gives tokens in Google’s shape', async () => {
    const world = googleWorld();
    const response = await world.exchange(await world.code());
    expect(response.headers.get('cache-control')).toContain('no-store');
    const tokens = (await response.json()) as Tokens;
    expect(tokens).toMatchObject({ expires_in: 3599, token_type: 'Bearer' });
    expect(tokens.access_token).toMatch(/^ya29\./);
    expect(tokens.refresh_token).toMatch(/^1\/\//);
    expect(tokens.refresh_token_expires_in).toBeUndefined();
    expect(tokens.scope).toContain('https://www.googleapis.com/auth/userinfo.email openid');
  });

  it('works once', async () => {
    const world = googleWorld();
    const code = await world.code();
    expect((await world.exchange(code)).status).toBe(200);
    expect(await errorOf(await world.exchange(code))).toEqual({
      status: 400,
      error: 'invalid_grant',
      error_description: 'Bad Request',
    });
  });

  it('works for ten minutes', async () => {
    const world = googleWorld();
    const [early, late] = [await world.code(), await world.code({ prompt: 'consent' })];
    await world.clock.advance(10 * minute - 1);
    expect((await world.exchange(early)).status).toBe(200);
    await world.clock.advance(1);
    expect(await errorOf(await world.exchange(late))).toMatchObject({ status: 400, error: 'invalid_grant' });
  });

  it('works only for the client and the redirect URI it was made for', async () => {
    const world = googleWorld();
    const code = await world.code();
    const other = world.sandbox.addClient();
    const asOther = { client_id: other.clientId, client_secret: other.clientSecret };
    expect(await errorOf(await world.exchange(code, asOther))).toMatchObject({ error: 'invalid_grant' });
    const elsewhere = { redirect_uri: 'https://elsewhere.example/callback' };
    expect(await errorOf(await world.exchange(code, elsewhere))).toMatchObject({ error: 'redirect_uri_mismatch' });
    expect((await world.exchange(code)).status).toBe(200);
  });

  it('checks PKCE: no verifier, a wrong one, one too many', async () => {
    const world = googleWorld();
    const code = await world.code();
    const describe = async (response: Response) =>
      ((await response.json()) as { error_description: string }).error_description;
    expect(await describe(await world.exchange(code, { code_verifier: undefined }))).toBe('Missing code verifier.');
    expect(await describe(await world.exchange(code, { code_verifier: 'x'.repeat(43) }))).toBe(
      'Invalid code verifier.',
    );
    expect((await world.exchange(code)).status).toBe(200);
    const without = await world.code({ code_challenge: undefined, code_challenge_method: undefined });
    expect(await describe(await world.exchange(without))).toBe('code_verifier or verifier is not needed.');
    expect((await world.exchange(without, { code_verifier: undefined })).status).toBe(200);
  });

  it('accepts a plain code challenge', async () => {
    const world = googleWorld();
    const code = await world.code({ code_challenge: codeVerifier, code_challenge_method: undefined });
    expect((await world.exchange(code)).status).toBe(200);
  });

  it('says what is missing or malformed', async () => {
    const world = googleWorld();
    const cases: [Record<string, string | undefined>, string, string][] = [
      [{ code: undefined }, 'invalid_request', 'Missing required parameter: code'],
      [{ code: 'nonsense' }, 'invalid_grant', 'Malformed auth code.'],
      [{ code: '4/0Aunknown' }, 'invalid_grant', 'Bad Request'],
      [{ redirect_uri: undefined }, 'invalid_request', 'Missing parameter: redirect_uri'],
      [{ grant_type: undefined }, 'invalid_request', 'Required parameter is missing: grant_type'],
      [{ grant_type: 'password' }, 'unsupported_grant_type', 'Invalid grant_type: password'],
    ];
    const code = await world.code();
    for (const [change, error, error_description] of cases)
      expect(await errorOf(await world.exchange(code, change))).toEqual({ status: 400, error, error_description });
  });
});

describe('the client', () => {
  it('may authenticate with HTTP Basic', async () => {
    const world = googleWorld();
    const basic = Buffer.from(`${world.sandbox.clientId}:${world.sandbox.clientSecret}`).toString('base64');
    const form = { grant_type: 'refresh_token', refresh_token: (await world.connect()).refresh_token };
    expect((await world.post('/token', form, { authorization: `Basic ${basic}` })).status).toBe(200);
  });

  it('is refused when unknown, without a secret, or with a wrong one', async () => {
    const world = googleWorld();
    const { refresh_token } = await world.connect();
    const answer = async (change: Record<string, string | undefined>) =>
      errorOf(await world.refresh(refresh_token, change));
    expect(await answer({ client_id: 'nobody' })).toMatchObject({ status: 401, error: 'invalid_client' });
    expect(await answer({ client_secret: 'wrong' })).toMatchObject({ status: 401, error: 'invalid_client' });
    expect(await answer({ client_secret: undefined })).toMatchObject({ status: 400, error: 'invalid_request' });
    expect(await answer({ client_id: undefined })).toMatchObject({ status: 400, error: 'invalid_request' });
  });

  it('cannot use its old secret after a new one was made', async () => {
    const world = googleWorld();
    const { refresh_token } = await world.connect();
    const old = world.sandbox.clientSecret;
    expect(world.sandbox.rotateClientSecret()).toBe(world.sandbox.clientSecret);
    expect(await errorOf(await world.refresh(refresh_token, { client_secret: old }))).toMatchObject({ status: 401 });
    expect((await world.refresh(refresh_token)).status).toBe(200);
  });
});

describe('refreshing', () => {
  it('gives a new access token and no new refresh token', async () => {
    const world = googleWorld();
    const first = await world.connect();
    const second = (await (await world.refresh(first.refresh_token)).json()) as Tokens;
    expect(second.access_token).not.toBe(first.access_token);
    expect(second.scope).toBe(first.scope);
    expect(second.refresh_token).toBeUndefined();
  });

  it('refuses a token Google never made, and one of another client', async () => {
    const world = googleWorld();
    expect(await errorOf(await world.refresh('1//unknown'))).toMatchObject({ status: 400, error: 'invalid_grant' });
    const { refresh_token } = await world.connect();
    const other = world.sandbox.addClient();
    const asOther = { client_id: other.clientId, client_secret: other.clientSecret };
    expect(await errorOf(await world.refresh(refresh_token, asOther))).toMatchObject({
      status: 401,
      error: 'unauthorized_client',
    });
  });

  it('ends after six months without use, counted from the last use', async () => {
    const world = googleWorld();
    const { refresh_token } = await world.connect();
    await world.clock.advance(180 * day);
    expect((await world.refresh(refresh_token)).status).toBe(200);
    await world.clock.advance(180 * day);
    expect((await world.refresh(refresh_token)).status).toBe(200);
    await world.clock.advance(184 * day);
    expect(await errorOf(await world.refresh(refresh_token))).toMatchObject({ error: 'invalid_grant' });
  });
});

describe('the ID token', () => {
  it('is signed with the key that Google publishes', async () => {
    const world = googleWorld();
    const jwt = (await world.connect()).id_token as string;
    const configuration = (await (await world.get('/.well-known/openid-configuration')).json()) as { jwks_uri: string };
    const set = (await (await world.get(configuration.jwks_uri)).json()) as { keys: (JsonWebKey & { kid: string })[] };
    const jwk = set.keys.find(({ kid }) => kid === part(jwt, 0).kid) as JsonWebKey;
    const [header, payload, signature] = jwt.split('.') as [string, string, string];
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    const signed = Buffer.from(signature, 'base64url');
    expect(verify('sha256', Buffer.from(`${header}.${payload}`), key, signed)).toBe(true);
    expect(verify('sha256', Buffer.from(`${header}.${payload}x`), key, signed)).toBe(false);
  });

  it('says who the person is, for which client, until when', async () => {
    const world = googleWorld();
    const claims = part((await world.connect()).id_token as string, 1);
    const now = world.clock.now() / 1000;
    expect(claims).toMatchObject({
      iss: 'http://google.test',
      aud: world.sandbox.clientId,
      azp: world.sandbox.clientId,
      email: 'alex@example.com',
      email_verified: true,
      hd: 'example.com',
      nonce: 'the-nonce',
      iat: now,
      exp: now + 3600,
    });
    expect(claims.sub).toMatch(/^1\d{20}$/);
    expect(claims.sub).toBe(world.sandbox.account('alex@example.com').sub);
    expect(claims.at_hash).toMatch(/^[\w-]{22}$/);
  });

  it('is absent without openid, and carries no address without the e-mail scope', async () => {
    const world = googleWorld();
    expect((await world.connect({ scope: gmailReadonly })).id_token).toBeUndefined();
    const claims = part((await world.connect({ scope: `openid ${gmailReadonly}` })).id_token as string, 1);
    expect(claims.email).toBeUndefined();
  });
});

describe('revoking', () => {
  it('ends every grant of that Google account in the project, whichever token was revoked', async () => {
    const world = googleWorld();
    world.sandbox.addAccount({ email: 'robin@example.org' });
    const other = world.sandbox.addClient();
    const asOther = { client_id: other.clientId, client_secret: other.clientSecret };
    const first = await world.connect();
    const code = await world.code({ client_id: other.clientId });
    const second = (await (await world.exchange(code, asOther)).json()) as Tokens;
    const robin = await world.connect({ login_hint: 'robin@example.org' });

    expect((await world.post('/revoke', { token: first.access_token })).status).toBe(200);
    expect(await errorOf(await world.refresh(first.refresh_token))).toMatchObject({ error: 'invalid_grant' });
    expect(await errorOf(await world.refresh(second.refresh_token, asOther))).toMatchObject({ error: 'invalid_grant' });
    expect((await world.get('/gmail/v1/users/me/profile', second.access_token)).status).toBe(401);
    expect((await world.refresh(robin.refresh_token)).status).toBe(200);
  });

  it('makes the person consent anew, with a new refresh token', async () => {
    const world = googleWorld();
    const { refresh_token } = await world.connect();
    await world.post(`/revoke?token=${encodeURIComponent(refresh_token as string)}`, {});
    expect((await world.connect()).refresh_token).toBeDefined();
  });

  it('answers invalid_token for an unknown or already revoked token', async () => {
    const world = googleWorld();
    const { refresh_token } = await world.connect();
    expect((await world.post('/revoke', { token: refresh_token })).status).toBe(200);
    for (const token of [refresh_token, '1//unknown'])
      expect(await errorOf(await world.post('/revoke', { token }))).toMatchObject({
        status: 400,
        error: 'invalid_token',
      });
    expect(await errorOf(await world.post('/revoke', {}))).toMatchObject({ status: 400, error: 'invalid_request' });
  });
});

describe('a bearer token at the APIs', () => {
  interface ApiError {
    error: {
      code: number;
      status: string;
      errors: { reason: string; message: string }[];
      details?: { reason: string }[];
    };
  }
  const apiError = async (response: Response) => ((await response.json()) as ApiError).error;

  it('is needed, and in the Authorization header', async () => {
    const world = googleWorld();
    const { access_token } = await world.connect();
    const response = await world.get(`/gmail/v1/users/me/profile?access_token=${access_token}`);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer /);
    expect(await apiError(response)).toMatchObject({ status: 'UNAUTHENTICATED', errors: [{ reason: 'required' }] });
    expect((await world.get('/gmail/v1/users/me/profile', access_token)).status).toBe(200);
  });

  it('runs out after an hour', async () => {
    const world = googleWorld();
    const { access_token } = await world.connect();
    await world.clock.advance(3599 * 1000);
    const response = await world.get('/gmail/v1/users/me/profile', access_token);
    expect(await apiError(response)).toMatchObject({
      code: 401,
      status: 'UNAUTHENTICATED',
      errors: [{ reason: 'authError', message: 'Invalid Credentials' }],
    });
  });

  it('needs the method’s scope', async () => {
    const world = googleWorld();
    const { access_token } = await world.connect({ scope: contactsReadonly });
    const response = await world.get('/gmail/v1/users/me/messages', access_token);
    expect(await apiError(response)).toMatchObject({
      code: 403,
      status: 'PERMISSION_DENIED',
      errors: [{ reason: 'insufficientPermissions' }],
      details: [{ reason: 'ACCESS_TOKEN_SCOPE_INSUFFICIENT' }],
    });
  });

  it('opens nobody else’s mailbox', async () => {
    const world = googleWorld();
    const robin = world.sandbox.addAccount({ email: 'robin@example.org' });
    robin.mailbox.importMessage(Buffer.from('Subject: for Robin alone\r\n\r\nHello\r\n'));
    const { access_token } = await world.connect();
    const own = await (await world.get('/gmail/v1/users/me/messages', access_token)).json();
    expect(own).not.toHaveProperty('messages');
    expect((await world.get('/gmail/v1/users/robin@example.org/messages', access_token)).status).toBeGreaterThanOrEqual(
      400,
    );
  });

  it('is never guessed: any other string is refused', async () => {
    const world = googleWorld();
    const { access_token } = await world.connect();
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme-ascii', maxLength: 200 }), async (token) => {
        fc.pre(token.trim() !== access_token);
        const response = await world.get('/gmail/v1/users/me/profile', token);
        expect(response.status).toBe(401);
      }),
      { numRuns: 50 },
    );
  });
});
