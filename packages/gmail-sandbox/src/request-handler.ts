// The way of one request through the fake Google: recorded, counted, delayed, failed on demand, answered. Puts the endpoints
// together and finds whose bearer token an API request carries.
import { Hono } from 'hono';
import { domainOf, type GoogleAccount } from './accounts.ts';
import { controlPath, controlRoutes } from './control-routes.ts';
import type { Faults } from './faults.ts';
import { gmailRoutes } from './gmail/gmail-routes.ts';
import {
  credentialsMissing,
  gmailAppsDisabled,
  insufficientScopes,
  invalidCredentials,
  mailServiceNotEnabled,
  serviceDisabled,
  tooManyConcurrentRequests,
} from './google-answers.ts';
import { addAuthorizationEndpoint } from './oauth/authorization-endpoint.ts';
import type { AccessToken, OAuthState } from './oauth/grants.ts';
import { discoveryDocument, jsonWebKeySet } from './oauth/id-token.ts';
import { type GoogleService, isBlockedByAdmin } from './oauth/project.ts';
import { addRevocationEndpoint, addTokenEndpoint } from './oauth/token-endpoint.ts';
import { peopleRoutes } from './people/people-routes.ts';
import type { Traffic } from './traffic.ts';
import type { Sandbox } from './verbs.ts';

const endpoints = (state: OAuthState, sandbox: Sandbox): Hono => {
  const app = new Hono();
  addAuthorizationEndpoint(app, state);
  addTokenEndpoint(app, state);
  addRevocationEndpoint(app, state);
  app.get('/oauth2/v3/certs', () => Response.json(jsonWebKeySet()));
  app.get('/.well-known/openid-configuration', () => Response.json(discoveryDocument(state.origin)));
  app.route('/', controlRoutes(sandbox));
  app.route(
    '/',
    peopleRoutes((request, scopes) => authorizeBearer(state, request, scopes, 'people.googleapis.com')),
  );
  app.route(
    '/',
    gmailRoutes((request, scopes) => {
      const account = authorizeBearer(state, request, scopes, 'gmail.googleapis.com');
      if (account instanceof Response) return account;
      if (state.project.domainsWithoutGmailApps.has(domainOf(account))) return gmailAppsDisabled();
      return account.gmailEnabled ? { mailbox: account.mailbox } : mailServiceNotEnabled();
    }),
  );
  return app;
};

interface Described {
  readonly formKeys?: readonly string[];
  readonly grantType?: string;
  readonly account?: string;
}

/** What can be said of a request before it is answered: whom its token or code belongs to, which fields its form has. */
const describe = async (state: OAuthState, request: Request, query: URLSearchParams): Promise<Described> => {
  const isForm = request.headers.get('content-type')?.includes('application/x-www-form-urlencoded') ?? false;
  const form = new URLSearchParams(isForm ? await request.clone().text() : '');
  const tokens = [bearerToken(request), form.get('refresh_token'), form.get('token'), query.get('token')];
  const owner =
    tokens.map((token) => (token ? state.grants.ownerOf(token) : undefined)).find((account) => account !== undefined) ??
    state.codes.ownerOf(form.get('code') ?? '');
  const grantType = form.get('grant_type');
  return {
    formKeys: isForm ? [...new Set(form.keys())] : undefined,
    grantType: grantType ?? undefined,
    account: owner?.email,
  };
};

/** @returns the sandbox's `fetch` */
export const createRequestHandler = (parts: {
  state: OAuthState;
  traffic: Traffic;
  faults: Faults;
  latency: { milliseconds: number };
  sandbox: Sandbox;
  log: ((line: string) => void) | undefined;
}): ((request: Request) => Promise<Response>) => {
  const { state, traffic, faults, latency, log } = parts;
  const app = endpoints(state, parts.sandbox);

  const answer = async (request: Request): Promise<Response> => {
    if (latency.milliseconds > 0) await state.clock.sleep(latency.milliseconds, request.signal);
    request.signal.throwIfAborted();
    return faults.apply(request, async () => app.fetch(request));
  };
  const answerCounted = async (request: Request, account: string): Promise<Response> => {
    try {
      return traffic.enter(account) === 'tooMany' ? tooManyConcurrentRequests() : await answer(request);
    } finally {
      traffic.leave(account);
    }
  };

  return async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === controlPath || pathname.startsWith(`${controlPath}/`)) return app.fetch(request);
    request.signal.throwIfAborted();
    const described = await describe(state, request, searchParams);
    const at = state.clock.now();
    const record = traffic.record({ method: request.method, path: pathname, query: searchParams, at, ...described });
    const isApiCall = bearerToken(request) !== undefined && described.account !== undefined;
    const response = await (isApiCall ? answerCounted(request, described.account as string) : answer(request));
    await record.answered(response);
    log?.(`${request.method} ${pathname} ${response.status}`);
    return response;
  };
};

/** The token of `Authorization: Bearer …` (RFC 6750 §2.1). */
const bearerToken = (request: Request): string | undefined =>
  request.headers.get('authorization')?.match(/^Bearer\s+(\S+)$/i)?.[1];

/** The valid access token of a request; none where the admin has blocked the app. */
const validToken = (state: OAuthState, token: string): AccessToken | undefined => {
  const found = state.grants.validAccessToken(token);
  return found === undefined || isBlockedByAdmin(state.project, found.grant.account) ? undefined : found;
};

/**
 * The account a request may act for.
 * @param acceptedScopes any one of them suffices
 * @param service as Google names it in the error, e.g. `people.googleapis.com`
 * @returns the account, or Google's 401 or 403
 */
const authorizeBearer = (
  state: OAuthState,
  request: Request,
  acceptedScopes: readonly string[],
  service: GoogleService,
): GoogleAccount | Response => {
  const token = bearerToken(request);
  if (token === undefined) return credentialsMissing();
  if (state.project.disabledServices.has(service)) return serviceDisabled(service);
  const found = validToken(state, token);
  if (found === undefined) return invalidCredentials();
  if (!found.grant.scopes.some((scope) => acceptedScopes.includes(scope)))
    return insufficientScopes(acceptedScopes, service);
  return found.grant.account;
};
