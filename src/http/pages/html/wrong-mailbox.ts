// Another Google account was chosen than the one this link is for.
import { foreign, html } from './html.ts';
import type { Page } from './layout.ts';

export const wrongMailboxPage = (expected: string, got: string): Page => ({
  status: 403,
  title: 'That is another mailbox',
  tone: 'warn',
  body: html`<p>Nothing was connected, because the Google account you chose is not the one this link is for.</p>
<dl class="who"><dt>Expected</dt><dd>${foreign(expected)}</dd><dt>You chose</dt><dd>${foreign(got)}</dd></dl>
<p>Ask your assistant for a new link, and choose the expected account at Google.</p>
<p class="small soft">Google may still list this app for the account you chose. You can remove it there under <a href="https://myaccount.google.com/connections" rel="noreferrer">third-party connections</a>. If the expected account is wrong, tell the people who sent you here.</p>`,
});
