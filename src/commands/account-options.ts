// Which account a command line means: [IDENTIFIER] and --realm. The operator's shell is trusted to name any.
import { type AccountKey, identifierSchema, realmSchema, reservedRealms } from '../model/account-key.ts';
import { CommandError } from './command-error.ts';

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

export interface AccountOptions {
  readonly realm: string;
}

/** @param ownIdentifier POSTERN_IDENTIFIER, meant when no identifier is given. */
export const accountKeyOf = (
  identifier: string | undefined,
  options: AccountOptions,
  ownIdentifier: string,
): AccountKey => ({ realm: parseRealm(options.realm), identifier: parseIdentifier(identifier ?? ownIdentifier) });
