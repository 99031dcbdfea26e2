// The credentials that Postern hands out itself, `pst_<kind>_<id>_<secret>`: API keys for products and people, and session
// tokens, which a product makes for one of its people, so that an agent needs no key. Each is found by its id, stored as a
// SHA-256 and compared in constant time; the text is shown once.
import { createHash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Clock, RandomBytes } from '../lib/clock.ts';
import { isLoopbackHost } from '../lib/loopback-host.ts';
import type { AccountKey } from '../model/account-key.ts';
import { authRequestParameter } from '../model/caller.ts';
import type { ApiKeyRecord, ApiKeyStore, ProductLogo, SessionStore } from '../storage/index.ts';

type TokenKind = 'user' | 'service' | 'session';

/** A well-formed credential; nothing of it is proven yet. */
export interface PresentedToken {
  readonly kind: TokenKind;
  readonly id: string;
  readonly text: string;
}

/** A new credential, to be shown once, and what is kept of it. */
interface NewToken {
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

const newToken = (kind: TokenKind, random: RandomBytes): NewToken => {
  const id = Buffer.from(random(8)).toString('hex');
  const text = `pst_${kind}_${id}_${Buffer.from(random(32)).toString('base64url')}`;
  return { id, text, secretHash: hashToken(text) };
};

const parse = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined);

/**
 * Where a product confirms who completed a link; browsers are sent there with a secret in the query. An absolute https
 * address (http on this machine, for trying things), normalised; without user, fragment or that parameter.
 */
export const verifyUrlSchema = z
  .string()
  .max(2000, 'must have at most 2000 characters')
  .refine((text) => parse(text) !== undefined, 'must be an absolute URL such as https://app.example.com/postern/verify')
  .transform((text) => new URL(text))
  .refine(
    ({ protocol, hostname }) => protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname)),
    'must begin with https:// (http:// is for this machine only)',
  )
  .refine(({ username, password }) => username === '' && password === '', 'must not carry a user name or password')
  .refine(({ hash }) => hash === '', 'must not have a fragment')
  .refine(
    ({ searchParams }) => !searchParams.has(authRequestParameter),
    `must not have ${authRequestParameter} in its query`,
  )
  .transform(({ href }) => href);

export interface ApiKeyOptions {
  readonly kind: ApiKeyRecord['kind'];
  readonly realm: string;
  /** Whose key it is; only for a user key. */
  readonly identifier?: string;
  readonly label?: string;
  /** Links made with this key are not checked against pins: the operator opted out. */
  readonly unverifiedLinks: boolean;
  /** For a service key: where the product confirms who completed a link (see verifyUrlSchema). */
  readonly verifyUrl?: string;
  /** Which connection accounts get that are made with it; the realm's when absent. */
  readonly connection?: string;
  /** For a service key: where its links may send browsers back to, as `readRegisteredReturnUrl` returned them. */
  readonly returnUrls?: readonly string[];
  /** For a service key: who its links say is asking (identity/product.ts). */
  readonly product?: { readonly name: string; readonly logo?: ProductLogo };
}

/**
 * Makes a key and stores its hash.
 * @returns the key itself, to be shown once and never again, and its record.
 */
export const createApiKey = async (
  store: ApiKeyStore,
  random: RandomBytes,
  clock: Clock,
  options: ApiKeyOptions,
): Promise<{ key: string; record: ApiKeyRecord }> => {
  if ((options.kind === 'user') !== (options.identifier !== undefined))
    throw new TypeError('a user key names a person, a service key does not');
  if (options.verifyUrl !== undefined && (options.kind === 'user' || options.unverifiedLinks))
    throw new TypeError('a verify_url is for a service key whose links are verified');
  if ((options.returnUrls !== undefined || options.product !== undefined) && options.kind === 'user')
    throw new TypeError('return URLs and a product are for a service key');
  const { id, text, secretHash } = newToken(options.kind, random);
  const { product, ...kept } = options;
  const record: ApiKeyRecord = { ...kept, productName: product?.name, id, secretHash, createdAt: clock.now() };
  await store.add(record, product?.logo);
  return { key: text, record };
};

/** How long a session may last, in seconds. */
export const sessionSeconds = { least: 60, most: 24 * 60 * 60, usual: 60 * 60 } as const;

interface NewSession {
  /** Shown once; only its hash is kept. */
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface Sessions {
  /** A session of this person, made with the service key `apiKeyId`; undefined when there is no such account. */
  mint(key: AccountKey, apiKeyId: string, seconds: number): Promise<NewSession | undefined>;
  /** Ends every session of this person, whichever key made it. */
  endAll(key: AccountKey): Promise<void>;
}

export const createSessions = (store: SessionStore, random: RandomBytes, clock: Clock): Sessions => ({
  mint: async (key, apiKeyId, seconds) => {
    const { id, text, secretHash } = newToken('session', random);
    const createdAt = clock.now();
    const expiresAt = createdAt + seconds * 1000;
    const added = await store.add({ id, secretHash, key, apiKeyId, createdAt, expiresAt });
    return added ? { token: text, expiresAt } : undefined;
  },
  endAll: (key) => store.removeAll(key),
});
