// What doctor finds out by asking: Google's token endpoint, both of Google's APIs with one stored access, and the operator's
// issuer. Nobody's mail is read, and no access is changed but for a renewal.

import type { Postern } from '../../compose.ts';
import type { Config, ExternalIssuer } from '../../config/config.ts';
import type { CallerGoogle } from '../../google/ports.ts';
import type { OutsideFetch } from '../../lib/outside-fetch.ts';
import type { Account } from '../../model/account.ts';
import type { Capability } from '../../model/capability.ts';
import { explainProblem, type Problem } from '../../model/problem.ts';
import type { Result } from '../../model/result.ts';
import type { GoogleOAuth } from '../../oauth/google-oauth.ts';
import { fetchIssuerKeys } from '../../oauth/issuer-metadata.ts';
import type { OAuthClient } from '../../oauth/token-client.ts';
import { shownId } from './configuration.ts';
import { type Finding, finding } from './finding.ts';

/** Google names what is wrong with the client before it looks at the code, so that a wrong code tells them apart. */
export const tryClient = async (
  config: Config,
  oauth: Pick<GoogleOAuth, 'clientId' | 'tokenEndpoint' | 'exchangeCode'>,
  connection?: string,
): Promise<Finding> => {
  const { clientId, tokenEndpoint } = oauth;
  const client = `the OAuth client ${shownId(clientId)}${connection === undefined ? '' : ` of the connection ${connection}`}`;
  const compare =
    connection === undefined
      ? 'compare GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET, or the file, with the Google Cloud console'
      : `compare it with its Google Cloud console, and give it its secret: postern connections add ${connection} --replace --credentials-file FILE`;
  const outcome = await oauth.exchangeCode({
    code: 'no-code-of-google',
    codeVerifier: 'a'.repeat(43),
    redirectUri: `${config.publicUrl.origin}/oauth/callback`,
    nonce: 'none',
  });
  if (outcome.kind !== 'failed')
    return finding('warning', `${tokenEndpoint} gave tokens for a code that nobody made: it is no Google.`);
  const { failure } = outcome;
  switch (failure.kind) {
    case 'grant_ended':
      return finding('ok', `Google knows ${client} and its secret`);
    case 'client_invalid':
      return finding('fault', `Google does not know ${client}, or not with this secret (invalid_client): ${compare}.`);
    case 'rate_limited':
    case 'unavailable':
      return finding('warning', `${tokenEndpoint} did not answer as it should: nothing is known of ${client}.`);
    case 'refused':
      return finding(
        'warning',
        `Google answered ${failure.error} when ${client} was tried. redirect_uri_mismatch: register the address; anything else is explained at https://developers.google.com/identity/protocols/oauth2/web-server#error-codes`,
      );
  }
};

interface Api {
  readonly name: 'Gmail API' | 'People API';
  readonly capability: Capability;
  readonly request: (google: CallerGoogle) => Promise<Result<unknown>>;
}

/** The cheapest request to each, which shows nothing of anybody's mail. */
const apis: readonly Api[] = [
  { name: 'Gmail API', capability: 'mail', request: ({ gmail }) => gmail.labels({ fresh: true }) },
  {
    name: 'People API',
    capability: 'contacts',
    request: ({ people }) => people.connections({ pageSize: 1, personFields: ['names'] }),
  },
];

/** How many accounts are tried at most for one whose access works. */
const maxTries = 3;

const apiFinding = (name: string, { key }: Account, problem: Problem): Finding => {
  if (problem.kind === 'api_not_enabled')
    return finding(
      'fault',
      `${name}: not enabled in the Google Cloud project of the OAuth client. Enable it: APIs & Services → Library → ${name}.`,
    );
  const { what, next } = explainProblem(problem);
  return finding('warning', `${name}: tried with the access of ${key.identifier}: ${what} ${next}`);
};

type OnlinePostern = Pick<Postern, 'accounts' | 'google' | 'storage'>;

/** Accounts whose access may show whether an API is enabled. */
const ableFor = ({ storage }: OnlinePostern, connection: string | undefined, api: Api): Promise<Account[]> =>
  storage.operations.listAccounts({
    most: maxTries,
    fits: ({ state, connection: own, capabilities }) =>
      state.status === 'ACTIVE' && own === connection && capabilities[api.capability].status !== 'not_granted',
  });

const tryApi = async ({ accounts, google }: OnlinePostern, able: readonly Account[], api: Api): Promise<Finding> => {
  let last: Finding | undefined;
  for (const account of able) {
    const { key } = account;
    const answer = await api.request(
      google.forCaller({
        key,
        freshToken: accounts.freshToken(key, []),
        record: (answered) => accounts.recordAnswer(key, answered),
        signal: new AbortController().signal,
      }),
    );
    if (answer.ok) return finding('ok', `${api.name}: enabled, tried with the access of ${key.identifier}`);
    last = apiFinding(api.name, account, answer.problem);
    if (answer.problem.kind === 'api_not_enabled') return last;
  }
  return last ?? finding('untried', `${api.name}: whether it is enabled shows once somebody is connected`);
};

/** Tries the APIs of the Google Cloud project that a connection's client belongs to; the environment's when absent. */
export const tryApis = async (postern: OnlinePostern, connection?: string): Promise<Finding[]> => {
  const findings: Finding[] = [];
  // Looked for first: an access that turns out to have ended is none of the second API any more.
  const tried = await Promise.all(apis.map(async (api) => ({ api, able: await ableFor(postern, connection, api) })));
  for (const { api, able } of tried) {
    const found = await tryApi(postern, able, api);
    findings.push(connection === undefined ? found : { ...found, text: `Connection ${connection}: ${found.text}` });
  }
  return findings;
};

/** Tries every connection's client, and the APIs of its project. */
export const tryConnections = async (
  config: Config,
  postern: OnlinePostern,
  oauthFor: (client: OAuthClient) => GoogleOAuth,
): Promise<Finding[]> => {
  const findings: Finding[] = [];
  for (const { name, clientId, openSecret } of await postern.storage.connections.list()) {
    const secret = openSecret();
    // One that does not open is a row that does not count, and was named as such.
    if (secret === undefined) continue;
    const client = await tryClient(config, oauthFor({ id: clientId, secret }), name);
    findings.push(client, ...(await tryApis(postern, name)));
  }
  return findings;
};

const reasons: Readonly<Record<string, string>> = {
  'metadata of another issuer':
    'its discovery document names another issuer: write POSTERN_OIDC_ISSUER exactly as it does',
  'metadata unreachable': 'it cannot be reached from here: look at the name, the network and the certificate',
};

/** @param send trusts the issuer's own origin */
export const tryIssuer = async ({ url }: ExternalIssuer, send: OutsideFetch): Promise<Finding> => {
  const found = await fetchIssuerKeys(url, send, new AbortController().signal);
  if (found.kind === 'keys') return finding('ok', `${url} publishes ${found.keySet.keys.length} keys`);
  return finding(
    'fault',
    `${url} does not tell its keys, so that none of its tokens is accepted: ${reasons[found.reason] ?? found.reason}.`,
  );
};
