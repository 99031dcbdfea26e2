// Which account a path of /api/v1 is about: /api/v1/accounts/{identifier}[/…]. Knows no routes.
import type { Context } from 'hono';
import { readIdentifier } from '../../identity/authenticate.ts';
import type { AccountKey } from '../../model/account-key.ts';
import { errorResponse, problemResponse } from '../errors.ts';
import { type ApiContext, keyFor } from './service.ts';

/** From the raw path, so that it is decoded exactly once; or the answer to a path that names nobody. */
export const keyInPath = (c: ApiContext): AccountKey | Response => {
  const reading = readIdentifier(new URL(c.req.url).pathname.split('/')[4] ?? '');
  if (reading.kind === 'identifier') return keyFor(c, reading.identifier);
  return problemResponse(c, { kind: 'invalid_input', detail: `The identifier in the path ${reading.description}.` });
};

export const accountNotFound = (c: Context): Response =>
  errorResponse(c, {
    status: 404,
    error: 'not_found',
    message: 'There is no account with this identifier in the realm of this key.',
    who: 'the caller',
    next: 'Create it with POST /api/v1/accounts.',
  });
