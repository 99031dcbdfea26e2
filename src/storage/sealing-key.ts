// One sealing key: AES-256-GCM under a key of the account, MACs and hashes under keys of their purpose, all derived from
// it. Knows neither other keys nor the form in which what it seals is written down.
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import { createBoundedMap } from '../lib/bounded-map.ts';
import type { RandomBytes } from '../lib/clock.ts';
import { type AccountKey, accountKeyText } from '../model/account-key.ts';

/** Where an envelope lies; opening it anywhere else fails. */
export interface SealedPlace {
  readonly table: string;
  readonly column: string;
  readonly key: AccountKey;
  readonly grantVersion: number;
  /** Tells rows of one account apart where there can be several, e.g. a ticket's hash. */
  readonly row?: string;
}

export interface SealingKey {
  /** Not secret. */
  readonly id: string;
  /** `version` names the form of the envelope, to which the content is bound as to its place. */
  seal(version: string, plaintext: string, place: SealedPlace, random: RandomBytes): Buffer;
  /** `undefined`: altered, or from another place. */
  open(version: string, sealed: Uint8Array, place: SealedPlace): string | undefined;
  /** HMAC-SHA-256 of a row. */
  mac(text: string): Buffer;
  /** HMAC-SHA-256 in hex; each purpose has a key of its own. */
  hmac(purpose: string, text: string): string;
}

const salt = 'postern sealing v1';
const cipher = 'aes-256-gcm';
/** Bytes. NIST SP 800-38D §8.2.2: 96 random bits are good for 2^32 envelopes per key, and each account has its own. */
const nonceBytes = 12;
const tagBytes = 16;
const keyBytes = 32;
const mostDerivedKeys = 1000;

/** HKDF-SHA-256 (RFC 5869). The text is hashed because node:crypto takes at most 1024 bytes of `info`. */
const derive = (key: Uint8Array, purpose: string, text: string, length: number): Buffer => {
  const info = `${purpose} ${createHash('sha256').update(text).digest('hex')}`;
  return Buffer.from(hkdfSync('sha256', key, salt, info, length));
};

const additionalData = (
  version: string,
  keyId: string,
  { table, column, key, grantVersion, row }: SealedPlace,
): Buffer => {
  const place = [version, keyId, table, column, key.realm, key.identifier, grantVersion];
  return Buffer.from(JSON.stringify(row === undefined ? place : [...place, row]));
};

const encrypt = (key: KeyObject, nonce: Uint8Array, plaintext: string, aad: Uint8Array): Buffer => {
  const encryption = createCipheriv(cipher, key, nonce, { authTagLength: tagBytes }).setAAD(aad);
  const body = Buffer.concat([encryption.update(plaintext, 'utf8'), encryption.final()]);
  return Buffer.concat([nonce, body, encryption.getAuthTag()]);
};

const decrypt = (key: KeyObject, sealed: Uint8Array, aad: Uint8Array): string | undefined => {
  if (sealed.length < nonceBytes + tagBytes) return undefined;
  const body = sealed.subarray(nonceBytes, -tagBytes);
  const decryption = createDecipheriv(cipher, key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes })
    .setAAD(aad)
    .setAuthTag(sealed.subarray(-tagBytes));
  try {
    return Buffer.concat([decryption.update(body), decryption.final()]).toString('utf8');
  } catch {
    return undefined;
  }
};

/** @throws RangeError for a key that is not 32 bytes long (its content is not shown). */
export const createSealingKey = (key: Uint8Array): SealingKey => {
  if (key.length !== keyBytes) throw new RangeError(`A sealing key has ${key.length} bytes instead of ${keyBytes}.`);
  const id = derive(key, 'key id', '', 6).toString('hex');
  const macKey = createSecretKey(derive(key, 'row mac', '', keyBytes));
  /** Deriving costs more than opening an envelope; whoever can read this map can read the sealing key beside it. */
  const derived = createBoundedMap<string, KeyObject>({ maxSize: mostDerivedKeys });
  const accountKey = (account: AccountKey): KeyObject => {
    const name = accountKeyText(account);
    const known = derived.get(name);
    if (known) return known;
    const made = createSecretKey(derive(key, 'account', name, keyBytes));
    derived.set(name, made);
    return made;
  };
  return {
    id,
    seal: (version, plaintext, place, random) =>
      encrypt(accountKey(place.key), random(nonceBytes), plaintext, additionalData(version, id, place)),
    open: (version, sealed, place) => decrypt(accountKey(place.key), sealed, additionalData(version, id, place)),
    mac: (text) => createHmac('sha256', macKey).update(text).digest(),
    hmac: (purpose, text) =>
      createHmac('sha256', derive(key, 'hmac', purpose, keyBytes))
        .update(text)
        .digest('hex'),
  };
};
