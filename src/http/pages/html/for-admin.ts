// What a person sends to their Workspace admin so that the app is let in: which app, which permissions, why.
import { type Html, html } from './html.ts';
import type { Page } from './layout.ts';

export interface ForAdmin {
  readonly clientId: string;
  readonly scopes: readonly string[];
}

const where = 'Security → Access and data control → API controls';
const why =
  'An assistant reads this person’s mail and contacts for them. It has read-only access; it cannot send, change or delete anything.';

const mail = ({ clientId, scopes }: ForAdmin): string => {
  const lines = [
    `Please allow this app in the Google admin console under ${where}.`,
    `OAuth client ID: ${clientId}`,
    `Scopes: ${scopes.join(' ')}`,
    `Why: ${why}`,
  ];
  return `mailto:?subject=${encodeURIComponent('Please allow an app')}&body=${encodeURIComponent(lines.join('\r\n\r\n'))}`;
};

/** The lines to send, and a link that puts them into an e-mail. */
export const forAdmin = (facts: ForAdmin): Html => html`<dl class="facts">
<dt>OAuth client ID</dt><dd><code>${facts.clientId}</code></dd>
<dt>Scopes</dt><dd>${facts.scopes.map((scope) => html`<code>${scope}</code>`)}</dd>
<dt>Why</dt><dd>${why}</dd>
<dt>Where</dt><dd>In the admin console: ${where}</dd>
</dl>
<p><a href="${mail(facts)}">Write this to the admin by e-mail</a></p>`;

/** What the admin has to be told comes with it: before that, the next link leads to the same wall. */
export const adminBlockedPage = (facts: ForAdmin): Page => ({
  status: 403,
  title: 'Your organisation does not allow this',
  tone: 'bad',
  body: html`<p>The Google Workspace admin’s policy blocks this app, so nothing was connected. Only the admin can change that.</p>
<p>Send the admin these lines. When they have allowed it, ask your assistant for a new link; until then every link ends here.</p>
${forAdmin(facts)}`,
});
