// /mcp: streamable HTTP without sessions, both protocol eras from the SDK's one handler. In this order: credential, limits,
// body, scopes, SDK.
import { type AuthInfo, createMcpHandler, isJsonContentType, type McpServer } from '@modelcontextprotocol/server';
import { type Context, Hono } from 'hono';
import type { Logger } from 'pino';
import type { Accounts } from '../../connect/accounts.ts';
import type { Authenticate, Refusal } from '../../identity/authenticate.ts';
import { describeDefect } from '../../lib/describe-defect.ts';
import { maxMessageBytes, notJson } from '../../mcp/json-rpc.ts';
import type { Caller } from '../../model/caller.ts';
import type { McpScope } from '../../model/mcp-scope.ts';
import {
  busyResponse,
  errorResponse,
  insufficientScopeResponse,
  problemResponse,
  refusalResponse,
  type ScopeShortage,
  type SignInHint,
} from '../errors.ts';
import type { AdmittedRequest, CallLimiter } from '../limits/call-limits.ts';
import type { KeyLimits } from '../limits/key-limits.ts';
import {
  answerFormOf,
  calledTools,
  completeAnswer,
  countMessages,
  onCompletion,
  type PostedMessages,
  parseJson,
  readMessageText,
  readPostedMessages,
  refusedAnswer,
} from './messages.ts';

/** With a slash at its end too, as people write addresses; nothing tells the two apart. */
export const mcpPaths = ['/mcp', '/mcp/'] as const;

export interface SignInRules {
  readonly hint: SignInHint;
  /** What an access token has to allow for a tool; none for an unknown one. */
  readonly scopesOfTool: (name: string) => readonly McpScope[];
}

export interface McpRouteOptions {
  readonly authenticate: Authenticate;
  readonly callLimiter: CallLimiter;
  readonly keyLimits: KeyLimits;
  readonly accounts: Pick<Accounts, 'find'>;
  readonly mcpServer: (caller: Caller) => McpServer;
  /** undefined: there are no access tokens, only keys and session tokens. */
  readonly signIn: SignInRules | undefined;
  readonly log: Logger;
}

const personMissing: Refusal = {
  kind: 'refused',
  status: 400,
  error: 'identifier_missing',
  description: 'A service key has to name the person in the Postern-Identifier header.',
};

const tooLarge = (c: Context): Response =>
  problemResponse(c, {
    kind: 'too_large',
    what: 'The message',
    limitBytes: maxMessageBytes,
    instead: 'Send less at once.',
  });

const brokenOff = (c: Context): Response =>
  errorResponse(c, {
    status: 400,
    error: 'body_incomplete',
    message: 'The request ended before its body was complete.',
    who: 'the caller',
    next: 'Send the request again.',
  });

const notAcceptable = (c: Context): Response =>
  errorResponse(c, {
    status: 406,
    error: 'not_acceptable',
    message: 'The answer cannot be given in any form that the Accept header names.',
    who: 'the caller',
    next: 'Send `Accept: application/json, text/event-stream`.',
  });

/**
 * Reads and counts what was posted, once: a second reader may find a call where the first, which counts and checks,
 * found nothing. So the SDK never sees the body itself.
 */
const readPosted = async (c: Context, admitted: AdmittedRequest): Promise<Response | PostedMessages> => {
  let text: string | undefined;
  try {
    text = await readMessageText(c.req.raw);
  } catch {
    return brokenOff(c);
  }
  if (text === undefined) return tooLarge(c);
  const body = parseJson(text);
  const busy = await admitted.take(countMessages(body));
  if (busy) return busyResponse(c, busy);
  return body === undefined ? refusedAnswer({ refused: [notJson], isBatch: false }) : readPostedMessages(body);
};

/** The request as the SDK wants it: with both forms in its Accept header, whatever the client takes. */
const acceptingBoth = ({ url, headers, signal }: Request): Request => {
  const accepting = new Headers(headers);
  accepting.set('accept', 'application/json, text/event-stream');
  return new Request(url, { method: 'POST', headers: accepting, body: '', signal });
};

/** It has no end to wait for, and so no answer in JSON. */
const isSubscription = ({ forSdk }: PostedMessages): boolean =>
  forSdk !== undefined && 'method' in forSdk && forSdk.method === 'subscriptions/listen';

/** What an access token does not allow of the tools that a body calls, of all of them at once; other credentials allow all. */
const shortageOf = (
  { scopes }: Caller,
  tools: readonly string[],
  signIn: SignInRules | undefined,
): ScopeShortage | undefined => {
  if (scopes === undefined) return undefined;
  if (signIn === undefined) throw new TypeError('an access token where nobody signs in');
  const needed = tools.flatMap(signIn.scopesOfTool);
  return needed.every((scope) => scopes.includes(scope)) ? undefined : { granted: scopes, needed, hint: signIn.hint };
};

/** A service key may name anybody; the first call for somebody new makes them an account, and a link. */
const tooManyNewAccounts = async (
  c: Context,
  caller: Caller,
  keyId: string | undefined,
  { accounts, keyLimits }: McpRouteOptions,
): Promise<Response | undefined> => {
  if (caller.credential !== 'service_key' || keyId === undefined) return undefined;
  if ((await accounts.find(caller.key)) !== undefined) return undefined;
  return keyLimits.take(c, keyId, 'accounts');
};

type SendToSdk = (caller: Caller, request: Request, parsedBody?: PostedMessages['forSdk']) => Promise<Response>;

const createSdkHandler = ({ mcpServer, log }: McpRouteOptions): SendToSdk => {
  // The SDK hands the same authInfo object to its factory; a real token never has to travel with it.
  const callers = new WeakMap<AuthInfo, Caller>();
  const handler = createMcpHandler(
    ({ authInfo }) => {
      const caller = authInfo === undefined ? undefined : callers.get(authInfo);
      if (caller === undefined) throw new TypeError('an MCP request without a caller');
      return mcpServer(caller);
    },
    { onerror: (error) => log.debug({ route: '/mcp', ...describeDefect(error) }) },
  );
  return (caller, request, parsedBody) => {
    const authInfo: AuthInfo = { token: '', clientId: caller.credential, scopes: [] };
    callers.set(authInfo, caller);
    return handler.fetch(request, { authInfo, parsedBody });
  };
};

export const mcpRoute = (options: McpRouteOptions): Hono => {
  const { authenticate, callLimiter, signIn } = options;
  const sendToSdk = createSdkHandler(options);

  const answer = async (
    c: Context,
    caller: Caller,
    keyId: string | undefined,
    admitted: AdmittedRequest,
  ): Promise<Response> => {
    if (c.req.method !== 'POST') return sendToSdk(caller, c.req.raw);
    const form = answerFormOf(c.req.raw.headers.get('accept'));
    if (form === undefined) return notAcceptable(c);
    // 415, for which the SDK reads nothing.
    if (!isJsonContentType(c.req.raw.headers.get('content-type') ?? '')) return sendToSdk(caller, c.req.raw);
    const posted = await readPosted(c, admitted);
    if (posted instanceof Response) return posted;
    const tools = calledTools(posted.forSdk);
    const shortage = shortageOf(caller, tools, signIn);
    if (shortage !== undefined) return insufficientScopeResponse(c, shortage);
    const tooMany = tools.length === 0 ? undefined : await tooManyNewAccounts(c, caller, keyId, options);
    if (tooMany !== undefined) return tooMany;
    if (posted.forSdk === undefined) return refusedAnswer(posted);
    if (form === 'json' && isSubscription(posted)) return notAcceptable(c);
    const answered = await sendToSdk(caller, acceptingBoth(c.req.raw), posted.forSdk);
    return completeAnswer(answered, posted, form);
  };

  return new Hono().on('ALL', [...mcpPaths], async (c) => {
    const authentication = await authenticate(c.req.raw.headers);
    if (authentication.kind === 'refused') return refusalResponse(c, authentication, signIn?.hint);
    if (authentication.kind === 'service') return refusalResponse(c, personMissing);
    const { caller, keyId } = authentication;
    const admitted = callLimiter.admit(caller.key);
    if (!('take' in admitted)) return busyResponse(c, admitted);
    try {
      return onCompletion(await answer(c, caller, keyId, admitted), c.req.raw.signal, admitted.end);
    } catch (error) {
      admitted.end();
      throw error;
    }
  });
};
