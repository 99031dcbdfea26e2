// One call of one tool for programs: the same call as over MCP (call-tool.ts), its outcome as plain data. The REST API and
// whatever else serves programs stand on it; none of them sees more than a Caller, which their credential gave them.
import { nearestName } from '../lib/nearest-name.ts';
import type { Caller } from '../model/caller.ts';
import type { Problem } from '../model/problem.ts';
import { type AuthorizationJson, authorizationJson, type CallOutcome } from './call-outcome.ts';
import type { CallableTool } from './call-tool.ts';
import { type Tool, ToolContent } from './define-tool.ts';
import { untrusted } from './present.ts';

export type ToolAnswer =
  | {
      readonly kind: 'data';
      /** As MCP's structured content has it, with its warning first. A file's bytes are `data`, base64. */
      readonly data: object;
      /** A link for what the answer lacks; the data is good as far as it goes. */
      readonly authorizationRequired?: AuthorizationJson;
    }
  /** A person has to open the link first; then the same call works. */
  | { readonly kind: 'authorization_required'; readonly authorizationRequired: AuthorizationJson }
  | {
      readonly kind: 'problem';
      readonly problem: Problem;
      /** Beside a problem of the operator's: the person can mend it for themselves by connecting again. */
      readonly authorizationRequired?: AuthorizationJson;
    }
  /** No such tool, or one that the operator switched off. */
  | { readonly kind: 'unknown_tool'; readonly nearest?: string };

interface Execution {
  /** Aborted when nobody waits for the answer any more; the call ends as `cancelled`. */
  readonly signal: AbortSignal;
  /** Stands in the log beside the call. */
  readonly executionId: string;
}

export interface ToolService {
  /** Those that the operator left switched on, in the order of the catalogue. */
  readonly list: readonly Tool[];
  /**
   * Calls a tool for a caller. Nothing is thrown; what fails is a problem. The scopes of an access token are not looked at:
   * a transport that takes such tokens checks them before.
   */
  execute(caller: Caller, toolName: string, input: unknown, execution: Execution): Promise<ToolAnswer>;
}

/** Everything of an answer as one object: programs have no content blocks. */
const dataOf = (output: object): object => {
  if (!(output instanceof ToolContent)) return { untrusted, ...output };
  const { facts, structured, text, image } = output;
  return {
    untrusted,
    ...facts,
    ...structured,
    ...(text === undefined ? {} : { text }),
    ...(image === undefined ? {} : { data: image.base64 }),
  };
};

const answerOf = (outcome: CallOutcome): ToolAnswer => {
  switch (outcome.kind) {
    case 'output': {
      const { output, lacking } = outcome;
      const beside = lacking && { authorizationRequired: authorizationJson(lacking.problem, lacking) };
      return { kind: 'data', data: dataOf(output), ...beside };
    }
    case 'authorization_required':
      return { kind: outcome.kind, authorizationRequired: authorizationJson(outcome.problem, outcome) };
    case 'problem': {
      const { problem, reconnect } = outcome;
      const beside = reconnect && { authorizationRequired: authorizationJson({ reason: problem.kind }, reconnect) };
      return { kind: 'problem', problem, ...beside };
    }
  }
};

/** There is nothing through which a link could be shown: it is in the answer. */
const noElicitation = { possible: false, accepted: false };

export const createToolService = (tools: readonly CallableTool[]): ToolService => {
  const byName = new Map(tools.map(({ tool, call }) => [tool.name, call]));
  return {
    list: tools.map(({ tool }) => tool),
    execute: async (caller, toolName, input, { signal, executionId }) => {
      const call = byName.get(toolName);
      if (call === undefined) {
        const nearest = nearestName(toolName, [...byName.keys()]);
        return { kind: 'unknown_tool', ...(nearest === undefined ? {} : { nearest }) };
      }
      const request = { signal, elicitation: noElicitation, executionId, notifyProgress: undefined };
      return call(caller, input, request, answerOf);
    },
  };
};
