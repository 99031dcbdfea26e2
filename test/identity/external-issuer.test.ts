// Somebody else's issuer: where its keys are found, how long they are believed, and what happens while it is away.
import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createAccessTokens } from '../../src/identity/access-tokens.ts';
import { createExternalIssuer } from '../../src/identity/trusted-issuers.ts';
import { createOutsideFetch } from '../../src/lib/outside-fetch.ts';
import { handClock } from '../support/hand-clock.ts';
import { goodClaims, newSigner, resource, type Signer } from './signer.ts';

const minute = 60_000;
const login = 'https://login.example.org/tenant';
const openid = `${login}/.well-known/openid-configuration`;
const oauth = 'https://login.example.org/.well-known/oauth-authorization-server/tenant';
const jwks = 'https://keys.example.org/jwks';

type Answer = Response | 'hangs' | 'unreachable';
type Site = Record<string, (() => Answer) | undefined>;

/** What an issuer in order publishes. */
const siteOf = (signers: readonly Signer[], issuer = login): Site => ({
  [openid]: () => Response.json({ issuer, jwks_uri: jwks }),
  [jwks]: () => Response.json({ keys: signers.map(({ jwk }) => jwk) }),
});

const hanging = (signal: AbortSignal | null | undefined): Promise<Response> =>
  new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))));

const world = async (url = login, client?: object) => {
  const clock = handClock();
  const signer = await newSigner();
  const requests: Request[] = [];
  const log: string[] = [];
  const state = { site: siteOf([signer]) };
  const issuer = createExternalIssuer({
    settings: { url, realm: 'staff', identifierClaim: 'sub', audience: undefined, scopePrefix: '', client },
    resource,
    clock,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      requests.push(request);
      const answer = state.site[request.url]?.() ?? new Response('nothing here', { status: 404 });
      if (answer === 'unreachable') throw new TypeError('fetch failed');
      return answer === 'hangs' ? hanging(init?.signal) : answer;
    },
    log: ({ reason }) => log.push(reason),
  });
  const check = createAccessTokens([issuer], clock, () => {});
  const kindOf = async (token: string | Promise<string>) => (await check(await token)).kind;
  const token = (by = signer, claims: object = {}) => by.sign({ ...goodClaims(url, clock), ...claims });
  return { clock, signer, requests, log, state, check, kindOf, token, issuer };
};

const urlsOf = (requests: readonly Request[]): string[] => requests.map(({ url }) => url);

describe('1. Discovery of the keys', () => {
  it('asks the issuer at the first token, not before', async () => {
    const { requests } = await world();
    expect(requests).toEqual([]);
  });

  it('reads the OpenID Connect metadata once for many concurrent tokens', async () => {
    const { requests, kindOf, token } = await world();
    const tokens = await Promise.all(Array.from({ length: 20 }, () => token()));
    const kinds = await Promise.all(tokens.map(kindOf));
    expect(new Set(kinds)).toEqual(new Set(['accepted']));
    expect(urlsOf(requests)).toEqual([openid, jwks]);
  });

  it('falls back to the OAuth metadata (RFC 8414)', async () => {
    const { requests, kindOf, token, state } = await world();
    state.site = { ...state.site, [openid]: undefined, [oauth]: state.site[openid] };
    expect(await kindOf(token())).toBe('accepted');
    expect(urlsOf(requests)).toEqual([openid, oauth, jwks]);
  });

  it('works for an issuer whose identifier ends with a slash', async () => {
    const { requests, kindOf, token, state, signer } = await world(`${login}/`);
    state.site = siteOf([signer], `${login}/`);
    expect(await kindOf(token())).toBe('accepted');
    expect(urlsOf(requests)).toEqual([openid, jwks]);
  });

  it('accepts http for an issuer on this machine', async () => {
    const local = 'http://localhost:8080';
    const { kindOf, token, state, signer } = await world(local);
    state.site = {
      [`${local}/.well-known/openid-configuration`]: () => Response.json({ issuer: local, jwks_uri: `${local}/jwks` }),
      [`${local}/jwks`]: siteOf([signer])[jwks],
    };
    expect(await kindOf(token())).toBe('accepted');
  });

  it('sends no credential to the issuer and follows no redirect', async () => {
    const { requests, kindOf, token } = await world();
    await kindOf(token());
    for (const request of requests) {
      expect([...request.headers]).toEqual([['accept', 'application/json']]);
      expect([request.method, request.redirect, request.body]).toEqual(['GET', 'manual', null]);
    }
  });

  it('lets links be opened after a sign-in where Postern is a client of the issuer', async () => {
    const policies = [await world(), await world(login, { id: 'a', secret: 'b' })].map(
      ({ issuer }) => issuer.linkPolicy,
    );
    expect(policies).toEqual(['pinned', 'signed_in']);
  });
});

describe('2. An unavailable issuer', () => {
  it.each<[string, Site, string]>([
    ['does not answer', { [openid]: () => 'unreachable' }, 'metadata unreachable'],
    ['has no metadata', { [openid]: undefined }, 'metadata status 404'],
    ['is out of order', { [openid]: () => new Response('', { status: 503 }) }, 'metadata status 404'],
    ['redirects', { [openid]: () => Response.redirect('https://attacker.example/') }, 'metadata status 404'],
    ['answers with a page', { [openid]: () => new Response('<h1>Welcome</h1>') }, 'metadata not_json'],
    ['answers with nothing', { [openid]: () => new Response(null) }, 'metadata not_json'],
    ['answers without end', { [openid]: () => new Response('x'.repeat(300_000)) }, 'metadata too_large'],
    ['says too little', { [openid]: () => Response.json({ issuer: login }) }, 'metadata without issuer or jwks_uri'],
    ['is another', siteOf([], 'https://login.example.org/'), 'metadata of another issuer'],
    ['is the same in other letters', siteOf([], login.toUpperCase()), 'metadata of another issuer'],
    [
      'has keys on http',
      { [openid]: () => Response.json({ issuer: login, jwks_uri: 'http://keys.example.org/' }) },
      'jwks_uri not https',
    ],
    [
      'has keys on this machine',
      { [openid]: () => Response.json({ issuer: login, jwks_uri: 'http://localhost/' }) },
      'jwks_uri not https',
    ],
    [
      'has keys in a file',
      { [openid]: () => Response.json({ issuer: login, jwks_uri: 'file:///etc/passwd' }) },
      'jwks_uri not https',
    ],
    ['hides its keys', { [jwks]: () => new Response('', { status: 403 }) }, 'keys status 403'],
    ['has no key set', { [jwks]: () => Response.json({ keys: 'none' }) }, 'keys malformed'],
  ])('an issuer that %s: its tokens can be tried again', async (_, site, reason) => {
    const { check, token, state, log } = await world();
    state.site = { ...state.site, ...site };
    expect(await check(await token())).toEqual({ kind: 'issuer_unavailable', retryAfterSeconds: 10 });
    expect(log).toEqual([reason]);
  });

  it('stops waiting for an answer without end', async () => {
    const { kindOf, token, state, clock, log } = await world();
    state.site[jwks] = () => 'hangs';
    const kind = kindOf(token());
    await expect.poll(() => clock.sleeping).toBe(1);
    await clock.advance(8000);
    expect(await kind).toBe('issuer_unavailable');
    expect(log).toEqual(['keys unreachable']);
  });

  it('is asked again after a pause, and not before', async () => {
    const { check, kindOf, token, state, clock, requests } = await world();
    const good = state.site;
    state.site = { [openid]: () => 'unreachable' };
    await kindOf(token());
    state.site = good;
    await clock.advance(4000);
    expect(await check(await token())).toEqual({ kind: 'issuer_unavailable', retryAfterSeconds: 6 });
    expect(requests.length).toBe(1);
    await clock.advance(6000);
    expect(await kindOf(token())).toBe('accepted');
  });

  it('does not delay tokens while its cached keys are trusted', async () => {
    const { kindOf, token, state, clock, signer, requests } = await world();
    const good = state.site;
    await kindOf(token());
    await clock.advance(10 * minute);
    state.site = { [openid]: () => 'hangs' };
    const first = kindOf(token());
    await expect.poll(() => clock.sleeping).toBe(1);
    await clock.advance(8000);
    expect(await first).toBe('accepted');
    await clock.advance(10_000);
    const before = requests.length;
    for (let n = 0; n < 5; n += 1) expect(await kindOf(token())).toBe('accepted');
    expect(requests.length).toBe(before + 1);
    await clock.advance(8000);
    const next = await newSigner();
    state.site = { ...good, ...siteOf([next]) };
    await clock.advance(10_000);
    expect(await kindOf(token(next))).toBe('accepted');
    expect(await kindOf(token(signer))).toBe('refused');
  });

  it('leaves no timer behind', async () => {
    const { kindOf, token, clock } = await world();
    await kindOf(token());
    expect(clock.sleeping).toBe(0);
  });

  it('ignores a key that cannot be used, and accepts tokens of the others', async () => {
    const { kindOf, token, state, signer } = await world();
    const broken = { ...signer.jwk, kid: 'broken', x: 'AA' };
    state.site[jwks] = () => Response.json({ keys: [broken, signer.jwk] });
    expect(await kindOf(token())).toBe('accepted');
    const named = signer.sign(goodClaims(login, handClock()), { kid: 'broken' });
    expect(await kindOf(named)).toBe('refused');
  });

  it('ignores an RSA key under 2048 bits (RFC 7518 §3.3)', async () => {
    const { kindOf, token, state, signer, clock } = await world();
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const short = { ...publicKey.export({ format: 'jwk' }), kid: 'short', alg: 'RS256' };
    state.site[jwks] = () => Response.json({ keys: [short, signer.jwk] });
    const parts = [{ alg: 'RS256', kid: 'short', typ: 'at+jwt' }, goodClaims(login, clock)];
    const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    const signature = sign('sha256', Buffer.from(signed), privateKey).toString('base64url');
    expect(await kindOf(`${signed}.${signature}`)).toBe('refused');
    expect(await kindOf(token())).toBe('accepted');
  });
});

describe('The jwks_uri of its metadata', () => {
  const listening = async (listener: RequestListener) => {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  it('may have a private address only where it shares the issuer’s origin', async () => {
    const clock = handClock();
    const signer = await newSigner();
    const keys = JSON.stringify({ keys: [signer.jwk] });
    let asked = 0;
    const elsewhere = await listening((_request, response) => {
      asked += 1;
      response.end(keys);
    });
    let jwksUri = `${elsewhere}/keys`;
    const url = await listening((request, response) =>
      response.end(request.url === '/keys' ? keys : JSON.stringify({ issuer: url, jwks_uri: jwksUri })),
    );
    const log: string[] = [];
    const issuer = createExternalIssuer({
      settings: {
        url,
        realm: 'staff',
        identifierClaim: 'sub',
        audience: undefined,
        scopePrefix: '',
        client: undefined,
      },
      resource,
      clock,
      fetch: createOutsideFetch({ clock, trustedOrigin: url }),
      log: ({ reason }) => log.push(reason),
    });
    const check = createAccessTokens([issuer], clock, () => {});
    const kindOf = async () => (await check(await signer.sign(goodClaims(url, clock)))).kind;
    for (const inside of [
      `${elsewhere}/keys`,
      `${elsewhere.replace('http:', 'https:')}/keys`,
      'https://[::ffff:10.0.0.1]/keys',
    ]) {
      jwksUri = inside;
      expect(await kindOf()).toBe('issuer_unavailable');
      await clock.advance(10_000);
    }
    expect([asked, log]).toEqual([
      0,
      ['keys address_not_allowed', 'keys address_not_public', 'keys address_not_public'],
    ]);
    jwksUri = `${url}/keys`;
    expect(await kindOf()).toBe('accepted');
  });
});

describe('3. Key rotation', () => {
  it('fetches the keys again for the first token of a new key', async () => {
    const { kindOf, token, state, clock, signer, requests } = await world();
    await kindOf(token());
    const next = await newSigner();
    state.site = siteOf([next, signer]);
    await clock.advance(31_000);
    expect(await kindOf(token(next))).toBe('accepted');
    expect(await kindOf(token())).toBe('accepted');
    expect(requests.length).toBe(4);
  });

  it('fetches the keys for unknown key ids at most every 30 seconds', async () => {
    const { kindOf, token, clock, requests } = await world();
    const stranger = await newSigner();
    for (let n = 0; n < 10; n += 1) expect(await kindOf(token(stranger))).toBe('refused');
    expect(requests.length).toBe(2);
    await clock.advance(30_000);
    for (let n = 0; n < 10; n += 1) expect(await kindOf(token(stranger))).toBe('refused');
    expect(requests.length).toBe(4);
  });

  it('refuses tokens of a withdrawn key after ten minutes', async () => {
    const { kindOf, token, state, clock, signer } = await world();
    const next = await newSigner();
    await kindOf(token());
    state.site = siteOf([next]);
    await clock.advance(10 * minute);
    expect(await kindOf(token(signer))).toBe('refused');
    expect(await kindOf(token(next))).toBe('accepted');
  });

  it('trusts cached keys for one hour while the issuer is unavailable, and no longer', async () => {
    const { kindOf, token, state, clock } = await world();
    await kindOf(token());
    state.site = { [openid]: () => 'unreachable' };
    await clock.advance(59 * minute);
    expect(await kindOf(token())).toBe('accepted');
    await clock.advance(minute);
    expect(await kindOf(token())).toBe('issuer_unavailable');
  });

  it('answers an unknown key with “unavailable” while the issuer cannot be asked', async () => {
    const { kindOf, token, state, clock, signer } = await world();
    const next = await newSigner();
    await kindOf(token());
    state.site = { [openid]: () => 'unreachable' };
    await clock.advance(minute);
    expect(await kindOf(token(next))).toBe('issuer_unavailable');
    expect(await kindOf(token(next))).toBe('issuer_unavailable');
    expect(await kindOf(token(signer))).toBe('accepted');
    state.site = siteOf([next, signer]);
    await clock.advance(10_000);
    expect(await kindOf(token(next))).toBe('accepted');
  });
});
