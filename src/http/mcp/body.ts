// The body of a POST to /mcp: read within its limit, parsed once; its messages counted, and the tools they call.
// Knows no tool.
import { maxMessageBytes } from '../../mcp/json-rpc.ts';
import type { Messages } from '../limits/call-limits.ts';

/** The body as text; undefined when it is larger than `maxMessageBytes`. Rejects when the client breaks off. */
export const readMessageText = async (request: Request): Promise<string | undefined> => {
  if (Number(request.headers.get('content-length') ?? 0) > maxMessageBytes) return undefined;
  if (request.body === null) return '';
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of request.body) {
    size += piece.length;
    if (size > maxMessageBytes) return undefined;
    pieces.push(piece);
  }
  return new TextDecoder().decode(Buffer.concat(pieces, size));
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
