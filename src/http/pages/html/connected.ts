// The page after a connection: which mailbox was joined to which identifier, and what was not granted.
import type { Account, GoogleIdentity } from '../../../model/account.ts';
import { type Capability, capabilityText } from '../../../model/scope.ts';
import { foreign, type Html, html } from './html.ts';
import type { Page } from './layout.ts';
import { addressOf } from './person.ts';

const notGranted = (missing: readonly Capability[]): Html | undefined => {
  if (missing.length === 0) return undefined;
  const texts = [...new Set(missing.map(capabilityText))];
  return html`<div class="callout warn"><strong>Not everything was allowed</strong>
<p>The assistant may not:</p><ul>${texts.map((text) => html`<li>${text}</li>`)}</ul>
<p>When one of these is needed, you are offered a new link.</p></div>`;
};

/** Whose it is now, where that is known by another name than the mailbox. */
const connectedFor = (account: Account, google: GoogleIdentity): Html | undefined => {
  const person = addressOf(account);
  return person === undefined || person === google.email
    ? undefined
    : html`<dt>Connected for</dt><dd>${foreign(person)}</dd>`;
};

/** What works now, and no more than that. */
const title = ({ capabilities, asked }: Account): string => {
  if (capabilities.mail.status === 'ready') return 'Gmail is connected';
  return asked.includes('mail') ? 'Contacts are connected, mail is not' : 'Contacts are connected';
};

export const connectedPage = (account: Account, google: GoogleIdentity, missing: readonly Capability[]): Page => ({
  status: 200,
  title: title(account),
  tone: missing.includes('mail') ? 'warn' : 'good',
  body: html`<dl class="who"><dt>Google account</dt><dd>${foreign(google.email)}</dd>${connectedFor(account, google)}</dl>
${notGranted(missing)}
<p><strong>You can close this page</strong> and go back to your assistant: ask again, and it reads ${account.capabilities.mail.status === 'ready' ? 'your mail' : 'your contacts'}.</p>
<p class="small soft">Is this not your mailbox, or not you? End the access under <a href="https://myaccount.google.com/connections" rel="noreferrer">third-party connections</a> in that Google account.</p>`,
});
