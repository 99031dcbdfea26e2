// What a sandbox can do for whoever runs it, and what people and admins do at Google, as verbs: each changes state only, the
// endpoints then answer accordingly.
import type { GoogleAccount, NewAccount } from './accounts.ts';
import type { Fault, FaultMatch } from './faults.ts';
import { type Grant, type OAuthState, revokeEverything } from './oauth/grants.ts';
import {
  canonicalScopes,
  type GoogleService,
  isGmailScope,
  newClientId,
  newClientSecret,
  type OAuthClient,
  projectOf,
} from './oauth/project.ts';
import type { RecordedRequest } from './traffic.ts';

export interface Sandbox extends Verbs {
  readonly origin: string;
  readonly clientId: string;
  /** The secret that works now. */
  readonly clientSecret: string;
  /** The whole fake Google. Rejects like a real `fetch` where a fault cuts the connection or the request is aborted. */
  fetch(request: Request): Promise<Response>;
  /** The settings that point a Postern at this sandbox. */
  env(): Record<string, string>;
  addAccount(account: NewAccount): GoogleAccount;
  /** Throws for an unknown address. */
  account(email: string): GoogleAccount;
  readonly accounts: readonly GoogleAccount[];
  /** Every request that arrived (not those to `/_sandbox`), oldest first. */
  readonly requests: readonly RecordedRequest[];
  clearRequests(): void;
  /** How many grants of this account have a working refresh token, over all clients. */
  activeGrants(email: string): number;
  fault(match: FaultMatch, fault: Fault): void;
  clearFaults(): void;
  /** Every answer takes this many milliseconds of the clock. */
  setLatency(milliseconds: number): void;
  /** API requests of one account in flight before Google answers 429; undefined for no limit. */
  setConcurrencyLimit(count: number | undefined): void;
  /** The most API requests of one account that were in flight at once since `clearRequests`. */
  maxInFlight(email: string): number;
}

export interface Verbs {
  /** Ends every grant of the account that carries a Gmail scope; the others live on. */
  changePassword(email: string): void;
  /**
   * The person removes the app in their Google account: every grant in its project ends, consent is forgotten.
   * @param clientId one of the project's clients; every project's grants end when absent
   */
  revokeAccess(email: string, clientId?: string): void;
  /** The Workspace admin blocks the app: `admin_policy_enforced`, 401 from the APIs, a block page instead of consent. */
  blockAppByAdmin(domain: string): void;
  unblockAppByAdmin(domain: string): void;
  /** The Workspace session ended: present refresh tokens answer `invalid_rapt`, a new sign-in brings a good one. */
  sessionPolicy(email: string): void;
  /** The Google account itself is deleted. */
  deleteAccount(email: string): void;
  /** Grants lose a scope, at the token endpoint and at the APIs. */
  removeScope(email: string, scope: string): void;
  /** In testing mode new refresh tokens die after seven days. */
  setTestingMode(on: boolean): void;
  /** Working refresh tokens per account and client (100); the oldest ends silently. */
  setRefreshTokenCap(count: number): void;
  /** Gmail is turned off for the account: "Mail service not enabled". */
  disableGmail(email: string): void;
  enableGmail(email: string): void;
  /** The Workspace admin lets no app at Gmail: 403 `domainPolicy` from the Gmail API, everything else goes on. */
  blockGmailByAdmin(domain: string): void;
  unblockGmailByAdmin(domain: string): void;
  /** An API that is not enabled in the operator's Cloud project: 403 `accessNotConfigured`. */
  disableApi(service: GoogleService): void;
  enableApi(service: GoogleService): void;
  /** Makes every token of the account this much older. */
  ageTokens(email: string, milliseconds: number): void;
  /** A new client secret, of the first client unless said; the old one answers `invalid_client` from now on. */
  rotateClientSecret(clientId?: string): string;
  /** Another OAuth client, of the same Cloud project unless said. */
  addClient(options?: { readonly ofAnotherProject?: boolean }): { clientId: string; clientSecret: string };
}

/** What a person does with their own account, or what happens to it. */
const accountVerbs = (state: OAuthState) => {
  const { accounts, consents, grants } = state;
  const grantsOf = (email: string): Grant[] => grants.of(accounts.get(email));
  return {
    changePassword(email: string) {
      for (const grant of grantsOf(email)) if (grant.scopes.some(isGmailScope)) grants.end(grant, 'password_changed');
    },
    revokeAccess: (email: string, clientId?: string) => revokeEverything(state, accounts.get(email), clientId),
    sessionPolicy(email: string) {
      for (const grant of grantsOf(email)) grant.reauthRequired = true;
    },
    deleteAccount(email: string) {
      accounts.get(email).deleted = true;
      for (const grant of grantsOf(email)) grants.end(grant, 'account_deleted');
    },
    removeScope(email: string, scope: string) {
      const account = accounts.get(email);
      const removed = canonicalScopes([scope]).filter((item) => item !== 'openid' || scope === 'openid');
      for (const grant of grants.of(account)) {
        grant.scopes = grant.scopes.filter((item) => !removed.includes(item));
        for (const item of removed) consents.of(account, grant.clientId)?.scopes.delete(item);
      }
    },
    disableGmail(email: string) {
      accounts.get(email).gmailEnabled = false;
    },
    enableGmail(email: string) {
      accounts.get(email).gmailEnabled = true;
    },
    ageTokens: (email: string, milliseconds: number) => grants.age(accounts.get(email), milliseconds),
  };
};

/** What the admins of Workspace domains and the operator of the Cloud project set. */
const projectVerbs = ({ project }: OAuthState) => {
  const setter = <T>(set: Set<T>, normalize: (item: T) => T = (item) => item) => ({
    add: (item: T) => void set.add(normalize(item)),
    remove: (item: T) => void set.delete(normalize(item)),
  });
  const lowerCase = (domain: string) => domain.toLowerCase();
  const blocked = setter(project.blockedDomains, lowerCase);
  const withoutGmail = setter(project.domainsWithoutGmailApps, lowerCase);
  const disabled = setter(project.disabledServices);
  return {
    blockAppByAdmin: blocked.add,
    unblockAppByAdmin: blocked.remove,
    blockGmailByAdmin: withoutGmail.add,
    unblockGmailByAdmin: withoutGmail.remove,
    disableApi: disabled.add,
    enableApi: disabled.remove,
    setTestingMode(on: boolean) {
      project.testingMode = on;
    },
    setRefreshTokenCap(count: number) {
      project.refreshTokenCap = count;
    },
  };
};

export const createVerbs = (state: OAuthState, client: OAuthClient): Verbs => ({
  ...accountVerbs(state),
  ...projectVerbs(state),
  rotateClientSecret(clientId = client.clientId) {
    const rotated = state.project.clients.get(clientId);
    if (rotated === undefined) throw new Error(`the sandbox has no client ${clientId}`);
    rotated.clientSecret = newClientSecret();
    return rotated.clientSecret;
  },
  addClient({ ofAnotherProject = false } = {}) {
    const clientId = newClientId(ofAnotherProject ? undefined : projectOf(client.clientId));
    const added = { clientId, clientSecret: newClientSecret(), redirectUris: client.redirectUris };
    state.project.clients.set(clientId, added);
    return { clientId, clientSecret: added.clientSecret };
  },
});
