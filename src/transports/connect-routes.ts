// The browser's half of connecting: the link's page, its form, Google's redirect back. Used by http and by the
// loopback. GET and HEAD on a link change nothing (chat apps preview links). Knows nothing of tokens.
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Logger } from 'pino';
import type { Connection, Finish } from '../accounts/index.ts';
import { newSecret } from '../accounts/secrets.ts';
import type { RandomBytes } from '../model/clock.ts';
import { storageProblem } from '../model/storage-failure.ts';
import { describeDefect } from '../server/describe-defect.ts';

import { clearLinkCookie, csrfTokenFor, isCsrfToken, readLinkCookie, setLinkCookie } from './link-cookie.ts';
import { pageResponse } from './page-response.ts';
import { confirmPage } from './pages/confirm.ts';
import { continuingPage } from './pages/continuing.ts';
import { finishPage } from './pages/finish-page.ts';
import type { Page } from './pages/layout.ts';
import {
  expiredLinkPage,
  formRejectedPage,
  internalErrorPage,
  storageBusyPage,
  storageFullPage,
  takenElsewherePage,
  unknownLinkPage,
  usedLinkPage,
} from './pages/notices.ts';
import { hasOwnOrigin } from './request-guards.ts';

/** Bytes; the form has one field. */
const maxFormBytes = 4096;

export interface ConnectRoutesOptions {
  readonly connection: Connection;
  /** Where these routes are reached, as the browser sees it; decides whether cookies are `Secure`. */
  readonly origin: () => string;
  readonly random: RandomBytes;
  readonly log: Logger;
  /** Told how each callback ended. */
  readonly finished?: (finish: Finish) => void;
}

const deadLinkPages: Readonly<Record<'used' | 'expired' | 'unknown' | 'taken_elsewhere', Page>> = {
  used: usedLinkPage,
  expired: expiredLinkPage,
  unknown: unknownLinkPage,
  taken_elsewhere: takenElsewherePage,
};

const failurePages: Readonly<Record<'storage_busy' | 'storage_full' | 'internal', Page>> = {
  storage_busy: storageBusyPage,
  storage_full: storageFullPage,
  internal: internalErrorPage,
};

/** A parameter that may stand once (RFC 6749 §3.1); undefined also when it stands twice. */
const single = (c: Context, name: string): string | undefined => {
  const values = c.req.queries(name) ?? [];
  return values.length === 1 ? values[0] : undefined;
};

const callbackOf = (c: Context): { state?: string; code?: string; error?: string } => {
  const [state, code, error] = [single(c, 'state'), single(c, 'code'), single(c, 'error')];
  return {
    ...(state === undefined ? {} : { state }),
    ...(code === undefined ? {} : { code }),
    ...(error === undefined ? {} : { error }),
  };
};

export const connectRoutes = (options: ConnectRoutesOptions): Hono => {
  const { connection, origin, random, log, finished } = options;
  const routes = new Hono();

  routes.get('/connect/:ticket', async (c) => {
    const ticket = c.req.param('ticket');
    const view = await connection.view(ticket);
    if (view.kind !== 'confirm') return pageResponse(c, deadLinkPages[view.kind]);
    const cookie = await connection.cookieOf({ ticket }, origin());
    if (cookie === undefined) return pageResponse(c, unknownLinkPage);
    const secret = readLinkCookie(c, cookie, origin()) ?? newSecret(random);
    setLinkCookie(c, cookie, origin(), secret);
    return pageResponse(c, confirmPage(view, csrfTokenFor(secret, ticket)));
  });

  routes.post(
    '/connect/:ticket',
    bodyLimit({ maxSize: maxFormBytes, onError: (c) => pageResponse(c, formRejectedPage) }),
    async (c) => {
      const ticket = c.req.param('ticket');
      if (!hasOwnOrigin(c, origin())) return pageResponse(c, formRejectedPage);
      const cookie = await connection.cookieOf({ ticket }, origin());
      if (cookie === undefined) return pageResponse(c, unknownLinkPage);
      const secret = readLinkCookie(c, cookie, origin());
      const form = new URLSearchParams(await c.req.text());
      if (secret === undefined || !isCsrfToken(form.get('csrf'), secret, ticket))
        return pageResponse(c, formRejectedPage);
      const begun = await connection.begin(ticket, secret);
      return pageResponse(c, begun.kind === 'redirect' ? continuingPage(begun.url) : deadLinkPages[begun.kind]);
    },
  );

  routes.get('/oauth/callback', async (c) => {
    // Hono answers HEAD with the GET handler; a code must not be spent on it.
    if (c.req.method === 'HEAD') return c.body(null, 405, { Allow: 'GET' });
    const callback = callbackOf(c);
    const { state } = callback;
    const cookie = state === undefined ? undefined : await connection.cookieOf({ state }, origin());
    const browser = cookie === undefined ? undefined : readLinkCookie(c, cookie, origin());
    const finish = await connection.finish({ ...callback, ...(browser === undefined ? {} : { browser }) });
    finished?.(finish);
    if (finish.kind === 'again') return pageResponse(c, continuingPage(finish.url));
    if (cookie !== undefined && browser !== undefined && finish.kind !== 'unknown')
      clearLinkCookie(c, cookie, origin());
    return pageResponse(c, finishPage(finish));
  });

  // Browsers ask for it on their own; without this every page has an error in its console.
  routes.get('/favicon.ico', (c) => c.body(null, 204));

  routes.onError((error, c) => {
    const problem = storageProblem(error) ?? { kind: 'internal' };
    log.error({ event: 'page_failed', problem: problem.kind, ...describeDefect(error) });
    return pageResponse(c, failurePages[problem.kind]);
  });
  return routes;
};
