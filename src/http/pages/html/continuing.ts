// The answer to a form that leads elsewhere. A page and not a redirect, since `form-action` covers redirect hops too.
import { html } from './html.ts';
import type { Page } from './layout.ts';

const onward = (title: string, url: string, what: string, button: string): Page => ({
  status: 200,
  title,
  tone: 'note',
  refreshTo: url,
  body: html`<p>${what}</p>
<a class="button" href="${url}">${button}</a>
<p class="small soft">Use the button if nothing happens.</p>`,
});

export const continuingPage = (url: string): Page =>
  onward('On to Google', url, 'You are being taken to Google to choose your account.', 'Continue to Google');

export const toIssuerPage = (url: string): Page =>
  onward('On to sign-in', url, 'You are being taken to where you sign in; you come back here.', 'Continue');

export const backToLinkPage = (url: string): Page =>
  onward('You are signed in', url, 'You are being taken back to the link that you opened.', 'Continue');

export const backToAppPage = (url: string): Page =>
  onward('Back to the app', url, 'You are being taken back to the app that sent you here.', 'Back to the app');
