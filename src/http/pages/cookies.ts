// The cookies of links and sign-ins: one that binds each of them to a browser, with the form's token derived from it (so
// that two links in two tabs do not disturb each other), and one that says who is signed in.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { isSecret } from '../../lib/secrets.ts';

/** Seconds; a link lives an hour at most, Google's pages may take a while longer. */
const cookieLifetimeSeconds = 2 * 3600;

const isHttps = (origin: string): boolean => origin.startsWith('https:');

/** `__Host-` keeps sibling domains and plain HTTP from setting it (RFC 6265bis §4.1.3.2). */
const fullName = (name: string, origin: string): string => (isHttps(origin) ? `__Host-${name}` : name);

/** The secret that binds this round of a link or a sign-in to the browser, or undefined. */
export const readRoundCookie = (c: Context, name: string, origin: string): string | undefined => {
  const value = getCookie(c, fullName(name, origin));
  return value !== undefined && isSecret(value) ? value : undefined;
};

/** Lax, not Strict: the way back from Google is a navigation from another site. */
export const setRoundCookie = (c: Context, name: string, origin: string, secret: string): void => {
  const secure = isHttps(origin);
  setCookie(c, fullName(name, origin), secret, {
    path: '/',
    httpOnly: true,
    sameSite: 'Lax',
    secure,
    maxAge: cookieLifetimeSeconds,
  });
};

const sessionCookie = 'postern_session';

/** The secret of the session in this browser, or undefined. */
export const readSessionCookie = (c: Context, origin: string): string | undefined =>
  readRoundCookie(c, sessionCookie, origin);

/** Lax as well: the link is opened from a chat, on another site. Without Max-Age: it ends with the browser, if not before. */
export const setSessionCookie = (c: Context, origin: string, secret: string): void => {
  const secure = isHttps(origin);
  setCookie(c, fullName(sessionCookie, origin), secret, { path: '/', httpOnly: true, sameSite: 'Lax', secure });
};

export const clearRoundCookie = (c: Context, name: string, origin: string): void => {
  const secure = isHttps(origin);
  setCookie(c, fullName(name, origin), '', { path: '/', httpOnly: true, sameSite: 'Lax', secure, maxAge: 0 });
};

/** What the form of a page carries in this browser. @param round the link's ticket, or the sign-in's interaction */
export const csrfTokenFor = (secret: string, round: string): string =>
  createHmac('sha256', secret).update(`postern csrf ${round}`).digest('base64url');

export const isCsrfToken = (given: unknown, secret: string, round: string): boolean => {
  const expected = Buffer.from(csrfTokenFor(secret, round));
  const received = Buffer.from(typeof given === 'string' ? given : '');
  return received.length === expected.length && timingSafeEqual(received, expected);
};
