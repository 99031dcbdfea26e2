// An HTML page of ours: markup that escapes every value, the document around it, the style sheet of all pages (light and
// dark, 320 px and up, no external asset), and the headers that every page must have: nothing but our own style may load or
// run.
import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import type { LinkMaker } from '../../../connect/accounts.ts';

/** Markup that is safe to put into a page as it is; only `html` makes it. */
export interface Html {
  readonly markup: string;
}

type Value = string | number | Html | readonly Html[] | undefined;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeText = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');

const render = (value: Value): string => {
  if (value === undefined) return '';
  if (typeof value === 'string') return escapeText(value);
  if (typeof value === 'number') return String(value);
  return 'markup' in value ? value.markup : value.map((item) => item.markup).join('');
};

/** Values are escaped for text and for double-quoted attributes alike; `undefined` is nothing. */
export const html = (strings: TemplateStringsArray, ...values: readonly Value[]): Html => ({
  markup: strings.map((text, index) => text + render(values[index])).join(''),
});

/** Somebody else's text (an identifier, an e-mail): isolated, so that its writing direction stays its own. */
export const foreign = (text: string): Html => html`<bdi class="foreign">${text}</bdi>`;

export type Product = NonNullable<LinkMaker['product']>;

/** The name of a product: in quotation marks, which no name contains, so that it is told apart from our own words. */
export const productName = ({ name }: Product): Html => html`“${foreign(name)}”`;

/** The end of a warning: with the button, so that nobody presses it unwarned on a page that is longer than the screen. */
export const caution = (text: Html): Html => html`<p class="caution"><strong>${text}</strong></p>`;

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
  /** Who made the link that the page is about. */
  readonly maker?: LinkMaker;
}

/** Who asks, as the operator named it, apart from our own words. */
const productStrip = (product: Product): Html =>
  html`<div class="product">${
    product.logo === undefined
      ? undefined
      : html`<img class="logo" src="${product.logo}" alt="" width="44" height="44">`
  }<p><span class="small soft">Asked for by</span><br>${productName(product)}</p></div>`;

/** The page with who made the link, and with the way back there, which the browser takes by itself where it may. */
export const withMaker = (page: Page, maker: LinkMaker): Page => ({
  ...page,
  maker,
  ...(maker.returnTo?.automatic === true ? { refreshTo: maker.returnTo.url } : {}),
});

const wayBack = ({ product, returnTo }: LinkMaker): Html | undefined =>
  returnTo &&
  html`<a class="button" href="${returnTo.url}" rel="noreferrer">${product === undefined ? 'Back to the app' : html`Back to ${productName(product)}`}</a>`;

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

export const styleSheet = `
:root{color-scheme:light dark;--ground:#f3f4f1;--card:#fff;--ink:#1d2421;--soft:#55605b;--line:#dde1dc;--accent:#1d6b50;
--accent-over:#14523d;--on-accent:#fff;--good:#1d6b50;--good-wash:#e3f1ea;--note:#35558a;--note-wash:#e6edf8;
--warn:#8a5200;--warn-wash:#fdf1dc;--bad:#a02c2c;--bad-wash:#fbe7e5;--code:#f3f4f1;--shadow:0 1px 2px #1d242114,0 12px 32px #1d242114}
@media (prefers-color-scheme:dark){:root{--ground:#131715;--card:#1c211f;--ink:#e9edea;--soft:#a7b2ac;--line:#323a36;--accent:#7fd0ad;
--accent-over:#a0e0c4;--on-accent:#0d2118;--good:#7fd0ad;--good-wash:#1d342a;--note:#a3c0f2;--note-wash:#202c40;
--warn:#f0bf6c;--warn-wash:#372b16;--bad:#f2a19b;--bad-wash:#3b2220;--code:#131715;--shadow:none}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;min-height:100vh;min-height:100dvh;display:flex;flex-direction:column;background:var(--ground);color:var(--ink);
font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
header,footer,main{width:100%;max-width:35rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:1.25rem;padding-bottom:.75rem}
.brand{display:flex;align-items:center;gap:.55rem;margin:0;font-weight:650;letter-spacing:.01em}
.brand svg{width:1.5rem;height:1.5rem;color:var(--accent)}
main{flex:1 0 auto}
.card{background:var(--card);border:1px solid var(--line);border-radius:1rem;padding:1.5rem;box-shadow:var(--shadow)}
.head{display:flex;align-items:center;gap:.75rem;margin:0 0 .6rem}
.mark{flex:none;display:grid;place-items:center;width:2.5rem;height:2.5rem;border-radius:50%}
.mark svg{width:1.3rem;height:1.3rem}
.good{color:var(--good);background:var(--good-wash)}.note{color:var(--note);background:var(--note-wash)}
.warn{color:var(--warn);background:var(--warn-wash)}.bad{color:var(--bad);background:var(--bad-wash)}
h1{font-size:1.5rem;line-height:1.2;letter-spacing:-.01em;margin:0;text-wrap:balance}
h2{font-size:1rem;margin:1rem 0 .3rem}
p{margin:.4rem 0;text-wrap:pretty}
.soft,footer{color:var(--soft)}
.foreign{font-weight:600;overflow-wrap:anywhere}
ul,ol{margin:.4rem 0;padding-left:1.3rem}
li{margin:.25rem 0}
.product{display:flex;align-items:center;gap:.75rem;margin:0 0 .9rem;padding-bottom:.9rem;border-bottom:1px solid var(--line)}
.product p{margin:0;line-height:1.35;min-width:0}
.logo{flex:none;width:2.75rem;height:2.75rem;object-fit:contain;border-radius:.5rem;background:#fff}
.ticks{list-style:none;padding:0}
.ticks li{display:flex;gap:.6rem;align-items:flex-start}
.ticks svg{flex:none;width:1.15rem;height:1.15rem;margin-top:.2rem;color:var(--good)}
.who{display:block;border:1px solid var(--line);border-radius:.7rem;padding:.6rem .9rem;margin:.75rem 0}
.who dt{color:var(--soft);font-size:.875rem}
.who dd{margin:0;font-size:1.0625rem}
.who dd+dt{margin-top:.6rem}
.callout{border-radius:.7rem;padding:.65rem .9rem;margin:.75rem 0;color:var(--ink)}
.callout strong{display:block}
.callout.warn strong{color:var(--warn)}
.callout p{margin:.2rem 0 0}
.button{display:block;width:100%;border:0;border-radius:.7rem;padding:.8rem 1.25rem;margin:1rem 0 .4rem;background:var(--accent);
color:var(--on-accent);font:inherit;font-weight:650;text-align:center;text-decoration:none;cursor:pointer}
.button:hover{background:var(--accent-over)}
.actions{position:sticky;bottom:0;z-index:1;margin:0 -1.5rem;padding:.6rem 1.5rem .3rem;background:var(--card)}
.actions .button{margin:0 0 .3rem}
.actions p{margin:0}
.actions .caution{margin:0 0 .5rem;color:var(--warn)}
.actions form{display:flex;flex-wrap:wrap;gap:.5rem}
.actions .button{flex:3 1 auto;width:auto;padding-left:.6rem;padding-right:.6rem}
.actions .button+.button{flex-grow:1}
.button.plain{background:none;color:var(--accent);border:1px solid var(--line);margin-top:0}
.button.plain:hover{background:var(--code)}
a{color:var(--accent);text-underline-offset:.15em}
a.button{color:var(--on-accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:3px;border-radius:.4rem}
.button:focus-visible{border-radius:.7rem}
details{border-top:1px solid var(--line);margin-top:1.5rem;padding-top:1rem}
summary{cursor:pointer;font-weight:600}
code{font:.875rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--code);border-radius:.3rem;padding:.1rem .3rem;
overflow-wrap:anywhere}
.facts{margin:.75rem 0;padding:1rem;background:var(--code);border-radius:.7rem}
.facts dt{color:var(--soft);font-size:.875rem}
.facts dd{margin:0 0 .6rem}
.facts dd:last-child{margin:0}
.facts code{padding:0;background:none;display:block}
.small,footer{font-size:.875rem}
footer{padding-top:1.25rem;padding-bottom:2rem}
@media (max-width:24rem){header{padding-top:1.25rem}header,footer,main{padding-left:.75rem;padding-right:.75rem}.card{padding:1rem}.actions{margin:0 -1rem;padding:.6rem 1rem .3rem}h1{font-size:1.35rem}}
@media (prefers-reduced-motion:no-preference){.button{transition:background-color .15s}}
@media (forced-colors:active){.card,.callout,.button{border:1px solid}}
`;

/** The source expression that lets exactly this style sheet in (CSP level 3, §2.3.1). */
export const styleSource = `'sha256-${createHash('sha256').update(styleSheet).digest('base64')}'`;

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
${page.maker?.product && productStrip(page.maker.product)}
<div class="head"><div class="mark ${page.tone}">${toneIcons[page.tone]}</div><h1>${page.title}</h1></div>
${page.body}
${page.maker && wayBack(page.maker)}
</div>
</main>
<footer><p>Postern lets an agent read mail without ever holding the keys to it.</p></footer>
</body>
</html>
`.markup;

/** A picture only where the page has one, and only such as stands in the page itself. */
const pageHeaders = ({ maker }: Page): Readonly<Record<string, string>> => ({
  'Content-Security-Policy': `default-src 'none'; style-src ${styleSource};${maker?.product?.logo === undefined ? '' : ' img-src data:;'} form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cache-Control': 'no-store',
});

export const pageResponse = (c: Context, page: Page): Response =>
  c.html(renderPage(page), page.status, { ...pageHeaders(page), 'Cross-Origin-Opener-Policy': 'same-origin' });

/** A page for whoever answers by other means than Hono. */
export const renderedPage = (page: Page) => ({
  html: renderPage(page),
  headers: { ...pageHeaders(page), 'Content-Type': 'text/html; charset=utf-8' },
});

/**
 * A page on the way of an MCP client's sign-in. Clients on the web open it in a window of their own and watch that; cut
 * off from it, they would take the person to have closed it.
 */
export const popupPageResponse = (c: Context, page: Page): Response =>
  c.html(renderPage(page), page.status, { ...pageHeaders(page) });
