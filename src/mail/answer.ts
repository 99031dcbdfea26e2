// A message in the form in which it goes to whoever reads it: what is left of Gmail's answer, parsed or not, and the bytes
// of its bodies beside it. Plain data, so that it can go to another thread.
import { inlineBytes, type Message, type MessagePart } from './message-part.ts';

/** The decoded bytes of one body. */
export interface Body {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** There were more; the end is missing. */
  readonly cut?: true;
}

export interface Answer<T extends object> {
  /** Parsed where it is small, else its JSON. */
  readonly skeleton: { readonly value: T } | { readonly json: Uint8Array<ArrayBuffer> };
  /** Where they were taken out of the skeleton: then each `data` in it is a number, from 0. */
  readonly bodies?: readonly Body[];
}

/** A message by itself, or in a draft. */
export interface MessageOrDraft extends Message {
  readonly message?: Message | null | undefined;
}

type Filled = { -readonly [Name in keyof MessagePart]: MessagePart[Name] };

/** The bytes of a part whose body came beside the answer or in it; undefined where there are none. */
const bodyOf = (part: MessagePart, bodies: readonly Body[] | undefined): Body | undefined => {
  if (bodies) return typeof part.body?.data === 'string' ? bodies[Number(part.body.data)] : undefined;
  const bytes = inlineBytes(part);
  return bytes && { bytes: new Uint8Array(bytes) };
};

/** Puts bodies into their places, at most `most` bytes of each. Iterative: depth is the sender's choice. */
const fill = (root: MessagePart, bodies: readonly Body[] | undefined, most: number): void => {
  const open: Filled[] = [root];
  for (let part = open.pop(); part; part = open.pop()) {
    const body = bodyOf(part, bodies);
    if (body !== undefined) {
      const { data: _number, ...rest } = part.body ?? {};
      const cut = body.cut ?? body.bytes.length > most;
      part.body = { ...rest, bytes: body.bytes.subarray(0, most), ...(cut ? { cut: true } : {}) };
    }
    for (const child of part.parts ?? []) open.push(child);
  }
};

const decoded = ({ buffer, byteOffset, length }: Uint8Array<ArrayBuffer>): string =>
  Buffer.from(buffer, byteOffset, length).toString('utf8');

/**
 * What an answer says. To be asked once: the bodies are put into the value itself.
 * @param most bytes of each body, for whoever has to be quick.
 * @throws SyntaxError where it is no JSON.
 */
export const contentOf = <T extends MessageOrDraft>({ skeleton, bodies }: Answer<T>, most?: number): T => {
  const value: T = 'value' in skeleton ? skeleton.value : JSON.parse(decoded(skeleton.json));
  const payload = value.payload ?? value.message?.payload;
  if (payload && (bodies || most !== undefined)) fill(payload, bodies, most ?? Number.POSITIVE_INFINITY);
  return value;
};
