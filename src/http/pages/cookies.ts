// The cookies of links and sign-ins: one that binds each of them to a browser, with the form's token derived from it (so
// that two links in two tabs do not disturb each other), and one that says who is signed in.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { isSecret } from '../../lib/secrets.ts';

/** Seconds; a link lives ten minutes, Google's pages may take a while longer. */
const cookieLifetimeSeconds = 3600;

const isHttps = (origin: string): boolean => origin.startsWith('https:');

/** `__Host-` keeps sibling domains and plain HTTP from setting it (RFC 6265bis §4.1.3.2). */
const fullName = (name: string, origin: string): string => (isHttps(origin) ? `__Host-${name}` : name);

/** The browser's secret for this link, or undefined. */
export const readLinkCookie = (c: Context, name: string, origin: string): string | undefined => {
  const value = getCookie(c, fullName(name, origin));
  return value !== undefined && isSecret(value) ? value : undefined;
};

/** Lax, not Strict: the way back from Google is a navigation from another site. */
export const setLinkCookie = (c: Context, name: string, origin: string, secret: string): void => {
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
  readLinkCookie(c, sessionCookie, origin);

/** Lax as well: the link is opened from a chat, on another site. Without Max-Age: it ends with the browser, if not before. */
export const setSessionCookie = (c: Context, origin: string, secret: string): void => {
  const secure = isHttps(origin);
  setCookie(c, fullName(sessionCookie, origin), secret, { path: '/', httpOnly: true, sameSite: 'Lax', secure });
};

export const clearLinkCookie = (c: Context, name: string, origin: string): void => {
  const secure = isHttps(origin);
  setCookie(c, fullName(name, origin), '', { path: '/', httpOnly: true, sameSite: 'Lax', secure, maxAge: 0 });
};

/** What the confirm form of this link carries in this browser. */
export const csrfTokenFor = (secret: string, ticket: string): string =>
  createHmac('sha256', secret).update(`postern csrf ${ticket}`).digest('base64url');

export const isCsrfToken = (given: unknown, secret: string, ticket: string): boolean => {
  const expected = Buffer.from(csrfTokenFor(secret, ticket));
  const received = Buffer.from(typeof given === 'string' ? given : '');
  return received.length === expected.length && timingSafeEqual(received, expected);
};
