// Signing in at the external issuer, for opening links: who the issuer says this is, and whether the link is theirs.
// Brings no grant; mail is asked for at Google, afterwards.

import type { AccountsOptions, IssuerForSignIn } from '../../grants/options.ts';
import { newSecret } from '../../lib/secrets.ts';
import type { Callback } from '../link-outcome.ts';
import { isLinkOf, signedIn } from './complete.ts';
import type { SignIn, SignInFailure, SignInFinish } from './outcomes.ts';
import { beginRound, cookieFor, cookieOfRound, type OwnedSignIn, redeemRound } from './round.ts';

/** Not Google's: a response that was mixed up with another provider's arrives at the wrong place (RFC 9700 §4.4.2.2). */
export const issuerCallbackPath = '/oauth/sign-in/callback';

export const createSignInAtIssuer = (options: AccountsOptions, { realm, signIn }: IssuerForSignIn): SignIn => ({
  realm,
  capabilities: [],
  cookieFor,
  begin: async ({ purpose, browser, asAnother = false }) => {
    const codeVerifier = newSecret(options.random);
    const redirectUri = (await options.linkOrigin()) + issuerCallbackPath;
    const kept = { purpose, codeVerifier, redirectUri, askedAgain: false };
    const round = await beginRound(options, { ...kept, realm, browser });
    const url = await signIn.authorizationUrl({ ...round, redirectUri, codeVerifier }, asAnother);
    return url === undefined ? undefined : { url, cookie: cookieFor(purpose) };
  },
  cookieOf: (state, origin) => cookieOfRound(options, realm, state, origin),
  finish: async (callback) => {
    const redeemed = await redeemRound(options, realm, callback);
    if ('ended' in redeemed) return redeemed.ended;
    const finish = await complete(options, { realm, signIn }, redeemed.owned, callback);
    options.log({
      event: 'sign_in_finished',
      cause: finish.kind,
      ...(finish.kind === 'signed_in' ? { key: finish.key } : {}),
    });
    return finish;
  },
});

const complete = async (
  options: AccountsOptions,
  { realm, signIn }: IssuerForSignIn,
  owned: OwnedSignIn,
  { code, error, iss }: Callback,
): Promise<SignInFinish> => {
  const { purpose } = owned;
  const failed = (kind: SignInFailure): SignInFinish => ({ kind, purpose });
  // An MCP client signs in at the issuer itself, never here.
  if (purpose.kind !== 'link') return failed('operator_fault');
  const outcome = await signIn.identify(owned, {
    ...(code === undefined ? {} : { code }),
    ...(error === undefined ? {} : { error }),
    ...(iss === undefined ? {} : { iss }),
  });
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
