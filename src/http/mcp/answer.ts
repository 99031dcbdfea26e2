// The answer of /mcp: in a form that the client accepts; one answer of what was refused before the SDK and what the SDK
// answered; and a notification when it has been sent to its end.
import { parseAccept } from 'hono/utils/accept';
import { type ErrorAnswer, errorAnswer } from '../../mcp/json-rpc.ts';
import type { PostedMessages } from './posted-messages.ts';

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
