// Which client is asking at the token endpoint: client_secret_basic or client_secret_post (RFC 6749 §2.3.1), with
// Google's error shapes. Also the one place that builds an OAuth error response.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { OAuthClient, Project } from './clients.ts';

/** An error of RFC 6749 §5.2 as Google's token endpoint sends it. */
export const oauthError = (
  status: number,
  error: string,
  description?: string,
  more: { error_subtype?: string } = {},
): Response =>
  oauthJson({ error, ...(description === undefined ? {} : { error_description: description }), ...more }, status);

export const oauthJson = (body: Record<string, unknown>, status = 200): Response =>
  Response.json(body, {
    status,
    headers: { 'cache-control': 'no-cache, no-store, max-age=0, must-revalidate', pragma: 'no-cache' },
  });

interface Credentials {
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
}

const decodePart = (part: string): string => {
  try {
    return decodeURIComponent(part.replaceAll('+', ' '));
  } catch {
    return part;
  }
};

const credentialsOf = (authorization: string | null, form: URLSearchParams): Credentials => {
  const basic = authorization?.match(/^Basic\s+(\S+)$/i)?.[1];
  if (basic === undefined)
    return { clientId: form.get('client_id') ?? undefined, clientSecret: form.get('client_secret') ?? undefined };
  const [id = '', ...secret] = Buffer.from(basic, 'base64').toString('utf8').split(':');
  return { clientId: decodePart(id), clientSecret: decodePart(secret.join(':')) };
};

const same = (left: string, right: string): boolean => {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
};

/** The authenticated client, or the response that refuses it. */
export const authenticateClient = (
  project: Project,
  authorization: string | null,
  form: URLSearchParams,
): OAuthClient | Response => {
  const { clientId, clientSecret } = credentialsOf(authorization, form);
  if (clientId === undefined || clientId === '')
    return oauthError(400, 'invalid_request', 'Could not determine client ID from request.');
  const client = project.clients.get(clientId);
  if (client === undefined) return oauthError(401, 'invalid_client', 'The OAuth client was not found.');
  if (clientSecret === undefined || clientSecret === '')
    return oauthError(400, 'invalid_request', 'client_secret is missing.');
  if (!same(clientSecret, client.clientSecret))
    return oauthError(401, 'invalid_client', 'The provided client secret is invalid.');
  return client;
};
