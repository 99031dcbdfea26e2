// oidc-provider, configured: which of its features are on, what they may do, and where it asks the rest of this folder.
// What HTTP requests reach it is endpoints.ts's, how its records are stored is records-adapter.ts's.
import Provider, { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { grantHashOf } from '../storage/index.ts';
import { isPublicDocumentUrl, maxDocumentBytes } from './client-metadata.ts';
import { describeRedirect, mayReceiveAnswer, mayRedirectUnasked } from './consent-details.ts';
import type { Keys } from './keyring.ts';
import { interactionCookie } from './koa-bridge.ts';
import { documentCache, type PreregisteredClient, type ProviderOptions, ttl } from './provider-options.ts';
import { createAdapterFactory, keepUsedClient, moved, secondsAhead } from './records-adapter.ts';
import { knownScopes } from './request-parameters.ts';
import type { ErrorPage, PageError } from './responses.ts';
import { createDecisionPolicy, createFindAccount, createGrantLoader, signInPath } from './sign-in-policy.ts';

const tooManyDocuments = (): Error =>
  Object.assign(new errors.TemporarilyUnavailable('too many metadata documents were asked for'), {
    status: 429,
    statusCode: 429,
  });

/** What is not named here is either off or the library's default of a feature that is off. */
const configureFeatures = (options: ProviderOptions, keys: Keys): NonNullable<Configuration['features']> => {
  const { resource, scopes, random, documentLimit, publicUrl } = options;
  const kid = keys.signing[0]?.kid;
  return {
    devInteractions: { enabled: false },
    dPoP: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    rpInitiatedLogout: { enabled: false },
    userinfo: { enabled: false },
    revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
    registration: {
      enabled: true,
      issueRegistrationAccessToken: false,
      idFactory: () => Buffer.from(random(16)).toString('base64url'),
      secretFactory: () => Buffer.from(random(32)).toString('base64url'),
    },
    clientIdMetadataDocument: {
      enabled: true,
      ack: 'draft-02',
      // Without a context it is the page of a request that was counted when it began.
      allowFetch: async (ctx: KoaContextWithOIDC | undefined, clientId) => {
        if (!isPublicDocumentUrl(clientId) || new URL(clientId).hostname === publicUrl.hostname) return false;
        const address = ctx?.req.socket.remoteAddress;
        if (address !== undefined && (await documentLimit.take(address)) > 0) throw tooManyDocuments();
        return true;
      },
      cacheDuration: documentCache,
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: (_ctx, _client, oneOf) => (oneOf === undefined ? resource : [...oneOf]),
      getResourceServerInfo: (_ctx, indicator) => {
        if (indicator !== resource) throw new errors.InvalidTarget();
        return {
          audience: resource,
          scope: scopes.join(' '),
          accessTokenFormat: 'jwt',
          accessTokenTTL: ttl.AccessToken,
          jwt: { sign: { alg: 'ES256', kid } },
        };
      },
    },
  };
};

/** Paths of the endpoints, in the words of RFC 8414. */
export const routes = {
  authorization: '/authorize',
  token: '/token',
  revocation: '/revoke',
  registration: '/register',
  jwks: '/jwks',
} as const;

const clientMetadata = ({ clientId, clientSecret, name, redirectUris }: PreregisteredClient) => ({
  client_id: clientId,
  client_name: name,
  redirect_uris: [...redirectUris],
  ...(clientSecret === undefined
    ? {}
    : { client_secret: clientSecret, token_endpoint_auth_method: 'client_secret_basic' as const }),
});

/** When a database that was busy is worth another try. */
const retryStorageSeconds = 5;

const pageErrorOf = (error: Error): PageError => {
  if (error instanceof errors.SessionNotFound) return 'expired';
  if (error instanceof errors.InvalidRedirectUri) return 'redirect_uri';
  if (error instanceof errors.InvalidClient || error instanceof errors.InvalidClientMetadata) return 'client';
  if (error instanceof errors.TemporarilyUnavailable) return error.status === 503 ? 'storage' : 'too_many';
  return error instanceof errors.OIDCProviderError && error.expose ? 'request' : 'defect';
};

const show = (ctx: KoaContextWithOIDC, { html, headers }: ErrorPage): void => {
  ctx.set({ ...headers });
  ctx.body = html;
};

const configure = (options: ProviderOptions, keys: Keys): Configuration => {
  const { records, clock, scopes, resource, publicUrl } = options;
  const cookie = { httpOnly: true, sameSite: 'lax', signed: true, secure: publicUrl.protocol === 'https:' } as const;
  return {
    adapter: createAdapterFactory(records, clock),
    clients: options.clients.map(clientMetadata),
    // Loopback redirect URIs of native clients match on any port (RFC 8252 §7.3), and plain http leads nowhere else.
    clientDefaults: {
      application_type: 'native',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
      id_token_signed_response_alg: 'ES256',
    },
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post'],
    clientBasedCORS: () => false,
    cookies: {
      keys: [...keys.cookies],
      names: { interaction: interactionCookie, resume: interactionCookie, session: 'postern_no_session' },
      long: cookie,
      short: cookie,
    },
    discovery: { protected_resources: [resource] },
    expiresWithSession: () => false,
    // Runs once the redirect URI is known, so that the client learns of it.
    extraParams: {
      scope: (ctx, value = '') => {
        refuseRedirect(ctx, options);
        if (knownScopes(value, options).length === 0) throw new errors.InvalidScope('no known scope', value);
      },
      response_mode: ({ oidc }, value = 'query') => {
        if (value === 'query') return;
        if (oidc.params !== undefined) oidc.params.response_mode = undefined;
        throw new errors.UnsupportedResponseMode();
      },
    },
    extraTokenClaims: (_ctx, token) =>
      token.kind === 'AccessToken' && token.grantId !== undefined
        ? { postern_grant: grantHashOf(token.grantId) }
        : undefined,
    features: configureFeatures(options, keys),
    fetch: options.documentFetch,
    fetchResponseBodyLimits: { 'client_id metadata document': maxDocumentBytes },
    findAccount: createFindAccount(options.isStillAllowed),
    formats: {
      customizers: {
        jwt: (_ctx, _token, { payload }) => void Object.assign(payload, moved(payload, secondsAhead(clock))),
      },
    },
    interactions: { policy: createDecisionPolicy(), url: (_ctx, { uid }) => signInPath(uid) },
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    jwks: { keys: [...keys.signing] },
    loadExistingGrant: createGrantLoader(options),
    pkce: { required: () => true },
    renderError: (ctx: KoaContextWithOIDC, _out: unknown, error: Error) =>
      show(ctx, options.renderError(pageErrorOf(error))),
    responseTypes: ['code'],
    rotateRefreshToken: true,
    routes,
    scopes: ['openid', 'offline_access', ...scopes],
    ttl,
  };
};

const preregisteredOf = ({ clients }: ProviderOptions): string[] => clients.map(({ clientId }) => clientId);

/** A client may have registered its address before it was one that leads to nobody's app. */
const refuseRedirect = ({ oidc }: KoaContextWithOIDC, options: ProviderOptions): void => {
  const request = { redirectUri: String(oidc.params?.redirect_uri), clientId: oidc.client?.clientId ?? '' };
  if (!mayReceiveAnswer(request, preregisteredOf(options))) throw new errors.InvalidRedirectUri();
};

/** An authorization request that nobody was asked about yet sends no browser to an address that anybody can register. */
const keepHere = (ctx: KoaContextWithOIDC, options: ProviderOptions): void => {
  const { client, params, route } = ctx.oidc;
  if (route !== 'authorization' || client === undefined || ctx.status !== 303) return;
  const url = ctx.response.get('location');
  if (url.startsWith(signInPath(''))) return;
  const request = { redirectUri: String(params?.redirect_uri), clientId: client.clientId };
  const preregistered = preregisteredOf(options);
  if (mayRedirectUnasked(request, preregistered)) return;
  ctx.remove('location');
  ctx.status = 400;
  if (mayReceiveAnswer(request, preregistered))
    show(ctx, options.renderError('request', { url, to: describeRedirect(request.redirectUri).uri }));
  else show(ctx, options.renderError('redirect_uri'));
};

/** RFC 9110 §10.2.3, for the refusals of this file and records-adapter.ts. */
const secondsToWait = async (
  { status, req }: KoaContextWithOIDC,
  { documentLimit }: ProviderOptions,
): Promise<number | undefined> => {
  if (status === 429) return Math.max(1, await documentLimit.wait(req.socket.remoteAddress ?? ''));
  return status === 503 ? retryStorageSeconds : undefined;
};

/** The library's own error and success responses stay; this adds what it has no setting for. */
const afterwards =
  (options: ProviderOptions) =>
  async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    await next();
    const { oidc } = ctx;
    if (oidc === undefined) return;
    keepHere(ctx, options);
    const wait = await secondsToWait(ctx, options);
    if (wait !== undefined) ctx.set('Retry-After', String(wait));
    if (oidc.route === 'discovery') ctx.body = { ...Object(ctx.body), response_modes_supported: ['query'] };
    if (oidc.route === 'token' && ctx.status === 200 && oidc.client !== undefined)
      // The tokens are made: that the client is kept longer can wait for its next ones.
      await keepUsedClient(options.records, options.clock, oidc.client.clientId).catch(() => undefined);
  };

/** @throws Error when a preregistered client cannot be one, e.g. because of its redirect URIs. */
export const createProvider = async (options: ProviderOptions, keys: Keys): Promise<Provider> => {
  const provider = new Provider(options.publicUrl.origin, configure(options, keys));
  // Its URLs come from headers that endpoints.ts writes.
  provider.proxy = true;
  provider.use(afterwards(options) as Parameters<typeof provider.use>[0]);
  for (const { clientId } of options.clients) await checkClient(provider, clientId);
  return provider;
};

const checkClient = async (provider: Provider, clientId: string): Promise<void> => {
  try {
    await provider.Client.find(clientId);
  } catch (error) {
    const why = error instanceof errors.OIDCProviderError ? error.error_description : undefined;
    throw new Error(`the client ${JSON.stringify(clientId)} in POSTERN_OAUTH_CLIENTS_FILE is refused: ${why ?? ''}`);
  }
};
