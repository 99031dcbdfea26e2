// Entry point of this folder: the embedded authorization server, which signs MCP clients in with OAuth 2.1 by oidc-provider.
// The person's decision comes from the sign-in pages. It never contacts Google; connect/sign-in.ts does.
import { createLocalJWKSet, type JWTVerifyGetKey, errors as joseErrors } from 'jose';
import type Provider from 'oidc-provider';
import { errors, type Interaction } from 'oidc-provider';
import type { Clock, RandomBytes } from '../lib/clock.ts';
import type { OutsideFetch } from '../lib/outside-fetch.ts';
import { type CreateLimit, createAddressLimit } from '../lib/rate-limit.ts';
import type { AllowedPeople } from '../model/account.ts';
import { type AccountKey, googleRealm } from '../model/account-key.ts';
import type { McpScope } from '../model/mcp-scope.ts';
import type { AuthorizationKeyStore, AuthorizationRecordStore } from '../storage/index.ts';
import { createDocumentFetch } from './client-metadata.ts';
import {
  type ConsentDetails,
  describeRedirect,
  describeRequest,
  mayReceiveAnswer,
  mayRedirectUnasked,
} from './consent-details.ts';
import { createEndpoints, paths } from './endpoints.ts';
import { type AuthorizationServerLog, logEvents } from './events.ts';
import { type Keyring, type Keys, openKeyring, publicKeys } from './keyring.ts';
import { dispatch, innerHeaders } from './koa-bridge.ts';
import { createProvider } from './provider.ts';
import type { PreregisteredClient } from './provider-options.ts';
import type { RenderError } from './responses.ts';
import { type Accounts, createIsStillAllowed, signInPath } from './sign-in-policy.ts';

export type { ConsentDetails, Redirect } from './consent-details.ts';
export type { PageError, ReturnLink } from './responses.ts';

/** Where the browser goes when nobody agreed. */
export interface Denial {
  readonly url: string;
  /** Whether the browser may be redirected there; otherwise it is a link, for a person who wants to follow it. */
  readonly automatic: boolean;
  /** The redirect URI, whole. */
  readonly to: string;
}

export interface AuthorizationServer {
  /** As it stands in `iss`. */
  readonly issuer: string;
  /**
   * Answers requests to `paths`.
   * @param client.address the peer's IP address, which is what limits count.
   */
  fetch(request: Request, client: { readonly address: string }): Promise<Response>;
  /** Of all endpoints, as Hono writes them. */
  readonly paths: readonly string[];
  /** What the consent page for a request to `/sign-in/{uid}` shows; undefined: the authorization is over, or another browser's. */
  consentDetails(request: Request): Promise<ConsentDetails | undefined>;
  /** The person signed in and agreed: where the browser goes next. The first decision stays. Undefined: the authorization is over. */
  approve(uid: string, key: AccountKey): Promise<string | undefined>;
  /** The same for a person who did not agree, or could not sign in. */
  deny(uid: string, error: 'access_denied' | 'temporarily_unavailable'): Promise<Denial | undefined>;
  /** Whether the grant that an access token stands on is there, and its person may still enter. */
  isGrantActive(key: AccountKey, grantHash: string): Promise<boolean>;
  /** Keys of access tokens, former ones too, for jose. */
  readonly keys: JWTVerifyGetKey;
  /** Makes new keys when due; for once a day. */
  rotateKeys(): Promise<void>;
}

export interface AuthorizationServerOptions {
  readonly publicUrl: URL;
  readonly records: AuthorizationRecordStore;
  readonly keys: AuthorizationKeyStore;
  readonly accounts: Accounts;
  readonly allowed: AllowedPeople;
  readonly clients: readonly PreregisteredClient[];
  /** Those of the enabled tools; the default of a request that names none. */
  readonly scopes: readonly McpScope[];
  readonly clock: Clock;
  readonly createLimit: CreateLimit;
  readonly random: RandomBytes;
  /** For metadata documents of clients. */
  readonly fetch: OutsideFetch;
  /** The page for a browser that is not sent back to its client. */
  readonly renderError: RenderError;
  readonly log: AuthorizationServerLog;
}

/** @throws Error when a preregistered client cannot be one. */
export const createAuthorizationServer = async (options: AuthorizationServerOptions): Promise<AuthorizationServer> => {
  const { publicUrl, records, clock, clients } = options;
  const preregistered = clients.map(({ clientId }) => clientId);
  const audience = { resource: `${publicUrl.origin}/mcp`, scopes: options.scopes };
  const keyring = await openKeyring(options.keys, clock, options.random);
  const documentLimit = createAddressLimit(options.createLimit, 'oauth_documents', { times: 10, perMs: 60_000 });

  const documentFetch = createDocumentFetch(options.fetch, clock);
  const isStillAllowed = createIsStillAllowed(options.accounts, options.allowed);

  const build = async (): Promise<Provider> => {
    const provider = await createProvider(
      { ...options, ...audience, isStillAllowed, documentLimit, documentFetch },
      keyring.current(),
    );
    logEvents(provider, options.log);
    return provider;
  };
  let provider = await build();
  const renew = async (changed: boolean): Promise<Provider> => {
    if (changed) provider = await build();
    return provider;
  };
  const current = async () => renew(await keyring.refresh());

  const keySet = createKeySet(keyring);

  const endpoints = createEndpoints({
    ...audience,
    publicUrl,
    records,
    clock,
    createLimit: options.createLimit,
    renderError: options.renderError,
    answer: async (request) => dispatch((await current()).callback(), request, publicUrl),
  });

  return {
    issuer: publicUrl.origin,
    fetch: endpoints,
    paths,
    consentDetails: async (request) => {
      const { Client } = await current();
      const interaction = await interactionOf(provider, request, publicUrl);
      if (interaction === undefined || interaction.result !== undefined) return undefined;
      const client = await Client.find(String(interaction.params.client_id)).catch(whenRefused);
      const redirectUri = String(interaction.params.redirect_uri);
      // Its document may have changed since, perhaps because that address is no longer the client's.
      if (!client?.redirectUriAllowed(redirectUri)) return undefined;
      if (!mayReceiveAnswer({ redirectUri, clientId: client.clientId }, preregistered)) return undefined;
      return describeRequest(interaction, client, preregistered, audience);
    },
    approve: async (uid, { realm, identifier }) =>
      realm === googleRealm
        ? (await decide(provider, uid, { login: { accountId: identifier, remember: false } }))?.returnTo
        : undefined,
    deny: async (uid, error) => {
      const decided = await decide(provider, uid, { error });
      if (decided === undefined) return undefined;
      const { client_id, redirect_uri } = decided.params;
      const client = { clientId: String(client_id), redirectUri: String(redirect_uri) };
      const to = describeRedirect(client.redirectUri).uri;
      return { url: decided.returnTo, automatic: mayRedirectUnasked(client, preregistered), to };
    },
    isGrantActive: async (key, grantHash) =>
      (await records.grantIsLive(grantHash, key)) && (await isStillAllowed(key.identifier)),
    keys: async (header, token) => {
      try {
        return await keySet()(header, token);
      } catch (error) {
        if (!(error instanceof joseErrors.JWKSNoMatchingKey)) throw error;
        await current();
        return keySet()(header, token);
      }
    },
    rotateKeys: async () => {
      await renew(await keyring.rotate());
    },
  };
};

/** The public keys of the moment. A key set reads each key once, which costs more than the signature it then checks. */
const createKeySet = (keyring: Keyring): (() => JWTVerifyGetKey) => {
  let known: { readonly of: Keys; readonly find: JWTVerifyGetKey } | undefined;
  return () => {
    const keys = keyring.current();
    if (known?.of !== keys) known = { of: keys, find: createLocalJWKSet(publicKeys(keys)) };
    return known.find;
  };
};

/** A client that is gone, or whose document cannot be had, has nothing to ask. */
const whenRefused = (error: unknown): undefined => {
  if (!(error instanceof errors.OIDCProviderError)) throw error;
  return undefined;
};

/** The request under way in this browser, by its signed cookie; only at its own path. */
const interactionOf = async (
  provider: Provider,
  request: Request,
  publicUrl: URL,
): Promise<Interaction | undefined> => {
  let found: Promise<Interaction> | undefined;
  const inner = { method: 'GET', path: '/', headers: innerHeaders(request, publicUrl), address: '' };
  await dispatch(
    (req, res) => {
      found = provider.interactionDetails(req, res).finally(() => res.end());
    },
    inner,
    publicUrl,
  );
  const interaction = await found?.catch(whenRefused);
  const path = interaction && signInPath(interaction.uid);
  const { pathname } = new URL(request.url);
  return pathname === path || pathname.startsWith(`${path}/`) ? interaction : undefined;
};

const decide = async (
  { Interaction: interactions }: Provider,
  uid: string,
  result: NonNullable<Interaction['result']>,
): Promise<Interaction | undefined> => {
  const interaction = await interactions.find(uid);
  if (interaction === undefined) return undefined;
  if (interaction.result === undefined) {
    interaction.result = result;
    // Denial where the account was deleted meanwhile.
    if ((await interaction.persist().catch(whenRefused)) === undefined) return undefined;
  }
  return interaction;
};
