// What was posted to /mcp, message by message: what the SDK gets of it, and what is answered without it; and both
// together as one answer. Knows neither who asks nor what a method does.
import { isInitializeRequest, type JSONRPCMessage } from '@modelcontextprotocol/server';
import { type ErrorAnswer, errorAnswer, type MessageId, readMessage, requestIdOf } from '../../mcp/json-rpc.ts';
import type { AnswerForm } from './accept.ts';

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
