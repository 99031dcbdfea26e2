// How MCP clients sign people in, as the environment says it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Environment, readConfig } from '../../src/config/config.ts';
import { maySignIn } from '../../src/connect/acceptance.ts';
import { toolNames } from '../../src/mcp/tools/index.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'postern-sign-in-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const read = (environment: Environment) =>
  readConfig(
    {
      GOOGLE_CLIENT_ID: 'id.apps.googleusercontent.com',
      GOOGLE_CLIENT_SECRET: 'hush',
      POSTERN_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
      POSTERN_PUBLIC_URL: 'https://postern.example.com',
      ...environment,
    },
    { transport: 'http', toolNames, machine: { platform: 'linux', home, cwd: home } },
  );
const config = (environment: Environment) => {
  const reading = read(environment);
  if (!reading.ok) throw new Error(JSON.stringify(reading.faults));
  return reading.config;
};
const faults = (environment: Environment) => {
  const reading = read(environment);
  return reading.ok ? [] : reading.faults.map(({ variable, problem }) => `${variable} ${problem}`);
};
const clientsFile = (content: unknown): string => {
  const path = join(home, 'clients.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};

describe('without settings', () => {
  test('only keys work', () => {
    expect(config({}).signIn).toEqual({ google: undefined, issuer: undefined });
  });

  test('warns of an allow-list without POSTERN_SIGN_IN', () => {
    expect(config({ POSTERN_ALLOWED_EMAILS: 'kim@example.com' }).warnings.join()).toContain('POSTERN_SIGN_IN=google');
    expect(config({ POSTERN_ALLOWED_EMAILS: '*' }).warnings.join()).not.toContain('everybody');
  });
});

describe('signing in with Google', () => {
  test('is refused at start while nobody is named', () => {
    expect(faults({ POSTERN_SIGN_IN: 'google' })).toEqual([
      'POSTERN_ALLOWED_EMAILS is not set, and neither is POSTERN_ALLOWED_DOMAINS: nobody could sign in',
    ]);
    expect(faults({ POSTERN_SIGN_IN: 'google', POSTERN_ALLOWED_EMAILS: ' , ' })).toHaveLength(1);
  });

  test('admits named addresses and domains, whatever their case', () => {
    const { signIn } = config({
      POSTERN_SIGN_IN: 'google',
      POSTERN_ALLOWED_EMAILS: 'Kim@Example.com, lee@example.org',
      POSTERN_ALLOWED_DOMAINS: 'Example.NET',
    });
    expect(signIn.google?.allowed).toEqual({
      emails: ['kim@example.com', 'lee@example.org'],
      domains: ['example.net'],
      everybody: false,
    });
  });

  test('admits everybody only when * is written out, and warns', () => {
    const everybody = config({ POSTERN_SIGN_IN: 'google', POSTERN_ALLOWED_DOMAINS: '*' });
    expect(everybody.signIn.google?.allowed.everybody).toBe(true);
    expect(everybody.warnings.join()).toContain('everybody with a Google account');
  });

  test.each([
    [{ POSTERN_ALLOWED_EMAILS: 'kim' }, 'POSTERN_ALLOWED_EMAILS number 1 is not an address'],
    [{ POSTERN_ALLOWED_DOMAINS: 'a.example.com,*.example.com' }, 'POSTERN_ALLOWED_DOMAINS number 2 is not a domain'],
    [{ POSTERN_ALLOWED_DOMAINS: '@example.com' }, 'POSTERN_ALLOWED_DOMAINS number 1 is not a domain'],
  ])('%j is a fault', (environment, expected) => {
    expect(faults({ POSTERN_SIGN_IN: 'google', ...environment }).join()).toContain(expected);
  });

  test('an unknown way of signing in is a fault', () => {
    expect(faults({ POSTERN_SIGN_IN: 'github' })).toEqual(['POSTERN_SIGN_IN is not google']);
  });
});

describe('who may enter', () => {
  const allowed = { emails: ['kim@example.com'], domains: ['example.net'], everybody: false };
  test.each([
    ['the named address', { email: 'Kim@example.com', emailVerified: true }, true],
    ['the named address, unverified', { email: 'kim@example.com', emailVerified: false }, false],
    ['the organisation', { email: 'x@example.net', emailVerified: true, hostedDomain: 'EXAMPLE.net' }, true],
    ['an address that only ends like it', { email: 'x@example.net', emailVerified: true }, false],
    ['a subdomain', { email: 'x@a.example.net', emailVerified: true, hostedDomain: 'a.example.net' }, false],
    ['the Kelvin sign', { email: '\u212Aim@example.com', emailVerified: true }, false],
    ['a stranger', { email: 'eve@example.org', emailVerified: true, hostedDomain: 'example.org' }, false],
  ])('%s: %j → %s', (_, person, expected) => {
    expect(maySignIn(person, allowed)).toBe(expected);
  });

  test('nobody, when nobody is named', () => {
    const nobody = { emails: [], domains: [], everybody: false };
    expect(maySignIn({ email: '', emailVerified: true, hostedDomain: '' }, nobody)).toBe(false);
  });
});

describe('clients in a file', () => {
  const on = { POSTERN_SIGN_IN: 'google', POSTERN_ALLOWED_EMAILS: 'kim@example.com' };

  test('are read with or without a secret', () => {
    const path = clientsFile([
      { client_id: 'desk', client_name: 'Desk', redirect_uris: ['https://desk.example.com/callback'] },
      {
        client_id: 'back',
        client_name: 'Back',
        client_secret: 'x'.repeat(32),
        redirect_uris: ['https://b.example/cb'],
      },
    ]);
    expect(config({ ...on, POSTERN_OAUTH_CLIENTS_FILE: path }).signIn.google?.clients).toEqual([
      { clientId: 'desk', name: 'Desk', redirectUris: ['https://desk.example.com/callback'] },
      { clientId: 'back', name: 'Back', clientSecret: 'x'.repeat(32), redirectUris: ['https://b.example/cb'] },
    ]);
  });

  test.each([
    ['no JSON', '{', 'cannot be read as JSON'],
    ['no list', {}, 'is not a list of clients'],
    [
      'a client without redirect URIs',
      [{ client_id: 'a', client_name: 'A', redirect_uris: [] }],
      'look at 0.redirect_uris',
    ],
    [
      'a redirect URI that is none',
      [{ client_id: 'a', client_name: 'A', redirect_uris: ['callback'] }],
      'look at 0.redirect_uris.0',
    ],
    [
      'a redirect URI that anybody on the way could read',
      [{ client_id: 'a', client_name: 'A', redirect_uris: ['http://a.example.com/cb'] }],
      'look at 0.redirect_uris.0',
    ],
    [
      'a redirect URI that carries another address to a browser',
      [{ client_id: 'a', client_name: 'A', redirect_uris: ['microsoft-edge:https://evil.example/cb'] }],
      'look at 0.redirect_uris.0',
    ],
    [
      'the same id twice',
      ['A', 'B'].map((name) => ({ client_id: 'a', client_name: name, redirect_uris: ['https://a.example/cb'] })),
      'names a client twice',
    ],
    [
      'a guessable secret, which the message does not repeat',
      [{ client_id: 'a', client_name: 'A', client_secret: 'hush', redirect_uris: ['https://a.example/cb'] }],
      'look at 0.client_secret',
    ],
  ])('%s is a fault', (_, content, expected) => {
    const found = faults({ ...on, POSTERN_OAUTH_CLIENTS_FILE: clientsFile(content) }).join();
    expect(found).toContain(expected);
    expect(found).not.toContain('hush');
  });

  test('a scheme that no known agent has is the operator’s to choose, with a warning', () => {
    const path = clientsFile([{ client_id: 'a', client_name: 'A', redirect_uris: ['myapp://callback'] }]);
    const { signIn, warnings } = config({ ...on, POSTERN_OAUTH_CLIENTS_FILE: path });
    expect(signIn.google?.clients[0]?.redirectUris).toEqual(['myapp://callback']);
    expect(warnings.join()).toContain('sends answers of "a" to "myapp://callback"');
  });

  test('a missing file is a fault', () => {
    expect(faults({ ...on, POSTERN_OAUTH_CLIENTS_FILE: join(home, 'none.json') }).join()).toContain('cannot be read');
  });
});

describe('an external issuer', () => {
  const issuer = { POSTERN_OIDC_ISSUER: 'https://login.example.com/tenant/' };

  test('keeps the issuer as it was written, with sub as the identifier and the realm oidc', () => {
    expect(config(issuer).signIn.issuer).toEqual({
      url: 'https://login.example.com/tenant/',
      realm: 'oidc',
      identifierClaim: 'sub',
      audience: undefined,
      scopePrefix: '',
      client: undefined,
    });
  });

  test('may have another claim, realm, audience and a client', () => {
    const settings = {
      POSTERN_OIDC_IDENTIFIER_CLAIM: 'oid',
      POSTERN_OIDC_REALM: 'staff',
      POSTERN_OIDC_AUDIENCE: 'api://postern',
      POSTERN_OIDC_SCOPE_PREFIX: 'api://postern/',
      POSTERN_OIDC_CLIENT_ID: 'postern',
      POSTERN_OIDC_CLIENT_SECRET: 'hush',
    };
    expect(config({ ...issuer, ...settings }).signIn.issuer).toEqual({
      url: 'https://login.example.com/tenant/',
      realm: 'staff',
      identifierClaim: 'oid',
      audience: 'api://postern',
      scopePrefix: 'api://postern/',
      client: { id: 'postern', secret: 'hush' },
    });
  });

  test.each([
    [{ POSTERN_OIDC_ISSUER: 'http://login.example.com' }, 'is not https'],
    [{ POSTERN_OIDC_ISSUER: 'https://accounts.google.com' }, 'is Google'],
    [{ POSTERN_OIDC_ISSUER: 'login.example.com' }, 'is not an http(s) URL'],
    [{ POSTERN_OIDC_ISSUER: 'https://postern.example.com' }, 'is this server itself'],
    [{ POSTERN_OIDC_ISSUER: 'https://POSTERN.example.com:443/' }, 'is this server itself'],
    [
      { POSTERN_OIDC_ISSUER: 'https://login.example.com/tenant/.well-known/openid-configuration' },
      'is the address of a document, not an issuer',
    ],
    [{ ...issuer, POSTERN_OIDC_REALM: 'google' }, 'is reserved'],
    [{ ...issuer, POSTERN_OIDC_REALM: 'local' }, 'is reserved'],
    [{ ...issuer, POSTERN_OIDC_CLIENT_ID: 'a' }, 'POSTERN_OIDC_CLIENT_SECRET is not set'],
    [{ ...issuer, POSTERN_OIDC_CLIENT_SECRET: 'a' }, 'POSTERN_OIDC_CLIENT_ID is not set'],
    [{ ...issuer, POSTERN_OIDC_SCOPE_PREFIX: 'a b' }, 'cannot stand in a scope'],
    [
      { ...issuer, POSTERN_OIDC_SCOPE_PREFIX: 'a/', POSTERN_SIGN_IN: 'google', POSTERN_ALLOWED_EMAILS: '*' },
      'does not go together with POSTERN_SIGN_IN',
    ],
    [{ ...issuer, POSTERN_OIDC_IDENTIFIER_CLAIM: 'a b' }, 'is not the name of a claim'],
  ])('%j is a fault', (environment, expected) => {
    expect(faults(environment).join()).toContain(expected);
  });

  test('may share its host with this server, under a path', () => {
    const { signIn } = config({ POSTERN_OIDC_ISSUER: 'https://postern.example.com/realms/staff' });
    expect(signIn.issuer?.url).toBe('https://postern.example.com/realms/staff');
  });

  test('may name people by a claim that can pass to another person, with a warning', () => {
    const warned = (claim: string) =>
      config({ ...issuer, POSTERN_OIDC_IDENTIFIER_CLAIM: claim })
        .warnings.join()
        .includes('may pass to another person');
    expect(['email', 'preferred_username', 'upn', 'sub', 'oid', 'employee'].map(warned)).toEqual([
      ...[true, true, true],
      ...[false, false, false],
    ]);
  });

  test('warns of POSTERN_OIDC_* settings without an issuer', () => {
    expect(config({ POSTERN_OIDC_REALM: 'staff' }).warnings.join()).toContain(
      'Without POSTERN_OIDC_ISSUER, nothing comes of POSTERN_OIDC_REALM',
    );
  });
});
