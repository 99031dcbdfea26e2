// Where an issuer publishes its keys: OpenID Connect Discovery 1.0 §4, else RFC 8414 §3. Only documents of bounded size
// are read, and no redirect is followed.
import { z } from 'zod';
import { readBody } from '../lib/bounded-body.ts';
import { isLoopbackHost } from '../lib/loopback-host.ts';
import { type OutsideFetch, type OutsideRefusal, OutsideRequestError } from '../lib/outside-fetch.ts';

/** Bytes. */
const maxDocumentBytes = 256 * 1024;

type FetchedJson =
  | { readonly kind: 'json'; readonly value: unknown }
  /** It was answered with another status than 200. */
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'failed'; readonly reason: 'unreachable' | 'too_large' | 'not_json' | OutsideRefusal };

/** Never rejects. */
const fetchJson = async (url: string, send: OutsideFetch, signal: AbortSignal): Promise<FetchedJson> => {
  let body: Buffer | undefined;
  try {
    const response = await send(url, { headers: { accept: 'application/json' }, redirect: 'manual', signal });
    if (response.status !== 200) {
      await response.body?.cancel();
      return { kind: 'status', status: response.status };
    }
    body = await readBody(response.body, maxDocumentBytes);
  } catch (error) {
    return { kind: 'failed', reason: error instanceof OutsideRequestError ? error.reason : 'unreachable' };
  }
  if (body === undefined) return { kind: 'failed', reason: 'too_large' };
  try {
    return { kind: 'json', value: JSON.parse(new TextDecoder().decode(body)) };
  } catch {
    return { kind: 'failed', reason: 'not_json' };
  }
};

const metadata = z.object({ issuer: z.string(), jwks_uri: z.string() });
const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

export type KeySet = z.output<typeof keySet>;

/** A word for the log where there are no keys. */
export type Discovered = { readonly kind: 'keys'; readonly keySet: KeySet } | { readonly kind: 'none'; reason: string };

const none = (reason: string): Discovered => ({ kind: 'none', reason });

/** OpenID Connect appends to the issuer's path; RFC 8414 puts its name between host and path. */
const documentsOf = (issuer: string): readonly [string, string] => {
  const { origin, pathname } = new URL(issuer);
  return [
    `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${pathname.replace(/\/$/, '')}`,
  ];
};

/** https, or http on this machine where the issuer itself is reached so. */
const isTrustworthy = (jwksUri: string, issuer: string): boolean => {
  const url = URL.parse(jwksUri);
  if (url?.protocol === 'https:') return true;
  return url?.protocol === 'http:' && isLoopbackHost(url.hostname) && new URL(issuer).protocol === 'http:';
};

const reasonOf = (fetched: Exclude<FetchedJson, { kind: 'json' }>, what: string): string =>
  `${what} ${fetched.kind === 'status' ? `status ${fetched.status}` : fetched.reason}`;

/**
 * Fetches the public keys of an issuer. Its metadata has to name exactly the configured issuer (RFC 8414 §3.3).
 * Never rejects.
 */
export const fetchIssuerKeys = async (issuer: string, send: OutsideFetch, signal: AbortSignal): Promise<Discovered> => {
  const [openid, oauth] = documentsOf(issuer);
  const first = await fetchJson(openid, send, signal);
  const document = first.kind === 'status' ? await fetchJson(oauth, send, signal) : first;
  if (document.kind !== 'json') return none(reasonOf(document, 'metadata'));
  const parsed = metadata.safeParse(document.value);
  if (!parsed.success) return none('metadata without issuer or jwks_uri');
  if (parsed.data.issuer !== issuer) return none('metadata of another issuer');
  if (!isTrustworthy(parsed.data.jwks_uri, issuer)) return none('jwks_uri not https');
  const fetched = await fetchJson(parsed.data.jwks_uri, send, signal);
  if (fetched.kind !== 'json') return none(reasonOf(fetched, 'keys'));
  const keys = keySet.safeParse(fetched.value);
  return keys.success ? { kind: 'keys', keySet: keys.data } : none('keys malformed');
};
