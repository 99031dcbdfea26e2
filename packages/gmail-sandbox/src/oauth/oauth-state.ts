// Everything the OAuth endpoints share, as one value. Holds no rules of its own but the admin's block.

import type { AccountRegistry, GoogleAccount } from '../accounts.ts';
import type { Clock } from '../clock.ts';
import type { AuthorizationCodes } from './authorization-codes.ts';
import type { Project } from './clients.ts';
import type { GrantStore } from './grants.ts';

export interface OAuthState {
  readonly clock: Clock;
  /** The sandbox's address; the issuer of its ID tokens. */
  readonly origin: string;
  readonly project: Project;
  readonly accounts: AccountRegistry;
  readonly grants: GrantStore;
  readonly codes: AuthorizationCodes;
}

/** The domain whose admin decides over this account. */
export const domainOf = (account: GoogleAccount): string =>
  account.hostedDomain ?? (account.email.split('@')[1] as string);

/** Whether the admin of this account's Workspace domain has blocked the app. */
export const blockedByAdmin = (project: Project, account: GoogleAccount): boolean =>
  project.blockedDomains.has(domainOf(account));
