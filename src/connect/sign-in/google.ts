// Signing in with Google, for MCP clients and for links. For a client the same round asks for Gmail too, so that one
// consent does both. Knows nothing of what the authorization server does with it.

import type { AccountsOptions } from '../../grants/options.ts';
import { googleRealm } from '../../model/account-key.ts';
import type { AllowedPeople } from '../../model/allowed-people.ts';
import { scopesFor } from '../../model/scope.ts';
import type { Finish } from '../link-outcome.ts';
import { callbackPath } from '../links.ts';
import { completeSignIn } from './complete.ts';
import type { SignIn, SignInPurpose } from './outcomes.ts';
import { beginRound, cookieFor, cookieOfRound, type OwnedSignIn, redeemRound } from './round.ts';

/** For a link only the identity: it is for the link to ask for mail, once it is known whose it is. */
const capabilitiesFor = (purpose: SignInPurpose) => (purpose.kind === 'client' ? purpose.capabilities : []);

interface Sent {
  readonly purpose: SignInPurpose;
  readonly browser: string;
  readonly redirectUri: string;
  /** The Google account that agreed a moment ago and has to be asked once more. */
  readonly consentOf?: string;
  readonly asAnother: boolean;
}

export const createGoogleSignIn = (options: AccountsOptions, allowed: AllowedPeople): SignIn => {
  const { oauth, log } = options;

  const send = async ({ browser, asAnother, consentOf, ...kept }: Sent): Promise<string> => {
    const codeVerifier = oauth.newCodeVerifier();
    const { state, nonce } = await beginRound(options, {
      ...kept,
      askedAgain: consentOf !== undefined,
      ...{ realm: googleRealm, browser, codeVerifier },
    });
    const scopes = scopesFor(capabilitiesFor(kept.purpose));
    // No other hint: the address of the person a link is for must not reach whoever opened it.
    const hint = consentOf === undefined ? {} : { loginHint: consentOf };
    return oauth.authorizationUrl({
      ...hint,
      redirectUri: kept.redirectUri,
      scopes,
      state,
      nonce,
      codeVerifier,
      promptConsent: consentOf !== undefined,
      selectAccount: asAnother,
    });
  };

  const askAgain = async (signIn: OwnedSignIn, email: string): Promise<Finish> => {
    if (signIn.askedAgain) return { kind: 'no_refresh_token' };
    const { purpose, browser, redirectUri } = signIn;
    return { kind: 'again', url: await send({ purpose, browser, redirectUri, consentOf: email, asAnother: false }) };
  };

  return {
    realm: googleRealm,
    capabilities: [...new Set([...options.requiredCapabilities, ...options.optionalCapabilities])],
    cookieFor,
    begin: async ({ purpose, browser, asAnother = false }) => {
      const redirectUri = (await options.linkOrigin()) + callbackPath;
      return {
        url: await send({ purpose, browser, redirectUri, asAnother }),
        cookie: cookieFor(purpose),
      };
    },
    cookieOf: (state, origin) => cookieOfRound(options, googleRealm, state, origin),
    finish: async (callback) => {
      const redeemed = await redeemRound(options, googleRealm, callback);
      if ('ended' in redeemed) return redeemed.ended;
      const { owned } = redeemed;
      const parts = { allowed, askAgain: (email: string) => askAgain(owned, email) };
      const finish = await completeSignIn(options, parts, owned, callback);
      log({
        event: 'sign_in_finished',
        cause: finish.kind,
        ...(finish.kind === 'signed_in' ? { key: finish.key } : {}),
      });
      return finish;
    },
  };
};
