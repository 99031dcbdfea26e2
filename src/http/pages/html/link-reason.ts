// Why a link was made, for the page behind it: what the person has to connect, or to connect again, and what was lost.
import { type Account, accountStatus } from '../../../model/account.ts';
import { refusalText } from '../../../model/account-text.ts';
import { authorizationText } from '../../../model/authorization-text.ts';
import type { Capability } from '../../../model/capability.ts';
import { foreign, type Html, html, type Product, productName, type Tone } from './page.ts';

export interface Reason {
  readonly title: string;
  readonly tone: Tone;
  readonly lead: Html;
  /** What is to be allowed now: only what is missing, where the rest works. */
  readonly requested: readonly Capability[];
  /** Google lets nobody through before the Workspace admin allows the app. */
  readonly adminFirst: boolean;
}

const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' });

const mailboxOf = ({ google }: Account): Html => (google === undefined ? html`Gmail` : foreign(google.email));

const working = (account: Account): Html =>
  account.capabilities.mail.status === 'ready'
    ? html`Gmail is connected: ${mailboxOf(account)}.`
    : html`Contacts are connected: ${mailboxOf(account)}.`;

/** What of this link does not work yet. */
const missingOf = ({ capabilities }: Account, requested: readonly Capability[]): Capability[] =>
  requested.filter((name) => {
    const state = capabilities[name];
    return state.status === 'not_granted' || (state.status === 'refused' && state.reason === 'scope_missing');
  });

const ofActive = (account: Account, requested: readonly Capability[], asker: Html): Reason => {
  const missing = missingOf(account, requested);
  if (missing.length === 0)
    return {
      title: 'Connect Gmail again',
      tone: 'note',
      lead: html`<p>${working(account)} Going on connects it anew.</p>`,
      requested,
      adminFirst: false,
    };
  const taken = missing.some((name) => account.capabilities[name].status === 'refused');
  const why = taken ? 'was allowed before and has been taken back' : 'is not allowed yet';
  const one = missing.length === 1;
  return {
    title: one ? 'One more permission' : 'More permissions',
    tone: 'note',
    lead: html`<p>${working(account)} ${one ? 'One thing' : 'Something'} that ${asker} needs ${why}. The rest works on.</p>`,
    requested: missing,
    adminFirst: false,
  };
};

const lost = (account: Account, asker: Html): Html =>
  html`<p>Since ${day.format(account.stateSince)} ${asker} can no longer read the mail and contacts of ${mailboxOf(account)}.${account.google && html` Choose that account at Google.`}</p>`;

/**
 * @param requested what the link asks Google for
 * @param product which asks, where it has a name
 */
export const reasonOf = (account: Account, requested: readonly Capability[], product?: Product): Reason => {
  const asker = product === undefined ? html`your assistant` : productName(product);
  const { state } = account;
  const again = { title: 'Connect Gmail again', tone: 'warn', requested } as const;
  if (state.status === 'REVOKED') {
    const why = html`<p>${authorizationText(state.reason, [], state.evidence)}</p>`;
    const adminFirst = state.reason === 'admin_policy';
    return { ...again, lead: html`${why}${lost(account, asker)}`, adminFirst };
  }
  if (state.status === 'PENDING') {
    const before = state.reason === 'never_connected' ? undefined : html`<p>${authorizationText(state.reason)}</p>`;
    return {
      title: 'Connect Gmail',
      tone: 'note',
      lead: html`${before}<p>${product === undefined ? 'An assistant' : asker} asks to read Gmail through Postern.</p>`,
      requested,
      adminFirst: state.reason === 'admin_blocked',
    };
  }
  const current = accountStatus(account);
  if (current.status === 'ACTIVE') return ofActive(account, requested, asker);
  const refused = (['mail', 'contacts'] as const).flatMap((name) => {
    const of = account.capabilities[name];
    return of.status === 'refused' ? [html`<p>${refusalText(name, of.reason)}</p>`] : [];
  });
  return {
    ...again,
    lead: html`<p>${mailboxOf(account)} is connected, but nothing of it can be read.</p>${refused}`,
    adminFirst: current.reason === 'domain_policy',
  };
};
