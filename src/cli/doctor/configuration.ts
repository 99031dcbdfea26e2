// What doctor finds in the configuration without asking anybody: the OAuth client, the sign-in of remote clients, and the
// folders that Postern writes into, each tried by making something there and taking it away.
import {
  type Config,
  defaultHttpPort,
  type Environment,
  type ExternalIssuer,
  type GoogleSignIn,
} from '../../config/config.ts';
import { databaseFolder } from '../../config/database.ts';
import { pathErrorOf, tryFolder } from '../../lib/checked-paths.ts';
import { type Finding, finding, type Verdict } from './finding.ts';

/** Only the console's file says of which kind the client is; the two variables do not. */
const saysItsKind = (environment: Environment): boolean => (environment.GOOGLE_CREDENTIALS_FILE ?? '').trim() !== '';

/** The id, unless somebody put the secret in its place. */
export const shownId = (id: string): string =>
  id.startsWith('GOCSPX-') ? '(its ID looks like a secret, and is not shown)' : id;

/** What nobody but the console can say, and what each answer means (https://support.google.com/cloud/answer/13464321). */
const consentScreen = (tools: readonly string[]): Finding => {
  const mail = tools.some((name) => name.startsWith('gmail_') && !/people|contacts/.test(name));
  const tier = mail ? 'a restricted scope (gmail.readonly)' : 'sensitive scopes (contacts)';
  const proof = mail ? 'verification with a yearly security assessment' : 'verification';
  return finding(
    'untried',
    `OAuth consent screen: the tools need ${tier}. “Internal” (your own Workspace only) needs nothing more; “Testing” lets in 100 test users and ends each access after 7 days; “In production” without verification warns everybody and stops at 100 users; for the public it needs ${proof}. Which of them yours is, only the Google Cloud console says: APIs & Services → OAuth consent screen.`,
  );
};

/** @param tried what Google said of the client, where it was asked */
export const clientFindings = (config: Config, environment: Environment, tried: readonly Finding[]): Finding[] => {
  const { client, overridden } = config.google;
  const { port = defaultHttpPort } = config;
  const httpRedirect = `${config.publicUrl.origin}/oauth/callback`;
  const registered = client.redirectUris;
  const onHttp = `register ${httpRedirect}`;
  const onStdio = `set POSTERN_PORT=${port} and register http://127.0.0.1:${port}/oauth/callback`;
  const redirects = saysItsKind(environment)
    ? client.kind === 'desktop'
      ? `a Desktop app: nothing to register for stdio; http needs a Web application with ${httpRedirect}, except on this machine`
      : `a Web application: for http ${onHttp}; for stdio ${onStdio}`
    : `a Desktop app has nothing to register for stdio; with a Web application, for http ${onHttp}; for stdio ${onStdio}`;
  return [
    finding('untried', `OAuth client ${shownId(client.id)}, ${redirects}`),
    ...tried,
    ...(client.kind === 'web' && registered !== undefined && !registered.includes(httpRedirect)
      ? [
          finding(
            'warning',
            `${httpRedirect} is not among the redirect URIs in GOOGLE_CREDENTIALS_FILE; register it before using http.`,
          ),
        ]
      : []),
    ...overridden.map(({ variable, url }) => finding('warning', `${variable} points away from Google, to ${url}`)),
    consentScreen(config.tools),
  ];
};

const googleSignInFindings = ({ allowed, clients }: GoogleSignIn, origin: string): Finding[] => {
  const who = allowed.everybody ? 'everybody' : [...allowed.emails, ...allowed.domains].join(', ');
  return [
    finding('untried', `Sign-in with Google at ${origin}/mcp, for ${who}; clients known beforehand: ${clients.length}`),
  ];
};

const issuerFindings = ({ url, identifierClaim, realm, client }: ExternalIssuer, origin: string): Finding[] => [
  finding('untried', `Access tokens of ${url}; identifier: ${identifierClaim}, realm: ${realm}`),
  client === undefined
    ? finding(
        'warning',
        'POSTERN_OIDC_CLIENT_ID is not set: its people get links only where their accounts are pinned.',
      )
    : finding('untried', `Links of its people sign in there first: register ${origin}/oauth/sign-in/callback`),
];

export const signInFindings = ({ signIn, publicUrl: { origin } }: Config): Finding[] => {
  const { google, issuer } = signIn;
  if (google === undefined && issuer === undefined)
    return [finding('ok', 'Sign-in of remote clients: off; http takes API keys and session tokens')];
  return [
    ...(google === undefined ? [] : googleSignInFindings(google, origin)),
    ...(issuer === undefined ? [] : issuerFindings(issuer, origin)),
  ];
};

const tried = (what: string, folder: string, otherwise: Verdict): Finding => {
  try {
    tryFolder(folder);
    return finding('ok', `${what}: ${folder} can be written`);
  } catch (error) {
    return finding(otherwise, `${what}: ${folder} cannot be used: ${pathErrorOf(error).message}`);
  }
};

export const folderFindings = (config: Config): Finding[] => {
  const { database, configFolder, downloadFolder, keys } = config;
  const folder = databaseFolder(database);
  return [
    ...(folder === undefined ? [] : [tried('Database folder', folder, 'fault')]),
    ...(keys.source === 'file' ? [tried('Config folder', configFolder, 'fault')] : []),
    tried('Download folder (POSTERN_DOWNLOAD_DIR, for stdio)', downloadFolder, 'warning'),
  ];
};
