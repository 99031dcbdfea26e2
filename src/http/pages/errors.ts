// Errors for people. Where a browser navigates to what answers with JSON for programs, it gets a page with the same words;
// programs keep their JSON: they do not ask for HTML, and neither /mcp nor the API is for browsers. Where a page's own route
// failed, a page says whether waiting helps; nothing internal is part of it.
import type { Context, ErrorHandler, MiddlewareHandler } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Logger } from 'pino';
import { describeDefect } from '../../lib/describe-defect.ts';
import { type StorageProblem, storageProblem } from '../../model/storage-error.ts';
import { errorPage, internalErrorPage, notFoundPage, storageBusyPage, storageFullPage } from './html/error-pages.ts';
import { type Page, pageResponse } from './html/page.ts';

const forPrograms = /^\/(?:mcp|api|\.well-known)(?:\/|$)/;

/** Whether whoever asks shows pages to a person. */
const showsPages = (c: Context): boolean =>
  (c.req.header('accept') ?? '').includes('text/html') && !forPrograms.test(new URL(c.req.url).pathname);

const isJson = (response: Response): boolean =>
  (response.headers.get('content-type') ?? '').startsWith('application/json');

/** What a page can have as a status; anything else is told as its kind. */
const pageStatuses: readonly ContentfulStatusCode[] = [400, 401, 403, 404, 405, 409, 410, 413, 429, 500, 502, 503, 504];
const statusFor = (status: number): Page['status'] =>
  (pageStatuses.find((known) => known === status) ?? (status < 500 ? 400 : 500)) as Page['status'];

const textIn = (body: unknown, name: 'message' | 'next'): string => {
  const text = typeof body === 'object' && body !== null && name in body ? (body as Record<string, unknown>)[name] : '';
  return typeof text === 'string' ? text : '';
};

/** Keeps what else the answer says, such as Retry-After. */
const asPage = async (c: Context, answer: Response): Promise<Response> => {
  const body: unknown = await answer.json().catch(() => undefined);
  const page =
    answer.status === 404 && new URL(c.req.url).pathname.startsWith('/downloads/') === false
      ? notFoundPage
      : errorPage({ status: statusFor(answer.status), message: textIn(body, 'message'), next: textIn(body, 'next') });
  const shown = pageResponse(c, page);
  for (const [name, value] of answer.headers)
    if (!shown.headers.has(name) && name !== 'content-length') shown.headers.set(name, value);
  return shown;
};

export const browserErrors: MiddlewareHandler = async (c, next) => {
  await next();
  if (c.res.status < 400 || !isJson(c.res) || !showsPages(c)) return;
  const answer = c.res;
  c.res = undefined;
  c.res = await asPage(c, answer);
};

const failurePages: Readonly<Record<StorageProblem['kind'] | 'internal', Page>> = {
  storage_busy: storageBusyPage,
  storage_full: storageFullPage,
  // Only the operator can do something about these, and looks into the log.
  sealing_key_missing: internalErrorPage,
  row_refused: internalErrorPage,
  internal: internalErrorPage,
};

export const pageErrors =
  (log: Logger): ErrorHandler =>
  (error, c) => {
    const problem = storageProblem(error) ?? { kind: 'internal' };
    log.error({ event: 'page_failed', problem: problem.kind, ...describeDefect(error) });
    return pageResponse(c, failurePages[problem.kind]);
  };
