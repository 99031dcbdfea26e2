// How MCP clients sign people in: the embedded authorization server with the OAuth clients that the operator registered in a
// file, an external issuer, both, or neither (keys only). Contacts nobody.
import { z } from 'zod';
import { PathError, readSettingsFile } from '../lib/checked-paths.ts';
import { asciiLowerCase } from '../lib/e-mail-address.ts';
import { isLoopbackHost } from '../lib/loopback-host.ts';
import { readRedirectUri } from '../lib/redirect-uri.ts';
import type { AllowedPeople } from '../model/account.ts';
import { realmSchema, reservedRealms } from '../model/account-key.ts';
import { type EnvironmentReader, splitList, urlSchema } from './environment.ts';

/** The embedded authorization server: people sign in with Google. */
export interface GoogleSignIn {
  readonly allowed: AllowedPeople;
  readonly clients: readonly PreregisteredClient[];
}

/** Somebody else's authorization server, whose access tokens are accepted. */
export interface ExternalIssuer {
  /** As it stands in `iss`, exactly. */
  readonly url: string;
  readonly realm: string;
  readonly identifierClaim: string;
  /** What stands in `aud`; undefined: this server's resource identifier. */
  readonly audience: string | undefined;
  /** What clients write before `mail:read` when they ask this issuer for it, such as Entra's `api://…/`; often empty. */
  readonly scopePrefix: string;
  /** With it, browsers that open a link sign in there first. */
  readonly client: { readonly id: string; readonly secret: string } | undefined;
}

export interface SignInSettings {
  readonly google: GoogleSignIn | undefined;
  readonly issuer: ExternalIssuer | undefined;
}

const emailSchema = z.string().regex(/^[^\s@]+@[^\s@]+\.[^\s@]+$/);
const domainSchema = z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/);

const readList = (
  reader: EnvironmentReader,
  variable: 'POSTERN_ALLOWED_EMAILS' | 'POSTERN_ALLOWED_DOMAINS',
  item: z.ZodType<string>,
  example: string,
): string[] => {
  const items = splitList(reader.text(variable) ?? '').map(asciiLowerCase);
  const wrong = items.findIndex((text) => text !== '*' && !item.safeParse(text).success);
  if (wrong >= 0) reader.fault(variable, `number ${wrong + 1} is not ${example}`, 'Separate several with commas.');
  return items;
};

const readAllowed = (reader: EnvironmentReader): AllowedPeople => {
  const emails = readList(reader, 'POSTERN_ALLOWED_EMAILS', emailSchema, 'an address such as kim@example.com, or *');
  const domains = readList(reader, 'POSTERN_ALLOWED_DOMAINS', domainSchema, 'a domain such as example.com, or *');
  const everybody = emails.includes('*') || domains.includes('*');
  const named = (items: string[]) => items.filter((text) => text !== '*');
  return { emails: named(emails), domains: named(domains), everybody };
};

const readGoogle = (reader: EnvironmentReader, clientsPath: string | undefined): GoogleSignIn | undefined => {
  const wanted = reader.parsed('POSTERN_SIGN_IN', z.literal('google', 'is not google'), 'Use google, or remove it.');
  const allowed = readAllowed(reader);
  const clients = readClients(reader, clientsPath);
  const nobody = allowed.emails.length === 0 && allowed.domains.length === 0 && !allowed.everybody;
  if (wanted !== undefined && nobody)
    reader.fault(
      'POSTERN_ALLOWED_EMAILS',
      'is not set, and neither is POSTERN_ALLOWED_DOMAINS: nobody could sign in',
      'Name addresses or Workspace domains; * admits everybody with a Google account.',
    );
  if (wanted !== undefined && allowed.everybody)
    reader.warnings.push('POSTERN_ALLOWED_* is *: everybody with a Google account may sign in and use this server.');
  if (wanted === undefined && (!nobody || clientsPath !== undefined))
    reader.warnings.push(
      'POSTERN_ALLOWED_* and POSTERN_OAUTH_CLIENTS_FILE have no effect without POSTERN_SIGN_IN=google.',
    );
  return wanted === undefined ? undefined : { allowed, clients };
};

const readIssuerUrl = (reader: EnvironmentReader, publicUrl: URL): string | undefined => {
  const variable = 'POSTERN_OIDC_ISSUER';
  const url = reader.parsed(variable, urlSchema, 'Use the issuer as its discovery document says it.');
  if (url === undefined) return undefined;
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname))
    reader.fault(variable, 'is not https: its keys could be replaced on the way', 'Use the https address.');
  if (url.hostname === 'accounts.google.com')
    reader.fault(variable, 'is Google, whose tokens are not for MCP servers', 'Use POSTERN_SIGN_IN=google instead.');
  if (url.origin === publicUrl.origin && url.pathname === '/')
    reader.fault(variable, 'is this server itself', 'Use the address of your provider, or POSTERN_SIGN_IN=google.');
  // With such an address a browser's sign-in would not compare who the document says it is about.
  if (url.pathname.includes('/.well-known/'))
    reader.fault(variable, 'is the address of a document, not an issuer', 'Use what the document says as "issuer".');
  // An issuer is compared as a string (RFC 8414 §3.3): it stays as it was written.
  return reader.text(variable);
};

const issuerVariables = [
  'POSTERN_OIDC_AUDIENCE',
  'POSTERN_OIDC_IDENTIFIER_CLAIM',
  'POSTERN_OIDC_REALM',
  'POSTERN_OIDC_SCOPE_PREFIX',
  'POSTERN_OIDC_CLIENT_ID',
  'POSTERN_OIDC_CLIENT_SECRET',
] as const;

/** The embedded server gives the same scopes without one, and clients are told one spelling for both. */
const readScopePrefix = (reader: EnvironmentReader): string => {
  const variable = 'POSTERN_OIDC_SCOPE_PREFIX';
  // RFC 6749 §3.3: a scope has no space, quote or backslash.
  const words = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/, 'cannot stand in a scope');
  const prefix = reader.parsed(variable, words, 'Use what your provider shows before the name of the scope.');
  if (prefix !== undefined && reader.text('POSTERN_SIGN_IN') !== undefined)
    reader.fault(variable, 'does not go together with POSTERN_SIGN_IN', 'Remove one of the two.');
  return prefix ?? '';
};

/** Claims of which providers say that they change, or are given to somebody else later (OpenID Connect Core §5.7). */
const reusedClaims: readonly string[] = ['email', 'preferred_username', 'upn'];

const readIssuer = (reader: EnvironmentReader, publicUrl: URL): ExternalIssuer | undefined => {
  const url = readIssuerUrl(reader, publicUrl);
  const claim = z.string().regex(/^[\w.:/-]{1,200}$/, 'is not the name of a claim');
  const realm = realmSchema.refine((name) => !reservedRealms.includes(name), 'is reserved');
  const identifierClaim = reader.parsed('POSTERN_OIDC_IDENTIFIER_CLAIM', claim, 'Use one such as sub or oid.') ?? 'sub';
  const realmName = reader.parsed('POSTERN_OIDC_REALM', realm, 'Use a name such as staff.') ?? 'oidc';
  const [id, secret] = [reader.text('POSTERN_OIDC_CLIENT_ID'), reader.text('POSTERN_OIDC_CLIENT_SECRET')];
  if ((id === undefined) !== (secret === undefined))
    reader.fault(
      id === undefined ? 'POSTERN_OIDC_CLIENT_ID' : 'POSTERN_OIDC_CLIENT_SECRET',
      'is not set, but its counterpart is',
      'Set both, or neither.',
    );
  if (url === undefined) {
    const unused = issuerVariables.filter((variable) => reader.text(variable) !== undefined);
    if (unused.length > 0) reader.warnings.push(`Without POSTERN_OIDC_ISSUER, nothing comes of ${unused.join(', ')}.`);
    return undefined;
  }
  if (reusedClaims.includes(identifierClaim))
    reader.warnings.push(
      `POSTERN_OIDC_IDENTIFIER_CLAIM is ${identifierClaim}, which may pass to another person, and the mail with it; sub does not.`,
    );
  return {
    url,
    realm: realmName,
    identifierClaim,
    audience: reader.text('POSTERN_OIDC_AUDIENCE'),
    scopePrefix: readScopePrefix(reader),
    client: id === undefined || secret === undefined ? undefined : { id, secret },
  };
};

/**
 * @param clientsPath `POSTERN_OAUTH_CLIENTS_FILE`, expanded.
 * @param publicUrl where this server is, which cannot be the external issuer.
 */
export const readSignIn = (
  reader: EnvironmentReader,
  clientsPath: string | undefined,
  publicUrl: URL,
): SignInSettings => ({
  google: readGoogle(reader, clientsPath),
  issuer: readIssuer(reader, publicUrl),
});

/** An OAuth client that the operator registered in a file. Without a secret it is a public one. */
interface PreregisteredClient {
  readonly clientId: string;
  readonly clientSecret?: string;
  readonly name: string;
  readonly redirectUris: readonly string[];
}

/** The operator knows their apps, and so may use a scheme that is unknown here; not one that leads to nobody's app. */
const isRedirectUri = (text: string): boolean => readRedirectUri(text).kind !== 'refused';

const clientsFile = z
  .array(
    z.strictObject({
      client_id: z.string().min(1).max(200),
      client_secret: z.exactOptional(z.string().min(16)),
      client_name: z.string().min(1).max(100),
      redirect_uris: z.array(z.string().refine(isRedirectUri)).min(1),
    }),
  )
  .refine(
    (clients) => new Set(clients.map((client) => client.client_id)).size === clients.length,
    'names a client twice',
  );

const faultOfClients = (error: unknown): string => {
  if (error instanceof PathError) return `names a file that cannot be read: ${error.message}`;
  const issue = error instanceof z.ZodError ? error.issues[0] : undefined;
  if (issue === undefined) return 'names a file that cannot be read as JSON';
  if (issue.code === 'custom' && issue.path.length === 0) return issue.message;
  return issue.path.length === 0
    ? 'is not a list of clients'
    : `is not a list of clients (look at ${issue.path.join('.')})`;
};

/** @param path `POSTERN_OAUTH_CLIENTS_FILE`, expanded. Faults are recorded and leave the list empty. */
const readClients = (reader: EnvironmentReader, path: string | undefined): PreregisteredClient[] => {
  if (path === undefined) return [];
  const variable = 'POSTERN_OAUTH_CLIENTS_FILE';
  const fix = 'Write [{"client_id": "…", "client_name": "…", "redirect_uris": ["https://…"]}] into it.';
  try {
    const clients = clientsFile.parse(JSON.parse(readSettingsFile(path))).map((client) => ({
      clientId: client.client_id,
      name: client.client_name,
      redirectUris: client.redirect_uris,
      ...(client.client_secret === undefined ? {} : { clientSecret: client.client_secret }),
    }));
    for (const { clientId, redirectUris } of clients)
      for (const uri of redirectUris.filter((each) => readRedirectUri(each).kind === 'unknown_app'))
        reader.warnings.push(
          `POSTERN_OAUTH_CLIENTS_FILE sends answers of ${JSON.stringify(clientId)} to ${JSON.stringify(uri)}: no agent is known under that scheme, and any program may take it. Make sure that it is an app's, not a browser's.`,
        );
    return clients;
  } catch (error) {
    reader.fault(variable, faultOfClients(error), fix);
    return [];
  }
};
