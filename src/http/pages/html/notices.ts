// The pages that are only words: what happened, who can fix it, the one next step.
import { type Html, html } from './html.ts';
import type { Page, Tone } from './layout.ts';

const notice = (status: Page['status'], tone: Tone, title: string, what: Html, next: Html): Page => ({
  status,
  tone,
  title,
  body: html`<p>${what}</p>
<p>${next}</p>`,
});

const newLink = html`Ask your assistant again: it gives you a new link.`;

export const declinedPage = notice(
  200,
  'note',
  'Nothing was connected',
  html`You declined at Google, so nobody got access to your mail.`,
  html`You can close this page. If you change your mind, ask your assistant again: it gives you a new link.`,
);

export const expiredLinkPage = notice(
  410,
  'warn',
  'This link has run out',
  html`A link works for ten minutes, and this one is older, or a newer one took its place. Nothing was changed.`,
  newLink,
);

export const usedLinkPage = notice(
  410,
  'warn',
  'This link was already used',
  html`A link works once. If you have just seen “Gmail is connected”, all is well and you can close this page.`,
  html`Otherwise ask your assistant again: it gives you a new link.`,
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

export const googleUnavailablePage = notice(
  503,
  'warn',
  'Google could not be reached',
  html`Google did not answer as it should, so nothing was connected. It is not your fault, and nobody needs to do anything but wait.`,
  html`In a minute, ask your assistant for a new link.`,
);

export const noRefreshTokenPage = notice(
  409,
  'warn',
  'Google gave no lasting access',
  html`You approved, and Google answered twice without a refresh token: access would have ended within the hour, so nothing was connected. Google gives one only when it asks for consent anew.`,
  html`Remove this app at Google under <a href="https://myaccount.google.com/connections" rel="noreferrer">third-party connections</a>, then ask your assistant for a new link and approve once more. If it happens again, tell the people who run this server.`,
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

export const internalErrorPage = notice(
  500,
  'bad',
  'Something went wrong here',
  html`Postern failed, and nothing was connected. You did nothing wrong.`,
  html`Try again in a minute. If it stays, tell the people who run this server: its log says what happened.`,
);

export const storageBusyPage = notice(
  503,
  'warn',
  'One moment, please',
  html`Postern’s database is busy just now, so nothing was changed. It is not your fault.`,
  html`Open the link again in a few seconds. If it does not work any more, ask your assistant for a new one.`,
);

export const storageFullPage = notice(
  503,
  'bad',
  'This server has run out of room',
  html`The disk of this server is full, so nothing was connected. You did nothing wrong and cannot fix it.`,
  html`Tell the people who run this server to make room on the disk that holds its database; then ask for a new link.`,
);

export const tooManyPagesPage = notice(
  429,
  'warn',
  'Too many pages at once',
  html`More pages were opened from your network within a minute than are allowed. Nothing was changed.`,
  html`Wait a minute, then reload this page.`,
);
