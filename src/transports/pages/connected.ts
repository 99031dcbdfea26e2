// The page after a connection: which mailbox was joined to which identifier, and what was not granted.
import type { Account, GoogleIdentity } from '../../model/account.ts';
import { type Capability, capabilityText } from '../../model/scope.ts';
import { foreign, type Html, html } from './html.ts';
import type { Page } from './layout.ts';
import { personOf } from './person.ts';

const notGranted = (missing: readonly Capability[]): Html | undefined => {
  if (missing.length === 0) return undefined;
  const texts = [...new Set(missing.map(capabilityText))];
  return html`<div class="callout warn"><strong>Not everything was allowed</strong>
<p>The assistant may not:</p><ul>${texts.map((text) => html`<li>${text}</li>`)}</ul>
<p>The rest works. When one of these is needed, you are offered a new link.</p></div>`;
};

export const connectedPage = (account: Account, google: GoogleIdentity, missing: readonly Capability[]): Page => ({
  status: 200,
  title: 'Gmail is connected',
  tone: 'good',
  body: html`<dl class="who"><dt>Mailbox</dt><dd>${foreign(google.email)}</dd><dt>Connected for</dt><dd>${personOf(account)}</dd></dl>
${notGranted(missing)}
<p><strong>You can close this page</strong> and go back to your assistant: ask again, and it reads your mail.</p>
<p class="small soft">Is this not your mailbox, or not you? End the access under <a href="https://myaccount.google.com/connections" rel="noreferrer">third-party connections</a> in that Google account.</p>`,
});
