// Which account a command line means, [IDENTIFIER] and --realm, and its pins. The operator's shell is trusted to name any.

import type { Pins } from '../model/account.ts';
import { type AccountKey, identifierSchema, realmSchema, reservedRealms } from '../model/account-key.ts';
import { expectedDomain, expectedEmail } from '../transports/api-input.ts';
import { CommandError } from './command-error.ts';
import { plain } from './terminal.ts';

const firstFault = (result: { error?: { issues: { message: string }[] } }): string =>
  result.error?.issues[0]?.message ?? 'is not valid';

/** A checked identifier; throws CommandError. */
export const parseIdentifier = (text: string): string => {
  const result = identifierSchema.safeParse(text);
  if (result.success) return result.data;
  throw new CommandError(`The identifier ${firstFault(result)}.`, { exitCode: 2 });
};

/** A checked realm; throws CommandError. */
export const parseRealm = (text: string): string => {
  const result = realmSchema.safeParse(text);
  if (result.success) return result.data;
  throw new CommandError(`The realm ${firstFault(result)}.`, { exitCode: 2 });
};

/** A realm that a product may have; throws CommandError. */
export const parseProductRealm = (text: string): string => {
  const realm = parseRealm(text);
  if (!reservedRealms.includes(realm)) return realm;
  throw new CommandError(`The realm ${realm} is reserved.`, {
    fix: 'Choose another name; without --realm it is "default".',
    exitCode: 2,
  });
};

/** Checked pins, or undefined when none is given; throws CommandError, also for an empty one (an unset shell variable). */
export const parsePins = (options: {
  readonly expectedEmail?: string;
  readonly expectedDomain?: string;
}): Pins | undefined => {
  const faultIn = (option: string, fault: string) => new CommandError(`${option} ${fault}.`, { exitCode: 2 });
  const pins: { expectedEmail?: string; expectedDomain?: string } = {};
  if (options.expectedEmail !== undefined) {
    const email = expectedEmail.safeParse(options.expectedEmail);
    if (!email.success) throw faultIn('--expected-email', firstFault(email));
    pins.expectedEmail = email.data;
  }
  if (options.expectedDomain !== undefined) {
    const domain = expectedDomain.safeParse(options.expectedDomain);
    if (!domain.success) throw faultIn('--expected-domain', firstFault(domain));
    pins.expectedDomain = domain.data;
  }
  return Object.keys(pins).length === 0 ? undefined : pins;
};

export interface AccountOptions {
  readonly realm: string;
}

/** @param ownIdentifier POSTERN_IDENTIFIER, meant when no identifier is given. */
export const accountKeyOf = (
  identifier: string | undefined,
  options: AccountOptions,
  ownIdentifier: string,
): AccountKey => ({ realm: parseRealm(options.realm), identifier: parseIdentifier(identifier ?? ownIdentifier) });

/** The error for a name that has no account, saying which realm was looked in: `local` where no --realm was given. */
export const noSuchAccount = ({ realm, identifier }: AccountKey): CommandError =>
  new CommandError(`There is no account ${plain(identifier)} in the realm ${realm}.`, {
    fix: 'See which there are with: postern accounts list, and name the realm with --realm',
  });
