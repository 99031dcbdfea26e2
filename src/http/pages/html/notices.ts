// Pages of a title and some sentences.
import { type Html, html, type Page, type Product, productName, type Tone } from './page.ts';

/** What happened, who can fix it, the one next step. */
export const notice = (status: Page['status'], tone: Tone, title: string, what: Html, next: Html): Page => ({
  status,
  tone,
  title,
  body: html`<p>${what}</p>
<p>${next}</p>`,
});

/** Where a new link comes from, to stand in a sentence. */
export const askForLink = (product: Product | undefined): Html =>
  product === undefined ? html`ask your assistant for a new link` : html`start again in ${productName(product)}`;

const newLink = (product: Product | undefined): Html =>
  product === undefined
    ? html`Ask your assistant again: it gives you a new link.`
    : html`Start again in ${productName(product)}: it gives you a new link.`;

export const declinedPage = (product?: Product): Page =>
  notice(
    200,
    'note',
    'Nothing was connected',
    html`You declined, so nobody got access to your mail.`,
    html`You can close this page. If you change your mind, ${askForLink(product)}.`,
  );

export const expiredLinkPage = (product?: Product): Page =>
  notice(
    410,
    'warn',
    'This link has run out',
    html`A link works for a short time only. That of this one is over, or a newer one took its place. Nothing was changed.`,
    newLink(product),
  );

export const usedLinkPage = (product?: Product): Page =>
  notice(
    410,
    'warn',
    'This link was already used',
    html`A link works once. If you have just seen “Gmail is connected”, all is well and you can close this page.`,
    html`Otherwise ${askForLink(product)}.`,
  );

export const takenElsewherePage = notice(
  409,
  'warn',
  'This link is open in another browser',
  html`Somebody already continued with this link in another browser, and only that browser can finish it.`,
  html`If that was you, go on there. If not, let this link run out and ask your assistant for a new one; do not pass links on.`,
);

export const unknownLinkPage = notice(
  404,
  'warn',
  'There is no such link',
  html`The address is incomplete, or the link never existed here.`,
  html`Open the link exactly as your assistant showed it, or ask it for a new one.`,
);

export const foreignCallbackPage = notice(
  400,
  'warn',
  'This was not started here',
  html`An answer arrived that does not belong to anything begun in this browser. Nothing was connected.`,
  html`Open the link in the browser in which you sign in, and stay in it. If the link has run out, ask your assistant for a new one.`,
);

export const malformedCallbackPage = notice(
  400,
  'warn',
  'This answer cannot be read',
  html`Your browser came back with an address that no sign-in ends with: a part of it is missing or stands twice. Nothing was changed, and what you began is still open.`,
  html`Go back to the page where you signed in and continue there, or open the link again.`,
);

export const unknownSignInPage = notice(
  404,
  'warn',
  'There is nothing to sign in to',
  html`This sign-in is over, or it was begun in another browser. Nothing was changed.`,
  html`Start again in the app that sent you here, and stay in the browser that it opens.`,
);

export const formRejectedPage = notice(
  403,
  'warn',
  'Please open the link again',
  html`This page could not tell that it was you who pressed the button: its cookie is missing or belongs to another visit. Nothing was changed.`,
  html`Allow cookies for this site, open the link once more and continue from there.`,
);

export const signInFormRejectedPage = notice(
  403,
  'warn',
  'Please start again',
  html`This page could not tell that it was you who pressed the button: its cookie is missing or belongs to another visit. Nothing was changed.`,
  html`Allow cookies for this site, and start again in the app that sent you here.`,
);

export const googleUnavailablePage = (product?: Product): Page =>
  notice(
    503,
    'warn',
    'Google could not be reached',
    html`Google did not answer as it should, so nothing was connected. It is not your fault, and nobody needs to do anything but wait.`,
    html`In a minute, ${askForLink(product)}.`,
  );

export const noRefreshTokenPage = (product?: Product): Page =>
  notice(
    409,
    'warn',
    'Google gave no lasting access',
    html`You approved, and Google answered twice without a refresh token: access would have ended within the hour, so nothing was connected. Google gives one only when it asks for consent anew.`,
    html`Remove this app at Google under <a href="https://myaccount.google.com/connections" rel="noreferrer">third-party connections</a>, then ${askForLink(product)} and approve once more. If it happens again, tell the people who run this server.`,
  );

export const unverifiablePage = notice(
  403,
  'bad',
  'This link cannot be finished',
  html`Nothing proves that the person who opened this link is the one it was made for, so nothing was connected. This protects your mail.`,
  html`The people who run this server have to say which Google account they expect (<code>expected_email</code>), and send you a new link.`,
);

export const operatorFaultPage = notice(
  500,
  'bad',
  'This server is set up wrongly',
  html`Google does not accept this server, so nothing was connected. You did nothing wrong and cannot fix it.`,
  html`Tell the people who run this server to run <code>postern doctor</code>.`,
);

// The answers to a form that leads elsewhere. Pages and not redirects, since `form-action` covers redirect hops too.

const forwardingPage = (title: string, url: string, what: string, button: string): Page => ({
  status: 200,
  title,
  tone: 'note',
  refreshTo: url,
  body: html`<p>${what}</p>
<a class="button" href="${url}">${button}</a>
<p class="small soft">Use the button if nothing happens.</p>`,
});

export const continuingPage = (url: string): Page =>
  forwardingPage('On to Google', url, 'You are being taken to Google to choose your account.', 'Continue to Google');

export const toIssuerPage = (url: string): Page =>
  forwardingPage('On to sign-in', url, 'You are being taken to where you sign in; you come back here.', 'Continue');

export const backToLinkPage = (url: string): Page =>
  forwardingPage('You are signed in', url, 'You are being taken back to the link that you opened.', 'Continue');

export const backToAppPage = (url: string): Page =>
  forwardingPage('Back to the app', url, 'You are being taken back to the app that sent you here.', 'Back to the app');

export interface Home {
  /** The address of /mcp. */
  readonly mcpUrl: string;
  /** Whether clients sign people in here; otherwise they need a key. */
  readonly signsIn: boolean;
}

/** What somebody sees who opens the server’s address in a browser: what this is, and what to do with the address. */
export const homePage = ({ mcpUrl, signsIn }: Home): Page => ({
  status: 200,
  title: 'An MCP server for Gmail',
  tone: 'note',
  body: html`<p>There is nothing to do in a browser here. Add this address to your MCP client:</p>
<p><code>${mcpUrl}</code></p>
<p class="soft">${
    signsIn
      ? 'It opens this browser when you have to sign in.'
      : 'It needs a key, which the people who run this server give you.'
  }</p>`,
});
