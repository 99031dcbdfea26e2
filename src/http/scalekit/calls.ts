// Every call that is answered: its method, its address in the hosted product's REST API, and what does it. gRPC and REST are two
// doors to this one table; whatever else their clients ask for is not implemented, and says so.
import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import type { Logger } from 'pino';
import type { ServiceKey, ServiceTokens } from '../../identity/service-tokens.ts';
import type { Clock } from '../../lib/clock.ts';
import { describeDefect } from '../../lib/describe-defect.ts';
import type { KeyLimits } from '../limits/key-limits.ts';
import { createLists, type ListsOptions } from './account-lists.ts';
import { type AccountCallsOptions, createAccountCalls } from './accounts.ts';
import { type Answer, type Failure, failureOfError, failureOfLimit, refusedWith } from './failure.ts';
import { createToolCalls, type ToolCallsOptions } from './tools.ts';
import { ConnectedAccountService } from './wire/connected_accounts_pb.ts';
import { ConnectionService } from './wire/connections_pb.ts';
import { ToolService } from './wire/tools_pb.ts';

/** Where the hosted product's REST API has a call. */
interface RestAddress {
  readonly verb: 'get' | 'post';
  /** As Hono writes it; a parameter is a field of the request. */
  readonly path: string;
}

interface CallContext {
  /** The `Authorization` header. */
  readonly authorization: string | null;
  readonly signal: AbortSignal;
}

export interface Call {
  readonly method: DescMethodUnary;
  readonly rest: RestAddress;
  /** Never rejects. `request` is a message of the method's input. */
  answer(request: MessageShape<DescMessage>, context: CallContext): Promise<Answer<MessageInitShape<DescMessage>>>;
}

export interface CallsOptions extends AccountCallsOptions, ToolCallsOptions {
  readonly accounts: AccountCallsOptions['accounts'] & ListsOptions['accounts'];
  readonly keyLimits: KeyLimits;
  readonly serviceTokens: ServiceTokens;
  readonly clock: Clock;
  readonly log: Logger;
}

const unauthenticated: Failure = {
  code: Code.Unauthenticated,
  error: 'invalid_token',
  message: 'The access token is missing or not valid, has expired, or its service key was revoked.',
  who: 'the caller',
  next: 'Get one from POST /oauth/token with the id of a service key and the key.',
};

export const createCalls = (options: CallsOptions): readonly Call[] => {
  const { serviceTokens, keyLimits, clock, log } = options;
  const accounts = createAccountCalls(options);
  const lists = createLists(options);
  const tools = createToolCalls(options);

  const guarded = async <T>(
    { authorization, signal }: CallContext,
    run: (service: ServiceKey, signal: AbortSignal) => Promise<Answer<T>>,
  ): Promise<Answer<T>> => {
    const [, token = ''] = /^bearer +(\S+)$/i.exec(authorization ?? '') ?? [];
    const service = await serviceTokens.find(token);
    if (service === undefined) return refusedWith(unauthenticated);
    const limit = await keyLimits.count(service.keyId, 'requests');
    return limit ? refusedWith(failureOfLimit(limit)) : run(service, signal);
  };

  const call = <I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    verb: RestAddress['verb'],
    path: string,
    run: (service: ServiceKey, request: MessageShape<I>, signal: AbortSignal) => Promise<Answer<MessageInitShape<O>>>,
  ): Call => ({
    method,
    rest: { verb, path: `/api/v1/${path}` },
    answer: async (request, context) => {
      const startedAt = clock.now();
      const event = { event: 'scalekit_call', call: method.name };
      try {
        const answer = await guarded(context, (service, signal) => run(service, request as MessageShape<I>, signal));
        log.info({ ...event, outcome: answer.ok ? 'ok' : answer.failure.error, ms: clock.now() - startedAt });
        return answer;
      } catch (error) {
        const failure = failureOfError(error);
        log.error({ ...event, outcome: failure.error, ...describeDefect(error) });
        return refusedWith(failure);
      }
    },
  });

  const account = ConnectedAccountService.method;
  const tool = ToolService.method;
  // More special addresses stand first.
  return [
    call(account.searchConnectedAccounts, 'get', 'connected_accounts:search', lists.search),
    call(account.deleteConnectedAccount, 'post', 'connected_accounts:delete', accounts.remove),
    call(account.getMagicLinkForConnectedAccount, 'post', 'connected_accounts/magic_link', accounts.link),
    call(account.getConnectedAccountAuth, 'get', 'connected_accounts/auth', accounts.get),
    call(account.getConnectedAccountDetails, 'get', 'connected_accounts/details', accounts.get),
    call(account.verifyConnectedAccountUser, 'post', 'connected_accounts/user/verify', accounts.verify),
    call(
      account.disconnectConnectedAccount,
      'post',
      'connected_accounts/:id{[\\w.-]+:disconnect}',
      accounts.disconnect,
    ),
    call(account.getConnectedAccount, 'get', 'connected_accounts/:id{[\\w.-]+}', accounts.get),
    call(account.listConnectedAccounts, 'get', 'connected_accounts', lists.accounts),
    call(account.createConnectedAccount, 'post', 'connected_accounts', accounts.create),
    call(tool.listScopedTools, 'get', 'tools/scoped', tools.listScoped),
    call(tool.listAvailableTools, 'get', 'tools/available', tools.listAvailable),
    call(tool.listTools, 'get', 'tools', tools.list),
    call(tool.executeTool, 'post', 'execute_tool', tools.execute),
    call(ConnectionService.method.listAppConnections, 'get', 'connections/app', lists.connections),
  ];
};

/** For what the hosted product has and Postern does not. */
export const notImplemented = (name: string): Failure => ({
  code: Code.Unimplemented,
  error: 'not_implemented',
  message: `Postern does not have ${name}.`,
  who: 'the caller',
  next: 'docs/scalekit-sdk.md lists what it has, and what to do instead.',
});
