// The fake Google as one value: a web-standard handler for OAuth, Gmail and People, and verbs for what people and admins
// do there. START HERE. It needs no socket: listen.ts adds one.
import { createAccountRegistry } from './accounts.ts';
import { type Clock, systemClock } from './clock.ts';
import { createFaults } from './faults.ts';
import { createAuthorizationCodes, createConsents, createGrantStore, type OAuthState } from './oauth/grants.ts';
import { newClientId, newClientSecret, type OAuthClient, type Project } from './oauth/project.ts';
import { createRequestHandler } from './request-handler.ts';
import { createTraffic } from './traffic.ts';
import { createVerbs, type Sandbox } from './verbs.ts';

export type { GoogleAccount, NewAccount } from './accounts.ts';
export { ConnectionReset, type Fault, type FaultMatch } from './faults.ts';
export type { RecordedRequest } from './traffic.ts';
export type { Sandbox } from './verbs.ts';

export interface SandboxOptions {
  /** Ages of codes and tokens, dates of mail, latency and delays follow it. Default: the system's. */
  readonly clock?: Clock;
  /** Where the sandbox is reached, and the issuer of its ID tokens. Default `http://google.test`. */
  readonly origin?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** The client's registered redirect URIs; `any` (the default) is every loopback and every https address. */
  readonly redirectUris?: readonly string[] | 'any';
  /** Gets one line per request, without secrets. */
  readonly log?: (line: string) => void;
}

const settingsFor = (origin: string, client: OAuthClient): Record<string, string> => ({
  GOOGLE_CLIENT_ID: client.clientId,
  GOOGLE_CLIENT_SECRET: client.clientSecret,
  GOOGLE_ISSUER: origin,
  GOOGLE_AUTHORIZATION_ENDPOINT: `${origin}/o/oauth2/v2/auth`,
  GOOGLE_TOKEN_ENDPOINT: `${origin}/token`,
  GOOGLE_REVOCATION_ENDPOINT: `${origin}/revoke`,
  GMAIL_ROOT_URL: `${origin}/`,
  PEOPLE_ROOT_URL: `${origin}/`,
});

const createState = (options: SandboxOptions, client: OAuthClient): OAuthState => {
  const { clock = systemClock, origin = 'http://google.test' } = options;
  const project: Project = {
    clients: new Map([[client.clientId, client]]),
    testingMode: false,
    refreshTokenCap: 100,
    blockedDomains: new Set(),
    domainsWithoutGmailApps: new Set(),
    disabledServices: new Set(),
  };
  return {
    clock,
    origin,
    project,
    accounts: createAccountRegistry(clock),
    consents: createConsents(project),
    grants: createGrantStore(clock, project),
    codes: createAuthorizationCodes(clock),
  };
};

/** A fake Google without accounts; add them with `addAccount`. */
export const createSandbox = (options: SandboxOptions = {}): Sandbox => {
  const client: OAuthClient = {
    clientId: options.clientId ?? newClientId(),
    clientSecret: options.clientSecret ?? newClientSecret(),
    redirectUris: options.redirectUris ?? 'any',
  };
  const state = createState(options, client);
  const traffic = createTraffic();
  const faults = createFaults(state.clock);
  const latency = { milliseconds: 0 };
  const { accounts, grants } = state;

  const sandbox: Sandbox = {
    ...createVerbs(state, client),
    origin: state.origin,
    clientId: client.clientId,
    get clientSecret() {
      return client.clientSecret;
    },
    fetch: (request) => handle(request),
    env: () => settingsFor(state.origin, client),
    addAccount: (account) => accounts.add(account),
    account: (email) => accounts.get(email),
    get accounts() {
      return accounts.existing();
    },
    requests: traffic.requests,
    clearRequests: () => traffic.clear(),
    activeGrants: (email) =>
      grants.of(accounts.get(email)).filter((grant) => grant.refreshToken && grants.endingOf(grant) === undefined)
        .length,
    fault: (match, fault) => faults.add(match, fault),
    clearFaults: () => faults.clear(),
    setLatency(milliseconds) {
      latency.milliseconds = milliseconds;
    },
    setConcurrencyLimit(count) {
      traffic.limit = count;
    },
    maxInFlight: (email) => traffic.maxInFlight(accounts.get(email).email),
  };
  const handle = createRequestHandler({ state, traffic, faults, latency, sandbox, log: options.log });
  return sandbox;
};
