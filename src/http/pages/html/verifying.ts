// After Google: on to the product that made the link, which says whether the person is the one it was made for.
import { html } from './html.ts';
import type { Page } from './layout.ts';

export const verifyingPage = (url: string): Page => ({
  status: 200,
  title: 'One more step',
  tone: 'note',
  refreshTo: url,
  body: html`<p>Google agreed. The app that sent you here now checks that it was you; until then nothing is connected.</p>
<a class="button" href="${url}">Back to the app</a>
<p class="small soft">Use the button if nothing happens. It works for ten minutes.</p>`,
});
