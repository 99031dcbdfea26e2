// What a client says about itself (RFC 7591 §2), reduced to what is used here. Both ways to become a client come through
// this: registering, and a metadata document.
import { z } from 'zod';
import { isOpenToAnybody, readRedirectUri } from '../model/redirect-uri.ts';

export type ClientMetadata = Record<string, unknown>;

export const maxRedirectUris = 10;
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
export const withoutUnknownApps = (metadata: ClientMetadata): ClientMetadata => {
  const { redirect_uris: uris } = metadata;
  if (!Array.isArray(uris)) return metadata;
  const isUnknown = (uri: unknown) => typeof uri === 'string' && readRedirectUri(uri).kind === 'unknown_app';
  return { ...metadata, redirect_uris: uris.filter((uri) => !isUnknown(uri)) };
};
