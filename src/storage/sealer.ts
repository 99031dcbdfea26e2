// Seals secrets for one place in the database: AES-256-GCM under a key of the account, so that an envelope opens only
// in the row, column and grant version it was made for. Knows no tables and no files.
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import { type AccountKey, accountKeyText } from '../model/account-key.ts';
import type { RandomBytes } from '../model/clock.ts';

/** Where an envelope lies; opening it anywhere else fails. */
export interface SealedPlace {
  readonly table: string;
  readonly column: string;
  readonly key: AccountKey;
  readonly grantVersion: number;
  /** Tells rows of one account apart where there can be several, e.g. a ticket's hash. */
  readonly row?: string;
}

export interface Sealer {
  /** A printable envelope that only this place can open. */
  seal(plaintext: string, place: SealedPlace): string;
  /** `undefined`: a key we do not have, or the envelope was altered or comes from another place. */
  open(envelope: string, place: SealedPlace): string | undefined;
  /** Names the key that seals; not secret. */
  readonly currentKeyId: string;
  /** The id of the key an envelope was sealed with; empty for what is no envelope. */
  keyIdOf(envelope: string): string;
  /** HMAC-SHA-256 in hex under a key derived from the current sealing key; each purpose has its own. */
  hmac(purpose: string, text: string): string;
  /** The same under every key that opens, the current one first: for finding what was written before a rotation. */
  hmacs(purpose: string, text: string): string[];
}

const format = 'v1';
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

const additionalData = (keyId: string, { table, column, key, grantVersion, row }: SealedPlace): Buffer => {
  const place = [format, keyId, table, column, key.realm, key.identifier, grantVersion];
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

const hmacUnder = (key: Uint8Array, purpose: string, text: string): string =>
  createHmac('sha256', derive(key, 'hmac', purpose, keyBytes))
    .update(text)
    .digest('hex');

/** How every envelope sealed with this key begins. */
export const envelopePrefix = (keyId: string): string => `${format}.${keyId}.`;

/**
 * @param keys 32 bytes each; `current` seals and opens, `retired` ones only open.
 * @throws RangeError for a key of another length (its content is not shown).
 */
export const createSealer = (
  keys: { readonly current: Uint8Array; readonly retired: readonly Uint8Array[] },
  random: RandomBytes,
): Sealer => {
  const idOf = (key: Uint8Array): string => derive(key, 'key id', '', 6).toString('hex');
  const all = [keys.current, ...keys.retired];
  const wrong = all.find((key) => key.length !== keyBytes);
  if (wrong) throw new RangeError(`A sealing key has ${wrong.length} bytes instead of ${keyBytes}.`);
  const byId = new Map(all.map((key) => [idOf(key), key]));
  const currentKeyId = idOf(keys.current);
  /** Deriving costs more than opening an envelope; whoever can read this map can read the sealing key beside it. */
  const derived = new Map<string, KeyObject>();
  const accountKey = (key: Uint8Array, account: AccountKey): KeyObject => {
    const name = `${all.indexOf(key)} ${accountKeyText(account)}`;
    const known = derived.get(name);
    if (known) return known;
    if (derived.size >= mostDerivedKeys) derived.clear();
    const made = createSecretKey(derive(key, 'account', accountKeyText(account), keyBytes));
    derived.set(name, made);
    return made;
  };
  const keyIdOf = (envelope: string): string => /^v1\.([0-9a-f]{12})\./.exec(envelope)?.[1] ?? '';

  return {
    currentKeyId,
    keyIdOf,
    seal: (plaintext, place) => {
      const key = accountKey(keys.current, place.key);
      const sealed = encrypt(key, random(nonceBytes), plaintext, additionalData(currentKeyId, place));
      return `${envelopePrefix(currentKeyId)}${sealed.toString('base64url')}`;
    },
    open: (envelope, place) => {
      const keyId = keyIdOf(envelope);
      const key = byId.get(keyId);
      if (key === undefined) return undefined;
      const sealed = Buffer.from(envelope.slice(envelopePrefix(keyId).length), 'base64url');
      return decrypt(accountKey(key, place.key), sealed, additionalData(keyId, place));
    },
    hmac: (purpose, text) => hmacUnder(keys.current, purpose, text),
    hmacs: (purpose, text) => all.map((key) => hmacUnder(key, purpose, text)),
  };
};
