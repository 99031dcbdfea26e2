// Which access tokens are accepted, for which account, and which are refused.
import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { CompactEncrypt, SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { type AccessTokenReading, createAccessTokens, type TrustedIssuer } from '../../src/identity/access-tokens.ts';
import { createEmbeddedIssuer } from '../../src/identity/trusted-issuers.ts';
import { handClock } from '../support/hand-clock.ts';
import { goodClaims, newSigner, resource, type Signer, trusting } from './signer.ts';

const login = 'https://login.example.org';

const world = async (more: Partial<TrustedIssuer> = {}) => {
  const clock = handClock();
  const signer = await newSigner();
  const log: object[] = [];
  const check = createAccessTokens([trusting(signer, more)], clock, (entry) => log.push(entry));
  const token = (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}) =>
    signer.sign({ ...goodClaims(login, clock), ...claims }, header);
  return { clock, signer, log, check, token, seconds: Math.floor(clock.now() / 1000) };
};

const outcome = (reading: AccessTokenReading): string =>
  reading.kind === 'accepted'
    ? `${reading.caller.key.realm}/${reading.caller.key.identifier} ${reading.caller.scopes?.join(' ')}`
    : reading.kind;

describe('1. A valid access token', () => {
  it("identifies one account of its issuer's realm, with the granted scopes", async () => {
    const { check, token } = await world();
    expect(await check(await token())).toEqual({
      kind: 'accepted',
      caller: {
        key: { realm: 'staff', identifier: 'ada' },
        credential: 'access_token',
        linkPolicy: 'pinned',
        scopes: ['mail:read', 'contacts:read'],
      },
    });
  });

  it('identifies the account by the claim that the operator configured', async () => {
    const { check, token } = await world({ identifierClaim: 'https://example.org/employee' });
    expect(outcome(await check(await token({ 'https://example.org/employee': 'e-7' })))).toMatch(/^staff\/e-7 /);
  });

  it.each([
    ['one scope', { scope: 'mail:read' }, 'mail:read'],
    ['scopes that are not ours', { scope: 'openid mail:read offline_access mail:write' }, 'mail:read'],
    ['a scope twice', { scope: 'mail:read mail:read' }, 'mail:read'],
    [
      'the list that Okta writes',
      { scope: undefined, scp: ['contacts:read', 7, 'mail:read'] },
      'mail:read contacts:read',
    ],
    ['the text that Entra writes', { scope: undefined, scp: 'contacts:read' }, 'contacts:read'],
    ['scopes in other letters', { scope: 'Mail:Read' }, ''],
    ['no scope of ours', { scope: '' }, ''],
  ])('with %s allows no more than that', async (_, claims, scopes) => {
    const { check, token } = await world();
    expect(outcome(await check(await token(claims)))).toBe(`staff/ada ${scopes}`);
  });

  it.each([
    ['for several audiences', { aud: ['https://other.example.com', resource] }, {}],
    ['with the long form of its type', {}, { typ: 'application/at+jwt' }],
    ['with its type in capitals', {}, { typ: 'AT+JWT' }],
    ['of an issuer that writes JWT, or nothing, as type', {}, { typ: undefined }],
    ["with the words of Keycloak's older versions", { typ: 'Bearer', nonce: 'n' }, { typ: 'JWT' }],
  ])('may be one %s', async (_, claims, header) => {
    const { check, token } = await world();
    expect((await check(await token(claims, header))).kind).toBe('accepted');
  });

  it('is accepted from `nbf` to `exp`, and 30 seconds around for clock skew', async () => {
    const { check, token, clock, seconds } = await world();
    const early = await token({ nbf: seconds + 30, iat: seconds + 30 });
    expect((await check(early)).kind).toBe('accepted');
    const short = await token({ exp: seconds + 60 });
    await clock.advance(89_000);
    expect((await check(short)).kind).toBe('accepted');
    await clock.advance(1000);
    expect((await check(short)).kind).toBe('refused');
  });
});

describe('2. An invalid token is refused', () => {
  it.each([
    ['for another audience', { aud: 'https://other.example.com/mcp' }, {}, 'aud'],
    ['for this host, but another resource', { aud: 'https://postern.example.com' }, {}, 'aud'],
    ['for nearly this resource', { aud: `${resource}/` }, {}, 'aud'],
    ['for a list without this resource', { aud: [`${resource}x`] }, {}, 'aud'],
    ['for nobody', { aud: undefined }, {}, 'aud'],
    ['that has expired', { exp: 1_768_000_000 }, {}, 'exp'],
    ['that never expires', { exp: undefined }, {}, 'exp'],
    ['whose end is a text', { exp: '9999999999' }, {}, 'exp'],
    ['that is not valid yet', { nbf: 1_800_000_000 }, {}, 'nbf'],
    ['of unknown age', { iat: undefined }, {}, 'iat'],
    ['whose age is a text', { iat: '1768000000' }, {}, 'iat'],
    ['that is yet to be made', { iat: 1_768_478_400 + 3600 }, {}, 'iat'],
    ['that is yet to be made, by more than clocks may differ', { iat: 1_768_478_400 + 31 }, {}, 'iat'],
    ['that is an id_token, by its nonce', { nonce: 'n' }, {}, 'nonce'],
    ['that is an id_token, by its at_hash', { at_hash: 'h' }, { typ: 'JWT' }, 'at_hash'],
    ['that is an id_token, by its missing scope', { scope: undefined }, { typ: 'JWT' }, 'scope'],
    ["that is an id_token, by Keycloak's word", { typ: 'ID' }, { typ: 'JWT' }, 'typ'],
    ['that is a refresh token', { typ: 'Refresh' }, { typ: 'JWT' }, 'typ'],
    ['of another type', {}, { typ: 'logout+jwt' }, 'typ'],
    ['whose type is no text', {}, { typ: 7 }, 'typ'],
    ['that is bound to a key', { cnf: { jkt: 'thumbprint' } }, {}, 'cnf'],
    ['that names nobody', { sub: undefined }, {}, 'sub'],
    ['that names the empty person', { sub: '' }, {}, 'sub'],
    ['whose person has a comma', { sub: 'ada,ben' }, {}, 'sub'],
    ['whose person is not NFC', { sub: 'Ju\u0308rgen' }, {}, 'sub'],
    ['whose person has a control character', { sub: 'ada\u0000' }, {}, 'sub'],
    ['whose person is a number', { sub: 7 }, {}, 'sub'],
    ['whose person is a list', { sub: ['ada'] }, {}, 'sub'],
  ])('%s', async (_, claims, header, failed) => {
    const { check, token, log } = await world();
    expect(await check(await token(claims, header))).toEqual({ kind: 'refused' });
    expect(log).toEqual([{ event: 'access_token_refused', issuer: login, check: failed }]);
  });

  it('with an e-mail address as identifier that its issuer does not call verified', async () => {
    const { check, token } = await world({ identifierClaim: 'email' });
    const claims = { email: 'ada@example.org' };
    expect((await check(await token(claims))).kind).toBe('refused');
    for (const word of [false, 'false', 'no', '', 0, null])
      expect((await check(await token({ ...claims, email_verified: word }))).kind, String(word)).toBe('refused');
    for (const word of [true, 'true'])
      expect((await check(await token({ ...claims, email_verified: word }))).kind, word.toString()).toBe('accepted');
  });

  it('whose identifier claim names a property of Object.prototype', async () => {
    const { check, token } = await world({ identifierClaim: 'constructor' });
    expect((await check(await token())).kind).toBe('refused');
  });

  it('of type JWT, where the issuer always writes at+jwt', async () => {
    const { check, token } = await world({ typed: true });
    const kinds = [{ typ: 'JWT' }, { typ: undefined }, {}].map(
      async (header) => (await check(await token({}, header))).kind,
    );
    expect(await Promise.all(kinds)).toEqual(['refused', 'refused', 'accepted']);
  });
});

describe('3. A signature that is not the issuer’s is refused', () => {
  it.each([
    ['nobody signed', async (claims) => new UnsecuredJWT(claims).encode()],
    [
      'was signed with the public key as a shared secret',
      async (claims, jwk) => signHs256(claims, JSON.stringify(jwk), jwk.kid),
    ],
    [
      'was signed with the bytes of the public key',
      async (claims, jwk) => signHs256(claims, Buffer.from(String(jwk.x), 'base64url').toString('latin1'), jwk.kid),
    ],
    [
      'another key signed under the same name',
      async (claims, jwk) => (await newSigner()).sign(claims, { kid: jwk.kid }),
    ],
    [
      'brings its own key along',
      async (claims) => {
        const thief = await newSigner();
        return thief.sign(claims, { kid: undefined, jwk: thief.jwk });
      },
    ],
    [
      'says where its key is',
      async (claims) => (await newSigner()).sign(claims, { jku: 'https://attacker.example/jwks' }),
    ],
    ['demands an extension that nobody knows', async (claims, _, sign) => critical(claims, sign)],
    ['is encrypted', async () => encrypted()],
  ] satisfies [string, Forge][])('a token that %s is refused', async (_, forge) => {
    const { check, clock, signer } = await world();
    const claims = goodClaims(login, clock);
    const token = await forge(claims, signer.jwk, signer.sign);
    expect(await check(token)).toEqual({ kind: 'refused' });
    expect(await check(await signer.sign(claims))).toMatchObject({ kind: 'accepted' });
  });

  it('after any change of the signed content', async () => {
    const { check, token } = await world();
    const [header = '', payload = '', signature = ''] = (await token()).split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as object;
    const changed = Buffer.from(JSON.stringify({ ...claims, sub: 'ben' })).toString('base64url');
    expect((await check(`${header}.${changed}.${signature}`)).kind).toBe('refused');
    expect((await check(`${header}.${payload}.${signature}`)).kind).toBe('accepted');
  });
});

type Forge = (claims: Record<string, unknown>, jwk: Signer['jwk'], sign: Signer['sign']) => Promise<string>;

const signHs256 = (claims: Record<string, unknown>, secret: string, kid: string): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid, typ: 'at+jwt' }).sign(Buffer.from(secret, 'latin1'));

const critical = async (claims: Record<string, unknown>, sign: Signer['sign']) => {
  const [, payload, signature] = (await sign(claims)).split('.');
  const header = Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', crit: ['x'], x: 1 })).toString('base64url');
  return `${header}.${payload}.${signature}`;
};

const encrypted = async (): Promise<string> => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return new CompactEncrypt(Buffer.from('{}'))
    .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM' })
    .encrypt(publicKey);
};

describe('4. Several issuers', () => {
  it('the same subject of two issuers is two accounts', async () => {
    const clock = handClock();
    const [a, b] = [await newSigner(), await newSigner()];
    const check = createAccessTokens(
      [trusting(a), trusting(b, { issuer: 'https://id.example.net', realm: 'guests' })],
      clock,
      () => {},
    );
    expect(outcome(await check(await a.sign(goodClaims(login, clock))))).toMatch(/^staff\/ada /);
    expect(outcome(await check(await b.sign(goodClaims('https://id.example.net', clock))))).toMatch(/^guests\/ada /);
  });

  it('a key of one issuer signs no token of another', async () => {
    const clock = handClock();
    const [a, b] = [await newSigner(), await newSigner()];
    const guests = trusting(b, { issuer: 'https://id.example.net', realm: 'guests' });
    const check = createAccessTokens([trusting(a), guests], clock, () => {});
    expect((await check(await b.sign(goodClaims(login, clock)))).kind).toBe('refused');
    expect((await check(await a.sign(goodClaims(guests.issuer, clock)))).kind).toBe('refused');
  });

  it.each([
    `${login}/`,
    'https://LOGIN.example.org',
    'http://login.example.org',
    `${login}.evil.example`,
    '',
    undefined,
    7,
  ])('a valid signature does not help a token of the issuer %j', async (iss) => {
    const { check, token, log } = await world();
    expect((await check(await token({ iss }))).kind).toBe('refused');
    // Which issuer it names is anybody's text; that it is another one helps an operator who misspelt theirs.
    expect(log).toEqual([{ event: 'access_token_refused', check: 'iss' }]);
  });

  it('two issuers cannot be configured with one name or one realm', async () => {
    const signer = await newSigner();
    const make = (more: Partial<TrustedIssuer>) => () =>
      createAccessTokens([trusting(signer), trusting(signer, more)], handClock(), () => {});
    expect(make({ realm: 'guests' })).toThrow(TypeError);
    expect(make({ issuer: 'https://id.example.net' })).toThrow(TypeError);
  });

  it('a token of an unknown issuer fetches no key', async () => {
    let looks = 0;
    const keys: TrustedIssuer['keys'] = () => {
      looks += 1;
      throw new Error('not to be asked');
    };
    const { check, token, clock, signer } = await world({ keys });
    const google = { ...goodClaims('https://accounts.google.com', clock), aud: 'postern.apps.googleusercontent.com' };
    const strangers = [
      await token({ iss: 'https://attacker.example' }),
      await signer.sign({ ...google, nonce: 'n', at_hash: 'h' }, { typ: 'JWT' }),
      'ya29.a0AfH6SMBx-an-access-token-of-google',
      '1//0g-a-refresh-token-of-google',
      new UnsecuredJWT(goodClaims(login, clock)).encode(),
    ];
    for (const stranger of strangers) expect((await check(stranger)).kind).toBe('refused');
    expect(looks).toBe(0);
  });
});

describe('5. Tokens of the embedded authorization server', () => {
  const embedded = async (live: boolean) => {
    const clock = handClock();
    const signer = await newSigner();
    const asked: unknown[] = [];
    const issuer = createEmbeddedIssuer({
      issuer: 'https://postern.example.com',
      resource,
      keys: trusting(signer).keys,
      isGrantActive: async (...question) => {
        asked.push(question);
        return live;
      },
    });
    const check = createAccessTokens([issuer], clock, () => {});
    const token = (claims: object) => signer.sign({ ...goodClaims(issuer.issuer, clock), ...claims });
    return { check, token, asked, clock };
  };

  it('identify the person by Google’s `sub` while their grant exists', async () => {
    const { check, token, asked } = await embedded(true);
    expect(await check(await token({ postern_grant: 'hash' }))).toMatchObject({
      kind: 'accepted',
      caller: { key: { realm: 'google', identifier: 'ada' }, linkPolicy: 'signed_in' },
    });
    expect(asked).toEqual([[{ realm: 'google', identifier: 'ada' }, 'hash']]);
  });

  it('are refused once their grant has ended, before they expire', async () => {
    const { check, token } = await embedded(false);
    expect((await check(await token({ postern_grant: 'hash' }))).kind).toBe('refused');
  });

  it('name their grant', async () => {
    const { check, token, asked } = await embedded(true);
    expect((await check(await token({}))).kind).toBe('refused');
    expect((await check(await token({ postern_grant: ['hash'] }))).kind).toBe('refused');
    expect(asked).toEqual([]);
  });

  it('are accepted for ten minutes and not a second longer', async () => {
    const { check, token, clock } = await embedded(true);
    const one = await token({ postern_grant: 'hash' });
    await clock.advance(599_000);
    expect((await check(one)).kind).toBe('accepted');
    await clock.advance(1000);
    expect((await check(one)).kind).toBe('refused');
  });

  it('may be a few seconds ahead: another process made them, and its time is not quite ours', async () => {
    const { check, token, clock } = await embedded(true);
    const seconds = clock.now() / 1000;
    const ahead = (by: number) => token({ postern_grant: 'hash', iat: seconds + by });
    expect((await check(await ahead(5))).kind).toBe('accepted');
    expect((await check(await ahead(6))).kind).toBe('refused');
  });

  it('reject and do not say “invalid” when the store cannot be read', async () => {
    const { check, token } = await world({ isStillValid: () => Promise.reject(new Error('the database is busy')) });
    await expect(check(await token())).rejects.toThrow('the database is busy');
  });
});

describe('6. Any other text', () => {
  it('is refused, and nothing of it is logged', async () => {
    const { check, token, log } = await world();
    const good = await token();
    const parts = good.split('.');
    const base64 = fc.string({ maxLength: 60 }).map((text) => Buffer.from(text).toString('base64url'));
    const damaged = fc
      .tuple(fc.nat(good.length - 1), fc.string({ minLength: 1, maxLength: 3 }))
      .map(([at, put]) => good.slice(0, at) + put + good.slice(at + put.length));
    const json = fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value)).toString('base64url'));
    const swapped = fc
      .tuple(json, fc.nat(2))
      .map(([piece, at]) => parts.map((part, n) => (n === at ? piece : part)).join('.'));
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(base64, { maxLength: 6 }).map((pieces) => pieces.join('.')),
      fc.array(json, { minLength: 3, maxLength: 3 }).map((pieces) => pieces.join('.')),
      damaged,
      swapped,
    );
    await fc.assert(
      fc.asyncProperty(anything, async (text) => {
        fc.pre(!sameToken(text, good));
        expect((await check(text)).kind).toBe('refused');
      }),
      { numRuns: 500 },
    );
    const logged = JSON.stringify(log);
    for (const part of parts) expect(logged).not.toContain(part.slice(0, 12));
  });
});

/** base64url has several spellings of the last character of a signature. */
const sameToken = (text: string, good: string): boolean => {
  const [a, b] = [text, good].map((token) =>
    token.split('.').map((part) => Buffer.from(part, 'base64url').toString('hex')),
  );
  return JSON.stringify(a) === JSON.stringify(b);
};
