// Discovery of an issuer: its metadata by OpenID Connect Discovery 1.0 §4, else RFC 8414 §3, and the public keys that it
// names. Only documents of bounded size are read, and no redirect is followed.
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

const issuerMetadata = z.looseObject({ issuer: z.string(), jwks_uri: z.string() });
const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

export type IssuerMetadata = z.output<typeof issuerMetadata>;
type KeySet = z.output<typeof keySet>;

/** Why there is nothing. */
interface NotDiscovered {
  readonly kind: 'none';
  /** A word for the log. */
  readonly reason: string;
  /** Whether the issuer did not answer, or answered that it cannot now. */
  readonly isOutage: boolean;
}
export type DiscoveredMetadata = { readonly kind: 'metadata'; readonly metadata: IssuerMetadata } | NotDiscovered;
export type DiscoveredKeys = { readonly kind: 'keys'; readonly keySet: KeySet } | NotDiscovered;

const none = (reason: string, isOutage = false): NotDiscovered => ({ kind: 'none', reason, isOutage });

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

const notFetched = (fetched: Exclude<FetchedJson, { kind: 'json' }>, what: string): NotDiscovered =>
  fetched.kind === 'status'
    ? none(`${what} status ${fetched.status}`, fetched.status >= 500 || fetched.status === 429)
    : none(`${what} ${fetched.reason}`, fetched.reason !== 'too_large' && fetched.reason !== 'not_json');

/** Fetches the metadata of an issuer, which has to name exactly this issuer (RFC 8414 §3.3). Never rejects. */
export const fetchIssuerMetadata = async (
  issuer: string,
  send: OutsideFetch,
  signal: AbortSignal,
): Promise<DiscoveredMetadata> => {
  const [openid, oauth] = documentsOf(issuer);
  const first = await fetchJson(openid, send, signal);
  const document = first.kind === 'status' ? await fetchJson(oauth, send, signal) : first;
  if (document.kind !== 'json') return notFetched(document, 'metadata');
  const parsed = issuerMetadata.safeParse(document.value);
  if (!parsed.success) return none('metadata without issuer or jwks_uri');
  if (parsed.data.issuer !== issuer) return none('metadata of another issuer');
  return { kind: 'metadata', metadata: parsed.data };
};

/** Fetches the public keys of an issuer. Never rejects. */
export const fetchIssuerKeys = async (
  issuer: string,
  send: OutsideFetch,
  signal: AbortSignal,
): Promise<DiscoveredKeys> => {
  const discovered = await fetchIssuerMetadata(issuer, send, signal);
  if (discovered.kind === 'none') return discovered;
  const { jwks_uri } = discovered.metadata;
  if (!isTrustworthy(jwks_uri, issuer)) return none('jwks_uri not https');
  const fetched = await fetchJson(jwks_uri, send, signal);
  if (fetched.kind !== 'json') return notFetched(fetched, 'keys');
  const keys = keySet.safeParse(fetched.value);
  return keys.success ? { kind: 'keys', keySet: keys.data } : none('keys malformed');
};
