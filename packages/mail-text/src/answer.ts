// Gmail's answer in the form in which it goes to whoever reads it: what is left of it, parsed or not, and the bytes of its bodies
// beside it. Plain data, so that it can go to another thread.
import { inlineBytes, type Message, type MessagePart } from './mime/message-part.ts';

/** The bytes of one body. */
export interface Body {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** They are still base64url, as it came. */
  readonly base64?: true;
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

/** At most `most` decoded bytes. */
const decodedBytes = ({ bytes, base64 }: Body, most: number): Uint8Array => {
  if (!base64) return bytes;
  // Four characters are three bytes; one more, so that it shows where there was more.
  const { buffer, byteOffset, length } = bytes;
  const needed = Math.min(length, Math.ceil((most + 1) / 3) * 4);
  return Buffer.from(Buffer.from(buffer, byteOffset, needed).toString('latin1'), 'base64url');
};

/** Puts bodies into their places, at most `most` bytes of each. Iterative: depth is the sender's choice. */
const fill = (root: MessagePart, bodies: readonly Body[] | undefined, most: number): void => {
  const open: Filled[] = [root];
  for (let part = open.pop(); part; part = open.pop()) {
    const body = bodyOf(part, bodies);
    if (body !== undefined) {
      const { data: _number, ...rest } = part.body ?? {};
      const bytes = decodedBytes(body, most);
      const cut = body.cut ?? bytes.length > most;
      part.body = { ...rest, bytes: bytes.subarray(0, most), ...(cut ? { cut: true } : {}) };
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
