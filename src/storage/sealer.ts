// Seals secrets for one place in the database, so that an envelope opens only in the row, column and grant version it was
// made for, and makes the MACs of rows. Of several keys one seals: AES-256-GCM under a key of the account, MACs and hashes
// under keys of their purpose, all derived from it.
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
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

interface SealingKey {
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
const createSealingKey = (key: Uint8Array): SealingKey => {
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

export interface Sealer {
  /** A printable envelope that only this place can open. */
  seal(plaintext: string, place: SealedPlace): string;
  /** `undefined`: a key we do not have, or the envelope was altered or comes from another place. */
  open(envelope: string, place: SealedPlace): string | undefined;
  /** Names the key that seals; not secret. */
  readonly currentKeyId: string;
  /** Names the key that the settings call the current one; another one may seal until a rotation. */
  readonly configuredKeyId: string;
  /** Names every key that opens. */
  readonly keyIds: readonly string[];
  /** Whether we have this key. */
  knows(keyId: string): boolean;
  /** From now on these keys open, and the one that seals now. */
  learn(keys: Keys): void;
  /** From now on this key seals; false, and nothing changes, where we do not have it. */
  sealWith(keyId: string): boolean;
  /** The id of the key an envelope was sealed with; empty for what is no envelope. */
  keyIdOf(envelope: string): string;
  /** A MAC of a text under the current key, which it names. */
  mac(text: string): string;
  /** `unknown_key`: made under a key we do not have. */
  checkMac(mac: string, text: string): 'good' | 'bad' | 'unknown_key';
  /** Whether a MAC or an envelope, of which the beginning is enough, names a key that we do not have. */
  namesOtherKey(beginning: string): boolean;
  /** HMAC-SHA-256 in hex under a key derived from the current sealing key; each purpose has its own. */
  hmac(purpose: string, text: string): string;
  /** The same under every key that opens, the current one first: for finding what was written before a rotation. */
  hmacs(purpose: string, text: string): string[];
}

/** Envelopes of a database whose rows have MACs; `v1` is from before that, and is still opened. */
const envelopeVersion = 'v2';
const macVersion = 'm1';

/** How every envelope sealed with this key begins. */
export const envelopePrefix = (keyId: string): string => `${envelopeVersion}.${keyId}.`;

/** How every MAC made under this key begins. */
export const macPrefix = (keyId: string): string => `${macVersion}.${keyId}.`;

/** Whether this was sealed since rows have MACs: then they had one, and it was taken away where there is none. */
export const isOfProtectedRow = (envelope: string): boolean => envelope.startsWith(`${envelopeVersion}.`);

interface Parts {
  readonly version: string;
  readonly keyId: string;
  readonly body: Buffer;
}

const partsOf = (text: string): Parts | undefined => {
  const [, version, keyId, body] = /^(v1|v2|m1)\.([0-9a-f]{12})\.([\w-]*)$/.exec(text) ?? [];
  if (version === undefined || keyId === undefined || body === undefined) return undefined;
  return { version, keyId, body: Buffer.from(body, 'base64url') };
};

/** 32 bytes each. */
export interface Keys {
  readonly current: Uint8Array;
  readonly retired: readonly Uint8Array[];
}

/**
 * @param keys `current` seals and opens until `sealWith` names another one; `retired` ones only open.
 * @param reread asked when something names a key that we do not have: the keys as they are now, or undefined where nothing
 * has changed
 * @throws RangeError for a key of another length (its content is not shown).
 */
export const createSealer = (
  keys: Keys,
  random: RandomBytes,
  reread: () => Keys | undefined = () => undefined,
): Sealer => {
  let byId = new Map<string, SealingKey>();
  const know = (each: Keys, besides: readonly SealingKey[]): SealingKey => {
    const [first, ...others] = [each.current, ...each.retired].map(createSealingKey);
    if (first === undefined) throw new RangeError('There is no sealing key.');
    // One that is known already keeps what was derived from it.
    byId = new Map([first, ...others, ...besides].map((key) => [key.id, byId.get(key.id) ?? key]));
    return byId.get(first.id) ?? first;
  };
  let configured = know(keys, []);
  let current = configured;

  const learn = (newer: Keys): void => {
    // The one that seals stays until another one does, also where it is no longer among the keys.
    configured = know(newer, [current]);
  };
  const find = (keyId: string): SealingKey | undefined => {
    const known = byId.get(keyId);
    const newer = known === undefined ? reread() : undefined;
    if (newer === undefined) return known;
    learn(newer);
    return byId.get(keyId);
  };

  return {
    get currentKeyId() {
      return current.id;
    },
    get configuredKeyId() {
      return configured.id;
    },
    get keyIds() {
      return [...byId.keys()];
    },
    knows: (keyId) => find(keyId) !== undefined,
    learn,
    sealWith: (keyId) => {
      const key = find(keyId);
      current = key ?? current;
      return key !== undefined;
    },
    keyIdOf: (envelope) => partsOf(envelope)?.keyId ?? '',
    seal: (plaintext, place) =>
      `${envelopePrefix(current.id)}${current.seal(envelopeVersion, plaintext, place, random).toString('base64url')}`,
    open: (envelope, place) => {
      const parts = partsOf(envelope);
      if (parts === undefined || parts.version === macVersion) return undefined;
      return find(parts.keyId)?.open(parts.version, parts.body, place);
    },
    mac: (text) => `${macPrefix(current.id)}${current.mac(text).toString('base64url')}`,
    checkMac: (mac, text) => {
      const parts = partsOf(mac);
      if (parts?.version !== macVersion) return 'bad';
      const expected = find(parts.keyId)?.mac(text);
      if (expected === undefined) return 'unknown_key';
      return parts.body.length === expected.length && timingSafeEqual(parts.body, expected) ? 'good' : 'bad';
    },
    namesOtherKey: (beginning) => {
      const keyId = partsOf(beginning)?.keyId;
      return keyId !== undefined && find(keyId) === undefined;
    },
    hmac: (purpose, text) => current.hmac(purpose, text),
    hmacs: (purpose, text) => {
      const others = [...byId.values()].filter((key) => key !== current);
      return [current, ...others].map((key) => key.hmac(purpose, text));
    },
  };
};
