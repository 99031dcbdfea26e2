// An OpenID Connect issuer that speaks the protocol: discovery, JWKS, authorization (without a page: whoever is at the
// keyboard is signed in already), token endpoint with PKCE and client authentication, userinfo. Signs with jose.
import { createHash, randomBytes } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import type { Clock } from '../../src/lib/clock.ts';

/** Who is at the keyboard: the claims of their ID token. */
type Person = { readonly sub: string } & Readonly<Record<string, unknown>>;

export interface TestIssuer {
  readonly url: string;
  readonly client: { readonly id: string; readonly secret: string };
  /** Who signs in next; undefined: somebody who declines. */
  person: Person | undefined;
  /** What only userinfo says about them. */
  userinfo: Readonly<Record<string, unknown>>;
  /** Changes the ID token before it is signed, as a bad issuer would. */
  spoil: (claims: JWTPayload) => JWTPayload;
  /** What the authorization response says as `iss` (RFC 9207). */
  responseIssuer: string | undefined;
  /** No answer to anything, while true. */
  down: boolean;
  /** Every request: method and path. */
  readonly requests: string[];
  /** The authorization requests that arrived. */
  readonly authorizations: URLSearchParams[];
  fetch(request: Request): Promise<Response>;
  /** An access token (RFC 9068) signed with the present key; `exp`, `iat` and `iss` are set unless given. */
  accessToken(claims: JWTPayload, header?: { readonly typ?: string }): Promise<string>;
  /** A new signing key; the former one stays in the JWKS unless `withdraw`. */
  rotateKey(options?: { readonly withdraw?: boolean }): Promise<void>;
}

interface IssuedCode {
  readonly person: Person;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly nonce: string | undefined;
}

const json = (body: unknown, status = 200): Response => Response.json(body, { status });

const newKey = async () => {
  const kid = randomBytes(8).toString('hex');
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } };
};

export const createTestIssuer = async (clock: Clock, url = 'https://login.example.org'): Promise<TestIssuer> => {
  let keys = [await newKey()];
  const codes = new Map<string, IssuedCode>();
  const tokens = new Map<string, Person>();
  const seconds = () => Math.floor(clock.now() / 1000);

  const sign = async (claims: JWTPayload, typ: string): Promise<string> => {
    const [key] = keys;
    if (key === undefined) throw new Error('The issuer has no key.');
    return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: key.kid, typ }).sign(key.privateKey);
  };

  const authorize = (query: URLSearchParams): Response => {
    issuer.authorizations.push(query);
    const back = new URL(query.get('redirect_uri') ?? '');
    back.searchParams.set('state', query.get('state') ?? '');
    if (issuer.responseIssuer !== undefined) back.searchParams.set('iss', issuer.responseIssuer);
    if (issuer.person === undefined) {
      back.searchParams.set('error', 'access_denied');
    } else {
      const code = randomBytes(16).toString('hex');
      codes.set(code, {
        person: issuer.person,
        redirectUri: query.get('redirect_uri') ?? '',
        challenge: query.get('code_challenge_method') === 'S256' ? (query.get('code_challenge') ?? '') : '',
        nonce: query.get('nonce') ?? undefined,
      });
      back.searchParams.set('code', code);
    }
    return new Response(null, { status: 302, headers: { location: back.href } });
  };

  const authenticated = (request: Request, form: URLSearchParams): boolean => {
    const basic = /^Basic (.+)$/.exec(request.headers.get('authorization') ?? '')?.[1];
    const [id, secret] =
      basic === undefined
        ? [form.get('client_id'), form.get('client_secret')]
        : Buffer.from(basic, 'base64')
            .toString()
            .split(':')
            .map((part) => decodeURIComponent(part.replaceAll('+', '%20')));
    return id === issuer.client.id && secret === issuer.client.secret;
  };

  const token = async (request: Request): Promise<Response> => {
    const form = new URLSearchParams(await request.text());
    if (!authenticated(request, form)) return json({ error: 'invalid_client' }, 401);
    const code = codes.get(form.get('code') ?? '');
    codes.delete(form.get('code') ?? '');
    const proof = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (code === undefined || code.redirectUri !== form.get('redirect_uri') || code.challenge !== proof)
      return json({ error: 'invalid_grant' }, 400);
    const accessToken = randomBytes(16).toString('hex');
    tokens.set(accessToken, code.person);
    const claims = {
      ...{ iss: url, aud: issuer.client.id, iat: seconds(), exp: seconds() + 300 },
      ...code.person,
      ...(code.nonce === undefined ? {} : { nonce: code.nonce }),
    };
    const idToken = await sign(issuer.spoil(claims), 'JWT');
    return json({ access_token: accessToken, token_type: 'Bearer', expires_in: 300, id_token: idToken });
  };

  const userinfo = (request: Request): Response => {
    const person = tokens.get((request.headers.get('authorization') ?? '').replace(/^Bearer /, ''));
    return person === undefined ? json({ error: 'invalid_token' }, 401) : json({ sub: person.sub, ...issuer.userinfo });
  };

  const discovery = () => ({
    issuer: url,
    authorization_endpoint: `${url}/authorize`,
    token_endpoint: `${url}/token`,
    userinfo_endpoint: `${url}/userinfo`,
    jwks_uri: `${url}/jwks`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
  });

  const issuer: TestIssuer = {
    url,
    client: { id: 'postern-browser', secret: 'a secret of the test issuer' },
    person: undefined,
    userinfo: {},
    spoil: (claims) => claims,
    responseIssuer: url,
    down: false,
    requests: [],
    authorizations: [],
    fetch: async (request) => {
      const { pathname, searchParams } = new URL(request.url);
      const path = pathname.slice(new URL(url).pathname.replace(/\/$/, '').length);
      issuer.requests.push(`${request.method} ${path}`);
      if (issuer.down) return new Response('down', { status: 503 });
      switch (path) {
        case '/.well-known/openid-configuration':
          return json(discovery());
        case '/jwks':
          return json({ keys: keys.map(({ jwk }) => jwk) });
        case '/authorize':
          return authorize(searchParams);
        case '/token':
          return token(request);
        case '/userinfo':
          return userinfo(request);
        default:
          return new Response('nothing here', { status: 404 });
      }
    },
    accessToken: (claims, header = {}) =>
      sign({ iss: url, iat: seconds(), exp: seconds() + 300, ...claims }, header.typ ?? 'at+jwt'),
    rotateKey: async (options = {}) => {
      keys = [await newKey(), ...(options.withdraw === true ? [] : keys)];
    },
  };
  return issuer;
};
