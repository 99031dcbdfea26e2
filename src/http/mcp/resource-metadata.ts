// OAuth 2.0 Protected Resource Metadata (RFC 9728): where clients sign in for /mcp, and with which scopes. Public, so
// that clients in a browser may read it too.
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import type { McpScope } from '../../model/mcp-scope.ts';
import type { SignInRules } from './route.ts';

export interface ProtectedResource {
  /** Issuers, as they stand in `iss`. */
  readonly authorizationServers: readonly string[];
  /** Of the enabled tools. */
  readonly scopes: readonly McpScope[];
  /** See SignInHint; empty unless given. */
  readonly scopePrefix?: string;
  /** What an access token has to allow for a tool; none for an unknown one. */
  readonly scopesOfTool: (name: string) => readonly McpScope[];
}

const resourcePath = '/mcp';
/** For clients that look where the resource identifier has no path (RFC 9728 §3.1). */
const rootPath = '/.well-known/oauth-protected-resource';
const metadataPath = `${rootPath}${resourcePath}`;
const cacheSeconds = 300;

/** The resource identifier (RFC 8707) of /mcp: what stands in `aud` of the tokens for it. */
export const resourceOf = (publicUrl: URL): string => publicUrl.origin + resourcePath;

/** What /mcp tells and asks of those who sign in. */
export const signInRulesOf = (
  publicUrl: URL,
  { scopes, scopePrefix = '', scopesOfTool }: ProtectedResource,
): SignInRules => ({
  hint: { resourceMetadata: publicUrl.origin + metadataPath, scopes, scopePrefix },
  scopesOfTool,
});

export const resourceMetadataRoutes = (publicUrl: URL, resource: ProtectedResource): Hono => {
  const { authorizationServers, scopes, scopePrefix = '' } = resource;
  const metadata = {
    resource: resourceOf(publicUrl),
    authorization_servers: authorizationServers,
    scopes_supported: scopes.map((scope) => scopePrefix + scope),
    bearer_methods_supported: ['header'],
    resource_name: 'Postern',
  };
  const routes = new Hono();
  for (const path of [metadataPath, `${metadataPath}/`, rootPath]) {
    routes.use(path, cors({ origin: '*', allowMethods: ['GET'] }));
    routes.get(path, (c) => c.json(metadata, 200, { 'Cache-Control': `public, max-age=${cacheSeconds}` }));
  }
  return routes;
};
