// Who a token may still be made for: an account that exists, of a person who may still enter. Knows no token.
import type { Account as ProviderAccount } from 'oidc-provider';
import type { Account } from '../model/account.ts';
import { type AccountKey, googleRealm } from '../model/account-key.ts';
import { type AllowedPeople, mayEnter } from '../model/allowed-people.ts';

export interface Accounts {
  find(key: AccountKey): Promise<Account | undefined>;
}

export type MayStay = (sub: string) => Promise<boolean>;

/** Whether this person has an account here and may still enter, by the Google identity that it was last joined to. */
export const createMayStay =
  (accounts: Accounts, allowed: AllowedPeople): MayStay =>
  async (sub) => {
    const account = await accounts.find({ realm: googleRealm, identifier: sub });
    return account?.google !== undefined && mayEnter({ ...account.google, emailVerified: true }, allowed);
  };

/**
 * Asked whenever a code or token is made, so that somebody who was taken off the list, or disconnected, gets none. That
 * Google verified the address was checked at sign-in where an address let the person in.
 */
export const createFindAccount =
  (mayStay: MayStay) =>
  async (_context: unknown, sub: string): Promise<ProviderAccount | undefined> =>
    (await mayStay(sub)) ? { accountId: sub, claims: () => ({ sub }) } : undefined;
