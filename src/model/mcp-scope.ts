// The scopes of Postern's own access tokens (RFC 6749 §3.3), which say what an MCP client may ask for; what Google
// granted Postern is another matter (capability.ts).
import type { Capability } from './capability.ts';

export const mcpScopes = ['mail:read', 'contacts:read'] as const;
export type McpScope = (typeof mcpScopes)[number];

export const isMcpScope = (text: string): text is McpScope => (mcpScopes as readonly string[]).includes(text);

/** The scope that a client needs before a tool may use this. */
const scopeOf: Readonly<Record<Capability, McpScope>> = {
  mail: 'mail:read',
  contacts: 'contacts:read',
  directory: 'contacts:read',
  other_contacts: 'contacts:read',
};

/** The scopes a client needs for tools that use these capabilities, in a fixed order. */
export const mcpScopesFor = (capabilities: Iterable<Capability>): McpScope[] => {
  const needed = new Set([...capabilities].map((capability) => scopeOf[capability]));
  return mcpScopes.filter((scope) => needed.has(scope));
};

/** Those of the capabilities that a client with these scopes can come to use. */
export const capabilitiesWithin = (scopes: Iterable<McpScope>, capabilities: readonly Capability[]): Capability[] => {
  const given = new Set(scopes);
  return capabilities.filter((capability) => given.has(scopeOf[capability]));
};

/** What a scope means to the person who is asked for it. */
export const mcpScopeText = (scope: McpScope): string => {
  switch (scope) {
    case 'mail:read':
      return 'read your e-mail, drafts and attachments';
    case 'contacts:read':
      return "see your contacts and your organisation's directory";
  }
};
