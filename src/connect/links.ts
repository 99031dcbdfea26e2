// Links for a person: made, given again while still open, waited for.

import { type AccountsOptions, LinkOriginError } from '../grants/options.ts';
import { createBoundedMap } from '../lib/bounded-map.ts';
import { hashSecret, isSecret, newSecret } from '../lib/secrets.ts';
import { createSemaphores } from '../lib/semaphore.ts';
import type { Account } from '../model/account.ts';
import { type AccountKey, accountKeyText } from '../model/account-key.ts';
import type { Caller } from '../model/caller.ts';
import { type Capability, capabilitiesOf } from '../model/capability.ts';
import { failed, ok, type Result } from '../model/result.ts';
import type { Ticket } from '../storage/index.ts';
import { isVerifiable } from './acceptance.ts';
import { isUsed, unusedAmong } from './account-settings.ts';
import { checkReturn, type WantedReturn } from './link-return.ts';
import type { DeadLink } from './outcomes.ts';

/** Milliseconds a link may be used, unless whoever asks for it says how long. */
export const linkLifetimeMs = 10 * 60_000;
/** Open links per account. */
const maxOpenLinks = 20;
/** A link is given again only while the person still has this long to use it. */
const reuseLeftMs = 5 * 60_000;
const maxRemembered = 10_000;
/** How long a retried call waits for its link, and how often it looks; milliseconds. */
const waitMs = 45_000;
const lookEveryMs = 300;
/** Calls of one account that wait at the same time; one more gets its answer at once. */
const maxWaits = 10;

export interface Link {
  readonly url: string;
  /** The secret in the URL; also the `requestState` of an elicitation. */
  readonly ticket: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface LinkRequest {
  /** Asked for in addition to what the enabled tools need, what was granted before and what the account says. */
  readonly capabilities: readonly Capability[];
  /** Give the link of this ticket again, if it is still open and this caller's. */
  readonly ticket?: string;
  /** The link may join another Google account than the recorded one. */
  readonly replace?: boolean;
  /** Give a link again that was made for the same request a moment ago. */
  readonly reuse?: boolean;
  /** Milliseconds the link may be used; `linkLifetimeMs` unless said. */
  readonly lifetimeMs?: number;
  /** The address that Google is told to expect, where neither a pin nor the recorded account says it. */
  readonly loginHint?: string;
  /** Where the browser goes back to; an address that the caller's key is registered for. */
  readonly returnTo?: WantedReturn;
  /** Without `returnTo`: what the browser brings to the key's verify_url, unchanged, as `state`. */
  readonly verifyState?: string;
}

const linkUrl = (origin: string, ticket: string): string => `${origin}/connect/${ticket}`;
export const callbackPath = '/oauth/callback';

const originOrNone = (linkOrigin: () => Promise<string>): Promise<string | undefined> =>
  linkOrigin().catch((error: unknown) => {
    if (error instanceof LinkOriginError) return undefined;
    throw error;
  });

/** Why a link leads nowhere any more; undefined while it does. */
export const deadLink = (ticket: Ticket | undefined, now: number): DeadLink | undefined => {
  if (ticket === undefined) return { kind: 'unknown' };
  if (ticket.status !== 'open' && ticket.status !== 'taken') return { kind: 'used' };
  return ticket.expiresAt > now ? undefined : { kind: 'expired' };
};

export const createLinks = (options: AccountsOptions) => {
  const { clock, random } = options;
  const { accounts, tickets } = options.storage;
  /** The links made last, by what was asked for. */
  const made = createBoundedMap<string, Link>({ maxSize: maxRemembered });
  const acquireWait = createSemaphores(maxWaits);

  const reusable = async (key: AccountKey, name: string): Promise<Link | undefined> => {
    const link = made.get(name);
    if (link === undefined || link.expiresAt - reuseLeftMs < clock.now()) return undefined;
    return liveLink(options, key, link.ticket, { unopened: true });
  };

  const makeLink = async (
    ticket: Omit<Ticket, 'hash' | 'status' | 'stateHash' | 'createdAt' | 'expiresAt' | 'redirectUri'>,
    lifetimeMs = linkLifetimeMs,
  ): Promise<Result<Link>> => {
    const origin = await originOrNone(options.linkOrigin);
    if (origin === undefined) return failed({ kind: 'link_pages_unavailable' });
    const secret = newSecret(random);
    const createdAt = clock.now();
    const times = { createdAt, expiresAt: createdAt + lifetimeMs };
    const row = { ...ticket, ...times, hash: hashSecret(secret), redirectUri: origin + callbackPath };
    const opened = await tickets.open(row, maxOpenLinks);
    if (opened === 'too_many') return failed({ kind: 'too_many_links' });
    // Deleted since it was looked at; asked for again, the account is made anew.
    if (opened === 'no_account') return failed({ kind: 'storage_busy' });
    return ok({ url: linkUrl(origin, secret), ticket: secret, expiresAt: times.expiresAt });
  };

  return {
    link: async (caller: Caller, wanted: LinkRequest): Promise<Result<Link>> => {
      const { key, linkPolicy, apiKeyId } = caller;
      const same = wanted.ticket === undefined ? undefined : await liveLink(options, key, wanted.ticket);
      if (same) return ok(same);
      const unused = unusedAmong(options, wanted.capabilities);
      if (unused) return failed(unused);
      const present = await accounts.find(key);
      const replace = wanted.replace === true;
      const returning = await checkReturn(options, caller, wanted);
      if (!returning.ok) return returning;
      // Nothing is made for a link that is not: the product may still create the account, with pins.
      if (!isVerifiable(present, linkPolicy, replace)) return failed({ kind: 'link_not_verifiable' });
      const account = present ?? (await accounts.getOrCreate(key, {}, caller.connection));
      const capabilities = capabilitiesFor(options, account, wanted);
      // Its connection is asked for nothing that any of it would be of use for.
      if (capabilities.length === 0 && account.allowed !== undefined)
        return failed({ kind: 'capability_not_allowed', capabilities: options.requiredCapabilities });
      const name = JSON.stringify([accountKeyText(key), linkPolicy, apiKeyId, replace, capabilities]);
      const earlier = wanted.reuse === true ? await reusable(key, name) : undefined;
      if (earlier) return ok(earlier);
      const { loginHint, lifetimeMs } = wanted;
      const ticket = { key, capabilities, linkPolicy, replace, apiKeyId, loginHint, ...returning.value };
      const link = await makeLink(ticket, lifetimeMs);
      // One that was asked for as it is, by a product, is nobody else's: the next may want none of it.
      if (link.ok && wanted.reuse === true) made.set(name, link.value);
      return link;
    },
    waitForLink: async (caller: Caller, secret: string, signal: AbortSignal): Promise<boolean> => {
      const leave = acquireWait(accountKeyText(caller.key));
      if (leave === undefined) return false;
      try {
        return await watchTicket(options, caller.key, secret, signal);
      } finally {
        leave();
      }
    },
  };
};

/** What the tools need, what was granted before, what the account asks for beside, and what is wanted now: if its connection allows it. */
const capabilitiesFor = (options: AccountsOptions, account: Account, wanted: LinkRequest): Capability[] =>
  [
    ...new Set([
      ...options.requiredCapabilities,
      ...options.optionalCapabilities,
      ...capabilitiesOf(account.grantedScopes),
      ...account.extraCapabilities.filter((capability) => isUsed(options, capability)),
      ...wanted.capabilities,
    ]),
  ].filter((capability) => account.allowed?.includes(capability) ?? true);

const ticketOf = async ({ storage }: AccountsOptions, key: AccountKey, secret: string): Promise<Ticket | undefined> => {
  const ticket = isSecret(secret) ? await storage.tickets.find(hashSecret(secret)) : undefined;
  return ticket !== undefined && accountKeyText(ticket.key) === accountKeyText(key) ? ticket : undefined;
};

/** The link of this ticket, while it leads somewhere and is this account's. */
const liveLink = async (
  options: AccountsOptions,
  key: AccountKey,
  secret: string,
  { unopened = false } = {},
): Promise<Link | undefined> => {
  const ticket = await ticketOf(options, key, secret);
  if (ticket === undefined || deadLink(ticket, options.clock.now())) return undefined;
  if (unopened && ticket.status !== 'open') return undefined;
  return { url: linkUrl(new URL(ticket.redirectUri).origin, secret), ticket: secret, expiresAt: ticket.expiresAt };
};

/** True when the link connected the account; false when it ended otherwise, or after 45 seconds. */
const watchTicket = async (
  options: AccountsOptions,
  key: AccountKey,
  secret: string,
  signal: AbortSignal,
): Promise<boolean> => {
  const { clock } = options;
  const until = clock.now() + waitMs;
  while (!signal.aborted) {
    const ticket = await ticketOf(options, key, secret);
    if (ticket === undefined) return false;
    if (ticket.status === 'connected') return true;
    const inProgress = deadLink(ticket, clock.now()) === undefined || ticket.status === 'redeemed';
    if (!inProgress || clock.now() >= until) return false;
    await clock.sleep(lookEveryMs, signal);
  }
  return false;
};
