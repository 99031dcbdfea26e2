// What a consent page says: which client wants what, and where its answer goes, in words that are safe to show. And where
// browsers may be sent.

import { domainToUnicode } from 'node:url';
import type { Client, Interaction } from 'oidc-provider';
import { isOpenToAnybody, type RedirectReading, readRedirectUri } from '../lib/redirect-uri.ts';
import type { McpScope } from '../model/mcp-scope.ts';
import { type Audience, knownScopes } from './request-parameters.ts';

/**
 * What a host name in Punycode (RFC 3492) stands for, and in which letters: a name that looks like a known one may be
 * written in another script. The page shows both forms.
 */
interface InternationalName {
  /** In Unicode. */
  readonly text: string;
  /** The scripts of its letters, as Unicode calls them; more than one is no name that a person would choose. */
  readonly scripts: readonly string[];
}

const scripts = [
  'Latin',
  'Cyrillic',
  'Greek',
  'Armenian',
  'Georgian',
  'Hebrew',
  'Arabic',
  'Devanagari',
  'Bengali',
  'Tamil',
  'Thai',
  'Han',
  'Hiragana',
  'Katakana',
  'Hangul',
].map((name) => ({ name, letter: new RegExp(`\\p{Script=${name}}`, 'u') }));

/** @returns undefined for a name that is none, and for one with characters that nobody sees */
const readInternationalName = (hostname: string): InternationalName | undefined => {
  if (!/(?:^|\.)xn--/.test(hostname)) return undefined;
  const text = domainToUnicode(hostname);
  if (text === '' || text === hostname || /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u.test(text)) return undefined;
  // The end of a name may be in Latin letters, whatever comes before.
  const label = text.split('.').slice(0, -1).join('');
  const found = scripts.filter(({ letter }) => letter.test(label)).map(({ name }) => name);
  return { text, scripts: found.length === 0 ? ['another script'] : found };
};

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

export interface ConsentDetails {
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

/** A URI as a person can read it: characters that nobody sees, or that turn the direction of others, are percent-encoded. */
const readableUri = (uri: string): string =>
  [...uri].map((character) => (visible.test(character) ? character : encodeURIComponent(character))).join('');

export const describeRedirect = (uri: string): Redirect => {
  const reading = readRedirectUri(uri);
  const { protocol, host, hostname } = new URL(uri);
  const isWeb = protocol === 'http:' || protocol === 'https:';
  const named = isWeb ? readInternationalName(hostname) : undefined;
  return {
    uri: readableUri(uri),
    host: isWeb ? host : protocol,
    kind: reading.kind,
    agent: reading.kind === 'agent' ? reading.name : undefined,
    named,
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
export const mayReceiveAnswer = ({ redirectUri, clientId }: Returning, preregistered: readonly string[]): boolean => {
  const reading = readRedirectUri(redirectUri);
  return isOpenToAnybody(reading) || (reading.kind === 'unknown_app' && preregistered.includes(clientId));
};

/**
 * Whether a browser may be sent there although nobody agreed to anything. Anybody can register an address, and would
 * have this server send people to it (RFC 9700 §4.11.2): only the operator's clients, and programs that listen on the
 * person's own computer, hear of a refusal by themselves.
 * @param preregistered the identifiers of the clients that the operator registered.
 */
export const mayRedirectUnasked = (request: Returning, preregistered: readonly string[]): boolean => {
  if (preregistered.includes(request.clientId)) return mayReceiveAnswer(request, preregistered);
  return readRedirectUri(request.redirectUri).kind === 'listener' && request.redirectUri.startsWith('http:');
};

/** @param preregistered the identifiers of the clients that the operator registered. */
export const describeRequest = (
  { uid, params }: Interaction,
  client: Client,
  preregistered: readonly string[],
  audience: Audience,
): ConsentDetails => {
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
