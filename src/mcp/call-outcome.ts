// How a call of a tool ended, before it is shown to anybody: MCP (present.ts) and programs (execute-tool.ts) present the
// same outcomes, each in its own form.
import type { Link } from '../connect/accounts.ts';
import type { AccountStatus } from '../model/account.ts';
import type { Problem } from '../model/problem.ts';

export type AuthorizationProblem = Extract<Problem, { kind: 'authorization_required' }>;

/** Whose account a link is for, and how it stands. */
interface AccountSummary {
  readonly identifier: string;
  readonly status: AccountStatus['status'];
}

/** A link for the person whom a call is for. */
export interface OfferedLink {
  readonly link: Link;
  readonly account: AccountSummary;
}

export type CallOutcome =
  /** `output` is what the tool answered, notes first: an object, or a ToolContent. */
  | {
      readonly kind: 'output';
      readonly output: object;
      /** What the answer lacks because the person did not allow it, with the link for that. */
      readonly lacking?: OfferedLink & { readonly problem: AuthorizationProblem };
    }
  /** A person is needed first; not a failure. */
  | ({ readonly kind: 'authorization_required'; readonly problem: AuthorizationProblem } & OfferedLink)
  | {
      readonly kind: 'problem';
      readonly problem: Problem;
      /** The other way out of a problem of the operator's, as the words before its link: the person connects again. */
      readonly reconnect?: OfferedLink & { readonly hint: string };
    };

export const problemOutcome = (problem: Problem): CallOutcome => ({ kind: 'problem', problem });

const isoTime = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** Why a person has to open a link, and the link, as structured content and the API have it. */
export const authorizationJson = (
  { reason, missing }: { readonly reason: string; readonly missing?: readonly string[] | undefined },
  { link, account }: OfferedLink,
) => ({
  url: link.url,
  expiresAt: isoTime(link.expiresAt),
  reason,
  ...(missing === undefined ? {} : { missing }),
  account,
});

export type AuthorizationJson = ReturnType<typeof authorizationJson>;
