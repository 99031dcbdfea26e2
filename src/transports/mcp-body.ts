// The body of a POST to /mcp: read within its limit, parsed once, and its messages counted. Knows nothing of tools.
import type { Messages } from './call-limits.ts';

/** Bytes of one MCP message, or of one batch. */
export const maxMessageBytes = 1024 * 1024;

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

const isToolCall = (message: unknown): boolean =>
  typeof message === 'object' && message !== null && 'method' in message && message.method === 'tools/call';

/** How many messages a parsed body holds; of revision 2025-03-26 it may be a batch. */
export const countMessages = (body: unknown): Messages => {
  const messages: readonly unknown[] = Array.isArray(body) ? body : [body];
  const toolCalls = messages.filter(isToolCall).length;
  return { toolCalls, others: messages.length - toolCalls };
};

/** JSON of a text, or undefined where it is none. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
