// Puts what clients of the Model Context Protocol leave out, or say in several ways, into the one form that is then
// checked. Refuses nothing: what is wrong stays wrong.
import { isMcpScope, type McpScope } from '../model/mcp-scope.ts';

export interface Audience {
  /** The resource identifier (RFC 8707). */
  readonly resource: string;
  /** What a client gets that names no scope. */
  readonly scopes: readonly McpScope[];
}

/** Scopes of protocols, which say nothing about what may be read. */
const protocolScopes = ['openid', 'offline_access'];
/** Everybody is asked at every request, so that these ask for nothing more. */
const alwaysAsked = ['login', 'consent', 'select_account'];

const words = (text: string): string[] => text.split(' ').filter(Boolean);

/** The origin alone and a slash at the end mean the one resource there is. */
const normalResource = (text: string, resource: string): string => {
  const named = URL.parse(text)?.href.replace(/\/$/, '');
  return named === resource || named === new URL(resource).origin ? resource : text;
};

const normaliseResource = (parameters: URLSearchParams, resource: string): void => {
  const given = parameters.getAll('resource').map((text) => normalResource(text, resource));
  parameters.delete('resource');
  for (const value of new Set(given)) parameters.append('resource', value);
};

/** RFC 6749 §3.3: without a scope, there is a default. */
const addScopes = (parameters: URLSearchParams, scopes: readonly McpScope[]): void => {
  const [text = '', ...more] = parameters.getAll('scope');
  if (more.length > 0) return;
  const named = words(text);
  if (named.every((scope) => protocolScopes.includes(scope))) parameters.set('scope', [...named, ...scopes].join(' '));
};

const dropPrompt = (parameters: URLSearchParams): void => {
  const [text, ...more] = parameters.getAll('prompt');
  if (text === undefined || more.length > 0) return;
  if (words(text).every((prompt) => alwaysAsked.includes(prompt))) parameters.delete('prompt');
};

/** For the query of an authorization request. */
export const normaliseAuthorizationRequest = (query: URLSearchParams, { resource, scopes }: Audience): string => {
  const parameters = new URLSearchParams(query);
  normaliseResource(parameters, resource);
  addScopes(parameters, scopes);
  dropPrompt(parameters);
  return parameters.toString();
};

/** For the form of a token request. */
export const normaliseTokenRequest = (form: string, { resource }: Audience): string => {
  const parameters = new URLSearchParams(form);
  normaliseResource(parameters, resource);
  return parameters.toString();
};

/** Those of the scopes in a request that are known and on offer, in a fixed order. */
export const knownScopes = (text: string, { scopes }: Audience): McpScope[] => {
  const named = words(text).filter(isMcpScope);
  return scopes.filter((scope) => named.includes(scope));
};
