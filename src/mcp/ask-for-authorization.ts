// A link for the person whom a call needs: instead of an answer, or beside one that lacks something. How it reaches them is
// the presentation's: through the client (URL elicitation) where it can show one, else in the result.

import type { Accounts } from '../connect/accounts.ts';
import { type Account, accountStatus } from '../model/account.ts';
import type { Caller } from '../model/caller.ts';
import type { Capability } from '../model/capability.ts';
import type { Problem } from '../model/problem.ts';
import { type AuthorizationProblem, type CallOutcome, type OfferedLink, problemOutcome } from './call-outcome.ts';
import { type Tool, ToolContent } from './define-tool.ts';

const accountSummary = ({ key }: Caller, account: Account | undefined): OfferedLink['account'] => ({
  identifier: key.identifier,
  status: account === undefined ? 'PENDING' : accountStatus(account).status,
});

/** @param ticket of a link that the caller was shown in the round before; undefined: none. */
export const askForAuthorization = async (
  accounts: Accounts,
  caller: Caller,
  problem: AuthorizationProblem,
  capabilities: readonly Capability[],
  ticket: string | undefined,
): Promise<CallOutcome> => {
  const link = await accounts.link(caller, { capabilities, reuse: true, ticket });
  if (!link.ok) return problemOutcome(link.problem);
  const account = await accounts.find(caller.key);
  return { kind: 'authorization_required', problem, link: link.value, account: accountSummary(caller, account) };
};

/** Beside what the operator can do, a link where connecting again helps too; nobody is asked to open it at once. */
export const answerProblem = async (
  accounts: Accounts,
  caller: Caller,
  problem: Problem,
  capabilities: readonly Capability[],
  ticket: string | undefined,
): Promise<CallOutcome> => {
  const hint = reconnectHint(problem);
  if (hint === undefined) return problemOutcome(problem);
  const link = await accounts.link(caller, { capabilities, reuse: true, ticket });
  if (!link.ok) return problemOutcome(problem);
  const account = await accounts.find(caller.key);
  return { kind: 'problem', problem, reconnect: { hint, link: link.value, account: accountSummary(caller, account) } };
};

/** What an answer lacks that the person could allow, with a link; nothing where no link can be made just now. */
export const linkForMissing = async (
  accounts: Accounts,
  tool: Tool,
  caller: Caller,
  output: object,
): Promise<Pick<Extract<CallOutcome, { kind: 'output' }>, 'lacking'>> => {
  const all = output instanceof ToolContent ? [] : (tool.missingCapabilities?.(output) ?? []);
  if (all.length === 0) return {};
  const account = await accounts.find(caller.key);
  // Only a Workspace account has a directory: nobody else has to be asked for it.
  const organisation = account?.google?.hostedDomain;
  const missing = all.filter((capability) => capability !== 'directory' || organisation !== undefined);
  if (missing.length === 0) return {};
  const link = await accounts.link(caller, { capabilities: missing, reuse: true });
  if (!link.ok) return {};
  const problem = { kind: 'authorization_required', reason: 'scope_missing', missing } as const;
  return { lacking: { problem, link: link.value, account: accountSummary(caller, account) } };
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
