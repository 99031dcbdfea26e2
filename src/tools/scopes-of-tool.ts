// Which scopes of an access token a tool needs. Knows nothing of tokens or callers.
import { type McpScope, mcpScopesFor } from '../model/mcp-scope.ts';
import type { Tool } from './define-tool.ts';

/** By a tool's name; none for a name that no tool has, which is for the protocol to refuse. */
export const createScopesOfTool = (
  tools: readonly Pick<Tool, 'name' | 'requires'>[],
): ((name: string) => readonly McpScope[]) => {
  const byName = new Map(tools.map(({ name, requires }) => [name, mcpScopesFor(requires)]));
  return (name) => byName.get(name) ?? [];
};

/** The scopes a client needs to use all of these tools to their full extent. */
export const scopesOfTools = (tools: readonly Pick<Tool, 'requires' | 'optional'>[]): McpScope[] =>
  mcpScopesFor(tools.flatMap(({ requires, optional }) => [...requires, ...optional]));
