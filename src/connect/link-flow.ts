// The browser's half of connecting: look at a ticket, take it, come back from Google. Changes an account only at the
// very end, in one version-checked write; the present grant serves until the new one is accepted.

import type { AccountsOptions } from '../grants/options.ts';
import { hashSecret, isSecret } from '../lib/secrets.ts';
import type { Account } from '../model/account.ts';
import { accountKeyText } from '../model/account-key.ts';
import type { LinkPolicy } from '../model/caller.ts';
import { type Capability, scopesFor } from '../model/scope.ts';
import type { Ticket } from '../storage/index.ts';
import { authorization } from './authorization.ts';
import { complete } from './complete-link.ts';
import type { Callback, DeadLink, Finish } from './link-outcome.ts';
import { browserSessionOf } from './sign-in/browser-sessions.ts';

/** The link is for somebody who has to sign in in this browser first: in this realm. */
export interface SignInNeeded {
  readonly kind: 'sign_in';
  readonly realm: string;
  /** Another person is signed in here. */
  readonly somebodyElse: boolean;
}

export type LinkView =
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
  | DeadLink;

export type Begin =
  | { readonly kind: 'redirect'; readonly url: string }
  | { readonly kind: 'taken_elsewhere' }
  | SignInNeeded
  | DeadLink;

export interface Connection {
  /** What a link is about. Changes nothing: chat apps preview links. `session` is the secret in the session's cookie. */
  view(ticket: string, session?: string): Promise<LinkView>;
  /** Takes the ticket for this browser and says where Google is. `browser` is the secret in the ticket's cookie. */
  begin(ticket: string, browser: string, session?: string): Promise<Begin>;
  /**
   * A name for the cookie that binds a ticket to a browser; undefined for an unknown ticket or state, and for a link
   * of another `origin`: one made for this machine alone must not work on a public server with the same database.
   */
  cookieOf(of: { readonly ticket: string } | { readonly state: string }, origin: string): Promise<string | undefined>;
  /** Google's redirect back: exactly one callback per ticket gets as far as the code exchange. */
  finish(callback: Callback): Promise<Finish>;
}

/** The link is over, or why it is not. */
const deadOr = (ticket: Ticket | undefined, now: number): DeadLink | undefined => {
  if (ticket === undefined) return { kind: 'unknown' };
  if (ticket.status !== 'open' && ticket.status !== 'taken') return { kind: 'used' };
  return ticket.expiresAt > now ? undefined : { kind: 'expired' };
};

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

export interface ConnectionOptions extends AccountsOptions {
  /** Sees to it that a pending grant that nobody confirms is erased in time. */
  readonly eraseUnconfirmedLater: () => void;
}

export const createConnection = (options: ConnectionOptions): Connection => {
  const { storage, oauth, clock } = options;
  const { tickets } = storage;

  const findByTicket = (secret: string) =>
    isSecret(secret) ? tickets.find(hashSecret(secret)) : Promise.resolve(undefined);
  const findByState = (state: string) =>
    isSecret(state) ? tickets.findByState(hashSecret(state)) : Promise.resolve(undefined);

  return {
    view: async (secret, session) => {
      const ticket = await findByTicket(secret);
      const dead = deadOr(ticket, clock.now());
      if (dead || ticket === undefined) return dead ?? { kind: 'unknown' };
      const signIn = await signInNeeded(options, ticket, session);
      if (signIn) return signIn;
      const account = await storage.accounts.find(ticket.key);
      if (account === undefined) return { kind: 'unknown' };
      const { capabilities, expiresAt, linkPolicy } = ticket;
      const scopes = scopesFor(capabilities);
      const leftMs = expiresAt - clock.now();
      return { kind: 'confirm', account, capabilities, leftMs, linkPolicy, clientId: oauth.clientId, scopes };
    },

    begin: async (secret, browser, session) => {
      const ticket = await findByTicket(secret);
      const dead = deadOr(ticket, clock.now());
      if (dead || ticket === undefined) return dead ?? { kind: 'unknown' };
      const signIn = await signInNeeded(options, ticket, session);
      if (signIn) return signIn;
      const sent = authorization(options, ticket);
      const taken = await tickets.take(ticket.hash, { browserHash: hashSecret(browser), ...sent.kept }, clock.now());
      if (taken) return { kind: 'redirect', url: await sent.url() };
      return deadOr(await tickets.find(ticket.hash), clock.now()) ?? { kind: 'taken_elsewhere' };
    },

    cookieOf: async (of, origin) => {
      const ticket = 'ticket' in of ? await findByTicket(of.ticket) : await findByState(of.state);
      if (ticket === undefined || new URL(ticket.redirectUri).origin !== origin) return undefined;
      return `postern_link_${ticket.hash.slice(0, 16)}`;
    },

    finish: async (callback) => {
      const { state = '', browser = '' } = callback;
      const found = await findByState(state);
      if (found === undefined || !isSecret(browser)) return { kind: 'unknown' };
      const taken = await tickets.redeem(hashSecret(state), hashSecret(browser), clock.now());
      if (taken === undefined) return deadOr(found, clock.now()) ?? { kind: 'unknown' };
      const finish = await complete(options, taken, callback);
      const ended = ticketEnd(finish);
      if (ended !== undefined) await tickets.finish(taken.hash, ended);
      if (finish.kind === 'connected') await tickets.voidOthers(taken.key, taken.hash);
      if (finish.kind === 'awaiting_verification') options.eraseUnconfirmedLater();
      options.log({ event: 'link_finished', key: taken.key, cause: finish.kind });
      return finish;
    },
  };
};

/** undefined: the link goes on, at Google or at the product that confirms it. */
const ticketEnd = (finish: Finish): 'connected' | 'declined' | 'refused' | 'failed' | undefined => {
  switch (finish.kind) {
    case 'again':
    case 'awaiting_verification':
      return undefined;
    case 'connected':
    case 'declined':
      return finish.kind;
    case 'wrong_mailbox':
    case 'unverifiable':
    case 'scope_missing':
      return 'refused';
    default:
      return 'failed';
  }
};
