// oidc-provider, configured: what is on, how long things live, and what is asked of the rest of this folder. Knows
// neither HTTP requests (endpoints.ts) nor how records are kept (records-adapter.ts).
import Provider, { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { AllowedPeople } from '../model/allowed-people.ts';
import type { Clock, RandomBytes } from '../model/clock.ts';
import { type AuthorizationRecordStore, grantHashOf } from '../storage/index.ts';
import type { AddressLimit } from './address-limit.ts';
import { createDecisionPolicy, createGrantLoader, signInPath } from './decision.ts';
import { errorPage, errorPageHeaders, type PageError } from './error-page.ts';
import type { Keys } from './keyring.ts';
import { createDocumentFetch, type Fetch, isPublicDocumentUrl, maxDocumentBytes } from './metadata-documents.ts';
import { type Accounts, createFindAccount } from './people.ts';
import { createAdapterFactory, keepClient } from './records-adapter.ts';
import { type Audience, knownScopes } from './request-parameters.ts';

/** A client that the operator registered; without a secret it is a public one (RFC 6749 §2.1). */
export interface PreregisteredClient {
  readonly clientId: string;
  readonly clientSecret?: string;
  readonly name: string;
  readonly redirectUris: readonly string[];
}

export interface ProviderOptions extends Audience {
  readonly publicUrl: URL;
  readonly records: AuthorizationRecordStore;
  readonly accounts: Accounts;
  readonly allowed: AllowedPeople;
  readonly clients: readonly PreregisteredClient[];
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly fetch: Fetch;
  /** How often an address may make this server fetch a metadata document. */
  readonly documentLimit: AddressLimit;
}

/** Paths of the endpoints, in the words of RFC 8414. */
export const routes = {
  authorization: '/authorize',
  token: '/token',
  revocation: '/revoke',
  registration: '/register',
  jwks: '/jwks',
} as const;

export const cookieNames = { interaction: 'postern_authorization', resume: 'postern_authorization_resume' } as const;

const seconds = { minute: 60, day: 24 * 60 * 60 } as const;
export const interactionSeconds = 30 * seconds.minute;
const ttl = {
  AccessToken: 10 * seconds.minute,
  AuthorizationCode: seconds.minute,
  Grant: 365 * seconds.day,
  IdToken: 10 * seconds.minute,
  Interaction: interactionSeconds,
  RefreshToken: 30 * seconds.day,
  Session: interactionSeconds,
} as const;

const clientMetadata = ({ clientId, clientSecret, name, redirectUris }: PreregisteredClient) => ({
  client_id: clientId,
  client_name: name,
  redirect_uris: [...redirectUris],
  ...(clientSecret === undefined
    ? {}
    : { client_secret: clientSecret, token_endpoint_auth_method: 'client_secret_basic' as const }),
});

const pageErrorOf = (error: Error): PageError => {
  if (error instanceof errors.SessionNotFound) return 'over';
  if (error instanceof errors.InvalidRedirectUri) return 'redirect_uri';
  if (error instanceof errors.InvalidClient || error instanceof errors.InvalidClientMetadata) return 'client';
  if (error instanceof errors.TemporarilyUnavailable) return 'too_many';
  return error instanceof errors.OIDCProviderError && error.expose ? 'request' : 'defect';
};

const renderError = (ctx: KoaContextWithOIDC, _out: unknown, error: Error): void => {
  ctx.set({ ...errorPageHeaders });
  ctx.body = errorPage(pageErrorOf(error));
};

const tooManyDocuments = (): Error =>
  Object.assign(new errors.TemporarilyUnavailable('too many metadata documents were asked for'), {
    status: 429,
    statusCode: 429,
  });

/** What is not named here is either off or the library's default of a feature that is off. */
const features = (options: ProviderOptions, keys: Keys): NonNullable<Configuration['features']> => {
  const { resource, scopes, random, documentLimit } = options;
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
      allowFetch: (ctx: KoaContextWithOIDC | undefined, clientId) => {
        if (!isPublicDocumentUrl(clientId)) return false;
        const address = ctx?.req.socket.remoteAddress;
        if (address !== undefined && documentLimit.take(address) !== undefined) throw tooManyDocuments();
        return true;
      },
      cacheDuration: { min: 300, max: seconds.day },
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
          jwt: { sign: { alg: 'ES256', ...(kid === undefined ? {} : { kid }) } },
        };
      },
    },
  };
};

const configure = (options: ProviderOptions, keys: Keys): Configuration => {
  const { records, clock, accounts, allowed, scopes, resource, publicUrl } = options;
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
      names: { ...cookieNames, session: 'postern_no_session' },
      long: cookie,
      short: cookie,
    },
    discovery: { protected_resources: [resource] },
    expiresWithSession: () => false,
    // Runs once the redirect URI is known, so that the client learns of it.
    extraParams: {
      scope: (_ctx, value = '') => {
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
    features: features(options, keys),
    fetch: createDocumentFetch(options.fetch, clock),
    fetchResponseBodyLimits: { 'client_id metadata document': maxDocumentBytes },
    findAccount: createFindAccount(accounts, allowed),
    interactions: { policy: createDecisionPolicy(), url: (_ctx, { uid }) => signInPath(uid) },
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    jwks: { keys: [...keys.signing] },
    loadExistingGrant: createGrantLoader(options),
    pkce: { required: () => true },
    renderError,
    responseTypes: ['code'],
    rotateRefreshToken: true,
    routes,
    scopes: ['openid', 'offline_access', ...scopes],
    ttl,
  };
};

/** The library's own error and success responses stay; this adds what it has no setting for. */
const afterwards =
  ({ records, clock }: ProviderOptions) =>
  async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    await next();
    const { oidc } = ctx;
    if (oidc === undefined) return;
    if (oidc.route === 'discovery') ctx.body = { ...Object(ctx.body), response_modes_supported: ['query'] };
    if (oidc.route === 'token' && ctx.status === 200 && oidc.client !== undefined)
      await keepClient(records, clock, oidc.client.clientId);
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
