// What a link shows before it is known whose browser this is: sign in first, or this is somebody else's. Neither names
// the person the link is for.
import { html } from './html.ts';
import type { Page } from './layout.ts';

export interface LinkSignInForm {
  /** Where the form goes. */
  readonly action: string;
  readonly csrfToken: string;
}

export const signInFirstPage = ({ action, csrfToken }: LinkSignInForm): Page => ({
  status: 200,
  title: 'Sign in to continue',
  tone: 'note',
  body: html`<p>This link connects the mailbox of one person, so you have to show that you are that person before it leads anywhere.</p>
<p>Sign in as you do in the app that gave you the link. If somebody sent it to you, close this page: it is not for you.</p>
<form method="post" action="${action}"><input type="hidden" name="csrf" value="${csrfToken}"><button class="button" type="submit">Sign in</button></form>
<p class="small soft">Signing in connects nothing yet; you come back here first.</p>`,
});

export const somebodyElsesLinkPage = ({ action, csrfToken }: LinkSignInForm): Page => ({
  status: 403,
  title: 'This link is for somebody else',
  tone: 'bad',
  body: html`<p>You are signed in as another person than the one this link was made for, so nothing was connected. Links must not be passed on.</p>
<p>If the link is yours, sign in as the person who uses the app that gave it to you. If not, close this page.</p>
<form method="post" action="${action}"><input type="hidden" name="csrf" value="${csrfToken}"><input type="hidden" name="another" value="1"><button class="button" type="submit">Sign in as another person</button></form>`,
});
