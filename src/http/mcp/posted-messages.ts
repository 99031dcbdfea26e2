// What was posted to /mcp: the body, read within its limit and parsed once; its messages counted, and the tools they call;
// and message by message, what the SDK gets of it and what is answered without it.
import { isInitializeRequest, type JSONRPCMessage } from '@modelcontextprotocol/server';
import { readBody } from '../../lib/bounded-body.ts';
import {
  type ErrorAnswer,
  errorAnswer,
  type MessageId,
  maxMessageBytes,
  readMessage,
  requestIdOf,
} from '../../mcp/json-rpc.ts';
import type { Messages } from '../limits/call-limits.ts';

/** The body as text; undefined when it is larger than `maxMessageBytes`. Rejects when the client breaks off. */
export const readMessageText = async (request: Request): Promise<string | undefined> => {
  if (Number(request.headers.get('content-length') ?? 0) > maxMessageBytes) return undefined;
  const body = await readBody(request.body, maxMessageBytes);
  return body && new TextDecoder().decode(body);
};

const isToolCall = (message: unknown): message is { readonly params?: unknown } =>
  typeof message === 'object' && message !== null && 'method' in message && message.method === 'tools/call';

/** Of revision 2025-03-26 a body may be a batch. */
const messagesOf = (body: unknown): readonly unknown[] => (Array.isArray(body) ? body : [body]);

/** How many messages a parsed body holds. */
export const countMessages = (body: unknown): Messages => {
  const messages = messagesOf(body);
  const toolCalls = messages.filter(isToolCall).length;
  return { toolCalls, others: messages.length - toolCalls };
};

/** The names in a parsed body's tool calls, as they stand there; whether there are such tools is another question. */
export const calledTools = (body: unknown): string[] =>
  messagesOf(body)
    .filter(isToolCall)
    .map(({ params }): unknown =>
      typeof params === 'object' && params !== null && 'name' in params ? params.name : '',
    )
    .filter((name) => typeof name === 'string');

/** JSON of a text, or undefined where it is none. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** As many messages as the SDK takes in one batch. */
const maxBatch = 100;

export interface PostedMessages {
  /** For the SDK: one message, or a batch of them; undefined: none. */
  readonly forSdk: JSONRPCMessage | readonly JSONRPCMessage[] | undefined;
  /** The ids of the requests in it. */
  readonly ids: readonly MessageId[];
  readonly refused: readonly ErrorAnswer[];
  readonly isBatch: boolean;
}

const readBatch = (batch: readonly unknown[]): PostedMessages => {
  const messages: JSONRPCMessage[] = [];
  const ids = new Set<MessageId>();
  const refused: ErrorAnswer[] = [];
  for (const value of batch) {
    const reading = readMessage(value);
    if (reading.kind === 'refused') refused.push(reading.answer);
    if (reading.kind !== 'message') continue;
    const id = requestIdOf(reading.message);
    const refuse = (fault: string) => refused.push(errorAnswer('request', id ?? null, `Invalid request: ${fault}.`));
    if (id !== undefined && isInitializeRequest(reading.message)) refuse('"initialize" cannot be part of a batch');
    else if (id !== undefined && ids.has(id)) refuse('its "id" stands twice in the batch');
    else if (messages.length === maxBatch) {
      if (id !== undefined) refuse(`a batch has at most ${maxBatch} messages`);
    } else {
      messages.push(reading.message);
      if (id !== undefined) ids.add(id);
    }
  }
  return { forSdk: messages.length === 0 ? undefined : messages, ids: [...ids], refused, isBatch: true };
};

/** @param body as it came out of JSON; a list is a batch (revision 2025-03-26). */
export const readPostedMessages = (body: unknown): PostedMessages => {
  if (Array.isArray(body) && body.length > 0) return readBatch(body);
  const reading = readMessage(body);
  if (reading.kind === 'message') {
    const id = requestIdOf(reading.message);
    return { forSdk: reading.message, ids: id === undefined ? [] : [id], refused: [], isBatch: false };
  }
  // Over HTTP every request has an answer, also one that carried a notification.
  const notWellFormed = errorAnswer('request', null, 'Invalid request: the message is not well formed.');
  const refused = [reading.kind === 'refused' ? reading.answer : notWellFormed];
  return { forSdk: undefined, ids: [], refused, isBatch: false };
};
