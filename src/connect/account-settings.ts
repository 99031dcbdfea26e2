// What a product or the operator says of an account: whose mailbox it has to be, and what its links ask for. Making an
// account says it once; changing it is a call of its own, and never leaves a grant that contradicts it.

import type { AccountsOptions } from '../grants/options.ts';
import { asciiLowerCase } from '../lib/e-mail-address.ts';
import { retryLostWrites } from '../lib/optimistic-retry.ts';
import type { Account, Pins } from '../model/account.ts';
import type { AccountKey } from '../model/account-key.ts';
import { type Capability, capabilities } from '../model/capability.ts';
import type { Difference, Problem } from '../model/problem.ts';
import { failed, ok, type Result } from '../model/result.ts';
import type { AccountSettings, AccountStore } from '../storage/index.ts';
import { contradicts } from './acceptance.ts';

/** What a request asks for; what is absent, it leaves open. */
export interface RequestedSettings extends Pins {
  readonly extraCapabilities?: readonly Capability[];
}

/** What becomes of each setting: null takes it away, and what is absent stays. */
export interface SettingsChange {
  readonly expectedEmail?: string | null;
  readonly expectedDomain?: string | null;
  readonly expectedSub?: string | null;
  readonly extraCapabilities?: readonly Capability[] | null;
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
const differences = ({ pins, extraCapabilities }: Account, given: RequestedSettings): Difference[] => {
  const { expectedEmail, expectedDomain, expectedSub } = given;
  const requested = given.extraCapabilities && inOrder(given.extraCapabilities);
  const found: Difference[] = [];
  if (expectedEmail !== undefined && !same(expectedEmail, pins.expectedEmail))
    found.push({ field: 'expected_email', now: pins.expectedEmail ?? null });
  if (expectedDomain !== undefined && !same(expectedDomain, pins.expectedDomain))
    found.push({ field: 'expected_domain', now: pins.expectedDomain ?? null });
  if (expectedSub !== undefined && expectedSub !== pins.expectedSub)
    found.push({ field: 'expected_sub', now: pins.expectedSub ?? null });
  if (requested !== undefined && String(requested) !== String(extraCapabilities))
    found.push({ field: 'capabilities', now: extraCapabilities });
  return found;
};

type SettingsOptions = Tools & Pick<AccountsOptions, 'storage' | 'log'>;

type Tools = Pick<AccountsOptions, 'requiredCapabilities' | 'optionalCapabilities' | 'stepUpCapabilities'>;

/** Whether an enabled tool can work with it: nobody is asked for a permission that nothing would use. */
export const isUsed = (tools: Tools, capability: Capability): boolean =>
  [tools.requiredCapabilities, tools.optionalCapabilities, tools.stepUpCapabilities].some((some) =>
    some.includes(capability),
  );

/** What is wrong with asking for these; undefined where each is of use. */
export const unusedAmong = (tools: Tools, requested: readonly Capability[]): Problem | undefined => {
  const unused = requested.filter((capability) => !isUsed(tools, capability));
  if (unused.length === 0) return undefined;
  const detail = `capabilities has ${unused.join(', ')}, which no tool works with that this server offers.`;
  return { kind: 'invalid_input', detail };
};

/**
 * Makes the account with these settings. One that exists stays as it is: where it differs, that is the answer.
 * @param connection what a new one is connected through; absent: what its realm says
 */
export const ensureAccount = async (
  accounts: AccountStore,
  key: AccountKey,
  given: RequestedSettings,
  connection?: string,
): Promise<Result<Ensured>> => {
  const { extraCapabilities = [], ...pins } = given;
  const present = await accounts.find(key);
  const settings = { pins, extraCapabilities: inOrder(extraCapabilities) };
  const account = present ?? (await accounts.getOrCreate(key, settings, connection));
  // Somebody else may have made it meanwhile, and with other settings.
  const differs = differences(account, given);
  if (differs.length > 0) return failed({ kind: 'account_differs', differences: differs });
  return ok({ account, created: present === undefined });
};

/** The same, where nothing may be asked for that no tool works with. */
export const ensure = async (
  options: SettingsOptions,
  key: AccountKey,
  given: RequestedSettings = {},
  connection?: string,
): Promise<Result<Ensured>> => {
  const unused = unusedAmong(options, given.extraCapabilities ?? []);
  return unused ? failed(unused) : ensureAccount(options.storage.accounts, key, given, connection);
};

const changed = ({ pins, extraCapabilities }: Account, change: SettingsChange): AccountSettings => {
  const pin = (given: string | null | undefined, present: string | undefined) =>
    given === undefined ? present : (given ?? undefined);
  return {
    pins: {
      expectedEmail: pin(change.expectedEmail, pins.expectedEmail),
      expectedDomain: pin(change.expectedDomain, pins.expectedDomain),
      expectedSub: pin(change.expectedSub, pins.expectedSub),
    },
    extraCapabilities:
      change.extraCapabilities === undefined ? extraCapabilities : inOrder(change.extraCapabilities ?? []),
  };
};

/**
 * Changes what is said of an account that exists. Where its Google account is not the one that is expected now, its
 * grant is erased in the same write, also one that is only kept for a while: it never serves under pins that it contradicts.
 */
export const changeSettings = async (
  options: SettingsOptions,
  key: AccountKey,
  change: SettingsChange,
): Promise<Result<Account>> => {
  const { accounts } = options.storage;
  const unused = unusedAmong(options, change.extraCapabilities ?? []);
  if (unused) return failed(unused);
  const outcome = await retryLostWrites(async (): Promise<Result<Account> | undefined> => {
    const account = await accounts.find(key);
    if (account === undefined) return failed({ kind: 'not_found', what: 'account' });
    const settings = changed(account, change);
    const ended = contradicts(settings.pins, account);
    const end = ended ? ({ status: 'PENDING', reason: 'pins_changed' } as const) : undefined;
    const saved = await accounts.setSettings(key, account.version, settings, end);
    if (saved === undefined) return undefined;
    options.log({ event: 'account_changed', key, cause: ended ? 'grant erased' : 'grant untouched' });
    return ok(saved);
  });
  return outcome ?? failed({ kind: 'storage_busy' });
};
