// The endpoints as the outside sees them: which there are, how often and how much may be asked of each, and what every
// answer carries. What they do is oidc-provider's.

import { readBody } from '../lib/bounded-body.ts';
import type { Clock } from '../lib/clock.ts';
import { type CreateLimit, createAddressLimit, type Rate, type RateLimit } from '../lib/rate-limit.ts';
import type { AuthorizationRecordStore } from '../storage/index.ts';
import { type ClientMetadata, isWellFormed, redirectUrisFit, reduceMetadata } from './client-metadata.ts';
import { type InnerRequest, innerHeaders } from './koa-bridge.ts';
import { routes } from './provider.ts';
import { ttl } from './provider-options.ts';
import { unusedClientMs } from './records-adapter.ts';
import { type Audience, normaliseAuthorizationRequest, normaliseTokenRequest } from './request-parameters.ts';
import { finish, json, page, preflight, type RenderError, tooLarge, tooOften } from './responses.ts';

type Endpoint = 'authorize' | 'resume' | 'token' | 'revoke' | 'register' | 'public';

const metadataPaths = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'];

/** As Hono writes them. */
export const paths: readonly string[] = [
  routes.authorization,
  `${routes.authorization}/:uid`,
  routes.token,
  routes.revocation,
  routes.registration,
  routes.jwks,
  ...metadataPaths,
];

const endpointAt = (path: string): Endpoint | undefined => {
  if (path === routes.authorization) return 'authorize';
  if (path.startsWith(`${routes.authorization}/`)) return 'resume';
  if (path === routes.token) return 'token';
  if (path === routes.revocation) return 'revoke';
  if (path === routes.registration) return 'register';
  return path === routes.jwks || metadataPaths.includes(path) ? 'public' : undefined;
};

const methodsOf = (endpoint: Endpoint): readonly string[] => {
  switch (endpoint) {
    case 'authorize':
    case 'resume':
      return ['GET'];
    case 'token':
    case 'revoke':
    case 'register':
      return ['POST'];
    case 'public':
      return ['GET', 'HEAD'];
  }
};

const maxBodyBytes = 64 * 1024;
const maxMetadataBytes = 16 * 1024;
const maxClients = 5_000;
const maxInteractions = 10_000;

/**
 * Where somebody fills the store, what is oldest and came to nothing yet gives way to what is new, so that nobody is
 * kept out as long as they take less time than it takes to fill it.
 */
const hasRoom = async (
  { records, clock }: Pick<EndpointOptions, 'records' | 'clock'>,
  { model, max, unusedMs }: { readonly model: string; readonly max: number; readonly unusedMs: number },
): Promise<boolean> => (await records.count(model)) < max || records.makeRoom(model, clock.now() + unusedMs);

const minuteMs = 60_000;

interface EndpointOptions extends Audience {
  readonly publicUrl: URL;
  readonly records: AuthorizationRecordStore;
  readonly clock: Clock;
  readonly createLimit: CreateLimit;
  readonly renderError: RenderError;
  /** oidc-provider's answer. */
  readonly answer: (request: InnerRequest) => Promise<Response>;
}

const parseMetadata = (body: string): ClientMetadata | undefined => {
  try {
    const metadata: unknown = JSON.parse(body);
    return typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata) ? { ...metadata } : undefined;
  } catch {
    return undefined;
  }
};

const authorize = async (options: EndpointOptions, inner: InnerRequest, query: URLSearchParams): Promise<Response> => {
  const place = { model: 'Interaction', max: maxInteractions, unusedMs: ttl.Interaction * 1000 };
  if (!(await hasRoom(options, place)))
    return page(options.renderError, 'busy', { status: 503, retryAfterSeconds: 300 });
  return options.answer({ ...inner, path: `${routes.authorization}?${normaliseAuthorizationRequest(query, options)}` });
};

const answerForm = async (
  options: EndpointOptions,
  endpoint: 'token' | 'revoke',
  inner: InnerRequest,
  request: Request,
): Promise<Response> => {
  const body = (await readBody(request.body, maxBodyBytes))?.toString('utf8');
  if (body === undefined) return tooLarge();
  const isForm = /^application\/x-www-form-urlencoded\s*(;|$)/i.test(request.headers.get('content-type') ?? '');
  return options.answer({
    ...inner,
    body: endpoint === 'token' && isForm ? normaliseTokenRequest(body, options) : body,
  });
};

const register = async (options: EndpointOptions, inner: InnerRequest, request: Request): Promise<Response> => {
  const body = (await readBody(request.body, maxMetadataBytes))?.toString('utf8');
  if (body === undefined) return tooLarge();
  const metadata = parseMetadata(body);
  const refused = { status: 400, error: 'invalid_client_metadata' };
  if (metadata === undefined) return json({ ...refused, description: 'the client metadata is not a JSON object' });
  if (!isWellFormed(metadata))
    return json({
      ...refused,
      description: 'the client metadata has a member of another type than RFC 7591 gives it',
    });
  if (!redirectUrisFit(metadata))
    return json({
      ...refused,
      error: 'invalid_redirect_uri',
      description:
        'a redirect URI has to be https without a user name, http on this computer, or an app’s own scheme: a domain in reverse, or a known agent’s; at most 10 of 2000 characters',
    });
  if (!(await hasRoom(options, { model: 'Client', max: maxClients, unusedMs: unusedClientMs })))
    return json({
      status: 503,
      error: 'temporarily_unavailable',
      description: 'too many clients are registered; use a client ID metadata document',
      retryAfterSeconds: 3600,
    });
  return options.answer({ ...inner, body: JSON.stringify(reduceMetadata(metadata)) });
};

const answerAt = (
  options: EndpointOptions,
  endpoint: Endpoint,
  request: Request,
  address: string,
): Promise<Response> => {
  const { pathname, searchParams } = new URL(request.url);
  const headers = innerHeaders(request, options.publicUrl);
  const inner = { method: request.method, path: pathname, address };
  switch (endpoint) {
    case 'authorize':
      return authorize(options, { ...inner, headers }, searchParams);
    case 'resume':
    case 'public':
      return options.answer({ ...inner, headers });
    case 'token':
    case 'revoke':
      return answerForm(options, endpoint, { ...inner, headers: { ...headers, accept: 'application/json' } }, request);
    case 'register':
      return register(options, { ...inner, headers: { ...headers, accept: 'application/json' } }, request);
  }
};

export const createEndpoints = (options: EndpointOptions) => {
  const { createLimit, renderError } = options;
  const limit = (endpoint: Endpoint, rate: Rate) => createAddressLimit(createLimit, `oauth_${endpoint}`, rate);
  const limits: Partial<Record<Endpoint, RateLimit>> = {
    authorize: limit('authorize', { times: 60, perMs: minuteMs }),
    // Without a decision it begins the request anew, which costs as much.
    resume: limit('resume', { times: 60, perMs: minuteMs }),
    token: limit('token', { times: 120, perMs: minuteMs }),
    revoke: limit('revoke', { times: 120, perMs: minuteMs }),
    register: limit('register', { times: 60, perMs: 60 * minuteMs }),
  };

  return async (request: Request, { address }: { readonly address: string }): Promise<Response> => {
    const endpoint = endpointAt(new URL(request.url).pathname);
    if (endpoint === undefined) return finish(new Response(null, { status: 404 }), false);
    const isPublic = endpoint === 'public';
    if (isPublic && request.method === 'OPTIONS') return preflight();
    const methods = methodsOf(endpoint);
    if (!methods.includes(request.method))
      return finish(new Response(null, { status: 405, headers: { Allow: methods.join(', ') } }), false);
    const limited = limits[endpoint];
    // A client in a cloud renews the tokens of thousands of people from one address: only what is refused counts there.
    const wait = (await (endpoint === 'token' ? limited?.wait(address) : limited?.take(address))) ?? 0;
    const isPage = endpoint === 'authorize' || endpoint === 'resume';
    if (wait > 0) return finish(tooOften(wait, isPage ? renderError : undefined), false);
    const response = await answerAt(options, endpoint, request, address);
    if (endpoint === 'token' && !response.ok) await limited?.count(address);
    return finish(response, isPublic);
  };
};
