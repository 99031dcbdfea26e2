// From Google's callback of a sign-in to a person, and for a client to their grant too. A sign-in does not know whose it will
// be until Google says so, and so cannot be ended with the account as a ticket is. Instead disconnecting and deleting leave
// a note, and sign-ins begun before it bring nothing.
import type { AccountsOptions } from '../grants/options.ts';
import { retryLostWrites } from '../lib/optimistic-retry.ts';
import { hashSecret, isSecret, newSecret } from '../lib/secrets.ts';
import type { Account, AllowedPeople } from '../model/account.ts';
import { type AccountKey, accountKeyText, googleRealm } from '../model/account-key.ts';
import type { VerifiedIdentity } from '../oauth/id-token.ts';
import { accept, maySignIn } from './acceptance.ts';
import { isRoundOf, type OwnedRound, signInLifetimeMs } from './authorization-round.ts';
import {
  type AuthorizationResponse,
  type ClientPurpose,
  exchangeFailedBecause,
  type LinkOutcome,
  type OpenLinkPurpose,
  refusedBecause,
  type SignInFailure,
  type SignInOutcome,
  type SignInPurpose,
} from './outcomes.ts';
import { type Granted, googleIdentity, readAccount, saveGranted, toGrant } from './save-grant.ts';

interface Parts {
  readonly allowed: AllowedPeople;
  /** Once more with `prompt=consent`. */
  readonly askAgain: (email: string) => Promise<LinkOutcome>;
}

/** What a callback that owns its sign-in comes to. */
export const completeSignIn = async (
  options: AccountsOptions,
  parts: Parts,
  round: OwnedRound<SignInPurpose>,
  { code, error }: AuthorizationResponse,
): Promise<SignInOutcome> => {
  const { purpose, codeVerifier, redirectUri, nonce, createdAt } = round;
  const failed = (kind: SignInFailure, email?: string): SignInOutcome => ({ kind, purpose, email });
  if (error !== undefined) return failed(refusedBecause(error));
  if (code === undefined) return failed('operator_fault');
  const { oauth } = options.clients.environment;
  if (!isRoundOf(options, round, oauth)) return failed('expired');
  const outcome = await oauth.exchangeCode({ code, codeVerifier, redirectUri, nonce });
  if (outcome.kind === 'failed') return failed(exchangeFailedBecause(outcome.failure));
  if (outcome.kind === 'identity_rejected') {
    options.log({ event: 'identity_rejected', cause: outcome.check });
    return failed('operator_fault');
  }
  const { email, sub } = outcome.identity;
  if (!maySignIn(outcome.identity, parts.allowed)) return failed('not_allowed', email);
  const key = { realm: googleRealm, identifier: sub };
  const ended = () => wasEnded(options, key, createdAt);
  const entered =
    purpose.kind === 'client'
      ? await connect(options, parts, { purpose, key, ended }, outcome)
      : (await ended())
        ? 'expired'
        : await isLinkOf(options, purpose, key);
  if (typeof entered === 'string') return failed(entered, email);
  if ('url' in entered) return { kind: 'again', url: entered.url };
  return signedIn(options, { purpose, key });
};

/** A session for the browser, unless the account is gone meanwhile. */
export const signedIn = async (
  options: AccountsOptions,
  who: { readonly purpose: SignInPurpose; readonly key: AccountKey },
): Promise<SignInOutcome> => {
  const session = await startBrowserSession(options, who.key);
  return session === undefined ? { kind: 'expired', purpose: who.purpose } : { kind: 'signed_in', ...who, session };
};

/** Whether the link is this person's. Stores nothing, whoever it is. */
export const isLinkOf = async (
  { storage }: AccountsOptions,
  { ticket }: OpenLinkPurpose,
  key: AccountKey,
): Promise<'somebody_else' | 'expired' | { readonly entered: true }> => {
  const found = await storage.tickets.find(hashSecret(ticket));
  if (found === undefined) return 'expired';
  return accountKeyText(found.key) === accountKeyText(key) ? { entered: true } : 'somebody_else';
};

/** Who signs in for a client. */
interface Entering {
  readonly purpose: ClientPurpose;
  readonly key: AccountKey;
  /** Whether the account was disconnected or deleted since the sign-in began. */
  readonly ended: () => Promise<boolean>;
}

/** The person enters even where their grant is of no use: they can tick the boxes later. */
const connect = async (
  options: AccountsOptions,
  { askAgain }: Parts,
  entering: Entering,
  granted: Granted,
): Promise<SignInFailure | { readonly url: string } | { readonly entered: true }> => {
  const { purpose, key, ended } = entering;
  const present = await readAccount(options, key);
  // Asked after the account was read: whoever ends the sign-in later writes to the account, and a save meets that.
  if (await ended()) return 'expired';
  const account = present?.account ?? (await makeAccount(options, key));
  if (accept(granted.identity, account, signedInLink).kind !== 'accepted') return 'not_allowed';
  const request = {
    key,
    client: options.clients.environment,
    capabilities: purpose.capabilities,
    ...signedInLink,
    keepBetter: true,
    present,
    ended: async () => ((await ended()) ? ({ kind: 'expired' } as const) : undefined),
    askAgain,
  };
  const outcome = await saveGranted(options, request, granted);
  switch (outcome.kind) {
    case 'connected':
      return (await recordIdentity(options, entering, granted, outcome.account)) ? { entered: true } : 'expired';
    case 'scope_missing':
      return (await recordIdentity(options, entering, granted)) ? { entered: true } : 'expired';
    case 'again':
      return { url: outcome.url };
    case 'wrong_mailbox':
      return 'not_allowed';
    case 'google_unavailable':
    case 'no_refresh_token':
      return outcome.kind;
    default:
      return 'expired';
  }
};

/** Pins and a recorded Google account count as for a link, and the proof of who it is has just been given. */
const signedInLink = { linkPolicy: 'signed_in', replace: false } as const;

/** Pinned to the Google account that it is named after. One that is there stays as it is, whatever the operator pinned. */
const makeAccount = ({ storage }: AccountsOptions, key: AccountKey): Promise<Account> =>
  storage.accounts.getOrCreate(key, { pins: { expectedSub: key.identifier } });

/**
 * Sees to it that the account says which Google account it is, as Google says it now: what people may do is checked
 * against that later. @returns false where the account was ended meanwhile
 */
const recordIdentity = async (
  options: AccountsOptions,
  { key, ended }: Entering,
  { identity, tokens }: Granted,
  saved?: Account,
): Promise<boolean> => {
  const { accounts } = options.storage;
  if (saved !== undefined && isRecorded(saved, identity)) return !(await ended());
  const google = googleIdentity(identity);
  const recorded = await retryLostWrites(async () => {
    const reading = await accounts.readGrant(key);
    const { account } = reading;
    if (account === undefined || (await ended())) return false;
    if (isRecorded(account, identity)) return true;
    const present = reading.kind === 'grant' ? { ...reading.grant, google } : undefined;
    const written = await accounts.saveGrant(
      key,
      account.version,
      present ?? toGrant(options.clients.environment, [], tokens, google),
    );
    if (written === undefined) return undefined;
    // A grant that allows nothing is none; without it, the identity stays.
    if (present === undefined)
      await accounts.setState(key, written.version, { status: 'PENDING', reason: 'consent_declined' });
    return true;
  });
  return recorded ?? false;
};

const isRecorded = ({ google }: Account, { sub, email, hostedDomain }: VerifiedIdentity): boolean =>
  google !== undefined && google.sub === sub && google.email === email && google.hostedDomain === hostedDomain;

/** The notes lie among the authorization server's records: found by a hash, sealed, and gone when they expire. */
const noteModel = 'PosternSignInsEnded';

type EndOptions = Pick<AccountsOptions, 'storage' | 'clock'>;

/**
 * Ends what signing in gave to MCP clients, which otherwise would go on with a mailbox that is connected again later,
 * and the sign-ins of this person that are under way. What one of them saved before this returns is there to be read
 * afterwards; later it saves nothing.
 * @returns false where the account was written to so often that this cannot be said; then it has to be tried again
 */
export const endSignIns = async ({ storage, clock }: EndOptions, key: AccountKey): Promise<boolean> => {
  const at = clock.now();
  await storage.authorizationRecords.put({
    model: noteModel,
    id: accountKeyText(key),
    payload: JSON.stringify(at),
    expiresAt: at + signInLifetimeMs,
  });
  await storage.authorizationRecords.removeOf(key);
  const ended = await retryLostWrites(async () => {
    const account = await storage.accounts.find(key);
    if (account === undefined) return true;
    // Changes nothing but the version: a sign-in that looked before the note was there cannot save any more.
    return (await storage.accounts.setPins(key, account.version, account.pins)) && true;
  });
  return ended ?? false;
};

/** Whether a sign-in begun at `createdAt` (milliseconds) was ended since. */
const wasEnded = async (
  { storage }: Pick<EndOptions, 'storage'>,
  key: AccountKey,
  createdAt: number,
): Promise<boolean> => {
  const note = await storage.authorizationRecords.find(noteModel, accountKeyText(key));
  return note !== undefined && createdAt < Number(note.payload);
};

/** Milliseconds. */
const browserSessionLifetimeMs = 12 * 60 * 60_000;

type SessionOptions = Pick<AccountsOptions, 'storage' | 'clock' | 'random'>;

/** @returns the secret of a new session, or undefined where the account is gone */
const startBrowserSession = async (
  { storage, clock, random }: SessionOptions,
  key: AccountKey,
): Promise<string | undefined> => {
  const secret = newSecret(random);
  const createdAt = clock.now();
  const expiresAt = createdAt + browserSessionLifetimeMs;
  const kept = await storage.browserSessions.add({ hash: hashSecret(secret), key, createdAt, expiresAt });
  return kept ? secret : undefined;
};

/** Whose session this is, while it lasts. */
export const browserSessionOf = async (
  { storage, clock }: SessionOptions,
  secret: string | undefined,
): Promise<AccountKey | undefined> => {
  if (secret === undefined || !isSecret(secret)) return undefined;
  return (await storage.browserSessions.find(hashSecret(secret), clock.now()))?.key;
};
