// Who speaks on /api/v1: one service key, or a session token for its one person; and which account a request is about.
import type { Context } from 'hono';
import { type Authentication, readIdentifier } from '../../identity/authenticate.ts';
import type { AccountKey } from '../../model/account-key.ts';
import type { Caller, LinkPolicy } from '../../model/caller.ts';
import { errorResponse, problemResponse, refusalResponse } from '../errors.ts';

export interface Service {
  /** A session token speaks for the person that `named` says, and for nobody else. */
  readonly credential: 'service_key' | 'session_token';
  readonly realm: string;
  readonly keyId: string;
  readonly linkPolicy: LinkPolicy;
  /** What accounts get that are made with the key; absent: what its realm says. */
  readonly connection?: string;
  /** The person `Postern-Identifier` names, where it was sent. */
  readonly named: string | undefined;
}

export interface ServiceVariables {
  Variables: {
    service: Service;
    /** Whose account the request is about, once its route has read that. */
    account?: AccountKey;
  };
}

export type ApiContext = Context<ServiceVariables>;

/** undefined for everything but a service key or a session token. */
export const serviceOf = (authentication: Authentication): Service | undefined => {
  switch (authentication.kind) {
    case 'refused':
      return undefined;
    case 'service': {
      const { realm, keyId, linkPolicy, connection } = authentication;
      return { credential: 'service_key', realm, keyId, linkPolicy, connection, named: undefined };
    }
    case 'caller': {
      const { caller, keyId } = authentication;
      const { key, credential, linkPolicy, connection } = caller;
      if ((credential !== 'service_key' && credential !== 'session_token') || keyId === undefined) return undefined;
      return { credential, realm: key.realm, keyId, linkPolicy, connection, named: key.identifier };
    }
  }
};

/** The caller that this service speaks as when it asks for something of one of its people. */
export const callerOf = ({ credential, keyId, linkPolicy, connection }: Service, key: AccountKey): Caller => ({
  key,
  credential,
  linkPolicy,
  connection,
  apiKeyId: keyId,
});

/** The account a request is about, when the header does not name somebody else. */
export const keyFor = (c: ApiContext, identifier: string): AccountKey | Response => {
  const { credential, realm, named } = c.get('service');
  if (named === undefined || named === identifier) {
    const key = { realm, identifier };
    c.set('account', key);
    return key;
  }
  return refusalResponse(c, {
    kind: 'refused',
    status: 403,
    error: 'identifier_forbidden',
    description:
      credential === 'session_token'
        ? 'This session token belongs to another person than the request names.'
        : 'Postern-Identifier names another person than the request.',
  });
};

/** Of /api/v1/accounts/{identifier}[/…]: from the raw path, so that it is decoded exactly once; or the answer to a path that names nobody. */
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
