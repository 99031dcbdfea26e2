// POST /oauth/token for the hosted product's clients (RFC 6749 §4.4): the id of a service key and the key for an access token.
// Grants of other types are other people's. Its tokens are checked here alone, so there are no public keys to publish.
import { createHash } from 'node:crypto';
import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { ServiceTokens } from '../../identity/service-tokens.ts';

const maxBodyBytes = 8 * 1024;

interface Client {
  readonly id: string;
  readonly secret: string;
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return '';
  }
};

/** In the form, or as HTTP Basic with both parts encoded as in a form (RFC 6749 §2.3.1). */
const clientOf = (c: Context, form: URLSearchParams): Client => {
  const [, encoded] = /^basic +([\w+/=-]+)$/i.exec(c.req.header('authorization') ?? '') ?? [];
  if (encoded === undefined) return { id: form.get('client_id') ?? '', secret: form.get('client_secret') ?? '' };
  const [id = '', ...secret] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  return { id: decoded(id), secret: decoded(secret.join(':')) };
};

const formOf = async (c: Context): Promise<URLSearchParams> => new URLSearchParams(await c.req.text());

const whatToSend = 'Send grant_type=client_credentials with the id of a service key and the key.';

/** As OAuth has errors (RFC 6749 §5.2); all that clients make of them is the description. */
const refuse = (c: Context, status: 400 | 401, error: string, description: string): Response => {
  if (status === 401) c.header('WWW-Authenticate', 'Basic realm="postern"');
  return c.json({ error, error_description: description }, status, { 'Cache-Control': 'no-store' });
};

/** What a request proves itself with, for the limit of refused ones; undefined for one that is not for us. */
export const clientCredentialIn = async (c: Context): Promise<string | undefined> => {
  const form = await formOf(c);
  if (form.get('grant_type') !== 'client_credentials') return undefined;
  const { id, secret } = clientOf(c, form);
  return createHash('sha256')
    .update(JSON.stringify([id, secret]))
    .digest('hex');
};

export const tokenRoutes = (serviceTokens: ServiceTokens, limitRefused: MiddlewareHandler): Hono => {
  const routes = new Hono();
  const tooLarge = (c: Context) => refuse(c, 400, 'invalid_request', `The form is too long. ${whatToSend}`);
  routes.post(
    '/oauth/token',
    bodyLimit({ maxSize: maxBodyBytes, onError: tooLarge }),
    limitRefused,
    async (c, next) => {
      const form = await formOf(c);
      if (form.get('grant_type') !== 'client_credentials') {
        await next();
        if (c.res.status !== 404) return;
        c.res = undefined;
        c.res = form.has('grant_type')
          ? refuse(c, 400, 'unsupported_grant_type', `There are no tokens for this grant here. ${whatToSend}`)
          : refuse(c, 400, 'invalid_request', `The form has no grant_type. ${whatToSend}`);
        return;
      }
      const { id, secret } = clientOf(c, form);
      const issued = await serviceTokens.issue(id, secret);
      if (issued === undefined)
        return refuse(
          c,
          401,
          'invalid_client',
          'These are not the id and the secret of a service key, or it was revoked. Use a key made by `postern api-keys create --service`.',
        );
      const { token, expiresInSeconds } = issued;
      const answer = { access_token: token, token_type: 'Bearer', expires_in: expiresInSeconds };
      return c.json(answer, 200, { 'Cache-Control': 'no-store' });
    },
  );
  routes.get('/keys', (c) => c.json({ keys: [] }));
  return routes;
};
