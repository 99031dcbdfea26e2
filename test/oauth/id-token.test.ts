// When an id_token of Google's counts: only one that was made just now, for this client and this round.
import { describe, expect, it } from 'vitest';
import { readIdToken } from '../../src/oauth/id-token.ts';

const now = 1_768_478_400;
const good = {
  iss: 'https://accounts.google.com',
  aud: 'client',
  sub: '1001',
  email: 'kim@example.com',
  email_verified: true,
  iat: now,
  exp: now + 3600,
  nonce: 'n',
};
const kindOf = (changes: object): string => {
  const payload = Buffer.from(JSON.stringify({ ...good, ...changes })).toString('base64url');
  const expected = { issuer: 'https://accounts.google.com', clientId: 'client', nonce: 'n', now: now * 1000 };
  const reading = readIdToken(`e30.${payload}.c2ln`, expected);
  return reading.kind === 'identity' ? 'identity' : reading.check;
};

describe('An id_token', () => {
  it.each([
    ['made now', {}],
    ['made by a clock that is some minutes ahead', { iat: now + 299 }],
    ['made an hour ago', { iat: now - 3600 }],
    ['valid from now on', { nbf: now }],
  ])('%s counts', (_, changes) => expect(kindOf(changes)).toBe('identity'));

  it.each([
    ['made in the year 1970', { iat: 1 }, 'iat'],
    ['made more than an hour ago', { iat: now - 3601 }, 'iat'],
    ['yet to be made', { iat: now + 3600 }, 'iat'],
    ['yet to be made, by more than a wrong clock explains', { iat: now + 301 }, 'iat'],
    ['of no age', { iat: undefined }, 'claims'],
    ['whose age is a text', { iat: String(now) }, 'claims'],
    ['not valid yet', { nbf: now + 3600 }, 'nbf'],
    ['that has expired', { exp: now - 60 }, 'exp'],
    ['of another round', { nonce: 'another' }, 'nonce'],
    ['for another client', { aud: 'another' }, 'aud'],
    ['of another issuer', { iss: 'https://evil.example' }, 'iss'],
  ])('%s is refused', (_, changes, check) => expect(kindOf(changes)).toBe(check));
});
