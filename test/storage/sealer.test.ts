import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccountKey } from '../../src/model/account-key.ts';
import { createSealer, type SealedPlace, type Sealer } from '../../src/storage/index.ts';
import { ada, ben, keyOf, sealerWith } from './support.ts';

const place: SealedPlace = { table: 'accounts', column: 'refresh_token', key: ada, grantVersion: 3 };

describe('a sealed secret', () => {
  it('opens in its place, whatever it says, and never looks the same twice', () => {
    const sealer = sealerWith(1);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (secret) => {
        const envelope = sealer.seal(secret, place);
        expect(sealer.open(envelope, place)).toBe(secret);
        expect(sealer.seal(secret, place)).not.toBe(envelope);
        expect(envelope).toMatch(/^v2\.[0-9a-f]{12}\.[\w-]+$/);
      }),
    );
  });

  it.each<[string, SealedPlace]>([
    ['table', { ...place, table: 'tickets' }],
    ['column', { ...place, column: 'access_token' }],
    ['identifier', { ...place, key: ben }],
    ['realm', { ...place, key: { ...ada, realm: 'google' } }],
    ['grant version', { ...place, grantVersion: 2 }],
    ['row', { ...place, row: 'x' }],
  ])('does not open under another %s', (_, elsewhere) => {
    const sealer = sealerWith(1);
    expect(sealer.open(sealer.seal('secret', place), elsewhere)).toBeUndefined();
    expect(sealer.open(sealer.seal('secret', elsewhere), place)).toBeUndefined();
  });

  it('does not open when any one character of it was changed', () => {
    const sealer = sealerWith(1);
    const envelope = sealer.seal('secret', place);
    for (let index = 0; index < envelope.length; index++) {
      const replacement = envelope[index] === 'A' ? 'Q' : 'A';
      const altered = envelope.slice(0, index) + replacement + envelope.slice(index + 1);
      // The last character may hold bits that base64 ignores; its bytes are then the same.
      if (Buffer.from(altered, 'base64url').equals(Buffer.from(envelope, 'base64url'))) continue;
      expect([altered, sealer.open(altered, place)]).toEqual([altered, undefined]);
    }
  });

  it('does not open when it is no envelope at all', () => {
    const sealer = sealerWith(1);
    const anything = fc.oneof(
      fc.string(),
      fc.base64String().map((body) => `v1.${sealer.currentKeyId}.${body}`),
    );
    fc.assert(
      fc.property(anything, (text) => {
        expect(sealer.open(text, place)).toBeUndefined();
      }),
    );
    expect(sealer.keyIdOf('no envelope')).toBe('');
  });

  it('opens with a retired key, is sealed only with the current one, and needs one of the two', () => {
    const envelope = sealerWith(1).seal('secret', place);
    const rotated = sealerWith(2, 1);
    expect(rotated.open(envelope, place)).toBe('secret');
    expect(rotated.keyIdOf(envelope)).toBe(sealerWith(1).currentKeyId);
    expect(rotated.keyIdOf(rotated.seal('secret', place))).toBe(rotated.currentKeyId);
    expect(sealerWith(2).open(envelope, place)).toBeUndefined();
  });

  it('has room for the longest identifier there can be', () => {
    const key: AccountKey = { realm: 'r'.repeat(64), identifier: '😀'.repeat(256) };
    const sealer = sealerWith(1);
    expect(sealer.open(sealer.seal('secret', { ...place, key }), { ...place, key })).toBe('secret');
  });
});

describe('a sealing key', () => {
  it('of another length is refused without being shown', () => {
    const make = (bytes: number) => () => createSealer({ current: new Uint8Array(bytes), retired: [] }, randomBytes);
    expect(make(31)).toThrow(new RangeError('A sealing key has 31 bytes instead of 32.'));
    expect(() => createSealer({ current: keyOf(1), retired: [new Uint8Array(64)] }, randomBytes)).toThrow(RangeError);
  });

  it('gives another keyed hash for each purpose and each key', () => {
    const hashes = [sealerWith(1).hmac('a', 'text'), sealerWith(1).hmac('b', 'text'), sealerWith(2).hmac('a', 'text')];
    expect(new Set(hashes).size).toBe(3);
    expect(sealerWith(1, 2).hmac('a', 'text')).toBe(hashes[0]);
  });
});

describe('a sealer whose keys change', () => {
  const seals = (sealer: Sealer) => sealer.keyIdOf(sealer.seal('secret', place));

  it('learns keys before it uses them, and seals with the one it is told to', () => {
    const [one, two] = [sealerWith(1).currentKeyId, sealerWith(2).currentKeyId];
    const sealer = sealerWith(1);
    expect([sealer.sealWith(two), seals(sealer)]).toEqual([false, one]);
    sealer.learn({ current: keyOf(2), retired: [keyOf(1)] });
    expect([seals(sealer), sealer.configuredKeyId]).toEqual([one, two]);
    expect([sealer.sealWith(two), seals(sealer)]).toEqual([true, two]);
    expect(sealer.open(sealerWith(1).seal('former', place), place)).toBe('former');
  });

  it('keeps the key it seals with, also where that is taken away too early', () => {
    const sealer = sealerWith(1);
    sealer.learn({ current: keyOf(2), retired: [] });
    expect(sealer.open(sealer.seal('secret', place), place)).toBe('secret');
    sealer.sealWith(sealerWith(2).currentKeyId);
    sealer.learn({ current: keyOf(2), retired: [] });
    expect(sealer.knows(sealerWith(1).currentKeyId)).toBe(false);
  });

  it('looks for further keys when something names one that it does not have, and only then', () => {
    const newer = { current: keyOf(2), retired: [keyOf(1)] };
    let asked = 0;
    const reread = () => (asked++ === 0 ? newer : undefined);
    const sealer = createSealer({ current: keyOf(1), retired: [] }, randomBytes, reread);
    expect(sealer.open(sealer.seal('own', place), place)).toBe('own');
    expect(asked).toBe(0);
    expect(sealer.open(sealerWith(2).seal('newer', place), place)).toBe('newer');
    expect(sealer.checkMac(sealerWith(2).mac('row'), 'row')).toBe('good');
    expect(asked).toBe(1);
    expect(sealer.open(sealerWith(3).seal('unknown', place), place)).toBeUndefined();
  });
});
