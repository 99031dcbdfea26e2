// What becomes of a sign-in at an issuer whose metadata is not as it should be.
import { describe, expect, test } from 'vitest';
import { createIssuerSignIn } from '../../src/oauth/issuer-sign-in.ts';
import { handClock } from '../support/hand-clock.ts';

const issuer = 'https://issuer.example';
const round = { redirectUri: 'https://postern.test/callback', state: 's', nonce: 'n', codeVerifier: 'v'.repeat(43) };

const signInWhere = (answer: (url: string) => Promise<Response>) =>
  createIssuerSignIn({
    issuer,
    client: { id: 'client', secret: 'secret' },
    identifierClaim: 'sub',
    fetch: (url) => answer(String(url)),
    clock: handClock(),
  });

describe('Signing in at an issuer', () => {
  test.each<[string, () => Promise<Response>, object]>([
    ['does not answer', () => Promise.reject(new TypeError('connection refused')), { kind: 'unavailable' }],
    ['answers 503', async () => new Response(null, { status: 503 }), { kind: 'unavailable' }],
    ['answers 429', async () => new Response(null, { status: 429 }), { kind: 'unavailable' }],
    ['has no metadata', async () => new Response(null, { status: 404 }), { kind: 'rejected', check: 'metadata' }],
    ['answers HTML', async () => new Response('<html>'), { kind: 'rejected', check: 'metadata' }],
    [
      'publishes the metadata of another issuer',
      async () => Response.json({ issuer: 'https://other.example', jwks_uri: 'https://other.example/keys' }),
      { kind: 'rejected', check: 'metadata' },
    ],
  ])('that %s leads nowhere, and says whether that may pass', async (_, answer, outcome) => {
    const signIn = signInWhere(answer);
    expect(await signIn.authorizationUrl(round, false)).toBeUndefined();
    expect(await signIn.identify(round, { code: 'code' })).toEqual(outcome);
  });

  test('fetches its metadata once an hour', async () => {
    const asked: string[] = [];
    const signIn = signInWhere(async (url) => {
      asked.push(url);
      const authorization_endpoint = `${issuer}/authorize`;
      return Response.json({ issuer, jwks_uri: `${issuer}/keys`, authorization_endpoint });
    });
    for (let n = 0; n < 3; n++) expect(await signIn.authorizationUrl(round, n > 0)).toContain(`${issuer}/authorize?`);
    expect(asked).toEqual([`${issuer}/.well-known/openid-configuration`]);
  });
});
