// A page as an HTTP answer, with the headers every page must have: nothing but our own style may load or run.
import type { Context } from 'hono';
import { type Page, renderPage } from './html/layout.ts';
import { styleSource } from './html/style.ts';

const pageHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy': `default-src 'none'; style-src ${styleSource}; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cache-Control': 'no-store',
};

export const pageResponse = (c: Context, page: Page): Response =>
  c.html(renderPage(page), page.status, { ...pageHeaders, 'Cross-Origin-Opener-Policy': 'same-origin' });

/** A page for whoever answers by other means than Hono. */
export const renderedPage = (page: Page) => ({
  html: renderPage(page),
  headers: { ...pageHeaders, 'Content-Type': 'text/html; charset=utf-8' },
});

/**
 * A page on the way of an MCP client's sign-in. Clients on the web open it in a window of their own and watch that; cut
 * off from it, they would take the person to have closed it.
 */
export const popupPageResponse = (c: Context, page: Page): Response =>
  c.html(renderPage(page), page.status, { ...pageHeaders });
