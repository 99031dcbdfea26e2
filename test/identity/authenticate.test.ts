// Who a request is, by its headers alone: keys, realms and the Postern-Identifier header.
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { challengeFor } from '../../src/http/errors.ts';
import { type Authentication, createAuthenticator, readIdentifier } from '../../src/identity/authenticate.ts';
import { type ApiKeyOptions, createApiKey, parseToken } from '../../src/identity/credentials.ts';
import { identifierSchema } from '../../src/model/account-key.ts';
import { createSealer, openStorage } from '../../src/storage/index.ts';
import { databaseOf } from '../support/database.ts';
import { handClock } from '../support/hand-clock.ts';

const world = async () => {
  const clock = handClock();
  const sealer = createSealer({ current: new Uint8Array(32).fill(1), retired: [] }, randomBytes);
  const database = await databaseOf();
  const storage = await openStorage({ location: database.location, sealer, clock, random: randomBytes });
  onTestFinished(async () => {
    await storage.close();
    database.giveBack();
  });
  const authenticate = createAuthenticator(storage, clock);
  return {
    storage,
    clock,
    make: (options: Partial<ApiKeyOptions> = {}) =>
      createApiKey(storage.apiKeys, randomBytes, clock, {
        kind: 'service',
        realm: 'shop',
        unverifiedLinks: false,
        ...options,
      }),
    ask: (key: string | undefined, identifier?: string): Promise<Authentication> =>
      authenticate(
        new Headers({
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
          ...(identifier === undefined ? {} : { 'postern-identifier': identifier }),
        }),
      ),
    authenticate,
  };
};

const outcome = (authentication: Authentication): string => {
  switch (authentication.kind) {
    case 'refused':
      return `${authentication.status} ${authentication.error}`;
    case 'service':
      return `service ${authentication.realm}`;
    case 'caller':
      return `${authentication.caller.key.realm}/${authentication.caller.key.identifier}`;
  }
};

describe('1. A service key with Postern-Identifier', () => {
  it.each([
    ['no header', undefined, 'service shop'],
    ['a plain name', 'user_42', 'shop/user_42'],
    ['an e-mail', 'ada@example.com', 'shop/ada@example.com'],
    ['percent-encoded UTF-8', 'J%C3%BCrgen', 'shop/Jürgen'],
    ['an encoded percent sign, decoded once', 'a%2541', 'shop/a%41'],
    ['a plus sign, which is no space', 'ada+mail', 'shop/ada+mail'],
    ['an inner space', 'ada%20l', 'shop/ada l'],
    ['256 characters', 'x'.repeat(256), `shop/${'x'.repeat(256)}`],
    ["another realm's words", 'local/me', 'shop/local/me'],
    ['an empty header', '', '400 identifier_invalid'],
    ['two headers, joined by HTTP', 'ada, ben', '400 identifier_invalid'],
    ['an encoded comma', 'ada%2Cben', '400 identifier_invalid'],
    ['an encoded line break', 'ada%0D%0Ax', '400 identifier_invalid'],
    ['an encoded NUL', 'ada%00', '400 identifier_invalid'],
    ['an encoded bidi override', 'ada%E2%80%AE', '400 identifier_invalid'],
    ['bytes that are not UTF-8', 'ada%FF', '400 identifier_invalid'],
    ['an overlong encoding', '%C0%AF', '400 identifier_invalid'],
    ['a lone surrogate', '%ED%A0%80', '400 identifier_invalid'],
    ['an unfinished escape', 'ada%2', '400 identifier_invalid'],
    ['unencoded letters beyond ASCII', 'Jürgen', '400 identifier_invalid'],
    ['a decomposed letter (not NFC)', 'Ju%CC%88rgen', '400 identifier_invalid'],
    ['an encoded edge space', '%20ada', '400 identifier_invalid'],
    ['257 characters', 'x'.repeat(257), '400 identifier_invalid'],
  ])('%s', async (_, header, expected) => {
    const { make, ask } = await world();
    expect(outcome(await ask((await make()).key, header))).toBe(expected);
  });

  it('says what is wrong with the header without repeating its value', async () => {
    const { make, ask } = await world();
    const answer = await ask((await make()).key, 'ada,ben');
    expect(answer.kind === 'refused' && answer.description).toBe(
      'The Postern-Identifier header must be sent once, and must not contain a comma.',
    );
  });

  it('refuses two Postern-Identifier headers, also joined to one', async () => {
    const { make, authenticate } = await world();
    const headers = new Headers({ authorization: `Bearer ${(await make()).key}` });
    headers.append('postern-identifier', 'ada');
    headers.append('postern-identifier', 'ada');
    expect(outcome(await authenticate(headers))).toBe('400 identifier_invalid');
  });

  it('decodes what encodeURIComponent encoded, and accepts valid identifiers only', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ unit: 'grapheme' })), (text) => {
        const reading = readIdentifier(encodeURIComponent(text));
        const valid = identifierSchema.safeParse(text).success;
        expect(reading).toMatchObject(valid ? { kind: 'identifier', identifier: text } : { kind: 'malformed' });
      }),
    );
  });
});

describe('2. A user key', () => {
  it.each([
    ['no header', undefined, 'shop/ada'],
    ['its own person', 'ada', 'shop/ada'],
    ['its own person, encoded', '%61da', 'shop/ada'],
    ['somebody else', 'ben', '403 identifier_forbidden'],
    ['its own person twice', 'ada, ada', '403 identifier_forbidden'],
    ['nobody', '', '403 identifier_forbidden'],
    ['its own person in capitals', 'Ada', '403 identifier_forbidden'],
  ])('%s', async (_, header, expected) => {
    const { make, ask } = await world();
    const { key } = await make({ kind: 'user', identifier: 'ada' });
    expect(outcome(await ask(key, header))).toBe(expected);
  });

  it('cannot be created without an identifier, nor a service key with one', async () => {
    const { make } = await world();
    await expect(make({ kind: 'user' })).rejects.toThrow(TypeError);
    await expect(make({ kind: 'service', identifier: 'ada' })).rejects.toThrow(TypeError);
  });
});

describe('3. The realm comes from the key alone', () => {
  it('keeps the same identifier in two realms apart', async () => {
    const { make, ask } = await world();
    const [a, b] = [await make({ realm: 'shop' }), await make({ realm: 'clinic' })];
    expect(outcome(await ask(a.key, 'me'))).toBe('shop/me');
    expect(outcome(await ask(b.key, 'me'))).toBe('clinic/me');
  });

  it('requires verified links unless the operator opted out for the key', async () => {
    const { make, ask } = await world();
    const policies = await Promise.all(
      [false, true].map(async (unverifiedLinks) => {
        const answer = await ask((await make({ unverifiedLinks })).key, 'ada');
        return answer.kind === 'caller' ? answer.caller.linkPolicy : answer.kind;
      }),
    );
    expect(policies).toEqual(['pinned', 'unverified']);
  });
});

describe('4. Invalid credentials', () => {
  it('answers a request without a credential with a challenge that names no error', async () => {
    const { ask } = await world();
    const answer = await ask(undefined, 'ada');
    expect(answer).toMatchObject({ kind: 'refused', status: 401 });
    expect(answer.kind === 'refused' && challengeFor(answer)).toBe('Bearer realm="postern"');
  });

  it('answers malformed, unknown, altered, relabelled and revoked keys alike', async () => {
    const { make, ask, authenticate, storage, clock } = await world();
    const { key, record } = await make();
    const revoked = await make();
    await storage.apiKeys.revoke(revoked.record.id, clock.now());
    const flipped = key.slice(0, -1) + (key.endsWith('A') ? 'B' : 'A');
    const unknown = key.replace(record.id, '0123456789abcdef');
    const answers = await Promise.all(
      ['nonsense', '', `${key}x`, flipped, unknown, key.replace('pst_service', 'pst_user'), revoked.key].map((text) =>
        ask(text, 'ada'),
      ),
    );
    const basic = new Headers({ authorization: `Basic ${btoa(`ada:${key}`)}` });
    const doubled = new Headers({ authorization: `Bearer ${key}, Bearer ${key}` });
    answers.push(await authenticate(basic), await authenticate(doubled));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]?.kind === 'refused' && challengeFor(answers[0])).toBe(
      'Bearer realm="postern", error="invalid_token"',
    );
    expect(outcome(await ask(key, 'ada'))).toBe('shop/ada');
  });

  it('accepts the Bearer scheme in any case (RFC 9110)', async () => {
    const { make, authenticate } = await world();
    const headers = new Headers({ authorization: `bearer ${(await make()).key}` });
    expect(outcome(await authenticate(headers))).toBe('service shop');
  });
});

describe('5. What is stored of a key', () => {
  it('stores a hash and never the secret', async () => {
    const { make, storage } = await world();
    const { key, record } = await make({ label: 'backend' });
    expect(parseToken(key)).toEqual({ kind: 'service', id: record.id, text: key });
    expect(JSON.stringify(await storage.apiKeys.list())).not.toContain(key.split('_').at(-1));
    expect(record.secretHash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('records when a key was last used', async () => {
    const { make, ask, storage, clock } = await world();
    const { key, record } = await make();
    await ask(key, 'ada');
    await expect.poll(async () => (await storage.apiKeys.find(record.id))?.lastUsedAt).toBe(clock.now());
  });
});
