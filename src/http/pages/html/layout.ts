// What every page has around its body: document, brand, landmark, title. Knows nothing of tickets or accounts.
import { type Html, html } from './html.ts';
import { styleSheet } from './style.ts';

export type Tone = 'good' | 'note' | 'warn' | 'bad';

/** A page before it is put into the layout. */
export interface Page {
  readonly status: 200 | 400 | 401 | 403 | 404 | 405 | 409 | 410 | 413 | 429 | 500 | 502 | 503 | 504;
  /** Also the one `h1`; never holds somebody else's text. */
  readonly title: string;
  readonly tone: Tone;
  readonly body: Html;
  /** Where the browser goes on by itself, at once. */
  readonly refreshTo?: string;
}

const icon = (path: string): Html =>
  html`<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false"><path d="${path}"/></svg>`;

const toneIcons: Readonly<Record<Tone, Html>> = {
  good: icon('M5 12.5l4.5 4.5L19 7.5'),
  note: icon('M4 7l8 6 8-6M4 6h16v12H4z'),
  warn: icon('M12 7v6M12 17h.01'),
  bad: icon('M7 7l10 10M17 7L7 17'),
};

const gate = icon('M4 21V10a8 8 0 0 1 16 0v11M9 21v-9a3 3 0 0 1 6 0v9M2.5 21h19');

/** A small tick, for lists of what is allowed. */
export const tick = toneIcons.good;

const refresh = (url: string): Html => html`<meta http-equiv="refresh" content="0;url=${url}">`;

/** The whole document as text. */
export const renderPage = (page: Page): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
${page.refreshTo === undefined ? undefined : refresh(page.refreshTo)}
<title>${page.title} · Postern</title>
<style>${{ markup: styleSheet }}</style>
</head>
<body>
<header><p class="brand">${gate}Postern</p></header>
<main>
<div class="card">
<div class="head"><div class="mark ${page.tone}">${toneIcons[page.tone]}</div><h1>${page.title}</h1></div>
${page.body}
</div>
</main>
<footer><p>Postern lets an agent read mail without ever holding the keys to it.</p></footer>
</body>
</html>
`.markup;
