// The page before Google when an MCP client asks to act for somebody: which client, where the answer goes, what it may do.
// Whoever agrees here agrees to this client; Google's own page names only this server.
import { mcpScopeText } from '../../../model/mcp-scope.ts';
import type { Asked, Redirect } from '../options.ts';
import { foreign, type Html, html } from './html.ts';
import { type Page, tick } from './layout.ts';

const hostOf = (clientId: string): string => URL.parse(clientId)?.host ?? clientId;

/** Only the address of a metadata document, and what the operator wrote, say who a client is. */
const clientFacts = ({ source, clientId, clientName }: Asked): Html => {
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
const standsFor = ({ named }: Redirect): Html | undefined =>
  named &&
  html`<br><span class="small soft">That stands for ${foreign(named.text)}, in ${named.scripts.join(' and ')} letters: other letters may look the same.</span>`;

const opens = ({ host }: Redirect): Html => html`that opens ${foreign(host)} addresses`;

/** Of a program on the own computer nobody can say which one it is; of a scheme that nobody knows, not even that. */
const destination = (redirect: Redirect): Html => {
  const { kind, host, agent } = redirect;
  switch (kind) {
    case 'web':
      return html`${foreign(host)}${standsFor(redirect)}`;
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

const warning = ({ redirect, source }: Asked): Html => {
  if (redirect.kind !== 'web')
    return html`<div class="callout warn"><strong>Only continue if you started this on this computer yourself.</strong><p>The answer goes to a program on the computer that this browser runs on, and any program there could have asked under this name. If you did not just add this server to an app, cancel.</p></div>`;
  const unverified =
    source === 'dynamic' ? html` Anybody can choose such a name: look at the address that gets access.` : undefined;
  return html`<div class="callout warn"><strong>Only continue if you started this yourself.</strong><p>Going on gives ${foreign(redirect.host)} access.${unverified} If you came here by a link that somebody sent you, cancel.</p></div>`;
};

/** `csrfToken` goes back with the form; the form posts to the page's own address. */
export const signInPage = (asked: Asked, csrfToken: string): Page => ({
  status: 200,
  title: asked.scopes.includes('mail:read') ? 'Let an app read your Gmail?' : 'Let an app see your contacts?',
  tone: 'note',
  body: html`<p>An app asks to use this server as you.</p>
<dl class="who">${clientFacts(asked)}<dt>Access goes to</dt><dd>${destination(asked.redirect)}</dd><dt>Its whole address</dt><dd><code>${asked.redirect.uri}</code></dd></dl>
${warning(asked)}
<h2>It will be able to</h2>
<ul class="ticks">${asked.scopes.map((scope) => html`<li>${tick}<span>${mcpScopeText(scope)}</span></li>`)}</ul>
<p class="soft">It can only read. It cannot send, change or delete anything, and it never sees your password or a key to your Google account.</p>
<div class="actions"><form method="post"><input type="hidden" name="csrf" value="${csrfToken}">
<button class="button" type="submit" name="decision" value="continue">Continue with Google</button>
<button class="button plain" type="submit" name="decision" value="cancel">Cancel</button></form></div>
<p class="small soft">Google comes next: you sign in there and allow this server to read for you. Then you go back to the app.</p>`,
});
