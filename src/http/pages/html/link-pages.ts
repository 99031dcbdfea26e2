// What somebody sees who opens a link. Before it is known whose browser this is: sign in first, or this is somebody else's;
// neither names the person the link is for. Then: why the link was made, what is asked for, the button, and below it what
// comes next and what a block at Google means.
import type { LinkMaker } from '../../../connect/accounts.ts';
import type { Account } from '../../../model/account.ts';
import { googleRealm } from '../../../model/account-key.ts';
import type { LinkPolicy } from '../../../model/caller.ts';
import { type Capability, capabilityText } from '../../../model/capability.ts';
import { type Reason, reasonOf } from './link-reason.ts';
import { caution, foreign, type Html, html, type Page, tick } from './page.ts';

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

const address = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/**
 * The address the person is known by here, or undefined: a product's own ids and the `me` of a laptop say nothing to
 * anybody.
 */
export const personAddress = ({ key, google }: Account): string | undefined => {
  if (key.realm === googleRealm) return google?.email;
  return address.test(key.identifier) ? key.identifier : undefined;
};

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

/** What a person sends to their Workspace admin so that the app is let in: the lines, and a link that puts them into an e-mail. */
export const forAdmin = (facts: ForAdmin): Html => html`<dl class="facts">
<dt>OAuth client ID</dt><dd><code>${facts.clientId}</code></dd>
<dt>Scopes</dt><dd>${facts.scopes.map((scope) => html`<code>${scope}</code>`)}</dd>
<dt>Why</dt><dd>${why}</dd>
<dt>Where</dt><dd>In the admin console: ${where}</dd>
</dl>
<p><a href="${mail(facts)}">Write this to the admin by e-mail</a></p>`;

export interface Confirmation {
  readonly account: Account;
  readonly capabilities: readonly Capability[];
  /** Milliseconds that the link is still good for. */
  readonly leftMs: number;
  readonly linkPolicy: LinkPolicy;
  readonly clientId: string;
  readonly scopes: readonly string[];
}

const capabilityList = (capabilities: readonly Capability[]): Html =>
  html`<ul class="ticks">${capabilities.map((name) => html`<li>${tick}<span>${capabilityText(name)}</span></li>`)}</ul>`;

/** Where the account says which; the one that was connected before is named with the reason. */
const accountToChoose = ({ pins, google }: Account): Html | undefined => {
  if (google !== undefined) return undefined;
  if (pins.expectedEmail !== undefined) return foreign(pins.expectedEmail);
  return pins.expectedDomain === undefined ? undefined : html`one of ${foreign(pins.expectedDomain)}`;
};

/** The Google account to choose, and the address of the person, where they are known and not the same. */
const facts = (account: Account): Html | undefined => {
  const person = personAddress(account);
  const choose = accountToChoose(account);
  const known = account.pins.expectedEmail ?? account.google?.email;
  const rows = [
    ...(person === undefined || person === known ? [] : [html`<dt>Connects Gmail for</dt><dd>${foreign(person)}</dd>`]),
    ...(choose === undefined ? [] : [html`<dt>Google account to choose</dt><dd>${choose}</dd>`]),
  ];
  return rows.length === 0 ? undefined : html`<dl class="who">${rows}</dl>`;
};

const onlyIfAsked = caution(html`Only continue if you asked for this yourself.`);

const warning = (account: Account, linkPolicy: LinkPolicy): Html => {
  const person = personAddress(account);
  const elsewhere =
    linkPolicy === 'loopback'
      ? html`If you did not just ask for this on this computer, close this page.`
      : html`If somebody sent you this link${person === undefined ? undefined : html` and you are not ${foreign(person)}`}, close this page: going on would let them read your mail.`;
  return html`<div class="callout warn"><p>${elsewhere}</p></div>`;
};

const blockedHelp = (confirmation: Confirmation, { adminFirst }: Reason): Html => html`<details>
<summary>If Google shows “Access blocked” or “not verified”</summary>
<p>Google shows such a page itself, and you do not come back here from it. It means one of these:</p>
<ul>
<li><strong>Blocked by your organisation’s admin.</strong> Only your Google Workspace admin can change this. Send them the lines ${adminFirst ? 'above' : 'below'}, then ask for a new link.</li>
<li><strong>Only for another organisation.</strong> The app is internal to one organisation: choose an account that belongs to it.</li>
<li><strong>Not verified by Google.</strong> The people who run this server use an app of their own. Continue only if you trust them, through “Advanced” on Google’s page; otherwise go back.</li>
</ul>
${adminFirst ? undefined : html`<p>For your admin:</p>${forAdmin(confirmation)}`}
</details>`;

const adminFirstNotice = (confirmation: Confirmation): Html =>
  html`<div class="callout warn"><strong>Your Workspace admin has to allow this first</strong><p>Google lets nobody of your organisation through before that. Send the admin these lines:</p>${forAdmin(confirmation)}</div>`;

const cancelButton = html`<button class="button plain" type="submit" name="decision" value="cancel">Cancel</button>`;

/** Rounded down, so that nobody is promised more than there is. */
const timeLeft = (milliseconds: number): string => {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 1) return 'less than a minute left';
  return minutes === 1 ? 'about 1 minute left' : `about ${minutes} minutes left`;
};

/**
 * `csrfToken` goes back with the form; the form posts to the page's own address.
 * @param maker where it has a way back, saying no leads there
 */
export const confirmPage = (confirmation: Confirmation, csrfToken: string, maker: LinkMaker = {}): Page => {
  const { account, capabilities, leftMs, linkPolicy } = confirmation;
  const reason = reasonOf(account, capabilities, maker.product);
  return {
    status: 200,
    title: reason.title,
    tone: reason.tone,
    maker: { product: maker.product },
    body: html`${reason.lead}
${reason.adminFirst ? adminFirstNotice(confirmation) : undefined}
${facts(account)}
<h2>${reason.requested.length < capabilities.length ? 'To be allowed now' : 'It will be able to'}</h2>
${capabilityList(reason.requested)}
<p class="soft">It can only read, and it never sees your password or a key to your account.</p>
${warning(account, linkPolicy)}
<div class="actions">${onlyIfAsked}<form method="post"><input type="hidden" name="csrf" value="${csrfToken}"><button class="${reason.adminFirst ? 'button plain' : 'button'}" type="submit">${reason.adminFirst ? 'The admin has allowed it: continue to Google' : 'Continue to Google'}</button>${maker.returnTo && cancelButton}</form>
<p class="small soft">This link works once; ${timeLeft(leftMs)}.</p></div>
<h2>What happens next</h2>
<ol><li>You choose your Google account.</li><li>Google asks for these permissions.</li><li>You come back here and see what was connected.</li></ol>
${blockedHelp(confirmation, reason)}`,
  };
};
