// The pages of signing in. Before Google, when an MCP client asks to act for somebody: which client, where the answer goes,
// what it may do. Whoever agrees there agrees to this client; Google's own page names only this server. And where signing
// in failed, for a client or for a link: what happened, who can fix it, the one next step.

import type { ConsentDetails, Denial, Redirect } from '../../../authorization-server/index.ts';
import type { SignInFailure } from '../../../connect/accounts.ts';
import { mcpScopeText } from '../../../model/mcp-scope.ts';
import { backToAppPage } from './notices.ts';
import { caution, foreign, type Html, html, type Page, type Tone, tick } from './page.ts';

const hostOf = (clientId: string): string => URL.parse(clientId)?.host ?? clientId;

/** Only the address of a metadata document, and what the operator wrote, say who a client is. */
const clientFacts = ({ source, clientId, clientName }: ConsentDetails): Html => {
  switch (source) {
    case 'metadata_document':
      return html`<dt>App of</dt><dd>${foreign(hostOf(clientId))}</dd><dt>It calls itself</dt><dd>${foreign(clientName)}</dd>`;
    case 'dynamic':
      return html`<dt>App (unverified name)</dt><dd>${foreign(clientName)}</dd>`;
    case 'preregistered':
      return html`<dt>App</dt><dd>${foreign(clientName)}</dd>`;
  }
};

/** A name in Punycode is what the browser goes to; what it stands for may look like another one. */
const punycodeNote = ({ named }: Redirect): Html | undefined =>
  named &&
  html`<br><span class="small soft">That stands for ${foreign(named.text)}, in ${named.scripts.join(' and ')} letters: other letters may look the same.</span>`;

const opens = ({ host }: Redirect): Html => html`that opens ${foreign(host)} addresses`;

/** Of a program on the own computer nobody can say which one it is; of a scheme that nobody knows, not even that. */
const destination = (redirect: Redirect): Html => {
  const { kind, host, agent } = redirect;
  switch (kind) {
    case 'web':
      return html`${foreign(host)}${punycodeNote(redirect)}`;
    case 'listener':
      return html`a program on this computer (${foreign(host)})`;
    case 'agent':
      return html`${foreign(agent ?? '')} on this computer, or another program there ${opens(redirect)}`;
    case 'app':
      return html`a program on this computer ${opens(redirect)}`;
    case 'unknown_app':
    case 'refused':
      return html`nobody that this server knows: whatever it is ${opens(redirect)}`;
  }
};

const warning = ({ redirect, source }: ConsentDetails): Html => {
  if (redirect.kind !== 'web')
    return html`<div class="callout warn"><p>The answer goes to a program on the computer that this browser runs on, and any program there could have asked under this name. If you did not just add this server to an app, cancel.</p></div>`;
  const unverified =
    source === 'dynamic' ? html` Anybody can choose such a name: look at the address that gets access.` : undefined;
  return html`<div class="callout warn"><p>Going on gives ${foreign(redirect.host)} access.${unverified} If you came here by a link that somebody sent you, cancel.</p></div>`;
};

const onlyIfStarted = ({ redirect }: ConsentDetails): Html =>
  caution(
    redirect.kind === 'web'
      ? html`Only continue if you started this yourself.`
      : html`Only continue if you started this on this computer yourself.`,
  );

/** `csrfToken` goes back with the form; the form posts to the page's own address. */
export const signInPage = (details: ConsentDetails, csrfToken: string): Page => ({
  status: 200,
  title: details.scopes.includes('mail:read') ? 'Let an app read your Gmail?' : 'Let an app see your contacts?',
  tone: 'note',
  body: html`<p>An app asks to use this server as you.</p>
<dl class="who">${clientFacts(details)}<dt>Access goes to</dt><dd>${destination(details.redirect)}</dd><dt>Its whole address</dt><dd><code>${details.redirect.uri}</code></dd></dl>
${warning(details)}
<h2>It will be able to</h2>
<ul class="ticks">${details.scopes.map((scope) => html`<li>${tick}<span>${mcpScopeText(scope)}</span></li>`)}</ul>
<p class="soft">It can only read. It cannot send, change or delete anything, and it never sees your password or a key to your Google account.</p>
<div class="actions">${onlyIfStarted(details)}<form method="post"><input type="hidden" name="csrf" value="${csrfToken}">
<button class="button" type="submit" name="decision" value="continue">Continue with Google</button>
<button class="button plain" type="submit" name="decision" value="cancel">Cancel</button></form></div>
<p class="small soft">Google comes next: you sign in there and allow this server to read for you. Then you go back to the app.</p>`,
});

interface FailureText {
  readonly status: Page['status'];
  readonly tone: Tone;
  readonly title: string;
  readonly what: Html;
  readonly next: Html;
}

const signedInAs = (email: string | undefined): Html =>
  email === undefined ? html`The account you chose` : html`The account you chose, ${foreign(email)},`;

/** `again`: how to begin anew, as the end of a sentence. */
const failureTexts: Readonly<Record<SignInFailure, (again: Html, email: string | undefined) => FailureText>> = {
  not_allowed: (again, email) => ({
    status: 403,
    tone: 'bad',
    title: 'This account may not sign in here',
    what: html`${signedInAs(email)} is not among those that the people who run this server let in. Nothing was stored, and nobody got access to your mail.`,
    next: html`Choose another Google account, or ask the people who run this server to allow this one; then ${again}.`,
  }),
  somebody_else: () => ({
    status: 403,
    tone: 'bad',
    title: 'This link is for somebody else',
    what: html`You signed in as another person than the one this link was made for, so nothing was connected.`,
    next: html`Links must not be passed on: ask your own assistant for one.`,
  }),
  declined: (again) => ({
    status: 200,
    tone: 'note',
    title: 'You are not signed in',
    what: html`You declined to sign in, so nothing was connected and nobody got access to your mail.`,
    next: html`You can close this page. If you change your mind, ${again}.`,
  }),
  admin_blocked: (again) => ({
    status: 403,
    tone: 'bad',
    title: 'Your organisation does not allow this',
    what: html`The Google Workspace admin’s policy blocks this server’s app, so you are not signed in. Only the admin can change that.`,
    next: html`Ask your Workspace admin to allow it, in the admin console under Security → Access and data control → API controls; then ${again}.`,
  }),
  google_unavailable: (again) => ({
    status: 503,
    tone: 'warn',
    title: 'Google could not be reached',
    what: html`Google did not answer as it should, so you are not signed in. It is not your fault, and nobody needs to do anything but wait.`,
    next: html`In a minute, ${again}.`,
  }),
  no_refresh_token: (again) => ({
    status: 409,
    tone: 'warn',
    title: 'Google gave no lasting access',
    what: html`You approved, and Google answered twice without a refresh token: access would have ended within the hour, so nothing was connected and you are not signed in.`,
    next: html`Remove this app at Google under <a href="https://myaccount.google.com/connections" rel="noreferrer">third-party connections</a>; then ${again}.`,
  }),
  issuer_unavailable: (again) => ({
    status: 503,
    tone: 'warn',
    title: 'Signing in is not possible just now',
    what: html`The service where you sign in did not answer as it should. It is not your fault, and nothing was changed.`,
    next: html`In a minute, ${again}.`,
  }),
  operator_fault: () => ({
    status: 500,
    tone: 'bad',
    title: 'This server is set up wrongly',
    what: html`This server and the service where you sign in do not fit together, so you are not signed in. You did nothing wrong and cannot fix it.`,
    next: html`Tell the people who run this server to look into its log.`,
  }),
  expired: (again) => ({
    status: 410,
    tone: 'warn',
    title: 'This took too long',
    what: html`A sign-in has to be finished within fifteen minutes, and ends when the account is disconnected meanwhile. Nothing was changed.`,
    next: html`To sign in, ${again}.`,
  }),
  used: (again) => ({
    status: 410,
    tone: 'warn',
    title: 'This sign-in is over',
    what: html`This page was already used once, and works once.`,
    next: html`If the app does not show that it is connected, ${again}.`,
  }),
};

const failurePage = ({ status, tone, title, what, next }: FailureText, button: Html | undefined): Page => ({
  status,
  tone,
  title,
  body: html`<p>${what}</p>
<p>${next}</p>${button}`,
});

const backButton = ({ url, to }: Denial): Html =>
  html`
<a class="button" href="${url}">Back to the app</a>
<p class="small soft">It is at ${foreign(to)}</p>`;

/** Whatever happens here, it was allowed there. */
const stillAtGoogle = html`
<p class="small soft">Google may still list this app for the account you chose. You can remove it there under <a href="https://myaccount.google.com/connections" rel="noreferrer">third-party connections</a>.</p>`;

/** `back`: where the app hears that nobody signed in; undefined where it cannot be told any more. */
export const clientSignInFailedPage = (kind: SignInFailure, email?: string, back?: Denial): Page =>
  failurePage(
    failureTexts[kind](html`start again in the app that sent you here`, email),
    html`${back && backButton(back)}${kind === 'not_allowed' ? stillAtGoogle : undefined}`,
  );

/** Whoever declines may have seen that something is wrong: they are not sent to an address that anybody could register. */
export const declinedPage = (back: Denial): Page =>
  back.automatic ? backToAppPage(back.url) : clientSignInFailedPage('declined', undefined, back);

export const linkSignInFailedPage = (kind: SignInFailure, email?: string): Page =>
  failurePage(failureTexts[kind](html`open the link again`, email), undefined);
