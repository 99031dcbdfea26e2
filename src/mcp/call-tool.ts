// START HERE. One call of one tool for one caller, in this order: parse → account → token → run → present.
// Whatever goes wrong comes back as a problem, or as a link when a person is needed; nothing is thrown.
import type { Logger } from 'pino';
import type { Accounts } from '../connect/accounts.ts';
import type { GoogleServices, ReportProgress } from '../google/ports.ts';
import type { Clock } from '../lib/clock.ts';
import { describeDefect } from '../lib/describe-defect.ts';
import type { Turn } from '../lib/semaphore.ts';
import type { Caller } from '../model/caller.ts';
import type { AccessToken, FreshToken } from '../model/fresh-token.ts';
import { failed, ok, type Result } from '../model/result.ts';
import { storageProblem } from '../model/storage-error.ts';
import { answerProblem, askForAuthorization, linkForMissing } from './ask-for-authorization.ts';
import { type CallOutcome, problemOutcome } from './call-outcome.ts';
import { ProblemError, type Tool, ToolContent } from './define-tool.ts';
import type { DeliverAttachment } from './deliver-attachment.ts';
import type { RunnerFor } from './jobs/job-runner.ts';
import { createInputParser } from './parse-input.ts';
import { type NotifyProgress, reportingProgress } from './progress.ts';

export interface CallOptions {
  readonly accounts: Accounts;
  readonly google: GoogleServices;
  readonly jobsFor: RunnerFor;
  readonly deliver: (caller: Caller) => DeliverAttachment;
  readonly delivery: 'http' | 'stdio';
  /** Bytes. */
  readonly inlineLimit: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long a tool may run; waiting for a person comes on top. */
  readonly callDeadlineMs: number;
}

/** What a call says of a link: whether its client can show one, and what became of the one before. */
export interface Elicitation {
  /** The client can show a link, and was not asked in this call yet. */
  readonly possible: boolean;
  /** The ticket the client was asked for in the round before this one; whoever looks it up checks whose it is. */
  readonly ticket?: string;
  /** The person opened the link. */
  readonly accepted: boolean;
}

/** What the protocol says about one call. */
export interface CallRequest {
  readonly signal: AbortSignal;
  readonly elicitation: Elicitation;
  /** The name under which the caller finds the call in the log. */
  readonly executionId?: string;
  /** Undefined: the client did not ask. */
  readonly notifyProgress: NotifyProgress | undefined;
}

/** What a running tool gets of its call. */
interface RunContext {
  readonly signal: AbortSignal;
  readonly turn: Turn;
  readonly progress: ReportProgress;
}

/** Calls the tool. @param present puts the outcome into the caller's form; what it throws is a defect like any other. */
export type CallTool = <Presented>(
  caller: Caller,
  args: unknown,
  request: CallRequest,
  present: (outcome: CallOutcome) => Presented,
) => Promise<Presented>;

/** A tool with its handler. */
export interface CallableTool {
  readonly tool: Tool;
  readonly call: CallTool;
}

export const callableTools = (options: CallOptions, tools: readonly Tool[]): CallableTool[] =>
  tools.map((tool) => ({ tool, call: createCallTool(options, tool) }));

/** The handler of one tool; what depends on the tool alone is computed here, once. */
const createCallTool = (options: CallOptions, tool: Tool): CallTool => {
  const { accounts, clock, log, callDeadlineMs } = options;
  const parse = createInputParser(tool.name, tool.input);

  const answer = async (
    caller: Caller,
    args: unknown,
    { signal, elicitation: { accepted, ticket } }: CallRequest,
    progress: ReportProgress,
  ): Promise<CallOutcome> => {
    const input = parse(args);
    if (!input.ok) return problemOutcome(input.problem);
    if (accepted && ticket !== undefined) await accounts.waitForLink(caller, ticket, signal);
    const deadline = { clock, milliseconds: callDeadlineMs, cancelled: signal };
    const output = await withDeadline(deadline, (until) =>
      withPatience(clock, (turn) => run(options, tool, caller, input.value, { signal: until, turn, progress })),
    );
    if (output.ok) {
      const lacking = await linkForMissing(accounts, tool, caller, output.value);
      return { kind: 'output', output: withNotes(output.value, input.notes), ...lacking };
    }
    const { problem } = output;
    const stepUp = tool.stepUp?.isWanted(input.value) ? tool.stepUp.capabilities : [];
    const needed = [...tool.requires, ...stepUp];
    return problem.kind === 'authorization_required'
      ? askForAuthorization(accounts, caller, problem, problem.missing ?? needed, ticket)
      : answerProblem(accounts, caller, problem, needed, ticket);
  };

  return async (caller, args, request, present) => {
    const startedAt = clock.now();
    const { elicitation, executionId } = request;
    const entry = { event: 'tool_call', tool: tool.name, ...(executionId === undefined ? {} : { executionId }) };
    try {
      const outcome = await reportingProgress(clock, request.notifyProgress, (progress) =>
        answer(caller, args, request, progress),
      );
      const presented = present(outcome);
      log.info({ ...entry, outcome: outcomeName(outcome, elicitation), ms: clock.now() - startedAt });
      return presented;
    } catch (error) {
      const problem = storageProblem(error) ?? { kind: 'internal' };
      log.error({ ...entry, outcome: problem.kind, ...describeDefect(error) });
      return present(problemOutcome(problem));
    }
  };
};

/** Account and token first, so that a call that needs a person costs no request to Google. */
const run = async (
  { accounts, google, jobsFor, deliver, delivery, inlineLimit }: CallOptions,
  tool: Tool,
  caller: Caller,
  input: Record<string, unknown>,
  { signal, turn, progress }: RunContext,
): Promise<Result<object>> => {
  const { key } = caller;
  const freshToken = accounts.freshToken(key, tool.missingCapabilities === undefined ? tool.requires : []);
  const token = await freshToken();
  if (!token.ok) return token;
  const context = {
    google: google.forCaller({
      key,
      freshToken: remembering(freshToken, token.value),
      record: (answered) => accounts.recordAnswer(key, answered),
      signal,
      turn,
    }),
    grantVersion: token.value.grantVersion,
    deliver: deliver(caller),
    delivery,
    inlineLimit,
    jobs: jobsFor({ key, signal, turn }),
    progress,
  };
  try {
    const output = await tool.run(input, context);
    if (output.ok) checkOutput(tool, output.value);
    return output;
  } catch (error) {
    if (error instanceof ProblemError) return failed(error.problem);
    throw error;
  }
};

/** One look into the store per call: all requests of a call use one token, until Google rejects it. */
const remembering = (freshToken: FreshToken, first: AccessToken): FreshToken => {
  let latest = first;
  return async (rejected) => {
    if (rejected === undefined || rejected !== latest.token) return ok(latest);
    const answer = await freshToken(rejected);
    if (answer.ok) latest = answer.value;
    return answer;
  };
};

/**
 * Runs `work` until it is done, the caller cancels, or `milliseconds` have passed by the clock; then its signal is
 * aborted and the answer is `cancelled` or `deadline_exceeded`, whether or not the work listens: a cancelled HTTP call of an
 * older protocol never reaches us, and a tool may hang.
 */
const withDeadline = async <T>(
  {
    clock,
    milliseconds,
    cancelled,
  }: { readonly clock: Clock; readonly milliseconds: number; readonly cancelled: AbortSignal },
  work: (signal: AbortSignal) => Promise<Result<T>>,
): Promise<Result<T>> => {
  const done = new AbortController();
  const late = new AbortController();
  const signal = AbortSignal.any([cancelled, late.signal]);
  const whyEnded = () =>
    late.signal.aborted
      ? failed({ kind: 'deadline_exceeded', seconds: Math.round(milliseconds / 1000) })
      : failed({ kind: 'cancelled' });
  const ended = new Promise<Result<T>>((resolve) => {
    if (signal.aborted) resolve(whyEnded());
    else signal.addEventListener('abort', () => resolve(whyEnded()), { once: true });
  });
  void clock.sleep(milliseconds, done.signal).then(() => {
    if (!done.signal.aborted) late.abort();
  });
  try {
    return await Promise.race([ended, work(signal)]);
  } finally {
    // A reason of its own spares every call an exception with a stack.
    done.abort('done');
  }
};

/**
 * Milliseconds that a call waits for its turn, all in all; then it is told that Postern is busy, long before its deadline
 * and before the minute after which clients give up by themselves.
 */
const longestWaitMs = 30_000;

/** Runs `work` with its place in queues, and ends its patience in time. */
const withPatience = async <T>(clock: Clock, work: (turn: Turn) => Promise<T>): Promise<T> => {
  const done = new AbortController();
  const patience = new AbortController();
  void clock.sleep(longestWaitMs, done.signal).then(() => {
    if (!done.signal.aborted) patience.abort('waited');
  });
  try {
    return await work({ since: clock.now(), patience: patience.signal });
  } finally {
    done.abort('done');
  }
};

const checkOutput = (tool: Tool, output: object): void => {
  if (output instanceof ToolContent || tool.output === undefined) return;
  if (!tool.output.safeParse(output).success) throw new TypeError('a tool answered outside its own output schema');
};

/** Notes, on how the input was read and the tool's own, stand first: there they are seen before the answer is believed. */
const withNotes = (
  output: object & { readonly notes?: readonly string[] },
  ofInput: readonly string[] = [],
): object => {
  if (output instanceof ToolContent)
    return ofInput.length === 0 ? output : new ToolContent({ notes: ofInput, ...output.facts }, output);
  const { notes: ofTool = [], ...rest } = output;
  const notes = [...ofInput, ...ofTool];
  return notes.length === 0 ? rest : { notes, ...rest };
};

const outcomeName = ({ kind }: CallOutcome, { possible }: Elicitation): string => {
  if (kind === 'output') return 'ok';
  return kind === 'authorization_required' && possible ? 'elicited' : kind;
};
