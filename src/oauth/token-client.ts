// One HTTP request to Google's token endpoint, through google-auth-library with its retries off. No error of the library
// gets out: those carry tokens and codes in their `config`.
import { z } from 'zod';
import { limitBody } from '../lib/bounded-body.ts';

/** The operator's OAuth client at Google. */
export interface OAuthClient {
  readonly id: string;
  readonly secret: string;
}

export interface GoogleEndpoints {
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly revocationEndpoint: string;
}

/** How a request to the token endpoint ends when it brings no token. Judged by `error`, `error_subtype` and status only. */
export type TokenFailure =
  /** The grant (refresh token or code) is dead: RFC 6749 §5.2 `invalid_grant`, or Google's `admin_policy_enforced`. */
  | {
      readonly kind: 'grant_ended';
      readonly error: 'invalid_grant' | 'admin_policy_enforced';
      readonly subtype?: string;
    }
  | { readonly kind: 'client_invalid' }
  | { readonly kind: 'rate_limited' }
  | { readonly kind: 'unavailable' }
  /** Google understood the request and refused it: our defect or the operator's settings. */
  | { readonly kind: 'refused'; readonly error: string };

/** RFC 6749 A.12 and A.17: one or more VSCHAR. Anything else would break every request it is put into. */
const token = z.string().regex(/^[\x20-\x7e]+$/);

/** Nothing of Google's lives longer than this; keeps times within what a date and the database can hold. */
const longestLifetime = 10 * 366 * 24 * 3600;

/** Whole seconds. */
const lifetime = z
  .number()
  .positive()
  .transform((seconds) => Math.min(Math.ceil(seconds), longestLifetime));

/** RFC 6749 §5.1, with Google's `refresh_token_expires_in`. Lifetimes are in seconds. */
const tokenResponse = z.object({
  access_token: token,
  expires_in: lifetime.default(3600),
  refresh_token: token.optional(),
  refresh_token_expires_in: lifetime.optional(),
  scope: z.string().optional(),
  id_token: z.string().optional(),
});
export type TokenResponse = z.infer<typeof tokenResponse>;

const errorResponse = z.object({ error: z.string(), error_subtype: z.string().optional() });

type TokenRequest =
  | { readonly kind: 'code'; readonly code: string; readonly codeVerifier: string; readonly redirectUri: string }
  | { readonly kind: 'refresh'; readonly refreshToken: string };

type TokenOutcome =
  | { readonly kind: 'tokens'; readonly tokens: TokenResponse }
  | { readonly kind: 'failed'; readonly failure: TokenFailure; readonly status: number | undefined };

const requestTimeoutMs = 10_000;
/** Bytes; Google's answers have about two thousand. */
export const maxAnswerBytes = 256 * 1024;

interface TokenClientOptions {
  readonly client: OAuthClient;
  readonly endpoints: GoogleEndpoints;
  readonly fetch: typeof fetch;
}

type Library = typeof import('google-auth-library');
type GaxiosOptions = import('google-auth-library').gaxios.GaxiosOptions;
type GaxiosResponse<T> = import('google-auth-library').gaxios.GaxiosResponse<T>;

/** Sends one token request; exactly one HTTP request, whatever the answer. Never throws for what Google does. */
export const requestTokens = async (options: TokenClientOptions, request: TokenRequest): Promise<TokenOutcome> => {
  let body: unknown;
  const sender = tokenSender(await import('google-auth-library'), options, (answer) => {
    body = answer;
  });
  try {
    await sender.send(request);
  } catch (error) {
    return failureOf(error);
  }
  const parsed = tokenResponse.safeParse(body);
  if (!parsed.success) return { kind: 'failed', failure: { kind: 'unavailable' }, status: 200 };
  return { kind: 'tokens', tokens: parsed.data };
};

/** The library's client around a transport that sends once: the library's per-call retry settings win over any other. */
const tokenSender = (
  library: Library,
  { client, endpoints, fetch: send }: TokenClientOptions,
  onAnswer: (answer: unknown) => void,
) => {
  class OneShot extends library.gaxios.Gaxios {
    override async request<T>({ retryConfig: _, ...rest }: GaxiosOptions = {}): Promise<GaxiosResponse<T>> {
      const response = await super.request<T>({
        ...rest,
        retry: false,
        // A redirected POST would carry the secret and the grant to another place.
        fetchImplementation: async (...[input, init]: Parameters<typeof fetch>) =>
          limitBody(await send(input, { ...init, redirect: 'error' }), maxAnswerBytes),
        signal: AbortSignal.timeout(requestTimeoutMs),
      });
      onAnswer(structuredClone(response.data)); // before the library turns expires_in into a date of its own clock
      return response;
    }
  }
  class TokenClient extends library.OAuth2Client {
    send(request: TokenRequest): Promise<unknown> {
      if (request.kind === 'refresh') return this.refreshTokenNoCache(request.refreshToken);
      const { code, codeVerifier, redirectUri } = request;
      return this.getToken({ code, codeVerifier, redirect_uri: redirectUri });
    }
  }
  return new TokenClient({
    clientId: client.id,
    clientSecret: client.secret,
    transporter: new OneShot(),
    useAuthRequestParameters: false,
    endpoints: { oauth2TokenUrl: endpoints.tokenEndpoint },
  });
};

const gaxiosError = z.object({ status: z.number().optional(), response: z.object({ data: z.unknown() }).optional() });

const failureOf = (error: unknown): TokenOutcome => {
  const { status, response } = gaxiosError.catch({}).parse(error);
  const answer = errorResponse.safeParse(response?.data);
  return { kind: 'failed', status, failure: judge(status, answer.success ? answer.data : undefined) };
};

const judge = (status: number | undefined, answer: z.infer<typeof errorResponse> | undefined): TokenFailure => {
  if (status === 429) return { kind: 'rate_limited' };
  if (answer === undefined || status === undefined || status >= 500) return { kind: 'unavailable' };
  switch (answer.error) {
    case 'invalid_grant':
    case 'admin_policy_enforced':
      return {
        kind: 'grant_ended',
        error: answer.error,
        subtype: answer.error_subtype,
      };
    case 'invalid_client':
    case 'unauthorized_client':
    case 'deleted_client':
    case 'disabled_client':
      return { kind: 'client_invalid' };
    default:
      return { kind: 'refused', error: /^[a-z_]{1,40}$/.test(answer.error) ? answer.error : 'unknown' };
  }
};
