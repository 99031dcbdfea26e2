// Bodies and responses of /mcp. Reads a body within its limit, parses it once, and counts its messages and the tools that they
// call; separates the messages for the SDK from those that are refused here; and joins both into one response in a form that
// the client accepts.
import { isInitializeRequest, type JSONRPCMessage } from '@modelcontextprotocol/server';
import { parseAccept } from 'hono/utils/accept';
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

/**
 * Which form of an answer a client takes (RFC 9110 §12.5.1). The protocol wants it to name both, JSON and an event stream;
 * scripts and gateways name one, anything, or nothing, and JSON is what those can read. `either`: the server may choose.
 */
export type AnswerForm = 'json' | 'events' | 'either';

/** The quality of a type, by the most specific range that fits it; 0 where none does. */
const qualityOf = (ranges: ReturnType<typeof parseAccept>, fitting: readonly string[]): number => {
  for (const range of fitting) {
    const found = ranges.find(({ type }) => type.toLowerCase() === range);
    if (found !== undefined) return found.q;
  }
  return 0;
};

/**
 * A stream is sent only to who names it: whoever takes anything gets JSON.
 * @returns undefined where nothing fits
 */
export const answerFormOf = (accept: string | null): AnswerForm | undefined => {
  const text = accept?.trim() ?? '';
  if (text === '') return 'json';
  const ranges = parseAccept(text);
  const json = qualityOf(ranges, ['application/json', 'application/*', '*/*', '*']);
  const events = qualityOf(ranges, ['text/event-stream', 'text/*']);
  if (json === 0) return events === 0 ? undefined : 'events';
  return events === 0 || json > events ? 'json' : 'either';
};

type Answer = { readonly id?: unknown };

const json = (body: unknown, status: number): Response =>
  Response.json(body, { status, headers: { 'Cache-Control': 'no-store' } });

/** The answer where the SDK gets nothing. */
export const refusedAnswer = ({ refused, isBatch }: Pick<PostedMessages, 'refused' | 'isBatch'>): Response =>
  json(isBatch ? refused : refused[0], 400);

const isEvents = ({ headers }: Response): boolean =>
  headers.get('content-type')?.startsWith('text/event-stream') === true;
const isJson = ({ headers }: Response): boolean => headers.get('content-type')?.startsWith('application/json') === true;

const eventOf = (message: unknown): string => `event: message\ndata: ${JSON.stringify(message)}\n\n`;

/** The messages in a stream of the SDK's, which writes each as one line of data. */
const messagesIn = (events: string): Answer[] =>
  events
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice('data: '.length)) as Answer);

const isAnswer = (message: Answer): boolean => 'result' in message || 'error' in message;

/** An error that the SDK gives to a whole body, without saying to which of its requests, is each one's answer. */
const answersIn = async (response: Response, { ids }: PostedMessages): Promise<Answer[]> => {
  const body = isEvents(response)
    ? messagesIn(await response.text()).filter(isAnswer)
    : ((await response.json()) as Answer | Answer[]);
  if (!Array.isArray(body)) return body.id === null && ids.length > 0 ? ids.map((id) => ({ ...body, id })) : [body];
  const answered = new Set(body.map(({ id }) => id));
  const ended = ids.filter((id) => !answered.has(id));
  return [...body, ...ended.map((id) => errorAnswer('internal', id, 'The connection ended before the answer.'))];
};

const withEventsBefore = (response: Response, answers: readonly ErrorAnswer[]): Response => {
  const first = new TextEncoder().encode(answers.map(eventOf).join(''));
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>({
    start: (controller) => controller.enqueue(first),
  });
  void response.body?.pipeTo(writable).catch(() => undefined);
  return new Response(readable, { status: response.status, headers: response.headers });
};

/**
 * The SDK's answer in the form that the client takes, together with what was refused before it. In JSON there are no
 * notifications of progress: there is one answer, at the end.
 */
export const completeAnswer = async (
  response: Response,
  posted: PostedMessages,
  form: AnswerForm,
): Promise<Response> => {
  const { refused, isBatch } = posted;
  const isStream = isEvents(response);
  const isWhole = refused.length === 0;
  if (isStream && form !== 'json') return isWhole ? response : withEventsBefore(response, refused);
  // 202: nothing in it wants an answer.
  if (!isStream && !isJson(response)) return isWhole ? response : refusedAnswer(posted);
  if (!isStream && isWhole && response.ok && form !== 'events') return response;
  const answers = [...refused, ...(await answersIn(response, posted))];
  if (form === 'events' && response.ok)
    return new Response(answers.map(eventOf).join(''), {
      headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' },
    });
  return json(isBatch ? answers : answers[0], response.status);
};

/**
 * Calls `done` as soon as the last byte of a streamed answer was taken or its reader left; at once for any other
 * answer, whose bytes are all there already. `done` may be called more than once.
 * @returns the answer to send instead.
 */
export const onCompletion = (response: Response, signal: AbortSignal, done: () => void): Response => {
  const streamed = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  if (response.body === null || !streamed || signal.aborted) {
    done();
    return response;
  }
  signal.addEventListener('abort', done, { once: true });
  const reader = response.body.getReader();
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const piece = await reader.read();
          if (!piece.done) return controller.enqueue(piece.value);
          controller.close();
        } catch (error) {
          controller.error(error);
        }
        done();
      },
      cancel: (reason) => {
        done();
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { status: response.status, headers: response.headers });
};
