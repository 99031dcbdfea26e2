// /api/v1/tools and /api/v1/accounts/{identifier}/tools/{tool_name}: the tools for programs that speak no MCP. The same calls,
// limits and answers (mcp/execute-tool.ts).
import { Hono } from 'hono';
import type { Accounts } from '../../connect/accounts.ts';
import type { RandomBytes } from '../../lib/clock.ts';
import { nearestName } from '../../lib/nearest-name.ts';
import type { ToolAnswer, ToolService } from '../../mcp/execute-tool.ts';
import { explainProblem } from '../../model/problem.ts';
import { busyResponse, errorResponse, problemResponse, problemStatus } from '../errors.ts';
import type { CallLimiter } from '../limits/call-limits.ts';
import { readJson, readQuery, unknownName } from './input.ts';
import { type ApiContext, accountNotFound, callerOf, keyInPath, type ServiceVariables } from './service.ts';

export interface ToolRoutesOptions {
  readonly accounts: Pick<Accounts, 'find'>;
  readonly tools: ToolService;
  readonly callLimiter: CallLimiter;
  readonly random: RandomBytes;
}

/** Says of an answer, also to whoever does not read its body, that a person is needed first. */
const authorizationHeader = 'Postern-Authorization-Required';

/** What an answer may repeat of a name that was sent. */
const repeatableName = /^[\w-]{1,64}$/;

const unknownTool = (c: ApiContext, name: string, nearest: string | undefined, executionId: string): Response =>
  errorResponse(c, {
    status: 404,
    error: 'unknown_tool',
    message: `There is no tool ${repeatableName.test(name) ? `"${name}"` : 'of this name'}.`,
    who: 'the caller',
    next: nearest === undefined ? 'GET /api/v1/tools lists those that there are.' : `Did you mean "${nearest}"?`,
    execution_id: executionId,
  });

const answerResponse = (c: ApiContext, name: string, answer: ToolAnswer, executionId: string): Response => {
  const execution = { execution_id: executionId };
  switch (answer.kind) {
    case 'unknown_tool':
      return unknownTool(c, name, answer.nearest, executionId);
    case 'data': {
      const { kind: _kind, ...shown } = answer;
      return c.json({ ...shown, ...execution });
    }
    case 'authorization_required':
      c.header(authorizationHeader, 'true');
      return c.json({ authorizationRequired: answer.authorizationRequired, ...execution });
    case 'problem': {
      const { problem, authorizationRequired } = answer;
      const { what, fixer, next } = explainProblem(problem);
      const seconds = problem.kind === 'rate_limited' ? problem.retryAfterSeconds : undefined;
      if (seconds !== undefined) c.header('Retry-After', String(seconds));
      const error = { status: problemStatus(problem), error: problem.kind, message: what, who: fixer, next };
      return errorResponse(c, { ...error, ...(authorizationRequired && { authorizationRequired }), ...execution });
    }
  }
};

/** One call by a program. A tool is called for an account that exists: a misspelled identifier makes no new one. */
const executeRoute = ({ accounts, tools, callLimiter, random }: ToolRoutesOptions) =>
  new Hono<ServiceVariables>().post('/accounts/:identifier/tools/:tool', async (c) => {
    const key = keyInPath(c);
    if (key instanceof Response) return key;
    const name = c.req.param('tool');
    const input = readJson(await c.req.text());
    if (!input.ok) return problemResponse(c, input.problem);
    if ((await accounts.find(key)) === undefined) return accountNotFound(c);
    const admitted = callLimiter.admit(key);
    if (!('take' in admitted)) return busyResponse(c, admitted);
    try {
      const busy = await admitted.take({ toolCalls: 1, others: 0 });
      if (busy !== undefined) return busyResponse(c, busy);
      const executionId = `run_${Buffer.from(random(12)).toString('hex')}`;
      const caller = callerOf(c.get('service'), key);
      const answer = await tools.execute(caller, name, input.value, { signal: c.req.raw.signal, executionId });
      return answerResponse(c, name, answer, executionId);
    } finally {
      admitted.end();
    }
  });

const unknownFormat = (c: ApiContext, known: readonly string[], given: string): Response => {
  const near = nearestName(given, known);
  const detail = `format must be one of ${known.join(', ')}.${near === undefined ? '' : ` Did you mean "${near}"?`}`;
  return problemResponse(c, { kind: 'invalid_input', detail });
};

const listRoute = ({ tools }: ToolRoutesOptions) =>
  new Hono<ServiceVariables>().get('/tools', async (c) => {
    const { toolFormats, toolsAs } = await import('../../mcp/tool-formats.ts');
    const query = readQuery(c.req.queries());
    if (!query.ok) return problemResponse(c, query.problem);
    const [unknown] = Object.keys(query.value).filter((name) => name !== 'format');
    if (unknown !== undefined)
      return problemResponse(c, { kind: 'invalid_input', detail: unknownName('parameter', unknown, ['format']) });
    const given = query.value.format ?? 'postern';
    const format = toolFormats.find((known) => known === given);
    return format === undefined ? unknownFormat(c, toolFormats, given) : c.json({ tools: toolsAs(format, tools.list) });
  });

export const toolRoutes = (options: ToolRoutesOptions) =>
  new Hono<ServiceVariables>().route('/', listRoute(options)).route('/', executeRoute(options));
