// The catalogue and the executor of tools as the hosted product's clients know them. What a call brings is the same as over REST:
// data, or a link in its place; only a problem is an error.
import type { JsonObject, JsonValue, MessageInitShape } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import type { Accounts } from '../../connect/accounts.ts';
import type { ServiceKey } from '../../identity/service-tokens.ts';
import type { RandomBytes } from '../../lib/clock.ts';
import type { Tool } from '../../mcp/define-tool.ts';
import type { ToolAnswer, ToolService } from '../../mcp/execute-tool.ts';
import { toolsAs } from '../../mcp/tool-formats.ts';
import type { CallLimiter } from '../limits/call-limits.ts';
import { hasConnection, idOf, isProvider, provider } from './account-message.ts';
import { type AccountCallsOptions, callerOf, findAccount, isConnectionOfKey } from './accounts.ts';
import { type Answer, answered, failureOf, failureOfLimit, invalid, refusedWith } from './failure.ts';
import { pageOf } from './pages.ts';
import type {
  ExecuteToolRequest,
  ExecuteToolResponseSchema,
  ListAvailableToolsRequest,
  ListAvailableToolsResponseSchema,
  ListScopedToolsRequest,
  ListScopedToolsResponseSchema,
  ListToolsRequest,
  ListToolsResponseSchema,
  ToolSchema,
} from './wire/tools_pb.ts';

export interface ToolCallsOptions extends Pick<AccountCallsOptions, 'connectionOfKey'> {
  readonly accounts: Pick<Accounts, 'find'>;
  readonly tools: ToolService;
  readonly callLimiter: CallLimiter;
  readonly random: RandomBytes;
}

/** Plain JSON: what is undefined is left out, and what says how it is written is asked. */
const jsonOf = (value: unknown): JsonValue => {
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  return typeof value === 'object' && value !== null ? jsonObject(value) : null;
};

const jsonObject = (value: object): JsonObject =>
  Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .map(([name, field]) => [name, jsonOf(field)]),
  );

const toolMessage = (tool: Tool, definition: JsonObject): MessageInitShape<typeof ToolSchema> => ({
  id: tool.name,
  provider,
  definition,
  isDefault: true,
});

const unknownTool = (tools: ToolService, nearest: string | undefined, executionId: string): Answer<never> =>
  refusedWith({
    code: Code.NotFound,
    error: 'unknown_tool',
    message: 'There is no such tool.',
    who: 'the caller',
    next:
      nearest === undefined
        ? `There are: ${tools.list.map(({ name }) => name).join(', ')}.`
        : `Did you mean "${nearest}"?`,
    executionId,
  });

type ExecuteAnswer = Answer<MessageInitShape<typeof ExecuteToolResponseSchema>>;

const executed = (tools: ToolService, answer: ToolAnswer, executionId: string): ExecuteAnswer => {
  switch (answer.kind) {
    case 'data': {
      const { data, authorizationRequired } = answer;
      return answered({ data: jsonObject({ ...data, authorizationRequired }), executionId });
    }
    case 'authorization_required': {
      const { authorizationRequired } = answer;
      return answered({ data: jsonObject({ authorizationRequired }), executionId });
    }
    case 'problem':
      return refusedWith({ ...failureOf(answer.problem), executionId });
    case 'unknown_tool':
      return unknownTool(tools, answer.nearest, executionId);
  }
};

const wants = (tool: Tool, names: readonly string[], query = ''): boolean =>
  (names.length === 0 || names.includes(tool.name)) &&
  `${tool.name} ${tool.description}`.toLowerCase().includes(query.toLowerCase());

export const createToolCalls = (options: ToolCallsOptions) => {
  const { tools, callLimiter, random } = options;
  const nameOf = ({ name }: Tool) => name;
  const sorted = [...tools.list].sort((a, b) => (a.name < b.name ? -1 : 1));
  // Made at the first list: schemas cost some milliseconds each.
  const messages = new Map<string, MessageInitShape<typeof ToolSchema>>();
  const messageOf = (tool: Tool): MessageInitShape<typeof ToolSchema> => {
    const known = messages.get(tool.name);
    if (known !== undefined) return known;
    const [definition] = Object.values(toolsAs('postern', [tool]));
    const message = toolMessage(tool, jsonObject(Object(definition)));
    messages.set(tool.name, message);
    return message;
  };

  const list = async (
    service: ServiceKey,
    request: ListToolsRequest,
  ): Promise<Answer<MessageInitShape<typeof ListToolsResponseSchema>>> => {
    const { filter } = request;
    if (filter?.organizationId || filter?.userId)
      return invalid('Postern knows no organizations and no users of one: accounts have an identifier alone.');
    const { identifier = '', connectedAccountId: id = '', connector = '' } = filter ?? {};
    const ofAccount = identifier !== '' || id !== '';
    if (ofAccount) {
      const account = await findAccount(options, service, { identifier, id, connector });
      if (!account.ok) return account;
    }
    const meant =
      isProvider(filter?.provider ?? '') && (ofAccount || (await isConnectionOfKey(options, service, connector)));
    const fitting = sorted.filter((tool) => meant && wants(tool, filter?.toolName ?? [], filter?.query));
    const { $typeName: _, ...of } = filter ?? { $typeName: undefined };
    const page = pageOf(fitting, nameOf, request, ['tools', jsonOf(of)]);
    if (!page.ok) return page;
    const { rows, nextPageToken, totalSize } = page.value;
    const names = { toolNames: rows.map(nameOf), nextPageToken, totalSize };
    return answered(filter?.summary === true ? names : { ...names, tools: rows.map(messageOf) });
  };

  const listScoped = async (
    service: ServiceKey,
    request: ListScopedToolsRequest,
  ): Promise<Answer<MessageInitShape<typeof ListScopedToolsResponseSchema>>> => {
    const { identifier, filter } = request;
    const account = await findAccount(options, service, { identifier });
    if (!account.ok) return account;
    const { providers = [], toolNames = [], connectionNames = [] } = filter ?? {};
    const meant =
      (providers.length === 0 || providers.some(isProvider)) &&
      (connectionNames.length === 0 || connectionNames.some((name) => hasConnection(account.value, name)));
    const fitting = sorted.filter((tool) => meant && wants(tool, toolNames));
    const page = pageOf(fitting, nameOf, request, ['scoped', identifier, providers, toolNames, connectionNames]);
    if (!page.ok) return page;
    const { rows, nextPageToken, totalSize } = page.value;
    const connectedAccountId = idOf(account.value.key);
    const scoped = rows.map((tool) => ({ tool: messageOf(tool), identifier, connectedAccountId }));
    return answered({ tools: scoped, nextPageToken, totalSize });
  };

  const listAvailable = async (
    service: ServiceKey,
    request: ListAvailableToolsRequest,
  ): Promise<Answer<MessageInitShape<typeof ListAvailableToolsResponseSchema>>> => {
    const { identifier } = request;
    const account = await findAccount(options, service, { identifier });
    if (!account.ok) return account;
    const page = pageOf(sorted, nameOf, request, ['available', identifier]);
    if (!page.ok) return page;
    const { rows, nextPageToken, totalSize } = page.value;
    return answered({ tools: rows.map(messageOf), nextPageToken, totalSize });
  };

  const execute = async (
    service: ServiceKey,
    request: ExecuteToolRequest,
    signal: AbortSignal,
  ): Promise<ExecuteAnswer> => {
    const { toolName, params = {}, connectedAccountId: id, ...reference } = request;
    const account = await findAccount(options, service, { ...reference, id });
    if (!account.ok) return account;
    const { key } = account.value;
    const admitted = callLimiter.admit(key);
    if (!('take' in admitted)) return refusedWith(failureOfLimit(admitted));
    try {
      const busy = await admitted.take({ toolCalls: 1, others: 0 });
      if (busy) return refusedWith(failureOfLimit(busy));
      const executionId = Buffer.from(random(16)).toString('hex');
      const answer = await tools.execute(callerOf(service, key), toolName, params, { signal, executionId });
      return executed(tools, answer, executionId);
    } finally {
      admitted.end();
    }
  };

  return { list, listScoped, listAvailable, execute };
};
