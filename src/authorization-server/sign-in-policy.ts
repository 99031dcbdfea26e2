// Who may be signed in, and the person's decision inside one authorization request: it is asked for every time, and nothing
// of it is remembered for the next.
import {
  errors,
  type Grant,
  interactionPolicy,
  type KoaContextWithOIDC,
  type Account as ProviderAccount,
} from 'oidc-provider';
import { maySignIn } from '../connect/acceptance.ts';
import type { Account, AllowedPeople } from '../model/account.ts';
import { type AccountKey, googleRealm } from '../model/account-key.ts';
import { type Audience, knownScopes } from './request-parameters.ts';

/** The path of the page where the person decides (http/pages/sign-in-routes.ts). */
export const signInPath = (uid: string): string => `/sign-in/${encodeURIComponent(uid)}`;

/** Only a decision about this very request counts, and only while its person may enter. */
const undecided = new interactionPolicy.Check(
  'undecided',
  'a person has to sign in and agree',
  'login_required',
  ({ oidc }) => {
    if (oidc.result?.login === undefined) return interactionPolicy.Check.REQUEST_PROMPT;
    if (oidc.account === undefined) throw new errors.AccessDenied('the person may not sign in here');
    return interactionPolicy.Check.NO_NEED_TO_PROMPT;
  },
);

export const createDecisionPolicy = (): interactionPolicy.Prompt[] => [
  new interactionPolicy.Prompt({ name: 'login', requestable: true }, undecided),
];

/** A new grant of exactly what the page named; undefined before anybody agreed. */
export const createGrantLoader =
  (audience: Audience) =>
  async ({ oidc }: KoaContextWithOIDC): Promise<Grant | undefined> => {
    const accountId = oidc.result?.login?.accountId;
    const clientId = oidc.client?.clientId;
    if (accountId === undefined || clientId === undefined) return undefined;
    const grant = new oidc.provider.Grant({ accountId, clientId });
    grant.addResourceScope(audience.resource, knownScopes([...oidc.requestParamScopes].join(' '), audience));
    if (oidc.requestParamScopes.has('openid')) grant.addOIDCScope('openid');
    await grant.save();
    return grant;
  };

export interface Accounts {
  find(key: AccountKey): Promise<Account | undefined>;
}

/** Whether a token may still be made for a person, or serve one. */
export type IsStillAllowed = (sub: string) => Promise<boolean>;

/** Whether this person has an account here and may still enter, by the Google identity that it was last joined to. */
export const createIsStillAllowed =
  (accounts: Accounts, allowed: AllowedPeople): IsStillAllowed =>
  async (sub) => {
    const account = await accounts.find({ realm: googleRealm, identifier: sub });
    return account?.google !== undefined && maySignIn({ ...account.google, emailVerified: true }, allowed);
  };

/**
 * Asked whenever a code or token is made, so that somebody who was taken off the list, or disconnected, gets none. That
 * Google verified the address was checked at sign-in where an address let the person in.
 */
export const createFindAccount =
  (isStillAllowed: IsStillAllowed) =>
  async (_context: unknown, sub: string): Promise<ProviderAccount | undefined> =>
    (await isStillAllowed(sub)) ? { accountId: sub, claims: () => ({ sub }) } : undefined;
