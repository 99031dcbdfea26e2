// What a person is asked: which client wants what, in words that are safe to show. Knows nothing of the page.
import type { Client, Interaction } from 'oidc-provider';
import type { McpScope } from '../model/mcp-scope.ts';
import { isOpenToAnybody, type RedirectReading, readRedirectUri } from '../model/redirect-uri.ts';
import { type InternationalName, readInternationalName } from './international-name.ts';
import { type Audience, knownScopes } from './request-parameters.ts';

/** Where the answer of an authorization request goes, and what is known of who waits there. */
export interface Redirect {
  /** Whole, in characters that are all seen. */
  readonly uri: string;
  /** With the port, if there is one; of an app's scheme (RFC 8252 §7.1) the scheme, with its colon. */
  readonly host: string;
  readonly kind: RedirectReading['kind'];
  /** The agent that the scheme belongs to. */
  readonly agent?: string;
  /** What a host in Punycode stands for. */
  readonly named?: InternationalName;
}

export interface Asked {
  readonly uid: string;
  readonly clientId: string;
  /** What the client calls itself, which proves nothing. */
  readonly clientName: string;
  readonly source: 'metadata_document' | 'dynamic' | 'preregistered';
  readonly redirect: Redirect;
  readonly scopes: readonly McpScope[];
}

const maxNameLength = 80;
/** One line, without characters that nobody sees or that turn the direction of others. */
const plainText = (text: string): string => {
  const line = text
    .normalize('NFC')
    .replace(/[\s\p{Z}]+/gu, ' ')
    .replace(/[\p{C}\p{Default_Ignorable_Code_Point}\u2800]/gu, '')
    .replace(/(\p{M}{3})\p{M}+/gu, '$1')
    .trim();
  const characters = [...line];
  return characters.length <= maxNameLength ? line : `${characters.slice(0, maxNameLength - 1).join('')}…`;
};

const visible = /^[!-~]$/u;

/** An address as a person can read it: what nobody sees, and what turns the direction of others, is written out. */
const shown = (uri: string): string =>
  [...uri].map((character) => (visible.test(character) ? character : encodeURIComponent(character))).join('');

export const describeRedirect = (uri: string): Redirect => {
  const reading = readRedirectUri(uri);
  const { protocol, host, hostname } = new URL(uri);
  const isWeb = protocol === 'http:' || protocol === 'https:';
  const named = isWeb ? readInternationalName(hostname) : undefined;
  return {
    uri: shown(uri),
    host: isWeb ? host : protocol,
    kind: reading.kind,
    ...(reading.kind === 'agent' ? { agent: reading.name } : {}),
    ...(named === undefined ? {} : { named }),
  };
};

/** An authorization request, as far as it says where its answer goes. */
interface Returning {
  readonly redirectUri: string;
  readonly clientId: string;
}

/**
 * Whether anybody is sent there at all: what is nobody's app is refused also where it was registered before it was
 * known as such, and a scheme that is unknown is for the operator's clients alone.
 * @param preregistered the identifiers of the clients that the operator registered.
 */
export const mayLead = ({ redirectUri, clientId }: Returning, preregistered: readonly string[]): boolean => {
  const reading = readRedirectUri(redirectUri);
  return isOpenToAnybody(reading) || (reading.kind === 'unknown_app' && preregistered.includes(clientId));
};

/**
 * Whether a browser may be sent there although nobody agreed to anything. Anybody can register an address, and would
 * have this server send people to it (RFC 9700 §4.11.2): only the operator's clients, and programs that listen on the
 * person's own computer, hear of a refusal by themselves.
 * @param preregistered the identifiers of the clients that the operator registered.
 */
export const mayReturnByItself = (asked: Returning, preregistered: readonly string[]): boolean => {
  if (preregistered.includes(asked.clientId)) return mayLead(asked, preregistered);
  return readRedirectUri(asked.redirectUri).kind === 'listener' && asked.redirectUri.startsWith('http:');
};

/** @param preregistered the identifiers of the clients that the operator registered. */
export const describeRequest = (
  { uid, params }: Interaction,
  client: Client,
  preregistered: readonly string[],
  audience: Audience,
): Asked => {
  const redirect = describeRedirect(String(params.redirect_uri));
  const { clientId } = client;
  const documented = 'clientIdMetadataDocument' in client;
  const fallback = documented ? new URL(clientId).host : redirect.host;
  return {
    uid,
    clientId,
    clientName: plainText(client.clientName ?? '') || fallback,
    source: preregistered.includes(clientId) ? 'preregistered' : documented ? 'metadata_document' : 'dynamic',
    redirect,
    scopes: knownScopes(String(params.scope ?? ''), audience),
  };
};
