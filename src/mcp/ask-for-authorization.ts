// A link for the person whom a call needs: instead of an answer, or beside one that lacks something. Knows nothing of what
// the link leads to.
import type { CallToolResult, InputRequiredResult } from '@modelcontextprotocol/server';
import type { Accounts } from '../connect/accounts.ts';
import type { Account } from '../model/account.ts';
import type { Caller } from '../model/caller.ts';
import type { Problem } from '../model/problem.ts';
import type { Capability } from '../model/scope.ts';
import { standingOf } from '../model/standing.ts';
import { type Tool, ToolContent } from './define-tool.ts';
import { type Elicitation, elicitLink } from './elicitation.ts';
import { otherWayOut } from './other-way-out.ts';
import {
  type AccountShown,
  type AuthorizationProblem,
  authorizationMessage,
  presentLink,
  presentLinkBeside,
  presentProblem,
  presentProblemWithLink,
} from './present.ts';

const shownAccount = ({ key }: Caller, account: Account | undefined): AccountShown => ({
  identifier: key.identifier,
  status: account === undefined ? 'PENDING' : standingOf(account).status,
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
  const link = await accounts.link(caller, { capabilities, reuse: true, ...(ticket === undefined ? {} : { ticket }) });
  if (!link.ok) return presentProblem(link.problem);
  if (possible) return elicitLink(authorizationMessage(problem), link.value);
  const account = await accounts.find(caller.key);
  return presentLink(toolName, problem, link.value, shownAccount(caller, account));
};

/** Beside what the operator can do, a link where connecting again helps too; nobody is asked to open it at once. */
export const presentWithWayOut = async (
  accounts: Accounts,
  caller: Caller,
  problem: Problem,
  capabilities: readonly Capability[],
  { ticket }: Elicitation,
): Promise<CallToolResult> => {
  const wayOut = otherWayOut(problem);
  if (wayOut === undefined) return presentProblem(problem);
  const link = await accounts.link(caller, { capabilities, reuse: true, ...(ticket === undefined ? {} : { ticket }) });
  if (!link.ok) return presentProblem(problem);
  const account = await accounts.find(caller.key);
  return presentProblemWithLink(problem, wayOut, link.value, shownAccount(caller, account));
};

/** The answer as it is where it lacks nothing that the person could allow, or where no link can be made just now. */
export const withLinkBeside = async (
  accounts: Accounts,
  tool: Tool,
  caller: Caller,
  output: object,
  result: CallToolResult,
): Promise<CallToolResult> => {
  const lacking = output instanceof ToolContent ? [] : (tool.lacks?.(output) ?? []);
  if (lacking.length === 0) return result;
  const account = await accounts.find(caller.key);
  // Only a Workspace account has a directory: nobody else has to be asked for it.
  const organisation = account?.google?.hostedDomain;
  const missing = lacking.filter((capability) => capability !== 'directory' || organisation !== undefined);
  if (missing.length === 0) return result;
  const link = await accounts.link(caller, { capabilities: missing, reuse: true });
  if (!link.ok) return result;
  const problem = { kind: 'authorization_required', reason: 'scope_missing', missing } as const;
  return presentLinkBeside(result, tool.name, problem, link.value, shownAccount(caller, account));
};
