// What a client says about itself (RFC 7591 §2), reduced to what is used here: in a registration, and in a Client ID Metadata
// Document (draft-ietf-oauth-client-id-metadata-document), which is fetched here. That no address of ours is reached is seen
// to by lib/outside-fetch.ts.

import { isIP } from 'node:net';
import { z } from 'zod';
import { readBody } from '../lib/bounded-body.ts';
import { createBoundedMap } from '../lib/bounded-map.ts';
import type { Clock } from '../lib/clock.ts';
import type { OutsideFetch } from '../lib/outside-fetch.ts';
import { isOpenToAnybody, readRedirectUri } from '../lib/redirect-uri.ts';

export type ClientMetadata = Record<string, unknown>;

const maxRedirectUris = 10;
const maxUriLength = 2_000;

const listSchema = z.array(z.string());

/** What is used, in the form that it has to have; what is deeper could not even be written again. */
const formSchema = z.object({
  redirect_uris: listSchema.nullish(),
  grant_types: listSchema.nullish(),
  response_types: listSchema.nullish(),
  token_endpoint_auth_method: z.string().nullish(),
});

export const isWellFormed = (metadata: ClientMetadata): boolean => formSchema.safeParse(metadata).success;

/** Those that are supported; all of them where none is, so that the refusal can name them. */
const supported = (value: unknown, known: readonly string[]): unknown => {
  const list = listSchema.safeParse(value);
  const kept = list.success ? list.data.filter((item) => known.includes(item)) : [];
  return kept.length === 0 ? value : kept;
};

/**
 * A server may replace what a client asks for (RFC 7591 §3.2.1): scopes are asked for per request, nothing that would
 * have to be fetched or shown stays, and without an application_type of its own every client is a `native` one.
 */
export const reduceMetadata = (metadata: ClientMetadata): ClientMetadata => {
  const { client_name, redirect_uris, grant_types, response_types, token_endpoint_auth_method } = metadata;
  return {
    redirect_uris,
    token_endpoint_auth_method: token_endpoint_auth_method ?? 'none',
    ...(typeof client_name === 'string' && client_name !== '' ? { client_name } : {}),
    ...(grant_types === undefined
      ? {}
      : { grant_types: supported(grant_types, ['authorization_code', 'refresh_token']) }),
    ...(response_types === undefined ? {} : { response_types: supported(response_types, ['code']) }),
  };
};

/** Whether the redirect URIs are within bounds, and each leads where anybody may have answers sent. */
export const redirectUrisFit = ({ redirect_uris: uris }: ClientMetadata): boolean =>
  !Array.isArray(uris) ||
  (uris.length <= maxRedirectUris &&
    uris.every(
      (uri) => typeof uri === 'string' && uri.length <= maxUriLength && isOpenToAnybody(readRedirectUri(uri)),
    ));

/**
 * A document is for all servers at once: a scheme in it that is unknown here leads nowhere from here, and the others of
 * its redirect URIs stay. What leads to nobody's app stays too, so that the document is refused.
 */
const withoutUnknownApps = (metadata: ClientMetadata): ClientMetadata => {
  const { redirect_uris: uris } = metadata;
  if (!Array.isArray(uris)) return metadata;
  const isUnknown = (uri: unknown) => typeof uri === 'string' && readRedirectUri(uri).kind === 'unknown_app';
  return { ...metadata, redirect_uris: uris.filter((uri) => !isUnknown(uri)) };
};

/** As oidc-provider calls it. */
export type DocumentFetch = typeof globalThis.fetch;

/** The draft's recommendation (§6.6). */
export const maxDocumentBytes = 5 * 1024;

const privateSuffixes = ['.localhost', '.local', '.localdomain', '.internal', '.intranet', '.lan', '.home.arpa'];

/** Whether this could be the host of somebody's public document; what its name resolves to is checked at the connection. */
export const isPublicDocumentUrl = (text: string): boolean => {
  const url = URL.parse(text);
  if (url === null || url.protocol !== 'https:' || url.port !== '') return false;
  const host = url.hostname.replace(/\.$/, '');
  if (isIP(host.replace(/^\[|\]$/g, '')) !== 0) return false;
  return host.includes('.') && !privateSuffixes.some((suffix) => host.endsWith(suffix));
};

const readText = async (response: Response): Promise<string> => {
  const body = await readBody(response.body, maxDocumentBytes);
  if (body === undefined) throw new Error('the metadata document is too large');
  return body.toString('utf8');
};

/** A secret stays, since a document with one must be refused. */
const reduceDocument = (document: ClientMetadata): ClientMetadata => {
  const { client_id, client_secret, client_secret_expires_at } = document;
  const secret = client_secret ?? client_secret_expires_at;
  return { ...reduceMetadata(document), client_id, ...(secret === undefined ? {} : { client_secret: secret }) };
};

const parseDocument = (text: string): ClientMetadata => {
  const document: unknown = JSON.parse(text);
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw new Error('the metadata document is not an object');
  const metadata = withoutUnknownApps({ ...document });
  if (!isWellFormed(metadata)) throw new Error('the metadata document has a member of another type');
  if (!redirectUrisFit(metadata)) throw new Error('the metadata document has redirect URIs that cannot be used');
  return metadata;
};

/** What could not be had this time, though it may be there: the network, a server that is down. */
class Unreachable extends Error {}

const fetchDocument = async (send: OutsideFetch, url: string, init: RequestInit): Promise<Response> => {
  const { headers = {}, signal = null } = init;
  const response = await send(url, { headers, signal, redirect: 'manual' }).catch((cause: unknown) => {
    throw new Unreachable('the metadata document cannot be reached', { cause });
  });
  if (response.status === 200) return response;
  await response.body?.cancel();
  if (response.status >= 500 || response.status === 429) throw new Unreachable('the metadata document is not served');
  throw new Error('the metadata document is not there');
};

/** How long and how many last good documents serve while the present one cannot be reached (RFC 5861 §4). */
const staleMs = 24 * 60 * 60_000;
const maxDocuments = 100;

const createLastGood = (clock: Clock) => {
  const documents = createBoundedMap<string, { readonly document: ClientMetadata; readonly at: number }>({
    maxSize: maxDocuments,
  });
  return {
    set: (url: string, document: ClientMetadata) => documents.set(url, { document, at: clock.now() }),
    find: (url: string): ClientMetadata | undefined => {
      const kept = documents.get(url);
      return kept !== undefined && clock.now() - kept.at < staleMs ? kept.document : undefined;
    },
    forget: (url: string) => documents.delete(url),
  };
};

/** Pages ask for a document whenever somebody looks at them: one that cannot be had is not asked for each time. */
const retryAfterMs = 30_000;
const maxFailures = 1_000;

const createFailures = (clock: Clock) => {
  const failures = createBoundedMap<string, number>({ maxSize: maxFailures });
  return {
    note: (url: string) => failures.set(url, clock.now()),
    isRecent: (url: string): boolean => clock.now() - (failures.get(url) ?? -retryAfterMs) < retryAfterMs,
  };
};

/**
 * A fetch for oidc-provider, whose own guard looks at an address only after it was connected to. While a site is down its
 * clients go on with its last good document: otherwise one that refreshes meanwhile would be told that it does not
 * exist, and forget its tokens.
 * @throws Error for anything but a small JSON object; redirects are not followed.
 */
export const createDocumentFetch = (send: OutsideFetch, clock: Clock): DocumentFetch => {
  const lastGood = createLastGood(clock);
  const failures = createFailures(clock);
  return async (input, init = {}) => {
    const url = String(input);
    try {
      if (failures.isRecent(url)) throw new Unreachable('the metadata document could not be had a moment ago');
      const response = await fetchDocument(send, url, init);
      const document = reduceDocument(parseDocument(await readText(response)));
      lastGood.set(url, document);
      const cacheControl = response.headers.get('cache-control');
      return Response.json(document, cacheControl === null ? {} : { headers: { 'Cache-Control': cacheControl } });
    } catch (error) {
      if (!failures.isRecent(url)) failures.note(url);
      const document = error instanceof Unreachable ? lastGood.find(url) : undefined;
      if (document !== undefined) return Response.json(document);
      lastGood.forget(url);
      throw error;
    }
  };
};
