// The answer to the confirm form: on to Google. A page and not a redirect, since `form-action` covers redirect hops too.
import { html } from './html.ts';
import type { Page } from './layout.ts';

export const continuingPage = (url: string): Page => ({
  status: 200,
  title: 'On to Google',
  tone: 'note',
  refreshTo: url,
  body: html`<p>You are being taken to Google to choose your account.</p>
<a class="button" href="${url}">Continue to Google</a>
<p class="small soft">Use the button if nothing happens.</p>`,
});
