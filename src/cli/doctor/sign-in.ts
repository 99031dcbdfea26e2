// What doctor says about signing remote clients in. Contacts nobody.
import type { Config, ExternalIssuer, GoogleSignIn } from '../../config/config.ts';
import { type Finding, finding } from './finding.ts';

const aboutGoogle = ({ allowed, clients }: GoogleSignIn, origin: string): Finding[] => {
  const who = allowed.everybody ? 'everybody' : [...allowed.emails, ...allowed.domains].join(', ');
  return [
    finding('untried', `Sign-in with Google at ${origin}/mcp, for ${who}; clients known beforehand: ${clients.length}`),
  ];
};

const aboutIssuer = ({ url, identifierClaim, realm, client }: ExternalIssuer, origin: string): Finding[] => [
  finding('untried', `Access tokens of ${url}; identifier: ${identifierClaim}, realm: ${realm}`),
  client === undefined
    ? finding(
        'warning',
        'POSTERN_OIDC_CLIENT_ID is not set: its people get links only where their accounts are pinned.',
      )
    : finding('untried', `Links of its people sign in there first: register ${origin}/oauth/sign-in/callback`),
];

export const aboutSignIn = ({ signIn, publicUrl: { origin } }: Config): Finding[] => {
  const { google, issuer } = signIn;
  if (google === undefined && issuer === undefined)
    return [finding('ok', 'Sign-in of remote clients: off; http takes API keys and session tokens')];
  return [
    ...(google === undefined ? [] : aboutGoogle(google, origin)),
    ...(issuer === undefined ? [] : aboutIssuer(issuer, origin)),
  ];
};
