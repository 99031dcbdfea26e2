// Seals secrets for one place in the database, so that an envelope opens only in the row, column and grant version it was
// made for, and makes the MACs of rows. Knows several keys, of which one seals; knows no tables and no files.
import { timingSafeEqual } from 'node:crypto';
import type { RandomBytes } from '../model/clock.ts';
import { createSealingKey, type SealedPlace } from './sealing-key.ts';

export type { SealedPlace } from './sealing-key.ts';

export interface Sealer {
  /** A printable envelope that only this place can open. */
  seal(plaintext: string, place: SealedPlace): string;
  /** `undefined`: a key we do not have, or the envelope was altered or comes from another place. */
  open(envelope: string, place: SealedPlace): string | undefined;
  /** Names the key that seals; not secret. */
  readonly currentKeyId: string;
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

/**
 * @param keys 32 bytes each; `current` seals and opens, `retired` ones only open.
 * @throws RangeError for a key of another length (its content is not shown).
 */
export const createSealer = (
  keys: { readonly current: Uint8Array; readonly retired: readonly Uint8Array[] },
  random: RandomBytes,
): Sealer => {
  const current = createSealingKey(keys.current);
  const all = [current, ...keys.retired.map(createSealingKey)];
  const byId = new Map(all.map((key) => [key.id, key]));

  return {
    currentKeyId: current.id,
    keyIdOf: (envelope) => partsOf(envelope)?.keyId ?? '',
    seal: (plaintext, place) =>
      `${envelopePrefix(current.id)}${current.seal(envelopeVersion, plaintext, place, random).toString('base64url')}`,
    open: (envelope, place) => {
      const parts = partsOf(envelope);
      if (parts === undefined || parts.version === macVersion) return undefined;
      return byId.get(parts.keyId)?.open(parts.version, parts.body, place);
    },
    mac: (text) => `${macPrefix(current.id)}${current.mac(text).toString('base64url')}`,
    checkMac: (mac, text) => {
      const parts = partsOf(mac);
      if (parts?.version !== macVersion) return 'bad';
      const expected = byId.get(parts.keyId)?.mac(text);
      if (expected === undefined) return 'unknown_key';
      return parts.body.length === expected.length && timingSafeEqual(parts.body, expected) ? 'good' : 'bad';
    },
    namesOtherKey: (beginning) => {
      const keyId = partsOf(beginning)?.keyId;
      return keyId !== undefined && !byId.has(keyId);
    },
    hmac: (purpose, text) => current.hmac(purpose, text),
    hmacs: (purpose, text) => all.map((key) => key.hmac(purpose, text)),
  };
};
