// How an account stands, in sentences for people: which mailbox, what works, and what does not and why. Claims nothing that
// is not known.
import type { Account } from './account.ts';
import { stateText } from './authorization-text.ts';
import { type Capability, capabilities, type RefusalReason } from './capability.ts';
import { explainProblem, refusalProblem } from './problem.ts';

const nouns: Readonly<Record<Capability, string>> = {
  mail: 'mail',
  contacts: 'contacts',
  directory: "the organisation's directory",
  other_contacts: 'other contacts',
};

const list = (names: readonly Capability[]): string =>
  names.length < 2
    ? names.map((name) => nouns[name]).join('')
    : `${names
        .slice(0, -1)
        .map((name) => nouns[name])
        .join(', ')} and ${nouns[names.at(-1) as Capability]}`;

/** Why Google refuses a capability, in one sentence. */
export const refusalText = (capability: Capability, reason: RefusalReason): string =>
  reason === 'scope_missing'
    ? `The permission for ${nouns[capability]} was taken back.`
    : explainProblem(refusalProblem(capability, reason)).what;

/** The same with what can be done about it. */
export const refusalAdvice = (capability: Capability, reason: RefusalReason): string => {
  const what = refusalText(capability, reason);
  // There is nothing to do about a directory that does not exist.
  if (reason === 'no_directory') return what;
  if (reason === 'scope_missing') return `${what} A new link asks for it again.`;
  return `${what} ${explainProblem(refusalProblem(capability, reason)).next}`;
};

/** Of a capability that the connection does not allow. */
export const notAllowedText =
  'The OAuth client that this account is connected through is not set up for it, so no link asks for it.';

/** What was asked for and does not work. That somebody has no directory is nothing that anybody has to mend. */
export const lackText = ({ asked, capabilities: states }: Pick<Account, 'asked' | 'capabilities'>): string => {
  const notGranted = asked.filter((name) => {
    const state = states[name];
    return state.status === 'not_granted' && state.reason === undefined;
  });
  const refused = capabilities.flatMap((name) => {
    const state = states[name];
    return state.status === 'refused' && state.reason !== 'no_directory'
      ? [`Google refuses ${nouns[name]}: ${refusalText(name, state.reason)}`]
      : [];
  });
  return [...(notGranted.length === 0 ? [] : [`Not allowed: ${list(notGranted)}.`]), ...refused].join(' ');
};

/** That Google refuses a grant whose end is suspended. */
const refusedText = ({ refusedSince }: Account): string =>
  refusedSince === undefined
    ? ''
    : `Google refuses the access since ${new Date(refusedSince).toISOString()}, as it does with other people here; that may pass, and connecting again mends it.`;

/** How an account stands, as a sentence or a few for people: which mailbox, what works, and what does not. */
export const accountText = (account: Account): string => {
  const { state, google, capabilities: states } = account;
  if (state.status !== 'ACTIVE') return stateText(state);
  const mailbox = google === undefined ? '' : `: ${google.email}`;
  const what =
    states.mail.status === 'ready'
      ? `Gmail is connected${mailbox}.`
      : states.contacts.status === 'ready'
        ? `Contacts are connected${mailbox}.`
        : `A Google account is connected, but nothing of it can be read${mailbox}.`;
  return [what, refusedText(account), lackText(account)].filter((sentence) => sentence !== '').join(' ');
};
