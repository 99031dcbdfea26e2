// The person's decision inside one authorization request: it is asked for every time, and nothing of it is remembered
// for the next. Knows nothing of the page that asks.
import { errors, type Grant, interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider';
import { type Audience, knownScopes } from './request-parameters.ts';

/** Where the browser is asked; the page belongs to somebody else. */
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
