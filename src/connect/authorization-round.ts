// One way of a browser to Google or to an issuer and back, for a link or for signing in: begun before the browser leaves,
// found by its `state`, redeemed once. Every round has a fresh state, nonce and code verifier, so that nothing of an
// earlier one can be replayed.

import type { AccountsOptions } from '../grants/options.ts';
import { hashSecret, isSecret, newSecret } from '../lib/secrets.ts';
import { googleRealm } from '../model/account-key.ts';
import { type Capability, scopesFor } from '../model/capability.ts';
import type { GoogleOAuth } from '../oauth/google-oauth.ts';
import type { FoundRound } from '../storage/index.ts';
import type { SignInPurpose } from './outcomes.ts';

/** Milliseconds a browser may take at the provider, where nothing else ends the round earlier. */
export const signInLifetimeMs = 15 * 60_000;

/** The person agreed on a link's page to connect the account of its ticket, which this hash names. */
export interface ConnectPurpose {
  readonly kind: 'connect';
  readonly ticketHash: string;
}

export type RoundPurpose = ConnectPurpose | SignInPurpose;

/** What only the callback needs to know again; stored sealed. */
interface RoundDetails<P extends RoundPurpose> {
  readonly purpose: P;
  readonly redirectUri: string;
  /** Google was asked once more already, because it gave no refresh token the first time. */
  readonly askedAgain: boolean;
  /** The OAuth client that the browser was sent to Google with: no other may redeem its code. Absent: no client of Google's. */
  readonly clientId?: string;
}

export interface Round<P extends RoundPurpose = RoundPurpose> extends RoundDetails<P> {
  readonly state: string;
  readonly stateHash: string;
  /** Where the browser was sent: the realm of that provider's people. */
  readonly realm: string;
  readonly browserHash: string;
  readonly nonce: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly expiresAt: number;
  /** Exactly one callback gets the code verifier, from the browser that was sent and before the round expires. */
  redeem(browser: string, now: number): Promise<string | undefined>;
}

/** A round that this callback alone owns. */
export interface OwnedRound<P extends RoundPurpose> extends Round<P> {
  readonly codeVerifier: string;
}

/** Names the cookie that binds a round to a browser. */
export const roundCookie = (purpose: RoundPurpose): string => {
  switch (purpose.kind) {
    case 'connect':
      return `postern_link_${purpose.ticketHash.slice(0, 16)}`;
    case 'client':
      return `postern_sign_in_${hashSecret(purpose.interaction).slice(0, 16)}`;
    case 'open_link':
      return `postern_link_sign_in_${hashSecret(purpose.ticket).slice(0, 16)}`;
  }
};

type RoundOptions = Pick<AccountsOptions, 'storage' | 'clock' | 'random'>;

export interface NewRound extends RoundDetails<RoundPurpose> {
  readonly realm: string;
  readonly browserHash: string;
  readonly codeVerifier: string;
  /** Milliseconds since the epoch; `signInLifetimeMs` from now when absent. */
  readonly expiresAt?: number;
}

/** Records a round before the browser leaves. */
export const beginRound = async (
  { storage, clock, random }: RoundOptions,
  { realm, browserHash, codeVerifier, expiresAt, ...details }: NewRound,
): Promise<{ readonly state: string; readonly stateHash: string; readonly nonce: string }> => {
  const [state, nonce] = [newSecret(random), newSecret(random)];
  const stateHash = hashSecret(state);
  const createdAt = clock.now();
  await storage.authorizationRounds.add({
    stateHash,
    realm,
    browserHash,
    nonce,
    codeVerifier,
    details: JSON.stringify(details),
    createdAt,
    expiresAt: expiresAt ?? createdAt + signInLifetimeMs,
  });
  return { state, stateHash, nonce };
};

/** The store sealed them, so they are what `beginRound` wrote. */
export const detailsOf = ({ details }: FoundRound): RoundDetails<RoundPurpose> => JSON.parse(details);

/** The round of this state, also one that was redeemed or has run out. */
export const findRound = async (
  { storage }: Pick<RoundOptions, 'storage'>,
  state: string,
): Promise<Round | undefined> => {
  const found = isSecret(state) ? await storage.authorizationRounds.find(hashSecret(state)) : undefined;
  if (found === undefined) return undefined;
  return {
    ...found,
    ...detailsOf(found),
    state,
    redeem: async (browser, now) =>
      isSecret(browser) && hashSecret(browser) === found.browserHash ? found.redeem(now) : undefined,
  };
};

/** Whether a browser was sent to Google with this client. A former version, which knew no other, did not write it down. */
export const isRoundOf = (
  { clients }: Pick<AccountsOptions, 'clients'>,
  { clientId = clients.environment.oauth.clientId }: Pick<Round, 'clientId'>,
  oauth: Pick<GoogleOAuth, 'clientId'>,
): boolean => clientId === oauth.clientId;

/** Begins a round at Google, with this client, and says where the browser goes. */
export const sendToGoogle = async (
  options: AccountsOptions,
  oauth: GoogleOAuth,
  round: Omit<NewRound, 'realm' | 'codeVerifier' | 'clientId'> & {
    readonly capabilities: readonly Capability[];
    /** Google shows its consent page also to who agreed before, and gives a refresh token. */
    readonly promptConsent?: boolean;
    readonly loginHint?: string;
    /** Whoever is signed in at Google already is not meant. */
    readonly selectAccount?: boolean;
  },
): Promise<{ readonly url: string; readonly stateHash: string }> => {
  const { capabilities, promptConsent = false, loginHint, selectAccount = false, ...kept } = round;
  const codeVerifier = oauth.newCodeVerifier();
  const { state, stateHash, nonce } = await beginRound(options, {
    ...kept,
    realm: googleRealm,
    codeVerifier,
    clientId: oauth.clientId,
  });
  const url = oauth.authorizationUrl({
    redirectUri: round.redirectUri,
    scopes: scopesFor(capabilities),
    state,
    nonce,
    codeVerifier,
    promptConsent,
    selectAccount,
    loginHint,
  });
  return { url, stateHash };
};
