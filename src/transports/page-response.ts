// A page as an HTTP answer, with the headers every page must have: nothing but our own style may load or run.
import type { Context } from 'hono';
import { type Page, renderPage } from './pages/layout.ts';
import { styleSource } from './pages/style.ts';

const pageHeaders: Readonly<Record<string, string>> = {
  'Content-Security-Policy': `default-src 'none'; style-src ${styleSource}; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

export const pageResponse = (c: Context, page: Page): Response =>
  c.html(renderPage(page), page.status, { ...pageHeaders });
