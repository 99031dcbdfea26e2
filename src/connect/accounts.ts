// What the rest of Postern does with connected accounts: connect, access, check, disconnect. Composes the parts of connect
// and grants.

import { createAccess } from '../grants/access.ts';
import { createRecordAnswer, type RecordAnswer } from '../grants/capability-answers.ts';
import { type Check, createCheck, createDailyChecks, type DailyChecks } from '../grants/checks.ts';
import { type ClientParts, type Clients, type ClientsOptions, createClients } from '../grants/clients.ts';
import { type Disconnected, disconnect } from '../grants/disconnect.ts';
import { createDownloads, type Downloads } from '../grants/downloads.ts';
import { createNewGrantProbe } from '../grants/new-grant-probe.ts';
import type { AccountsOptions } from '../grants/options.ts';
import { createRefreshOnce, createRenew } from '../grants/refresh.ts';
import { createRefusedGrants } from '../grants/refused-grants.ts';
import { createRetainedGrants, createRetryRefused } from '../grants/retry-refused.ts';
import { observeTokenEndpoint } from '../grants/token-endpoint.ts';
import type { Account } from '../model/account.ts';
import { type AccountKey, googleRealm } from '../model/account-key.ts';
import type { Caller } from '../model/caller.ts';
import type { Capability } from '../model/capability.ts';
import type { FreshToken } from '../model/fresh-token.ts';
import { failed, type Result } from '../model/result.ts';
import type { GoogleOAuth } from '../oauth/google-oauth.ts';
import type { AccountPage, AccountPageRequest, RowFilter } from '../storage/index.ts';
import {
  changeSettings,
  type Ensured,
  ensure,
  type RequestedSettings,
  type SettingsChange,
} from './account-settings.ts';
import { endSignIns } from './complete-sign-in.ts';
import { type ConnectionView, connectionsOf } from './connections.ts';
import { type Connection, createConnection } from './link-flow.ts';
import { createLinks, type Link, type LinkRequest } from './links.ts';
import { createGoogleSignIn, createSignInAtIssuer, type SignInProvider } from './sign-in.ts';
import { confirmWithinMs, createVerification, type Verification } from './verify-user.ts';

export type { Checked } from '../grants/checks.ts';
export type { Disconnected } from '../grants/disconnect.ts';
export type { ClaimedDownload, DownloadableFile } from '../grants/downloads.ts';
export { LinkOriginError } from '../grants/options.ts';
export { authorizationFails, refusesEverybody } from '../grants/refused-grants.ts';
export type { SettingsChange } from './account-settings.ts';
export type { Connection, OpenedLink, PendingCallback, SignInNeeded } from './link-flow.ts';
export type { LinkMaker } from './link-return.ts';
export type { Link } from './links.ts';
export type { LinkOutcome, SignInFailure, SignInOutcome } from './outcomes.ts';
export { issuerCallbackPath, type SignInProvider } from './sign-in.ts';
export type { AuthRequest, Confirmed } from './verify-user.ts';

export interface Accounts {
  find(key: AccountKey): Promise<Account | undefined>;
  list(filter?: { readonly realm?: string }): Promise<Account[]>;
  /** A page of the accounts of a realm that fit, in the order of their identifiers. */
  page(realm: string, request: AccountPageRequest): Promise<AccountPage>;
  /** How many accounts of a realm fit. */
  count(realm: string, filter: RowFilter): Promise<number>;
  /** Get or create. One that exists stays as it is: where it differs from what is given, the answer is `account_differs`. A new one gets this connection, for life. */
  ensure(key: AccountKey, settings?: RequestedSettings, connection?: string): Promise<Result<Ensured>>;
  /**
   * The connections that concern a realm: what its accounts have, and what new ones get, also through an API key of its own
   * connection. Of other realms' connections nothing is said.
   */
  connections(realm: string, ofKey?: string): Promise<ConnectionView[]>;
  /** Changes pins and what links ask for; a grant that contradicts the new pins is erased in the same write. */
  change(key: AccountKey, change: SettingsChange): Promise<Result<Account>>;
  /**
   * Writes down what one of Google's APIs answered under a grant: `works`, or why it refuses the capability; the
   * account then says so (`capabilities`). Requests through `GoogleServices.forCaller` with this as `record` do it by
   * themselves, checks and probes likewise; call it only where Google is asked by other means.
   */
  readonly recordAnswer: RecordAnswer;
  /** The port for Google clients; checks first that the account is ACTIVE and has what is `required`. */
  freshToken(key: AccountKey, required: readonly Capability[]): FreshToken;
  link(caller: Caller, wanted: LinkRequest): Promise<Result<Link>>;
  /** Waits (at most 45 s, ten calls of an account at a time) for the end of a link of this caller; true when it connected the account. */
  waitForLink(caller: Caller, ticket: string, signal: AbortSignal): Promise<boolean>;
  readonly connection: Connection;
  /** Signing in with Google; undefined where the operator did not turn it on. */
  readonly googleSignIn: SignInProvider | undefined;
  /** Signing in at the external issuer; undefined where there is none that browsers can be sent to. */
  readonly issuerSignIn: SignInProvider | undefined;
  readonly verification: Verification;
  disconnect(key: AccountKey): Promise<Result<Disconnected>>;
  /** Disconnects and deletes every row; false when there was none. */
  remove(key: AccountKey): Promise<boolean>;
  readonly downloads: Downloads;
  /** Asks Google now what works of an account, and writes it down. */
  readonly check: Check;
  /** Checks every ACTIVE account once a day. */
  readonly dailyChecks: DailyChecks;
  /** Ends what waits for its time. */
  close(): void;
}

/** What whoever makes them gives. */
export type NewAccountsOptions = Omit<AccountsOptions, 'clients'> & Pick<ClientsOptions, 'oauth' | 'oauthFor'>;

export const createAccounts = ({ oauth, oauthFor, ...given }: NewAccountsOptions): Accounts => {
  const { storage } = given;
  const closing = new AbortController();
  const { signal } = closing;
  /** What each client has of its own. */
  const partsOf = (oauth: GoogleOAuth, clients: Clients): ClientParts => {
    const accepted = (what: 'grant' | 'code') => refusedGrants.noteAccepted(what);
    const observed = observeTokenEndpoint({ ...given, oauth, accepted });
    const acceptsAgain = () => retryRefused.all();
    const refusedGrants = createRefusedGrants({ ...given, clients, oauth: observed, acceptsAgain });
    const retryRefused = createRetryRefused({ ...given, oauth: observed, ...retrying, signal });
    return { oauth: observed, refusedGrants, retryRefused };
  };
  const options: AccountsOptions = { ...given, clients: createClients({ storage, oauth, oauthFor, partsOf }) };
  const refreshOnce = createRefreshOnce(options);
  const retained = createRetainedGrants(options);
  const retrying = { renew: createRenew(options, refreshOnce), retryRetained: retained.retryNow };
  const checking = { ...options, ...retrying, refreshOnce, signal };
  const check = createCheck(checking);
  const eraseAfter = createEraser(options, signal);
  const { link, waitForLink } = createLinks(options);
  const googleSignIn = options.signIn && createGoogleSignIn(options, options.signIn.allowed);
  const issuerSignIn = options.issuer && createSignInAtIssuer(options, options.issuer);
  const providers = [googleSignIn, issuerSignIn].filter((provider) => provider !== undefined);
  return {
    find: (key) => storage.accounts.find(key),
    page: (realm, request) => storage.operations.pageOfAccounts(realm, request),
    count: (realm, filter) => storage.operations.countOfAccounts(realm, filter),
    list: (filter) => storage.operations.listAccounts(filter),
    ensure: (key, settings, connection) => ensure(options, key, settings, connection),
    connections: (realm, ofKey) => connectionsOf(options, realm, ofKey),
    change: (key, change) => changeSettings(options, key, change),
    recordAnswer: createRecordAnswer(options),
    freshToken: createAccess(options, { refreshOnce, retryRetained: retained.retry }),
    link,
    waitForLink,
    connection: createConnection(
      {
        ...options,
        probeNewGrant: createNewGrantProbe(checking),
        eraseUnconfirmedLater: () => eraseAfter(confirmWithinMs, storage.pendingGrants.eraseExpired),
      },
      providers,
    ),
    googleSignIn,
    issuerSignIn,
    verification: createVerification(options),
    disconnect: (key) => endConnection(options, key),
    remove: async (key) => {
      await endConnection(options, key);
      return storage.accounts.remove(key);
    },
    downloads: createDownloads(options),
    check,
    dailyChecks: createDailyChecks({ ...options, check }),
    close: () => closing.abort(),
  };
};

/** First the sign-ins under way, which could bring a new grant. */
const endConnection = async (options: AccountsOptions, key: AccountKey): Promise<Result<Disconnected>> => {
  if (key.realm === googleRealm && !(await endSignIns(options, key))) return failed({ kind: 'storage_busy' });
  return disconnect(options, key);
};

/** Erases what has been kept long enough; a process that ends earlier leaves it to the sweep. */
const createEraser =
  ({ clock, log }: AccountsOptions, signal: AbortSignal) =>
  async (afterMs: number, erase: (now: number) => Promise<void>): Promise<void> => {
    await clock.sleep(afterMs, signal);
    if (signal.aborted) return;
    await erase(clock.now()).catch(() => log({ event: 'grants_not_erased', level: 'warn' }));
  };
