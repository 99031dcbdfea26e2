// The page for a browser that this authorization server cannot, or does not, send back to its client. All words are ours:
// nothing of the request, the client or the library's own texts appears, but where a link leads that the client may hear of.
import { createHash } from 'node:crypto';

export type PageError = 'client' | 'redirect_uri' | 'over' | 'request' | 'busy' | 'too_many' | 'defect';

interface Words {
  readonly title: string;
  readonly what: string;
  readonly next: string;
}

const wordsFor = (error: PageError): Words => {
  switch (error) {
    case 'client':
      return {
        title: 'This application is not known',
        what: 'The application that sent you here is not registered, or its description could not be read.',
        next: 'Go back to the application and connect again. If that does not help, its maker has to look at it.',
      };
    case 'redirect_uri':
      return {
        title: 'You would have been sent to the wrong place',
        what: 'The application asked to send you to an address that it did not register.',
        next: 'If you did not start this yourself, close this page. Otherwise its maker has to look at it.',
      };
    case 'over':
      return {
        title: 'This sign-in is over',
        what: 'It was finished, took too long, or was started in another browser.',
        next: 'Go back to the application and connect again.',
      };
    case 'request':
      return {
        title: 'The application asked wrongly',
        what: 'What the application sent is not a request that can be answered.',
        next: 'Go back to the application and connect again. If that does not help, its maker has to look at it.',
      };
    case 'busy':
      return {
        title: 'Too many people are signing in',
        what: 'There is no room for another sign-in at the moment.',
        next: 'Try again in some minutes.',
      };
    case 'too_many':
      return {
        title: 'That was too often',
        what: 'Too many sign-ins were started from your network.',
        next: 'Wait a minute and try again.',
      };
    case 'defect':
      return {
        title: 'Something went wrong here',
        what: 'The sign-in could not go on, through no fault of yours.',
        next: 'Try again. If it happens again, the operator of this server finds it in the log.',
      };
  }
};

const styleSheet =
  ':root{color-scheme:light dark}body{max-width:33rem;margin:12vh auto;padding:0 1.25rem;font:1rem/1.55 system-ui,sans-serif}h1{font-size:1.5rem}';
const styleSource = `'sha256-${createHash('sha256').update(styleSheet).digest('base64')}'`;

export const errorPageHeaders: Readonly<Record<string, string>> = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': `default-src 'none'; style-src ${styleSource}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
  'X-Frame-Options': 'DENY',
};

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (character) => entities[character] ?? '');

/** Where the application hears what was wrong, if the person wants to go there. */
export interface WayBack {
  readonly url: string;
  readonly host: string;
}

const linkTo = ({ url, host }: WayBack): string =>
  `<p>It is told what was wrong if you go back: <a href="${escapeHtml(url)}" rel="noreferrer">to <bdi>${escapeHtml(host)}</bdi></a>. Only do so if you know that address.</p>\n`;

export const errorPage = (error: PageError, wayBack?: WayBack): string => {
  const { title, what, next } = wordsFor(error);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · Postern</title>
<style>${styleSheet}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p>${what}</p>
<p>${next}</p>
${wayBack === undefined ? '' : linkTo(wayBack)}</main>
</body>
</html>
`;
};
