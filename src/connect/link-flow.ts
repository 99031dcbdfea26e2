// The steps of connecting by a link: view it, take it for a browser and go to Google, and find what a callback belongs to.
// Changes an account only at the very end, in one version-checked write; the present grant serves until the new one is
// accepted.

import type { AccountsOptions } from '../grants/options.ts';
import { retryLostWrites } from '../lib/optimistic-retry.ts';
import { hashSecret, isSecret } from '../lib/secrets.ts';
import type { Account } from '../model/account.ts';
import { accountKeyText } from '../model/account-key.ts';
import type { LinkPolicy } from '../model/caller.ts';
import { type Capability, scopesFor } from '../model/capability.ts';
import type { FoundRound, Ticket } from '../storage/index.ts';
import { detailsOf, findRound, roundCookie, sendToGoogle } from './authorization-round.ts';
import { type FinishOptions, finishLink, logNoClient, noteNotConnected } from './complete-link.ts';
import { browserSessionOf } from './complete-sign-in.ts';
import { type LinkMaker, makerOfLink, makerOfRound } from './link-return.ts';
import { deadLink } from './links.ts';
import type { AuthorizationResponse, DeadLink, LinkOutcome, SignInOutcome } from './outcomes.ts';
import type { SignInProvider } from './sign-in.ts';

/** The link is for somebody who has to sign in in this browser first: in this realm. */
export interface SignInNeeded {
  readonly kind: 'sign_in';
  readonly realm: string;
  /** Another person is signed in here. */
  readonly somebodyElse: boolean;
}

/** The account's connection cannot be used now. */
interface NoClient {
  readonly kind: 'unavailable';
}

type LinkView =
  | {
      readonly kind: 'confirm';
      readonly account: Account;
      readonly capabilities: Capability[];
      /** Milliseconds that the link is still good for. */
      readonly leftMs: number;
      readonly linkPolicy: LinkPolicy;
      readonly clientId: string;
      readonly scopes: string[];
    }
  | SignInNeeded
  | NoClient
  | DeadLink;

/** Why a browser decides nothing of a link. */
type Undecided = { readonly kind: 'taken_elsewhere' } | SignInNeeded | DeadLink;

type Declined = { readonly kind: 'declined' } | Undecided;

type Begin = { readonly kind: 'redirect'; readonly url: string } | NoClient | Undecided;

/** A link that was found. `session` is the secret in the session's cookie. */
export interface OpenedLink {
  /** Names the cookie that binds the link to a browser. */
  readonly cookie: string;
  /** What the link is about. Changes nothing: chat apps preview links. */
  view(session?: string): Promise<LinkView>;
  /** Takes the link for this browser and says where Google is. `browser` is the secret in the link's cookie. */
  begin(browser: string, session?: string): Promise<Begin>;
  /** Ends the link as one that its person does not want. `browser` is the secret in the link's cookie. */
  decline(browser: string, session?: string): Promise<Declined>;
  /** Who made it, and where its browser goes back to where it ended so: for whoever has it, until one went on with it. */
  maker(ended: DeadLink | { readonly kind: 'declined' }, browser: string | undefined): Promise<LinkMaker>;
}

/** What a redirect back belongs to. Exactly one callback of a round gets as far as the code exchange. */
export type PendingCallback = {
  /** Names the cookie that binds the round to a browser. */
  readonly cookie: string;
} & (
  | {
      readonly kind: 'link';
      finish(response: AuthorizationResponse): Promise<LinkOutcome>;
      /** Who made the link, and where the browser goes back to after this; for the browser that was sent to Google alone. */
      maker(outcome: LinkOutcome, browser: string | undefined): Promise<LinkMaker>;
    }
  | { readonly kind: 'sign_in'; finish(response: AuthorizationResponse): Promise<SignInOutcome> }
);

export interface Connection {
  /**
   * Undefined for an unknown ticket, and for a link of another `origin`: one made for this machine alone must not work on a
   * public server with the same database.
   */
  open(ticket: string, origin?: string): Promise<OpenedLink | undefined>;
  /**
   * The one look-up of a callback. Undefined for an unknown state, and at another address than the browser was sent to
   * come back to: each provider has its own, so that a response never stands for another provider's (RFC 9700 §4.4.2.2).
   */
  findCallback(state: string, redirectUri?: string): Promise<PendingCallback | undefined>;
}

/** Where the person has to be signed in, nothing leads to Google before the session is the ticket's person's. */
const signInNeeded = async (
  options: AccountsOptions,
  { key, linkPolicy }: Ticket,
  session: string | undefined,
): Promise<SignInNeeded | undefined> => {
  if (linkPolicy !== 'signed_in') return undefined;
  const visitor = await browserSessionOf(options, session);
  if (visitor !== undefined && accountKeyText(visitor) === accountKeyText(key)) return undefined;
  return { kind: 'sign_in', realm: key.realm, somebodyElse: visitor !== undefined };
};

const noClient = (options: AccountsOptions, account: Account): NoClient => {
  logNoClient(options, account);
  return { kind: 'unavailable' };
};

const view = async (options: AccountsOptions, ticket: Ticket, session: string | undefined): Promise<LinkView> => {
  const { storage, clients, clock } = options;
  const dead = deadLink(ticket, clock.now());
  if (dead) return dead;
  const signIn = await signInNeeded(options, ticket, session);
  if (signIn) return signIn;
  const account = await storage.accounts.find(ticket.key);
  if (account === undefined) return { kind: 'unknown' };
  const client = await clients.of(account);
  if (!client.ok) return noClient(options, account);
  const { clientId } = client.value.oauth;
  const { capabilities, expiresAt, linkPolicy } = ticket;
  const scopes = scopesFor(capabilities);
  const leftMs = expiresAt - clock.now();
  return { kind: 'confirm', account, capabilities, leftMs, linkPolicy, clientId, scopes };
};

/**
 * What a browser decides of a link: it is the first that does, or the one that went on with it. The link is looked up anew
 * where somebody was faster: it may have been the same browser, whose button was pressed twice.
 * @param decide undefined: the ticket was written to since it was read
 */
const decided = async <T>(
  options: AccountsOptions,
  found: Ticket,
  { browser, session }: { readonly browser: string; readonly session: string | undefined },
  decide: (ticket: Ticket, browserHash: string, round: FoundRound | undefined) => Promise<T | undefined>,
): Promise<T | Undecided> => {
  const { tickets, authorizationRounds } = options.storage;
  const browserHash = hashSecret(browser);
  let ticket: Ticket | undefined = found;
  const outcome = await retryLostWrites(async (): Promise<T | Undecided | undefined> => {
    const dead = deadLink(ticket, options.clock.now());
    if (dead || ticket === undefined) return dead ?? { kind: 'unknown' };
    const signIn = await signInNeeded(options, ticket, session);
    if (signIn) return signIn;
    const round = ticket.stateHash === undefined ? undefined : await authorizationRounds.find(ticket.stateHash);
    if (ticket.status === 'taken' && round?.browserHash !== browserHash) return { kind: 'taken_elsewhere' };
    const made = await decide(ticket, browserHash, round);
    if (made === undefined) ticket = await tickets.find(found.hash);
    return made;
  });
  return outcome ?? { kind: 'taken_elsewhere' };
};

/** The browser that took a link may go to Google again, and its former round ends by that. */
const takeAndSend = async (
  options: AccountsOptions,
  ticket: Ticket,
  browserHash: string,
  formerRound: FoundRound | undefined,
): Promise<Begin | undefined> => {
  const { accounts, tickets, authorizationRounds } = options.storage;
  const { hash, stateHash: former } = ticket;
  const account = await accounts.find(ticket.key);
  if (account === undefined) return { kind: 'unknown' };
  const client = await options.clients.of(account);
  if (!client.ok) return noClient(options, account);
  const { url, stateHash } = await sendToGoogle(options, client.value.oauth, {
    purpose: { kind: 'connect', ticketHash: hash },
    browserHash,
    redirectUri: ticket.redirectUri,
    capabilities: ticket.capabilities,
    expiresAt: ticket.expiresAt,
    askedAgain: formerRound !== undefined && detailsOf(formerRound).askedAgain,
    loginHint: loginHintFor(account, ticket),
  });
  if (!(await tickets.take(hash, { stateHash, former }, options.clock.now()))) return undefined;
  if (former !== undefined) await authorizationRounds.remove(former);
  return { kind: 'redirect', url };
};

/** What has to be, before what the product thinks. */
const loginHintFor = ({ pins, google }: Account, { replace, loginHint }: Ticket): string | undefined =>
  pins.expectedEmail ?? (replace ? undefined : google?.email) ?? loginHint;

const decline = async (options: AccountsOptions, { hash, key, stateHash }: Ticket): Promise<Declined | undefined> => {
  if (!(await options.storage.tickets.decline(hash, stateHash))) return undefined;
  await noteNotConnected(options, key, 'declined');
  options.log({ event: 'link_finished', key, cause: 'declined' });
  return { kind: 'declined' };
};

/** @param providers where people sign in; rounds of others lead nowhere */
export const createConnection = (options: FinishOptions, providers: readonly SignInProvider[]): Connection => ({
  open: async (secret, origin) => {
    const ticket = isSecret(secret) ? await options.storage.tickets.find(hashSecret(secret)) : undefined;
    if (ticket === undefined) return undefined;
    if (origin !== undefined && new URL(ticket.redirectUri).origin !== origin) return undefined;
    return {
      cookie: roundCookie({ kind: 'connect', ticketHash: ticket.hash }),
      view: (session) => view(options, ticket, session),
      begin: (browser, session) =>
        decided(options, ticket, { browser, session }, (at, browserHash, round) =>
          takeAndSend(options, at, browserHash, round),
        ),
      decline: (browser, session) => decided(options, ticket, { browser, session }, (at) => decline(options, at)),
      maker: (ended, browser) => makerOfLink(options, ticket.hash, ended, browser),
    };
  },
  findCallback: async (state, redirectUri) => {
    const round = await findRound(options, state);
    if (round === undefined || (redirectUri !== undefined && round.redirectUri !== redirectUri)) return undefined;
    const { purpose } = round;
    const cookie = roundCookie(purpose);
    if (purpose.kind === 'connect')
      return {
        kind: 'link',
        cookie,
        finish: (response) => finishLink(options, { ...round, purpose }, response),
        maker: (outcome, browser) => makerOfRound(options, { ...round, purpose }, outcome, browser),
      };
    const provider = providers.find(({ realm }) => realm === round.realm);
    return (
      provider && { kind: 'sign_in', cookie, finish: (response) => provider.finish({ ...round, purpose }, response) }
    );
  },
});
