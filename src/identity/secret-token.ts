// The form of every credential Postern hands out: `pst_<kind>_<id>_<secret>`. Found by its id, stored as a SHA-256,
// compared in constant time. Knows neither stores nor what a credential may do.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { RandomBytes } from '../lib/clock.ts';

export type TokenKind = 'user' | 'service' | 'session';

/** A well-formed credential; nothing of it is proven yet. */
export interface PresentedToken {
  readonly kind: TokenKind;
  readonly id: string;
  readonly text: string;
}

/** A new credential, to be shown once, and what is kept of it. */
export interface NewToken {
  readonly id: string;
  readonly text: string;
  readonly secretHash: string;
}

// The id is hexadecimal, so that "_" always ends it; the secret is 256 bits in base64url.
const grammar = /^pst_(user|service|session)_([0-9a-f]{16})_[A-Za-z0-9_-]{43}$/;

/** The kind and id of a well-formed credential, or undefined. */
export const parseToken = (text: string): PresentedToken | undefined => {
  const [, kind, id] = grammar.exec(text) ?? [];
  return id === undefined ? undefined : { kind: kind as TokenKind, id, text };
};

/** SHA-256 of the whole credential, its kind included, hex: it has 256 random bits, so no slow hash is needed. */
const hashToken = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** Whether a presented credential is the one a record was made for. Takes the same time for every stored hash. */
export const matchesRecord = <R extends { readonly secretHash: string }>(
  presented: PresentedToken,
  record: R | undefined,
): record is R => {
  const computed = Buffer.from(hashToken(presented.text), 'hex');
  const stored = Buffer.from(record?.secretHash ?? '', 'hex');
  const comparable = stored.length === computed.length ? stored : Buffer.alloc(computed.length);
  const equal = timingSafeEqual(computed, comparable);
  return equal && record !== undefined;
};

export const newToken = (kind: TokenKind, random: RandomBytes): NewToken => {
  const id = Buffer.from(random(8)).toString('hex');
  const text = `pst_${kind}_${id}_${Buffer.from(random(32)).toString('base64url')}`;
  return { id, text, secretHash: hashToken(text) };
};
