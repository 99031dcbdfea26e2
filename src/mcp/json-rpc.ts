// Which messages of a client the SDK may have, and what the others are answered. The SDK drops on a pipe whatever its
// schema refuses, so that a client waits for ever, and over HTTP it answers without the id.
import { isJSONRPCRequest, type JSONRPCMessage, parseJSONRPCMessage } from '@modelcontextprotocol/server';

/** Bytes of one MCP message, or of one batch. */
export const maxMessageBytes = 1024 * 1024;

/** As it stands in a request; null where there is none that could be repeated (JSON-RPC 2.0 §5). */
export type MessageId = string | number | null;

export interface ErrorAnswer {
  readonly jsonrpc: '2.0';
  readonly id: MessageId;
  readonly error: { readonly code: number; readonly message: string; readonly data?: unknown };
}

export type MessageReading =
  | { readonly kind: 'message'; readonly message: JSONRPCMessage }
  /** A request, or nothing that JSON-RPC knows. */
  | { readonly kind: 'refused'; readonly answer: ErrorAnswer }
  /** A notification or a response that is not well formed: those are never answered. */
  | { readonly kind: 'unanswerable' };

const codes = { parse: -32700, request: -32600, params: -32602, internal: -32603 } as const;

/** @param reason one of JSON-RPC 2.0 §5.1's: `parse` no JSON, `request` no request, `params` one with wrong ones, `internal` ours. */
export const errorAnswer = (reason: keyof typeof codes, id: MessageId, message: string): ErrorAnswer => ({
  jsonrpc: '2.0',
  id,
  error: { code: codes[reason], message },
});

export const notJson = errorAnswer('parse', null, 'Parse error: this is not JSON.');

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The id to repeat. JSON has no infinity, which 1e999 becomes when it is read. */
const repeatable = (id: unknown): MessageId =>
  typeof id === 'string' || (typeof id === 'number' && Number.isFinite(id)) ? id : null;

/** What is wrong with a message that is meant as a request; undefined: only something inside its parameters. */
const faultOf = ({ jsonrpc, id, method }: Record<string, unknown>): string | undefined => {
  if (jsonrpc !== '2.0') return '"jsonrpc" has to be "2.0"';
  if (typeof method !== 'string') return '"method" has to be a text';
  if (typeof id === 'string' || (typeof id === 'number' && Number.isSafeInteger(id))) return undefined;
  return '"id" has to be a text or a whole number up to 9007199254740991';
};

/** How deep a message may be nested: no method needs more than a few levels, and what reads it recursively has a stack. */
const maxDepth = 100;

const isTooDeep = (message: object): boolean => {
  let level: unknown[] = [message];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > maxDepth) return true;
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? Object.values(value) : []));
  }
  return false;
};

const known = ['jsonrpc', 'id', 'method', 'params'];

/** What clients add to a request is left out, and `"params": null` is a request without parameters. */
const reduce = (request: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(request).filter(([name, value]) => known.includes(name) && !(name === 'params' && value === null)),
  );

const parsed = (message: unknown): JSONRPCMessage | undefined => {
  try {
    return parseJSONRPCMessage(message);
  } catch {
    return undefined;
  }
};

/** Reads one message, as it came out of JSON. What is refused has an answer with its id, if that can be repeated. */
export const readMessage = (value: unknown): MessageReading => {
  if (!isObject(value))
    return { kind: 'refused', answer: errorAnswer('request', null, 'Invalid request: a message is a JSON object.') };
  const isCall = 'method' in value;
  const isDeep = isTooDeep(value);
  const message = isDeep ? undefined : parsed(isCall ? reduce(value) : value);
  if (message !== undefined) return { kind: 'message', message };
  const isNotification = isCall && !('id' in value) && typeof value.method === 'string';
  const isResponse = !isCall && ('result' in value || 'error' in value);
  if (isNotification || isResponse) return { kind: 'unanswerable' };
  const id = repeatable(value.id);
  const fault = isDeep ? `it is nested deeper than ${maxDepth} levels` : faultOf(value);
  const answer =
    fault === undefined
      ? errorAnswer('params', id, 'Invalid params: they have to be an object, and "_meta" in them another one.')
      : errorAnswer('request', id, `Invalid request: ${fault}.`);
  return { kind: 'refused', answer };
};

/** The id of a message that wants an answer. */
export const requestIdOf = (message: JSONRPCMessage): MessageId | undefined =>
  isJSONRPCRequest(message) ? message.id : undefined;
