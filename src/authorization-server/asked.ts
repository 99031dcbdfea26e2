// What a person is asked: which client wants what, in words that are safe to show. Knows nothing of the page.
import type { Client, Interaction } from 'oidc-provider';
import type { McpScope } from '../model/mcp-scope.ts';
import { type Audience, knownScopes } from './request-parameters.ts';

export interface Asked {
  readonly uid: string;
  readonly clientId: string;
  /** What the client calls itself, which proves nothing. */
  readonly clientName: string;
  readonly source: 'metadata_document' | 'dynamic' | 'preregistered';
  readonly redirectUri: string;
  /** With the port, if there is one; of a private-use scheme (RFC 8252 §7.1) the scheme, with its colon. */
  readonly redirectHost: string;
  /** It leads to a program on the person's own computer, and nobody can say to which. */
  readonly redirectIsLocal: boolean;
  readonly scopes: readonly McpScope[];
}

const maxNameLength = 80;
const loopback = ['localhost', '127.0.0.1', '[::1]'];
/** Names and addresses that no other computer answers to (RFC 6761 §6.3, RFC 1122 §3.2.1.3). */
const isOwnComputer = (hostname: string): boolean =>
  loopback.includes(hostname) || /^(?:0|127)(?:\.\d+){3}$|(?:^|\.)localhost\.?$|^\[::\]$/.test(hostname);

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

export const describeRedirect = (uri: string) => {
  const { protocol, host, hostname } = new URL(uri);
  const isWeb = protocol === 'http:' || protocol === 'https:';
  return {
    redirectUri: uri,
    redirectHost: isWeb ? host : protocol,
    redirectIsLocal: !isWeb || isOwnComputer(hostname),
  };
};

/**
 * Whether a browser may be sent there although nobody agreed to anything. Anybody can register an address, and would
 * have this server send people to it (RFC 9700 §4.11.2): only the operator's clients, and programs that listen on the
 * person's own computer, hear of a refusal by themselves.
 * @param preregistered the identifiers of the clients that the operator registered.
 */
export const mayReturnByItself = (
  { redirectUri, clientId }: { readonly redirectUri: string; readonly clientId: string },
  preregistered: readonly string[],
): boolean => {
  const { protocol, hostname } = new URL(redirectUri);
  return preregistered.includes(clientId) || (protocol === 'http:' && loopback.includes(hostname));
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
  const fallback = documented ? new URL(clientId).host : redirect.redirectHost;
  return {
    uid,
    clientId,
    clientName: plainText(client.clientName ?? '') || fallback,
    source: preregistered.includes(clientId) ? 'preregistered' : documented ? 'metadata_document' : 'dynamic',
    ...redirect,
    scopes: knownScopes(String(params.scope ?? ''), audience),
  };
};
