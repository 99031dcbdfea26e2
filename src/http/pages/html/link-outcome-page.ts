// How a connection ended → its page. Exhaustive: a new ending does not compile without one.

import type { LinkMaker, LinkOutcome } from '../../../connect/accounts.ts';
import type { Account, GoogleIdentity } from '../../../model/account.ts';
import { type Capability, capabilityText } from '../../../model/capability.ts';
import { explainProblem, refusalProblem } from '../../../model/problem.ts';
import { type ForAdmin, forAdmin, personAddress } from './link-pages.ts';
import {
  askForLink,
  declinedPage,
  expiredLinkPage,
  foreignCallbackPage,
  googleUnavailablePage,
  noRefreshTokenPage,
  operatorFaultPage,
  unverifiablePage,
  usedLinkPage,
} from './notices.ts';
import { foreign, type Html, html, type Page, type Product, productName, withMaker } from './page.ts';

const notGranted = (missing: readonly Capability[], product: Product | undefined): Html | undefined => {
  if (missing.length === 0) return undefined;
  const texts = [...new Set(missing.map(capabilityText))];
  return html`<div class="callout warn"><strong>Not everything was allowed</strong>
<p>${product === undefined ? 'The assistant' : productName(product)} may not:</p><ul>${texts.map((text) => html`<li>${text}</li>`)}</ul>
<p>When one of these is needed, you are offered a new link.</p></div>`;
};

/** Whose it is now, where that is known by another name than the mailbox. */
const connectedFor = (account: Account, google: GoogleIdentity): Html | undefined => {
  const person = personAddress(account);
  return person === undefined || person === google.email
    ? undefined
    : html`<dt>Connected for</dt><dd>${foreign(person)}</dd>`;
};

/** What works now, and no more than that. */
const connectedTitle = ({ capabilities, asked }: Account): string => {
  if (capabilities.mail.status === 'ready') return 'Gmail is connected';
  return asked.includes('mail') ? 'Contacts are connected, mail is not' : 'Contacts are connected';
};

/** Why Google refuses mail that the person allowed, and what would change it. */
const mailRefused = ({ capabilities: { mail } }: Account): Html | undefined => {
  if (mail.status !== 'refused') return undefined;
  const { what, next } = explainProblem(refusalProblem('mail', mail.reason));
  return html`<p><strong>Mail cannot be read.</strong> ${what} ${next}</p>`;
};

/** What the person does next: nothing here. */
const goOn = ({ capabilities }: Account, product: Product | undefined): Html => {
  const what = capabilities.mail.status === 'ready' ? 'your mail' : 'your contacts';
  return product === undefined
    ? html`<p><strong>You can close this page</strong> and go back to your assistant: ask again, and it reads ${what}.</p>`
    : html`<p><strong>That was all here.</strong> ${productName(product)} can read ${what} now.</p>`;
};

const connectedPage = (
  account: Account,
  google: GoogleIdentity,
  missing: readonly Capability[],
  product: Product | undefined,
): Page => ({
  status: 200,
  title: connectedTitle(account),
  tone: missing.includes('mail') || account.capabilities.mail.status === 'refused' ? 'warn' : 'good',
  body: html`<dl class="who"><dt>Google account</dt><dd>${foreign(google.email)}</dd>${connectedFor(account, google)}</dl>
${notGranted(missing, product)}${mailRefused(account)}
${goOn(account, product)}
<p class="small soft">Is this not your mailbox, or not you? End the access under <a href="https://myaccount.google.com/connections" rel="noreferrer">third-party connections</a> in that Google account.</p>`,
});

/** On to the product that made the link, which says whether the person is the one it was made for. */
const verifyingPage = (url: string, product: Product | undefined): Page => ({
  status: 200,
  title: 'One more step',
  tone: 'note',
  refreshTo: url,
  body: html`<p>Google agreed. ${product === undefined ? 'The app that sent you here' : productName(product)} now checks that it was you; until then nothing is connected.</p>
<a class="button" href="${url}">Back to ${product === undefined ? 'the app' : productName(product)}</a>
<p class="small soft">Use the button if nothing happens. It works for ten minutes.</p>`,
});

const wrongMailboxPage = (expected: string, got: string, product: Product | undefined): Page => ({
  status: 403,
  title: 'That is another mailbox',
  tone: 'warn',
  body: html`<p>Nothing was connected, because the Google account you chose is not the one this link is for.</p>
<dl class="who"><dt>Expected</dt><dd>${foreign(expected)}</dd><dt>You chose</dt><dd>${foreign(got)}</dd></dl>
<p>To connect the expected one, ${askForLink(product)} and choose it at Google.</p>
<p class="small soft">Google may still list this app for the account you chose. You can remove it there under <a href="https://myaccount.google.com/connections" rel="noreferrer">third-party connections</a>. If the expected account is wrong, tell the people who sent you here.</p>`,
});

const scopeMissingPage = (missing: readonly Capability[], product: Product | undefined): Page => ({
  status: 403,
  title: 'Permission was not given',
  tone: 'warn',
  body: html`<p>Nothing was connected. On Google’s page these boxes stayed empty, and without them there is nothing ${product === undefined ? 'the assistant' : productName(product)} could read:</p>
<ul>${[...new Set(missing.map(capabilityText))].map((text) => html`<li>${text}</li>`)}</ul>
<p>If you do want to connect, ${askForLink(product)} and tick the boxes on Google’s page.</p>`,
});

/** What the admin has to be told comes with it: before that, the next link leads to the same wall. */
const adminBlockedPage = (facts: ForAdmin, product: Product | undefined): Page => ({
  status: 403,
  title: 'Your organisation does not allow this',
  tone: 'bad',
  body: html`<p>The Google Workspace admin’s policy blocks this app, so nothing was connected. Only the admin can change that.</p>
<p>Send the admin these lines. When they have allowed it, ${askForLink(product)}; until then every link ends here.</p>
${forAdmin(facts)}`,
});

const pageOf = (finish: Exclude<LinkOutcome, { kind: 'again' }>, product: Product | undefined): Page => {
  switch (finish.kind) {
    case 'connected':
      return connectedPage(finish.account, finish.google, finish.missing, product);
    case 'awaiting_verification':
      return verifyingPage(finish.url, product);
    case 'declined':
      return declinedPage(product);
    case 'expired':
      return expiredLinkPage(product);
    case 'used':
      return usedLinkPage(product);
    case 'unknown':
      return foreignCallbackPage;
    case 'wrong_mailbox':
      return wrongMailboxPage(finish.expected, finish.got, product);
    case 'scope_missing':
      return scopeMissingPage(finish.missing, product);
    case 'unverifiable':
      return unverifiablePage;
    case 'admin_blocked':
      return adminBlockedPage(finish, product);
    case 'google_unavailable':
      return googleUnavailablePage(product);
    case 'no_refresh_token':
      return noRefreshTokenPage(product);
    case 'operator_fault':
      return operatorFaultPage;
  }
};

/** `again` is no ending: the browser goes back to Google instead. */
export const linkOutcomePage = (finish: Exclude<LinkOutcome, { kind: 'again' }>, maker: LinkMaker = {}): Page =>
  withMaker(pageOf(finish, maker.product), maker);
