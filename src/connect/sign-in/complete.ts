// From Google's callback of a sign-in to a person, and for a client to their grant too. Knows no browser.

import type { AccountsOptions } from '../../grants/options.ts';
import { hashSecret } from '../../lib/secrets.ts';
import type { Account } from '../../model/account.ts';
import { type AccountKey, accountKeyText, googleRealm } from '../../model/account-key.ts';
import type { AllowedPeople } from '../../model/allowed-people.ts';
import { mayEnter } from '../../model/allowed-people.ts';
import type { VerifiedIdentity } from '../../oauth/id-token.ts';
import { accept } from '../acceptance.ts';
import { exchangeFailedBecause, refusedBecause } from '../callback-errors.ts';
import type { Callback, Finish } from '../link-outcome.ts';
import { type Granted, googleIdentity, join, toGrant } from '../save-grant.ts';
import { startBrowserSession } from './browser-sessions.ts';
import { wasEnded } from './end-sign-ins.ts';
import type { SignInFailure, SignInFinish, SignInPurpose } from './outcomes.ts';
import type { OwnedSignIn } from './round.ts';

const saveAttempts = 5;

interface Parts {
  readonly allowed: AllowedPeople;
  /** Once more with `prompt=consent`. */
  readonly askAgain: (email: string) => Promise<Finish>;
}

/** What a callback that owns its sign-in comes to. */
export const completeSignIn = async (
  options: AccountsOptions,
  parts: Parts,
  signIn: OwnedSignIn,
  callback: Callback,
): Promise<SignInFinish> => {
  const { purpose, codeVerifier, redirectUri, nonce } = signIn;
  const failed = (kind: SignInFailure, email?: string): SignInFinish => ({
    ...{ kind, purpose },
    ...(email === undefined ? {} : { email }),
  });
  if (callback.error !== undefined) return failed(refusedBecause(callback.error));
  if (callback.code === undefined) return failed('operator_fault');
  const outcome = await options.oauth.exchangeCode({ code: callback.code, codeVerifier, redirectUri, nonce });
  if (outcome.kind === 'failed') return failed(exchangeFailedBecause(outcome.failure));
  if (outcome.kind === 'identity_rejected') {
    options.log({ event: 'identity_rejected', cause: outcome.check });
    return failed('operator_fault');
  }
  const { email, sub } = outcome.identity;
  if (!mayEnter(outcome.identity, parts.allowed)) return failed('not_allowed', email);
  const key = { realm: googleRealm, identifier: sub };
  if (await wasEnded(options, key, signIn.createdAt)) return failed('expired');
  const entered =
    purpose.kind === 'link'
      ? await isLinkOf(options, purpose, key)
      : await connect(options, parts, signIn, key, outcome);
  if (typeof entered === 'string') return failed(entered, email);
  if ('url' in entered) return { kind: 'again', url: entered.url };
  return signedIn(options, { purpose, key });
};

/** A session for the browser, unless the account is gone meanwhile. */
export const signedIn = async (
  options: AccountsOptions,
  who: { readonly purpose: SignInPurpose; readonly key: AccountKey },
): Promise<SignInFinish> => {
  const session = await startBrowserSession(options, who.key);
  return session === undefined ? { kind: 'expired', purpose: who.purpose } : { kind: 'signed_in', ...who, session };
};

/** Whether the link is this person's. Stores nothing, whoever it is. */
export const isLinkOf = async (
  { storage }: AccountsOptions,
  { ticket }: SignInPurpose & { kind: 'link' },
  key: AccountKey,
): Promise<'somebody_else' | 'expired' | { readonly entered: true }> => {
  const found = await storage.tickets.find(hashSecret(ticket));
  if (found === undefined) return 'expired';
  return accountKeyText(found.key) === accountKeyText(key) ? { entered: true } : 'somebody_else';
};

/** The person enters even where their grant is of no use: they can tick the boxes later. */
const connect = async (
  options: AccountsOptions,
  { askAgain }: Parts,
  signIn: OwnedSignIn & { readonly purpose: SignInPurpose },
  key: AccountKey,
  granted: Granted,
): Promise<SignInFailure | { readonly url: string } | { readonly entered: true }> => {
  const { purpose } = signIn;
  if (purpose.kind !== 'client') return 'operator_fault';
  const ended = () => wasEnded(options, key, signIn.createdAt);
  const account = await accountOf(options, key, ended);
  if (typeof account === 'string') return account;
  if (accept(granted.identity, account, signedInLink).kind !== 'accepted') return 'not_allowed';
  const round = {
    ...{ key, capabilities: purpose.capabilities, ...signedInLink },
    keepBetter: true,
    over: async () => ((await ended()) ? ({ kind: 'expired' } as const) : undefined),
    askAgain,
    instead: async () => undefined,
  };
  const finish = await join(options, round, granted);
  switch (finish.kind) {
    case 'connected':
    case 'scope_missing':
      return (await remember(options, key, granted, ended)) ? { entered: true } : 'expired';
    case 'again':
      return { url: finish.url };
    case 'wrong_mailbox':
      return 'not_allowed';
    case 'google_unavailable':
    case 'no_refresh_token':
      return finish.kind;
    default:
      return 'expired';
  }
};

/** Pins and a recorded Google account count as for a link, and the proof of who it is has just been given. */
const signedInLink = { linkPolicy: 'signed_in', replace: false } as const;

/**
 * The account as it is, whatever the operator pinned. It is made where there is none, pinned to the Google account that it
 * is named after, unless that is because it was deleted a moment ago: then no row of the person comes back.
 */
const accountOf = async (
  { storage }: AccountsOptions,
  key: AccountKey,
  ended: () => Promise<boolean>,
): Promise<Account | 'expired'> => {
  const present = await storage.accounts.find(key);
  if (present !== undefined) return present;
  if (await ended()) return 'expired';
  return storage.accounts.getOrCreate(key, { pins: { expectedSub: key.identifier } });
};

/**
 * Sees to it that the account says which Google account it is, as Google says it now: what people may do is checked
 * against that later. @returns false where the account was ended meanwhile
 */
const remember = async (
  options: AccountsOptions,
  key: AccountKey,
  { identity, tokens }: Granted,
  ended: () => Promise<boolean>,
): Promise<boolean> => {
  const { accounts } = options.storage;
  const google = googleIdentity(identity);
  for (let attempt = 0; attempt < saveAttempts; attempt++) {
    const reading = await accounts.readGrant(key);
    const { account } = reading;
    if (account === undefined || (await ended())) return false;
    if (isRecorded(account, identity)) return true;
    const present = reading.kind === 'grant' ? { ...reading.grant, google } : undefined;
    const saved = await accounts.saveGrant(key, account.version, present ?? toGrant(options, [], tokens, google));
    if (saved === undefined) continue;
    options.changed(key);
    // A grant that allows nothing is none; without it, the identity stays.
    if (present === undefined)
      await accounts.setState(key, saved.version, { status: 'PENDING', reason: 'consent_declined' });
    return true;
  }
  return false;
};

const isRecorded = ({ google }: Account, { sub, email, hostedDomain }: VerifiedIdentity): boolean =>
  google !== undefined && google.sub === sub && google.email === email && google.hostedDomain === hostedDomain;
