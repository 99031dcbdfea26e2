// Where people sign in, for MCP clients and for links: with Google, where for a client the same round asks for Gmail too, so
// that one consent does both; or at the external issuer, for links, which brings no grant.

import type { AccountsOptions, IssuerForSignIn } from '../grants/options.ts';
import { hashSecret, isSecret, newSecret } from '../lib/secrets.ts';
import type { AllowedPeople } from '../model/account.ts';
import { googleRealm } from '../model/account-key.ts';
import type { Capability } from '../model/capability.ts';
import { beginRound, type OwnedRound, type Round, roundCookie, sendToGoogle } from './authorization-round.ts';
import { completeSignIn, isLinkOf, signedIn } from './complete-sign-in.ts';
import { callbackPath } from './links.ts';
import type { AuthorizationResponse, LinkOutcome, SignInFailure, SignInOutcome, SignInPurpose } from './outcomes.ts';

/** An identity provider, whose people are those of one realm. */
export interface SignInProvider {
  readonly realm: string;
  /** What the enabled tools can work with. */
  readonly capabilities: readonly Capability[];
  /** The name of the cookie that binds a sign-in for this to a browser. */
  cookieFor(purpose: SignInPurpose): string;
  /**
   * Records that this browser goes to sign in, and says where. `browser` is the secret in the cookie.
   * `asAnother`: whoever is signed in there already is not meant.
   * @returns undefined where the provider cannot be reached
   */
  begin(request: {
    readonly purpose: SignInPurpose;
    readonly browser: string;
    readonly asAnother?: boolean;
  }): Promise<{ readonly url: string; readonly cookie: string } | undefined>;
  /** The redirect back: exactly one callback per round gets as far as the code exchange. */
  finish(round: Round<SignInPurpose>, response: AuthorizationResponse): Promise<SignInOutcome>;
}

type SignInRound = OwnedRound<SignInPurpose>;

/** Finishes a round if this browser began it and nobody redeemed it; otherwise says how it ended. */
const finishing =
  (
    options: AccountsOptions,
    complete: (round: SignInRound, response: AuthorizationResponse) => Promise<SignInOutcome>,
  ): SignInProvider['finish'] =>
  async (round, response) => {
    const { browser = '' } = response;
    // Another browser is told nothing of it.
    if (!isSecret(browser) || hashSecret(browser) !== round.browserHash) return { kind: 'unknown' };
    const now = options.clock.now();
    const codeVerifier = await round.redeem(browser, now);
    if (codeVerifier === undefined)
      return { kind: round.expiresAt <= now ? 'expired' : 'used', purpose: round.purpose };
    const outcome = await complete({ ...round, codeVerifier }, response);
    options.log({
      event: 'sign_in_finished',
      cause: outcome.kind,
      key: outcome.kind === 'signed_in' ? outcome.key : undefined,
    });
    return outcome;
  };

/** For a link only the identity: it is for the link to ask for mail, once it is known whose it is. */
const capabilitiesFor = (purpose: SignInPurpose) => (purpose.kind === 'client' ? purpose.capabilities : []);

/** Signing in with Google is with the client of the environment, whatever connections there are beside. */
export const createGoogleSignIn = (options: AccountsOptions, allowed: AllowedPeople): SignInProvider => {
  const askAgain = async (round: SignInRound, email: string): Promise<LinkOutcome> => {
    if (round.askedAgain) return { kind: 'no_refresh_token' };
    const { purpose, browserHash, redirectUri } = round;
    const { url } = await sendToGoogle(options, options.clients.environment.oauth, {
      purpose,
      browserHash,
      redirectUri,
      capabilities: capabilitiesFor(purpose),
      askedAgain: true,
      promptConsent: true,
      loginHint: email,
    });
    return { kind: 'again', url };
  };

  return {
    realm: googleRealm,
    capabilities: [...new Set([...options.requiredCapabilities, ...options.optionalCapabilities])],
    cookieFor: roundCookie,
    begin: async ({ purpose, browser, asAnother = false }) => {
      // No login hint: the address of the person a link is for must not reach whoever opened it.
      const { url } = await sendToGoogle(options, options.clients.environment.oauth, {
        purpose,
        browserHash: hashSecret(browser),
        redirectUri: (await options.linkOrigin()) + callbackPath,
        capabilities: capabilitiesFor(purpose),
        askedAgain: false,
        selectAccount: asAnother,
      });
      return { url, cookie: roundCookie(purpose) };
    },
    finish: finishing(options, (round, response) =>
      completeSignIn(options, { allowed, askAgain: (email) => askAgain(round, email) }, round, response),
    ),
  };
};

/** Not Google's: a response that was mixed up with another provider's arrives at the wrong place (RFC 9700 §4.4.2.2). */
export const issuerCallbackPath = '/oauth/sign-in/callback';

export const createSignInAtIssuer = (options: AccountsOptions, issuer: IssuerForSignIn): SignInProvider => ({
  realm: issuer.realm,
  capabilities: [],
  cookieFor: roundCookie,
  begin: async ({ purpose, browser, asAnother = false }) => {
    const codeVerifier = newSecret(options.random);
    const redirectUri = (await options.linkOrigin()) + issuerCallbackPath;
    const { state, nonce } = await beginRound(options, {
      purpose,
      realm: issuer.realm,
      browserHash: hashSecret(browser),
      codeVerifier,
      redirectUri,
      askedAgain: false,
    });
    const url = await issuer.signIn.authorizationUrl({ state, nonce, redirectUri, codeVerifier }, asAnother);
    return url === undefined ? undefined : { url, cookie: roundCookie(purpose) };
  },
  finish: finishing(options, (round, response) => completeAtIssuer(options, issuer, round, response)),
});

/** Who the issuer says this is, and whether the link is theirs. */
const completeAtIssuer = async (
  options: AccountsOptions,
  { realm, signIn }: IssuerForSignIn,
  round: SignInRound,
  { code, error, iss }: AuthorizationResponse,
): Promise<SignInOutcome> => {
  const { purpose } = round;
  const failed = (kind: SignInFailure): SignInOutcome => ({ kind, purpose });
  // An MCP client signs in at the issuer itself, never here.
  if (purpose.kind !== 'open_link') return failed('operator_fault');
  const outcome = await signIn.identify(round, { code, error, iss });
  switch (outcome.kind) {
    case 'declined':
    case 'expired':
      return failed(outcome.kind);
    case 'unavailable':
      return failed('issuer_unavailable');
    case 'rejected':
      options.log({ event: 'identity_rejected', cause: outcome.check, level: 'warn' });
      return failed('operator_fault');
    case 'identified': {
      const key = { realm, identifier: outcome.identifier };
      const link = await isLinkOf(options, purpose, key);
      return typeof link === 'string' ? failed(link) : signedIn(options, { purpose, key });
    }
  }
};
