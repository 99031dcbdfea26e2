// Rate limits per network address, for requests that are not authenticated yet: refused credentials, unknown download URLs
// and pages. Which credentials were good is remembered in memory, by each process for itself.
import { createHash } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { storedCredentialIn } from '../../identity/authenticate.ts';
import { createBoundedMap } from '../../lib/bounded-map.ts';
import { type CreateLimit, createAddressLimit } from '../../lib/rate-limit.ts';
import type { AddressOf } from '../client-address.ts';
import { errorResponse } from '../errors.ts';
import { tooManyPagesPage } from '../pages/html/error-pages.ts';
import { pageResponse } from '../pages/html/page.ts';

/** Refused credentials, and apart from them unknown download URLs, of one address a minute. */
const failuresPerMinute = 60;
const pagesPerMinute = 300;
const minuteMs = 60_000;
/** Credentials that were good. */
const usuallyRemembered = 10_000;

const tooManyFailures = (c: Context, seconds: number, what: string): Response => {
  c.header('Retry-After', String(seconds));
  return errorResponse(c, {
    status: 429,
    error: 'too_many_failures',
    message: `Too many requests with ${what} came from this network address within a minute.`,
    who: 'the caller',
    next: `Try again in ${seconds} seconds.`,
  });
};

const storedCredentialOf = (c: Context): string | undefined => storedCredentialIn(c.req.header('authorization') ?? '');

interface RefusedCredentialsOptions {
  /** Of the limit; what has a name of its own is counted by itself. */
  readonly name?: string;
  /** Good credentials that are known again. */
  readonly mostRemembered?: number;
  /** What a request proves itself with, where that is not its bearer token; undefined: with nothing. */
  readonly credentialOf?: (c: Context) => string | undefined | Promise<string | undefined>;
}

/**
 * Refuses keys and session tokens from an address that sent too many bad ones, before a store is asked. A good one is
 * never counted, and one that was good before is let through whatever its neighbours behind the same address do; so is
 * its end, which counts only from the second time on. Only one never seen here may have to wait while somebody at the
 * same address keeps guessing. Access tokens are neither counted nor held up: no store is asked before their signature
 * is proven, and as each is new within minutes, any neighbour could else shut everybody out.
 */
export const limitRefusedCredentials = (
  createLimit: CreateLimit,
  addressOf: AddressOf,
  {
    name = 'refused_credentials',
    mostRemembered = usuallyRemembered,
    credentialOf = storedCredentialOf,
  }: RefusedCredentialsOptions = {},
): MiddlewareHandler => {
  const limit = createAddressLimit(createLimit, name, { times: failuresPerMinute, perMs: minuteMs });
  const good = createBoundedMap<string, true>({ maxSize: mostRemembered });
  return async (c, next) => {
    const credential = await credentialOf(c);
    // None at all costs nothing, and is how clients ask where to sign in.
    if (credential === undefined) return next();
    const fingerprint = createHash('sha256').update(credential).digest('base64url');
    const known = good.has(fingerprint);
    const address = addressOf(c);
    const seconds = known ? 0 : await limit.wait(address);
    if (seconds > 0) return tooManyFailures(c, seconds, 'a credential that is not valid');
    await next();
    if (c.res.ok) good.set(fingerprint, true);
    if (c.res.status !== 401) return;
    good.delete(fingerprint);
    if (!known) await limit.count(address);
  };
};

/** Refuses downloads to an address that tried too many URLs of which nothing is known; a live URL is not used up. */
export const limitUnknownDownloads = (createLimit: CreateLimit, addressOf: AddressOf): MiddlewareHandler => {
  const limit = createAddressLimit(createLimit, 'unknown_downloads', { times: failuresPerMinute, perMs: minuteMs });
  return async (c, next) => {
    const address = addressOf(c);
    const seconds = await limit.wait(address);
    if (seconds > 0) return tooManyFailures(c, seconds, 'a download URL that does not exist');
    await next();
    if (c.res.status === 404) await limit.count(address);
  };
};

/** Pages for browsers: each costs a look into the database. Nothing is spent by one that is refused: reloading helps. */
export const limitPages = (createLimit: CreateLimit, addressOf: AddressOf): MiddlewareHandler => {
  const limit = createAddressLimit(createLimit, 'pages', { times: pagesPerMinute, perMs: minuteMs });
  return async (c, next) => {
    const seconds = await limit.take(addressOf(c));
    if (seconds === 0) return next();
    c.header('Retry-After', String(seconds));
    return pageResponse(c, tooManyPagesPage);
  };
};
