// Reads an authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3, Google's own parameters) or says why Google shows an
// error page instead of redirecting.

import type { IssuedCode } from './grants.ts';
import { type OAuthClient, type Project, redirectUriAllowed, unknownScopes } from './project.ts';

type Prompt = 'none' | 'consent' | 'select_account';

export interface AuthorizationRequest {
  readonly client: OAuthClient;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly state: string | undefined;
  readonly nonce: string | undefined;
  readonly codeChallenge: IssuedCode['codeChallenge'];
  readonly prompt: ReadonlySet<Prompt>;
  readonly offline: boolean;
  readonly includeGrantedScopes: boolean;
  readonly loginHint: string | undefined;
  readonly hostedDomain: string | undefined;
  /** The parameters as they came, for the pages' forms to carry on. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
}

/** What Google's error page says: "Error {code}: {error}" and a sentence. */
export interface RequestRefused {
  readonly code: 400 | 401;
  readonly error: string;
  readonly description: string;
}

const parameterNames = [
  'client_id',
  'redirect_uri',
  'response_type',
  'scope',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
  'prompt',
  'access_type',
  'include_granted_scopes',
  'login_hint',
  'hd',
] as const;

const prompts: readonly string[] = ['none', 'consent', 'select_account'] satisfies Prompt[];

const refused = (error: string, description: string, code: 400 | 401 = 400): RequestRefused => ({
  code,
  error,
  description,
});

const checkParameters = (values: URLSearchParams, project: Project): RequestRefused | undefined => {
  const repeated = parameterNames.find((name) => values.getAll(name).length > 1);
  if (repeated !== undefined)
    return refused('invalid_request', `OAuth 2 parameters can only have a single value: ${repeated}`);
  for (const required of ['client_id', 'redirect_uri', 'response_type', 'scope'])
    if ((values.get(required) ?? '') === '')
      return refused('invalid_request', `Missing required parameter: ${required}`);
  const client = project.clients.get(values.get('client_id') as string);
  if (client === undefined) return refused('invalid_client', 'The OAuth client was not found.', 401);
  if (!redirectUriAllowed(client, values.get('redirect_uri') as string))
    return refused('redirect_uri_mismatch', 'The redirect URI in the request does not match one of this client.');
  if (values.get('response_type') !== 'code')
    return refused('unsupported_response_type', 'Only response_type=code is supported.');
  const unknown = unknownScopes(splitList(values.get('scope')));
  if (unknown.length > 0)
    return refused('invalid_scope', `Some requested scopes were invalid. {invalid=[${unknown.join(', ')}]}`);
  return checkOptional(values);
};

const checkOptional = (values: URLSearchParams): RequestRefused | undefined => {
  const prompt = splitList(values.get('prompt'));
  if (prompt.some((item) => !prompts.includes(item)) || (prompt.includes('none') && prompt.length > 1))
    return refused('invalid_request', `Invalid parameter value for prompt: Invalid prompt: ${values.get('prompt')}`);
  if (!['online', 'offline', null].includes(values.get('access_type')))
    return refused(
      'invalid_request',
      'Invalid parameter value for access_type: access_type must be one of: [offline, online]',
    );
  const method = values.get('code_challenge_method');
  const challenge = values.get('code_challenge');
  if (challenge === null)
    return method === null ? undefined : refused('invalid_request', 'code_challenge_method without code_challenge.');
  if (method !== null && method !== 'S256' && method !== 'plain')
    return refused('invalid_request', 'Invalid parameter value for code_challenge_method.');
  const grammar = method === 'S256' ? /^[A-Za-z0-9_-]{43}$/ : /^[A-Za-z0-9._~-]{43,128}$/;
  return grammar.test(challenge)
    ? undefined
    : refused('invalid_request', 'Invalid parameter value for code_challenge.');
};

const splitList = (text: string | null): string[] => (text ?? '').split(/\s+/).filter((item) => item !== '');

/** @param values the query of a GET, or the form of the POST that a page sent */
export const readAuthorizationRequest = (
  values: URLSearchParams,
  project: Project,
): { ok: true; request: AuthorizationRequest } | { ok: false; refused: RequestRefused } => {
  const problem = checkParameters(values, project);
  if (problem !== undefined) return { ok: false, refused: problem };
  const optional = (name: string) => values.get(name) ?? undefined;
  const challenge = optional('code_challenge');
  return {
    ok: true,
    request: {
      client: project.clients.get(values.get('client_id') as string) as OAuthClient,
      redirectUri: values.get('redirect_uri') as string,
      scopes: splitList(values.get('scope')),
      state: optional('state'),
      nonce: optional('nonce'),
      codeChallenge:
        challenge === undefined
          ? undefined
          : { value: challenge, method: values.get('code_challenge_method') === 'S256' ? 'S256' : 'plain' },
      prompt: new Set(splitList(values.get('prompt')) as Prompt[]),
      offline: values.get('access_type') === 'offline',
      includeGrantedScopes: values.get('include_granted_scopes') === 'true',
      loginHint: optional('login_hint'),
      hostedDomain: optional('hd'),
      parameters: [...values].filter(([name]) => (parameterNames as readonly string[]).includes(name)),
    },
  };
};
