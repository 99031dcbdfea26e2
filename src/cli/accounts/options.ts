// Which account a command line means, [IDENTIFIER] and --realm, and its pins. The operator's shell is trusted to name any.
import type { z } from 'zod';
import type { SettingsChange } from '../../connect/accounts.ts';
import { capabilityList, expectedDomain, expectedEmail, expectedSub } from '../../http/api/input.ts';
import type { Pins } from '../../model/account.ts';
import { type AccountKey, identifierSchema, realmSchema, reservedRealms } from '../../model/account-key.ts';
import type { Capability } from '../../model/capability.ts';
import { CommandError, plain } from '../terminal.ts';

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

/** The value of an option by its schema; throws CommandError, also for an empty one (an unset shell variable). */
const parseOption = <T>(option: string, schema: z.ZodType<T>, text: unknown): T => {
  const parsed = schema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new CommandError(`${option} ${firstFault(parsed)}.`, { exitCode: 2 });
};

/** The pins of a command line as it gives them; null for one that is taken away (`--no-expected-email`). */
export interface PinOptions {
  readonly expectedEmail?: string | false;
  readonly expectedDomain?: string | false;
  readonly expectedSub?: string | false;
}

/** Checked pins; null for one that is to be taken away. Throws CommandError. */
export const parsePinChange = (options: PinOptions): SettingsChange => {
  const pin = (option: string, schema: z.ZodType<string>, given: string | false | undefined) =>
    given === undefined ? undefined : given === false ? null : parseOption(option, schema, given);
  const email = pin('--expected-email', expectedEmail, options.expectedEmail);
  const domain = pin('--expected-domain', expectedDomain, options.expectedDomain);
  const sub = pin('--expected-sub', expectedSub, options.expectedSub);
  return {
    ...(email === undefined ? {} : { expectedEmail: email }),
    ...(domain === undefined ? {} : { expectedDomain: domain }),
    ...(sub === undefined ? {} : { expectedSub: sub }),
  };
};

/** Checked pins of an account that is made or meant; throws CommandError. */
export const parsePins = ({
  expectedEmail: email,
  expectedDomain: domain,
}: {
  readonly expectedEmail?: string;
  readonly expectedDomain?: string;
}): Pins => ({
  ...(email === undefined ? {} : { expectedEmail: parseOption('--expected-email', expectedEmail, email) }),
  ...(domain === undefined ? {} : { expectedDomain: parseOption('--expected-domain', expectedDomain, domain) }),
});

/** Names of capabilities, separated by commas; throws CommandError. */
export const parseCapabilities = (text: string): Capability[] => {
  const names = text.split(',').map((name) => name.trim());
  return parseOption('--capabilities', capabilityList, names);
};

/** An account that is not as the command line says, as the error of a command. */
export const accountDiffers = ({ realm, identifier }: AccountKey, what: string): CommandError =>
  new CommandError(what, {
    fix: `Leave the option out, or change the account first: postern accounts pin ${plain(identifier)} --realm ${realm}`,
  });

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
