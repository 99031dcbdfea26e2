// Answers that oidc-provider has no part in, what every answer carries, and the error page, which the HTTP pages render.

/** What can be wrong where a browser cannot, or should not, be sent back to its client by itself. */
export type PageError = 'client' | 'redirect_uri' | 'expired' | 'request' | 'busy' | 'too_many' | 'storage' | 'defect';

/** Where the application hears what was wrong, if the person wants to go there. */
export interface ReturnLink {
  readonly url: string;
  /** Its redirect URI, whole. */
  readonly to: string;
}

export interface ErrorPage {
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}

export type RenderError = (error: PageError, returnLink?: ReturnLink) => ErrorPage;

export interface Refusal {
  readonly status: number;
  readonly error: string;
  readonly description: string;
  readonly retryAfterSeconds?: number;
}

/** As RFC 6749 §5.2 and RFC 7591 §3.2.2 write errors. */
export const json = ({ status, error, description, retryAfterSeconds }: Refusal): Response =>
  Response.json(
    { error, error_description: description },
    { status, headers: retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) } },
  );

export const page = (
  render: RenderError,
  error: 'busy' | 'too_many',
  { status, retryAfterSeconds }: { readonly status: number; readonly retryAfterSeconds: number },
): Response => {
  const { html, headers } = render(error);
  return new Response(html, { status, headers: { ...headers, 'Retry-After': String(retryAfterSeconds) } });
};

/** @param render for the browser of a person. */
export const tooOften = (retryAfterSeconds: number, render?: RenderError): Response =>
  render !== undefined
    ? page(render, 'too_many', { status: 429, retryAfterSeconds })
    : json({
        status: 429,
        error: 'temporarily_unavailable',
        description: 'too many requests from this address',
        retryAfterSeconds,
      });

export const tooLarge = json.bind(undefined, {
  status: 413,
  error: 'invalid_request',
  description: 'the request body is too large',
});

/** The metadata is public, for pages of any origin; nothing else is for pages at all. */
const publicHeaders = { 'Access-Control-Allow-Origin': '*', 'Cache-Control': 'public, max-age=60' };
const privateHeaders = { 'Cache-Control': 'no-store', Pragma: 'no-cache' };

export const finish = (response: Response, isPublic: boolean): Response => {
  const added = isPublic && response.ok ? publicHeaders : privateHeaders;
  for (const [name, value] of Object.entries(added)) response.headers.set(name, value);
  response.headers.set('X-Content-Type-Options', 'nosniff');
  response.headers.set('Referrer-Policy', 'no-referrer');
  return response;
};

export const preflight = (): Response =>
  new Response(null, {
    status: 204,
    headers: {
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Methods': 'GET',
      'Access-Control-Allow-Headers': '*',
      'Access-Control-Max-Age': '3600',
    },
  });
