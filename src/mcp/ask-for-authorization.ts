// A link for the person whom a call needs: instead of an answer, or beside one that lacks something; through the client
// (URL elicitation) where it can show one, else in the result. "accept" of an elicitation means that the link was opened, not
// that the person is done, and clients call again at once: so at most one elicitation per call.

import {
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type InputRequiredResult,
  inputRequired,
  inputResponse,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server';
import type { Accounts, Link } from '../connect/accounts.ts';
import { type Account, accountStatus } from '../model/account.ts';
import type { Caller } from '../model/caller.ts';
import type { Capability } from '../model/capability.ts';
import type { Problem } from '../model/problem.ts';
import { type Tool, ToolContent } from './define-tool.ts';
import {
  type AccountSummary,
  type AuthorizationProblem,
  addLink,
  authorizationMessage,
  presentLink,
  presentProblem,
  presentProblemWithLink,
} from './present.ts';

const accountSummary = ({ key }: Caller, account: Account | undefined): AccountSummary => ({
  identifier: key.identifier,
  status: account === undefined ? 'PENDING' : accountStatus(account).status,
});

/** The link through the client where it can show one, else in the result itself. */
export const askForAuthorization = async (
  accounts: Accounts,
  toolName: string,
  caller: Caller,
  problem: AuthorizationProblem,
  capabilities: readonly Capability[],
  { possible, ticket }: Elicitation,
): Promise<CallToolResult | InputRequiredResult> => {
  const link = await accounts.link(caller, { capabilities, reuse: true, ticket });
  if (!link.ok) return presentProblem(link.problem);
  if (possible) return elicitLink(authorizationMessage(problem), link.value);
  const account = await accounts.find(caller.key);
  return presentLink(toolName, problem, link.value, accountSummary(caller, account));
};

/** Beside what the operator can do, a link where connecting again helps too; nobody is asked to open it at once. */
export const answerProblem = async (
  accounts: Accounts,
  caller: Caller,
  problem: Problem,
  capabilities: readonly Capability[],
  { ticket }: Elicitation,
): Promise<CallToolResult> => {
  const hint = reconnectHint(problem);
  if (hint === undefined) return presentProblem(problem);
  const link = await accounts.link(caller, { capabilities, reuse: true, ticket });
  if (!link.ok) return presentProblem(problem);
  const account = await accounts.find(caller.key);
  return presentProblemWithLink(problem, hint, link.value, accountSummary(caller, account));
};

/** The answer as it is where it lacks nothing that the person could allow, or where no link can be made just now. */
export const addLinkForMissing = async (
  accounts: Accounts,
  tool: Tool,
  caller: Caller,
  output: object,
  result: CallToolResult,
): Promise<CallToolResult> => {
  const all = output instanceof ToolContent ? [] : (tool.missingCapabilities?.(output) ?? []);
  if (all.length === 0) return result;
  const account = await accounts.find(caller.key);
  // Only a Workspace account has a directory: nobody else has to be asked for it.
  const organisation = account?.google?.hostedDomain;
  const missing = all.filter((capability) => capability !== 'directory' || organisation !== undefined);
  if (missing.length === 0) return result;
  const link = await accounts.link(caller, { capabilities: missing, reuse: true });
  if (!link.ok) return result;
  const problem = { kind: 'authorization_required', reason: 'scope_missing', missing } as const;
  return addLink(result, tool.name, problem, link.value, accountSummary(caller, account));
};

/**
 * Which of the operator's problems a person can mend for themselves by connecting again, in a sentence before the link; so
 * nobody whose stored access Google refuses is left without a way out of their own. Undefined: a link would mend nothing.
 */
const reconnectHint = (problem: Problem): string | undefined => {
  switch (problem.kind) {
    case 'many_grants_refused':
      return 'Where waiting is no choice, or this person ended the access themselves, they open this link and approve';
    case 'operator_client_changed':
      return 'Or the person opens this link and approves, which mends it for them';
    case 'client_invalid':
      return 'Should calls still fail after that, the person opens this link and approves';
    default:
      return undefined;
  }
};

const requestKey = 'connect';

export interface Elicitation {
  /** The client can show a link, and was not asked in this call yet. */
  readonly possible: boolean;
  /** The ticket the client was asked for in the round before this one; whoever looks it up checks whose it is. */
  readonly ticket?: string;
  /** The person opened the link. */
  readonly accepted: boolean;
}

/** Where the capabilities are depends on the protocol; an older one over stateless HTTP does not tell them at all. */
const capabilitiesOf = (server: McpServer, ctx: ServerContext): ClientCapabilities | undefined => {
  // The SDK types the envelope as an object without members.
  const envelope = ctx.mcpReq.envelope as { [CLIENT_CAPABILITIES_META_KEY]?: ClientCapabilities } | undefined;
  return envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? server.server.getClientCapabilities();
};

/** What this round of a call says about elicitation. */
export const elicitationOf = (server: McpServer, ctx: ServerContext): Elicitation => {
  const answer = inputResponse(ctx.mcpReq.inputResponses, requestKey);
  const state: unknown = ctx.mcpReq.requestState();
  return {
    possible: answer.kind === 'missing' && capabilitiesOf(server, ctx)?.elicitation?.url !== undefined,
    accepted: answer.kind === 'elicit' && answer.action === 'accept',
    ...(typeof state === 'string' ? { ticket: state } : {}),
  };
};

/** Ends this round: the client shows the link and calls again with the ticket. */
const elicitLink = (message: string, link: Link): InputRequiredResult =>
  inputRequired({
    inputRequests: { [requestKey]: inputRequired.elicitUrl({ message, url: link.url }) },
    requestState: link.ticket,
  });
