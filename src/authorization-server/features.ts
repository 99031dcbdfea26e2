// Which features of oidc-provider are on, and what they may do: revoking, registering, metadata documents, one resource.
import { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Keys } from './keyring.ts';
import { isPublicDocumentUrl } from './metadata-documents.ts';
import { documentCache, type ProviderOptions, ttl } from './provider-options.ts';

const tooManyDocuments = (): Error =>
  Object.assign(new errors.TemporarilyUnavailable('too many metadata documents were asked for'), {
    status: 429,
    statusCode: 429,
  });

/** What is not named here is either off or the library's default of a feature that is off. */
export const configureFeatures = (options: ProviderOptions, keys: Keys): NonNullable<Configuration['features']> => {
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
      allowFetch: (ctx: KoaContextWithOIDC | undefined, clientId) => {
        if (!isPublicDocumentUrl(clientId) || new URL(clientId).hostname === publicUrl.hostname) return false;
        const address = ctx?.req.socket.remoteAddress;
        if (address !== undefined && documentLimit.take(address) > 0) throw tooManyDocuments();
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
          jwt: { sign: { alg: 'ES256', ...(kid === undefined ? {} : { kid }) } },
        };
      },
    },
  };
};
