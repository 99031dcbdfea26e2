// The browser's half of connecting: the link's page, its forms, the redirects back. Used by http and by the loopback. GET
// and HEAD on a link change nothing (chat apps preview links). Knows nothing of tokens.
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { OpenedLink, SignInNeeded } from '../../connect/accounts.ts';
import { newSecret } from '../../lib/secrets.ts';
import { hasOwnOrigin } from '../middleware.ts';
import { callbackRoutes } from './callback-routes.ts';
import { pageErrors } from './errors.ts';
import { confirmPage, signInFirstPage, somebodyElsesLinkPage } from './html/link-pages.ts';
import {
  backToLinkPage,
  continuingPage,
  expiredLinkPage,
  formRejectedPage,
  takenElsewherePage,
  toIssuerPage,
  unknownLinkPage,
  unverifiablePage,
  usedLinkPage,
} from './html/notices.ts';
import { type Page, pageResponse } from './html/page.ts';
import { linkSignInFailedPage } from './html/sign-in-pages.ts';
import { csrfTokenFor, isCsrfToken, readLinkCookie, readSessionCookie, setLinkCookie } from './link-cookie.ts';
import type { ConnectRoutesOptions } from './options.ts';

/** Bytes; the forms have two fields. */
const maxFormBytes = 4096;

const deadLinkPages: Readonly<Record<'used' | 'expired' | 'unknown' | 'taken_elsewhere', Page>> = {
  used: usedLinkPage,
  expired: expiredLinkPage,
  unknown: unknownLinkPage,
  taken_elsewhere: takenElsewherePage,
};

/** A form of ours is short; anything longer is refused unread. */
export const formLimit = (rejected: Page) =>
  bodyLimit({ maxSize: maxFormBytes, onError: (c) => pageResponse(c, rejected) });

const signInPath = (ticket: string): string => `/connect/${ticket}/sign-in`;

const signInNeededPage = ({ somebodyElse }: SignInNeeded, secret: string, ticket: string): Page => {
  const form = { action: signInPath(ticket), csrfToken: csrfTokenFor(secret, ticket) };
  return somebodyElse ? somebodyElsesLinkPage(form) : signInFirstPage(form);
};

interface LinkForm {
  readonly link: OpenedLink;
  /** Of the cookie that binds the link to this browser. */
  readonly secret: string;
  readonly form: URLSearchParams;
}

export const connectRoutes = (options: ConnectRoutesOptions): Hono => {
  const { connection, origin, random, log, signIns = [] } = options;
  const routes = new Hono();

  /** The form of a link, if it came from our page in the browser that the page was shown in. */
  const readForm = async (c: Context, ticket: string): Promise<LinkForm | Page> => {
    if (!hasOwnOrigin(c, origin())) return formRejectedPage;
    const link = await connection.open(ticket, origin());
    if (link === undefined) return unknownLinkPage;
    const secret = readLinkCookie(c, link.cookie, origin());
    const form = new URLSearchParams(await c.req.text());
    if (secret === undefined || !isCsrfToken(form.get('csrf'), secret, ticket)) return formRejectedPage;
    return { link, secret, form };
  };

  routes.get('/connect/:ticket', async (c) => {
    const ticket = c.req.param('ticket');
    const link = await connection.open(ticket, origin());
    if (link === undefined) return pageResponse(c, unknownLinkPage);
    const view = await link.view(readSessionCookie(c, origin()));
    if (view.kind !== 'confirm' && view.kind !== 'sign_in') return pageResponse(c, deadLinkPages[view.kind]);
    const secret = readLinkCookie(c, link.cookie, origin()) ?? newSecret(random);
    setLinkCookie(c, link.cookie, origin(), secret);
    if (view.kind === 'sign_in') return pageResponse(c, signInNeededPage(view, secret, ticket));
    return pageResponse(c, confirmPage(view, csrfTokenFor(secret, ticket)));
  });

  routes.post('/connect/:ticket', formLimit(formRejectedPage), async (c) => {
    const ticket = c.req.param('ticket');
    const read = await readForm(c, ticket);
    if (!('form' in read)) return pageResponse(c, read);
    const begun = await read.link.begin(read.secret, readSessionCookie(c, origin()));
    if (begun.kind === 'sign_in') return pageResponse(c, signInNeededPage(begun, read.secret, ticket));
    return pageResponse(c, begun.kind === 'redirect' ? continuingPage(begun.url) : deadLinkPages[begun.kind]);
  });

  routes.post('/connect/:ticket/sign-in', formLimit(formRejectedPage), async (c) => {
    const ticket = c.req.param('ticket');
    const read = await readForm(c, ticket);
    if (!('form' in read)) return pageResponse(c, read);
    const view = await read.link.view(readSessionCookie(c, origin()));
    if (view.kind === 'confirm') return pageResponse(c, backToLinkPage(`/connect/${ticket}`));
    if (view.kind !== 'sign_in') return pageResponse(c, deadLinkPages[view.kind]);
    const signIn = signIns.find(({ realm }) => realm === view.realm);
    if (signIn === undefined) return pageResponse(c, unverifiablePage);
    const purpose = { kind: 'open_link', ticket } as const;
    const asAnother = read.form.get('another') !== null;
    const begun = await signIn.begin({ purpose, browser: read.secret, asAnother });
    if (begun === undefined) return pageResponse(c, linkSignInFailedPage('issuer_unavailable'));
    setLinkCookie(c, begun.cookie, origin(), read.secret);
    return pageResponse(c, toIssuerPage(begun.url));
  });

  routes.route('/', callbackRoutes(options));

  // Browsers ask for it on their own; without this every page has an error in its console.
  routes.get('/favicon.ico', (c) => c.body(null, 204));

  routes.onError(pageErrors(log));
  return routes;
};
