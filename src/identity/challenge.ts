// What `WWW-Authenticate` says: RFC 6750 §3, with `resource_metadata` of RFC 9728 §5.1. Knows no request.
import type { McpScope } from '../model/mcp-scope.ts';
import type { Refusal } from './authenticate.ts';

/** How clients find out where to sign in, and what to ask for there. */
export interface SignInHint {
  /** The address of the protected resource metadata. */
  readonly resourceMetadata: string;
  /** What clients need for everything this server offers. */
  readonly scopes: readonly McpScope[];
  /** What stands before a scope where clients ask for it: some issuers want their API's name there. */
  readonly scopePrefix: string;
}

/** Scopes as clients ask their issuer for them, separated by spaces (RFC 6749 §3.3). */
const asAsked = (scopes: readonly McpScope[], prefix: string): string =>
  scopes.map((scope) => prefix + scope).join(' ');

const bearer = (parameters: Readonly<Record<string, string | undefined>>): string =>
  `Bearer ${Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')}`;

/**
 * The challenge of a 401; without an error code where no credential was sent (RFC 6750 §3.1).
 * @param hint undefined: nobody signs in here, keys only.
 */
export const challengeFor = ({ error }: Refusal, hint?: SignInHint): string =>
  bearer({
    realm: 'postern',
    error: error === 'authentication_required' ? undefined : error,
    resource_metadata: hint?.resourceMetadata,
    scope: hint && asAsked(hint.scopes, hint.scopePrefix),
  });

/**
 * The challenge of a 403 for a token that lacks scopes. The MCP specification lets a server name those already
 * granted too; clients of revision 2025-11-25 ask for exactly what stands here, and would else lose the others.
 */
export const insufficientScopeChallenge = (
  scopes: readonly McpScope[],
  description: string,
  { resourceMetadata, scopePrefix }: SignInHint,
): string =>
  bearer({
    error: 'insufficient_scope',
    scope: asAsked(scopes, scopePrefix),
    resource_metadata: resourceMetadata,
    error_description: description,
  });
