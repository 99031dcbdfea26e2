// What a product or the operator says of an account: whose mailbox it has to be, and what its links ask for. Making an
// account says it once; changing it is a call of its own, and never leaves a grant that contradicts it.

import type { AccountsOptions } from '../grants/options.ts';
import { asciiLowerCase } from '../lib/e-mail-address.ts';
import type { Account, Pins } from '../model/account.ts';
import type { AccountKey } from '../model/account-key.ts';
import { type Capability, capabilities } from '../model/capability.ts';
import type { Difference } from '../model/problem.ts';
import { failed, ok, type Result } from '../model/result.ts';
import type { AccountStore, Wishes } from '../storage/index.ts';
import { contradicts } from './acceptance.ts';
import { unusedAmong } from './requested-capabilities.ts';

const attempts = 5;

/** What a request says; what is absent, it says nothing of. */
export interface WishesGiven extends Pins {
  readonly alsoAsked?: readonly Capability[];
}

/** What becomes of each wish: null takes it away, and what is absent stays. */
export interface WishesChange {
  readonly expectedEmail?: string | null;
  readonly expectedDomain?: string | null;
  readonly expectedSub?: string | null;
  readonly alsoAsked?: readonly Capability[] | null;
}

export interface Ensured {
  readonly account: Account;
  /** False where it existed. */
  readonly created: boolean;
}

const inOrder = (asked: readonly Capability[]): Capability[] => capabilities.filter((name) => asked.includes(name));

const same = (given: string, present: string | undefined): boolean =>
  present !== undefined && asciiLowerCase(given) === asciiLowerCase(present);

/** Where the account is not as the request says. Addresses and domains are compared without regard to case. */
const differences = ({ pins, alsoAsked }: Account, given: WishesGiven): Difference[] => {
  const { expectedEmail, expectedDomain, expectedSub } = given;
  const asked = given.alsoAsked && inOrder(given.alsoAsked);
  return [
    ...(expectedEmail === undefined || same(expectedEmail, pins.expectedEmail)
      ? []
      : [{ field: 'expected_email', now: pins.expectedEmail ?? null } as const]),
    ...(expectedDomain === undefined || same(expectedDomain, pins.expectedDomain)
      ? []
      : [{ field: 'expected_domain', now: pins.expectedDomain ?? null } as const]),
    ...(expectedSub === undefined || expectedSub === pins.expectedSub
      ? []
      : [{ field: 'expected_sub', now: pins.expectedSub ?? null } as const]),
    ...(asked === undefined || String(asked) === String(alsoAsked)
      ? []
      : [{ field: 'capabilities', now: alsoAsked } as const]),
  ];
};

type WishesOptions = Pick<
  AccountsOptions,
  'storage' | 'log' | 'requiredCapabilities' | 'optionalCapabilities' | 'stepUpCapabilities'
>;

/** Makes the account with these wishes. One that exists stays as it is: where it differs, that is the answer. */
export const ensureAccount = async (
  accounts: AccountStore,
  key: AccountKey,
  given: WishesGiven,
): Promise<Result<Ensured>> => {
  const { alsoAsked = [], ...pins } = given;
  const present = await accounts.find(key);
  const account = present ?? (await accounts.getOrCreate(key, { pins, alsoAsked: inOrder(alsoAsked) }));
  // Somebody else may have made it meanwhile, and with other wishes.
  const differs = differences(account, given);
  if (differs.length > 0) return failed({ kind: 'account_differs', differences: differs });
  return ok({ account, created: present === undefined });
};

/** The same, where nothing may be asked for that no tool works with. */
export const ensure = async (
  options: WishesOptions,
  key: AccountKey,
  given: WishesGiven = {},
): Promise<Result<Ensured>> => {
  const unused = unusedAmong(options, given.alsoAsked ?? []);
  return unused ? failed(unused) : ensureAccount(options.storage.accounts, key, given);
};

const changed = ({ pins, alsoAsked }: Account, change: WishesChange): Wishes => {
  const pin = (given: string | null | undefined, present: string | undefined) =>
    given === undefined ? present : (given ?? undefined);
  const expectedEmail = pin(change.expectedEmail, pins.expectedEmail);
  const expectedDomain = pin(change.expectedDomain, pins.expectedDomain);
  const expectedSub = pin(change.expectedSub, pins.expectedSub);
  return {
    pins: {
      ...(expectedEmail === undefined ? {} : { expectedEmail }),
      ...(expectedDomain === undefined ? {} : { expectedDomain }),
      ...(expectedSub === undefined ? {} : { expectedSub }),
    },
    alsoAsked: change.alsoAsked === undefined ? alsoAsked : inOrder(change.alsoAsked ?? []),
  };
};

/**
 * Changes what is said of an account that exists. Where its Google account is not the one that is expected now, its
 * grant is erased in the same write, also one that is only kept for a while: it never serves under pins that it contradicts.
 */
export const changeWishes = async (
  options: WishesOptions,
  key: AccountKey,
  change: WishesChange,
): Promise<Result<Account>> => {
  const { accounts } = options.storage;
  const unused = unusedAmong(options, change.alsoAsked ?? []);
  if (unused) return failed(unused);
  for (let attempt = 0; attempt < attempts; attempt++) {
    const account = await accounts.find(key);
    if (account === undefined) return failed({ kind: 'not_found', what: 'account' });
    const wishes = changed(account, change);
    const ended = contradicts(wishes.pins, account);
    const saved = ended
      ? await accounts.setWishes(key, account.version, wishes, { status: 'PENDING', reason: 'pins_changed' })
      : await accounts.setWishes(key, account.version, wishes);
    if (saved === undefined) continue;
    options.log({ event: 'account_changed', key, cause: ended ? 'grant erased' : 'grant untouched' });
    return ok(saved);
  }
  return failed({ kind: 'storage_busy' });
};
