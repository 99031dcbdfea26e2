// How signing in went wrong → its page: what happened, who can fix it, the one next step. Exhaustive: a new failure does
// not compile without one.
import type { SignInFailure } from '../../../connect/accounts.ts';
import type { Refused } from '../options.ts';
import { backToAppPage } from './continuing.ts';
import { foreign, type Html, html } from './html.ts';
import type { Page, Tone } from './layout.ts';

interface Words {
  readonly status: Page['status'];
  readonly tone: Tone;
  readonly title: string;
  readonly what: Html;
  readonly next: Html;
}

const signedInAs = (email: string | undefined): Html =>
  email === undefined ? html`The account you chose` : html`The account you chose, ${foreign(email)},`;

const words = (kind: SignInFailure, email: string | undefined, again: Html): Words => {
  switch (kind) {
    case 'not_allowed':
      return {
        ...{ status: 403, tone: 'bad', title: 'This account may not sign in here' },
        what: html`${signedInAs(email)} is not among those that the people who run this server let in. Nothing was stored, and nobody got access to your mail.`,
        next: html`Choose another Google account, or ask the people who run this server to allow this one; then ${again}.`,
      };
    case 'somebody_else':
      return {
        ...{ status: 403, tone: 'bad', title: 'This link is for somebody else' },
        what: html`You signed in as another person than the one this link was made for, so nothing was connected.`,
        next: html`Links must not be passed on: ask your own assistant for one.`,
      };
    case 'declined':
      return {
        ...{ status: 200, tone: 'note', title: 'You are not signed in' },
        what: html`You declined to sign in, so nothing was connected and nobody got access to your mail.`,
        next: html`You can close this page. If you change your mind, ${again}.`,
      };
    case 'admin_blocked':
      return {
        ...{ status: 403, tone: 'bad', title: 'Your organisation does not allow this' },
        what: html`The Google Workspace admin’s policy blocks this server’s app, so you are not signed in. Only the admin can change that.`,
        next: html`Ask your Workspace admin to allow it, in the admin console under Security → Access and data control → API controls; then ${again}.`,
      };
    case 'google_unavailable':
      return {
        ...{ status: 503, tone: 'warn', title: 'Google could not be reached' },
        what: html`Google did not answer as it should, so you are not signed in. It is not your fault, and nobody needs to do anything but wait.`,
        next: html`In a minute, ${again}.`,
      };
    case 'no_refresh_token':
      return {
        ...{ status: 409, tone: 'warn', title: 'Google gave no lasting access' },
        what: html`You approved, and Google answered twice without a refresh token: access would have ended within the hour, so nothing was connected and you are not signed in.`,
        next: html`Remove this app at Google under <a href="https://myaccount.google.com/connections" rel="noreferrer">third-party connections</a>; then ${again}.`,
      };
    case 'issuer_unavailable':
      return {
        ...{ status: 503, tone: 'warn', title: 'Signing in is not possible just now' },
        what: html`The service where you sign in did not answer as it should. It is not your fault, and nothing was changed.`,
        next: html`In a minute, ${again}.`,
      };
    case 'operator_fault':
      return {
        ...{ status: 500, tone: 'bad', title: 'This server is set up wrongly' },
        what: html`This server and the service where you sign in do not fit together, so you are not signed in. You did nothing wrong and cannot fix it.`,
        next: html`Tell the people who run this server to look into its log.`,
      };
    case 'expired':
      return {
        ...{ status: 410, tone: 'warn', title: 'This took too long' },
        what: html`A sign-in has to be finished within fifteen minutes, and ends when the account is disconnected meanwhile. Nothing was changed.`,
        next: html`To sign in, ${again}.`,
      };
    case 'used':
      return {
        ...{ status: 410, tone: 'warn', title: 'This sign-in is over' },
        what: html`This page was already used once, and works once.`,
        next: html`If the app does not show that it is connected, ${again}.`,
      };
  }
};

const page = ({ status, tone, title, what, next }: Words, button: Html | undefined): Page => ({
  status,
  tone,
  title,
  body: html`<p>${what}</p>
<p>${next}</p>${button}`,
});

const backButton = ({ url, to }: Refused): Html =>
  html`
<a class="button" href="${url}">Back to the app</a>
<p class="small soft">It is at ${foreign(to)}</p>`;

/** Whatever happens here, it was allowed there. */
const stillAtGoogle = html`
<p class="small soft">Google may still list this app for the account you chose. You can remove it there under <a href="https://myaccount.google.com/connections" rel="noreferrer">third-party connections</a>.</p>`;

/** `back`: where the app hears that nobody signed in; undefined where it cannot be told any more. */
export const clientSignInFailedPage = (kind: SignInFailure, email?: string, back?: Refused): Page =>
  page(
    words(kind, email, html`start again in the app that sent you here`),
    html`${back && backButton(back)}${kind === 'not_allowed' ? stillAtGoogle : undefined}`,
  );

/** Whoever declines may have seen that something is wrong: they are not sent to an address that anybody could register. */
export const declinedPage = (back: Refused): Page =>
  back.byItself ? backToAppPage(back.url) : clientSignInFailedPage('declined', undefined, back);

export const linkSignInFailedPage = (kind: SignInFailure, email?: string): Page =>
  page(words(kind, email, html`open the link again`), undefined);
