// The page a link opens: whose account this is, what is asked for, what comes next, and what a block at Google means.
import type { Account } from '../../model/account.ts';
import type { LinkPolicy } from '../../model/caller.ts';
import { type Capability, capabilityText } from '../../model/scope.ts';
import { foreign, type Html, html } from './html.ts';
import { type Page, tick } from './layout.ts';
import { personOf } from './person.ts';

export interface Confirmation {
  readonly account: Account;
  readonly capabilities: readonly Capability[];
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly linkPolicy: LinkPolicy;
  readonly clientId: string;
  readonly scopes: readonly string[];
}

/** Capabilities as ticked lines, each thing once. */
const capabilityList = (capabilities: readonly Capability[]): Html => {
  const texts = [...new Set(capabilities.map(capabilityText))];
  return html`<ul class="ticks">${texts.map((text) => html`<li>${tick}<span>${text}</span></li>`)}</ul>`;
};

const expectedAccount = ({ pins }: Account): Html | undefined => {
  if (pins.expectedEmail !== undefined)
    return html`<dt>Google account to choose</dt><dd>${foreign(pins.expectedEmail)}</dd>`;
  if (pins.expectedDomain !== undefined)
    return html`<dt>Google account to choose</dt><dd>one of ${foreign(pins.expectedDomain)}</dd>`;
  return undefined;
};

const warning = (person: Html, linkPolicy: LinkPolicy): Html => {
  const elsewhere =
    linkPolicy === 'loopback'
      ? html`If you did not just ask for this on this computer, close this page.`
      : html`If somebody sent it to you and you are not ${person}, close this page: going on would let them read your mail.`;
  return html`<div class="callout warn"><strong>Only continue if you asked for this yourself.</strong><p>This link was made for ${person}. ${elsewhere}</p></div>`;
};

const blockedHelp = ({ clientId, scopes }: Confirmation): Html => html`<details>
<summary>If Google shows “Access blocked” or “not verified”</summary>
<p>Google shows such a page itself, and you do not come back here from it. It means one of these:</p>
<ul>
<li><strong>Blocked by your organisation’s admin.</strong> Only your Google Workspace admin can change this, in the admin console under Security → Access and data control → API controls. Send them the lines below, then ask for a new link.</li>
<li><strong>Only for another organisation.</strong> The app is internal to one organisation: choose an account that belongs to it.</li>
<li><strong>Not verified by Google.</strong> The people who run this server use an app of their own. Continue only if you trust them, through “Advanced” on Google’s page; otherwise go back.</li>
</ul>
<p>For your admin:</p>
<dl class="facts">
<dt>OAuth client ID</dt><dd><code>${clientId}</code></dd>
<dt>Scopes</dt><dd>${scopes.map((scope) => html`<code>${scope}</code>`)}</dd>
<dt>Why</dt><dd>An assistant reads this person’s mail and contacts for them. It has read-only access; it cannot send, change or delete anything.</dd>
</dl>
</details>`;

const validUntil = (milliseconds: number): Html => {
  const iso = new Date(milliseconds).toISOString();
  return html`<p class="small soft">This link works once, until <time datetime="${iso}">${iso.slice(11, 16)} UTC</time>.</p>`;
};

/** `csrfToken` goes back with the form; the form posts to the page's own address. */
export const confirmPage = (confirmation: Confirmation, csrfToken: string): Page => {
  const { account, capabilities, expiresAt, linkPolicy } = confirmation;
  const person = personOf(account);
  return {
    status: 200,
    title: 'Connect Gmail',
    tone: 'note',
    body: html`<p>An assistant asks to read Gmail through Postern.</p>
<dl class="who"><dt>Connects Gmail for</dt><dd>${person}</dd>${expectedAccount(account)}</dl>
<h2>It will be able to</h2>
${capabilityList(capabilities)}
<p class="soft">It can only read. It cannot send, change or delete anything, and it never sees your password or a key to your account.</p>
<h2>What happens next</h2>
<ol><li>You choose your Google account.</li><li>Google asks for these permissions.</li><li>You come back here and see what was connected.</li></ol>
${warning(person, linkPolicy)}
<form method="post"><input type="hidden" name="csrf" value="${csrfToken}"><button class="button" type="submit">Continue to Google</button></form>
${validUntil(expiresAt)}
${blockedHelp(confirmation)}`,
  };
};
