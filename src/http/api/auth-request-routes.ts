// /api/v1/auth-requests: a product says who completed a link, naming the person from its own session. Only the key that
// made the link gets an answer. Shows no secret, and not whose link it is.
import { Hono } from 'hono';
import type { Accounts, AuthRequest, Confirmed } from '../../connect/accounts.ts';
import { accountJson } from '../../model/account-json.ts';
import { errorResponse, type HttpError, problemResponse } from '../errors.ts';
import type { AuthRequestAnswer, ConfirmedAnswer } from './answers.ts';
import { confirmInput, readInput } from './input.ts';
import { type ApiContext, keyFor, type ServiceVariables } from './service.ts';

const unknown: HttpError = {
  status: 404,
  error: 'not_found',
  message: 'There is no such auth_request_id of this key.',
  who: 'the caller',
  next: 'Use the auth_request_id from the address that the browser came with, and the key that made the link.',
};

const overBecause: Readonly<Record<Exclude<AuthRequest['status'], 'waiting'>, string>> = {
  confirmed: 'This connection was confirmed already.',
  refused: 'This connection was refused already.',
  expired: 'This connection was not confirmed within ten minutes.',
  void: 'This connection was ended: the account was connected otherwise, or disconnected.',
};

const newLink = 'Make a new link for the person: POST /api/v1/accounts/{identifier}/link.';

const lookFirst =
  'Look at the account first, GET /api/v1/accounts/{identifier}: where its status is ACTIVE it is connected, and only otherwise needs a new link.';

/** Where the account may be connected, a new link would send a person to Google who has nothing to do there. */
const nextWhenOver: typeof overBecause = {
  confirmed: lookFirst,
  refused: newLink,
  expired: newLink,
  void: lookFirst,
};

const conflict = (error: string, message: string, next: string): HttpError => ({
  status: 409,
  error,
  message,
  who: 'the caller',
  next,
});

const answer = (c: ApiContext, confirmed: Confirmed): Response => {
  switch (confirmed.kind) {
    case 'connected':
      return c.json({
        ...accountJson(confirmed.account),
        return_url: confirmed.returnUrl ?? null,
      } satisfies ConfirmedAnswer);
    case 'unknown':
      return errorResponse(c, unknown);
    case 'ended':
      return errorResponse(c, {
        status: 410,
        error: 'auth_request_over',
        message: overBecause[confirmed.status],
        who: 'the caller',
        next: nextWhenOver[confirmed.status],
      });
    case 'identifier_mismatch':
      return errorResponse(
        c,
        conflict(
          'identifier_mismatch',
          'The link was made for another person, so nothing was connected and the new grant was erased.',
          'Tell the person that this link was not theirs; links must not be passed on.',
        ),
      );
    case 'account_changed':
      return errorResponse(
        c,
        conflict(
          'account_changed',
          'The account changed while this connection waited, and it does not fit any more. It was erased.',
          newLink,
        ),
      );
    case 'raced':
      return problemResponse(c, { kind: 'storage_busy' });
  }
};

export const authRequestRoutes = ({ verification }: Pick<Accounts, 'verification'>) => {
  const routes = new Hono<ServiceVariables>();

  routes.get('/:auth_request_id', async (c) => {
    const found = await verification.find(c.req.param('auth_request_id'), c.get('service').keyId);
    if (found === undefined) return errorResponse(c, unknown);
    const shown: AuthRequestAnswer = {
      status: found.status,
      google_email: found.googleEmail ?? null,
      created_at: new Date(found.createdAt).toISOString(),
      expires_at: new Date(found.expiresAt).toISOString(),
    };
    return c.json(shown);
  });

  routes.post('/:auth_request_id/confirm', async (c) => {
    const input = readInput(await c.req.text(), confirmInput);
    if (!input.ok) return problemResponse(c, input.problem);
    const key = keyFor(c, input.value.identifier);
    if (key instanceof Response) return key;
    const by = { apiKeyId: c.get('service').keyId, identifier: key.identifier };
    return answer(c, await verification.confirm(c.req.param('auth_request_id'), by));
  });

  return routes;
};
