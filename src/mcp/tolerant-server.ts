// The SDK's server, for clients that write a call's arguments in a way that the protocol's schema refuses although its
// meaning is certain. Knows no tool: what is inside the arguments is read by `parse-input.ts`.
import { type JSONRPCMessage, McpServer, type Transport } from '@modelcontextprotocol/server';

/** The object in a text, as JSON; undefined where there is none. */
const objectIn = (text: string): object | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/** Null, an empty text or an empty list (PHP's empty object) are no arguments; an object may come as JSON text. */
const readable = (given: unknown): unknown => {
  if (given === null || given === '' || (Array.isArray(given) && given.length === 0)) return {};
  return typeof given === 'string' ? (objectIn(given) ?? given) : given;
};

const readArguments = (message: JSONRPCMessage): void => {
  if (!('method' in message) || message.method !== 'tools/call' || message.params === undefined) return;
  if ('arguments' in message.params) message.params.arguments = readable(message.params.arguments);
};

/** Where the SDK keeps its tools: a plain object, in which `constructor` and `__proto__` would be tools that are switched off. */
const registry = '_registeredTools';

/** A transport's first handler sees every message before the SDK looks at it, in both eras and over every transport. */
export class TolerantServer extends McpServer {
  constructor(...args: ConstructorParameters<typeof McpServer>) {
    super(...args);
    Object.setPrototypeOf(Reflect.get(this, registry), null);
  }

  override connect(transport: Transport): Promise<void> {
    const before = transport.onmessage;
    transport.onmessage = (message, extra) => {
      before?.(message, extra);
      readArguments(message);
    };
    return super.connect(transport);
  }
}
