// Answers of Google's APIs, from the connection to what can be read or handed on: small ones are parsed at once, of a large
// message the bodies are taken out while they arrive, and of a source (format=raw) only its head and one page are kept. So
// no more of an answer is ever in memory than is read of it, and no more of all answers than the budget below.
import type { Answer, Body } from '@postern/mail-text/answer';
import type { SourcePage } from '@postern/mail-text/message';
import { readBody } from '../lib/bounded-body.ts';
import { createFairSemaphore, type Lease, type Waiter } from '../lib/semaphore.ts';
import { BrokenAnswer, createAnswerScanner, OversizedAnswer } from './answer-scanner.ts';
import { createGrowingBytes, type GrowingBytes } from './growing-bytes.ts';

/** Bytes. Up to here an answer is parsed as it is. */
const smallAnswer = 64 * 1024;
/** Bytes kept of one body as base64 (three quarters of them are its own), of all bodies of one message, and of what is left of the answer without them. */
export const mostOfBody = 5 * 1024 * 1024;
const mostOfBodies = 8 * 1024 * 1024;
const mostSkeleton = 4 * 1024 * 1024;
/** What one message needs in memory at most. */
export const mostOfMessage = mostOfBodies + mostSkeleton;
/** Bytes of an answer that has no bodies: lists, people. */
const mostOfList = 4 * 1024 * 1024;

/** Takes care that so many bytes may be in memory. @throws NoMemoryYet. */
export type Reserve = (bytes: number) => void;

const parsed = <T extends object>(json: Uint8Array): T => {
  try {
    const value: unknown = JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.length).toString('utf8'));
    // What Google documents of its answers is all that is known of them.
    if (typeof value === 'object' && value !== null) return value as T;
  } catch {
    // Not JSON: thrown below.
  }
  throw new BrokenAnswer();
};

/** Takes the bodies out of an answer. */
const createBodies = (most: number) => {
  const all: GrowingBytes[] = [];
  // Counted as they come: a sum over thousands of bodies for each of them would hold up everybody.
  let kept = 0;
  return {
    kept: () => kept,
    sinkFor: () => {
      const bytes = createGrowingBytes(Math.min(most, mostOfBodies - kept));
      all.push(bytes);
      const push = (piece: Uint8Array): void => {
        const before = bytes.length;
        bytes.push(piece);
        kept += bytes.length - before;
      };
      return { push, end: () => undefined };
    },
    end: (): Body[] => {
      const bytesOf = packed(all);
      return all.map((body) => ({
        bytes: bytesOf(body),
        base64: true as const,
        cut: body.pushed > body.length || undefined,
      }));
    },
  };
};

/** Bytes of a body up to which it shares its memory with others of its message. */
const packedBody = 4096;

/** Small bodies in one memory: it moves to a thread at once, where thousands of them would take a tenth of a second. */
const packed = (all: readonly GrowingBytes[]): ((body: GrowingBytes) => Uint8Array<ArrayBuffer>) => {
  const isSmall = ({ length }: GrowingBytes): boolean => length <= packedBody;
  const together = new Uint8Array(all.filter(isSmall).reduce((total, { length }) => total + length, 0));
  let used = 0;
  return (body) => {
    if (!isSmall(body)) return body.end();
    const place = together.subarray(used, used + body.length);
    place.set(body.soFar());
    used += body.length;
    return place;
  };
};

/**
 * @param ofEachBody bytes that are kept of a body, where the answer is not small as a whole.
 * @throws BrokenAnswer where the answer or its connection ends early or it is something else, OversizedAnswer where
 *   it is too large without its bodies, NoMemoryYet.
 */
export const readAnswer = async <T extends object>(
  answer: AsyncIterable<Uint8Array>,
  reserve: Reserve,
  ofEachBody = mostOfBody,
): Promise<Answer<T>> => {
  let first: Uint8Array[] = [];
  let length = 0;
  const bodies = createBodies(ofEachBody);
  const scanner = createAnswerScanner(mostSkeleton, bodies.sinkFor);
  for await (const chunk of answer) {
    length += chunk.length;
    if (length <= smallAnswer) {
      first.push(chunk);
      continue;
    }
    for (const piece of first) scanner.push(piece);
    first = [];
    reserve(scanner.skeletonLength + bodies.kept() + chunk.length);
    scanner.push(chunk);
  }
  if (length <= smallAnswer) return { skeleton: { value: parsed<T>(Buffer.concat(first)) } };
  const json = scanner.end();
  const taken = bodies.end();
  const skeleton = json.length <= smallAnswer ? { value: parsed<T>(json) } : { json };
  return { skeleton, bodies: taken };
};

/** Bytes that an answer keeps in memory. */
export const lengthOf = ({ skeleton, bodies = [] }: Answer<object>): number =>
  ('json' in skeleton ? skeleton.json.length : smallAnswer) +
  bodies.reduce((total, { bytes }) => total + bytes.length, 0);

/**
 * A small answer without bodies, parsed.
 * @throws BrokenAnswer, OversizedAnswer.
 */
export const readJson = async <T extends object>(answer: AsyncIterable<Uint8Array>): Promise<T> => {
  const body = await readBody(answer, mostOfList);
  if (body === undefined) throw new OversizedAnswer();
  return parsed<T>(body);
};

/** Base64url units. A head without an end must not cost what a body does. */
const longestHead = 1_400_000;
/** Decoded anew to look for the end of the head; four units are three bytes. */
const headStep = 16 * 1024;
/** Bytes of a raw message's answer beside its source. */
const mostBesideSource = 100_000;
const endOfHead = /\r?\n\r?\n/;

/** Keeps pieces until the header fields are complete. */
const createHead = () => {
  let head = '';
  let looked = 0;
  let complete = false;
  return {
    push: (piece: Buffer): void => {
      if (complete) return;
      head += piece.toString('latin1', 0, longestHead - head.length);
      if (head.length - looked < headStep && head.length < longestHead) return;
      // A little of what was looked at before, in case the end is parted there.
      const from = Math.max(0, looked - 8) & ~3;
      complete =
        head.length >= longestHead || endOfHead.test(Buffer.from(head.slice(from), 'base64url').toString('latin1'));
      looked = head.length;
    },
    text: () => head,
  };
};

/**
 * The answer of users.messages.get with format=raw.
 * @throws BrokenAnswer where the answer or its connection ends early or it is something else.
 */
export const readSource = async <T extends object>(
  answer: AsyncIterable<Uint8Array>,
  { offset, maxChars }: { readonly offset: number; readonly maxChars: number },
): Promise<SourcePage<T>> => {
  const head = createHead();
  const page: string[] = [];
  let totalChars = 0;
  const push = (piece: Buffer): void => {
    head.push(piece);
    const from = Math.max(0, offset - totalChars);
    const end = Math.max(0, offset + maxChars - totalChars);
    if (from < piece.length && end > from) page.push(piece.toString('latin1', from, Math.min(end, piece.length)));
    totalChars += piece.length;
  };
  const scanner = createAnswerScanner(mostBesideSource, () => ({ push, end: () => undefined }));
  for await (const chunk of answer) scanner.push(chunk);
  try {
    const value: T = JSON.parse(Buffer.from(scanner.end()).toString('utf8'));
    return { value, head: head.text(), text: page.join(''), totalChars };
  } catch {
    throw new BrokenAnswer();
  }
};

// How many bytes of Google's answers this process has in memory at once, over all calls. Who needs more than a little gets
// it where it is free, else waits in a fair queue, and holds no connection meanwhile: who has memory may need one, and
// each would wait for the other.

/** Bytes. For `small` nobody waits; most mail is `medium`; more is reserved at once, all that the work will need. */
const small = 64 * 1024;
const medium = 1024 * 1024;
const mostMedium = 24;
const mediumOfAccount = 6;
/** Bytes for all large ones together. */
const large = 40 * 1024 * 1024;
/** Pieces of work of one account that may wait for memory. */
const mostWaiting = 120;
/** Where so many wait for a large amount, those that come wait before they ask Google, which would only be asked again. */
const mostAskingFirst = 8;
const anyNumber = Number.POSITIVE_INFINITY;

/** The memory of one piece of work (a message with its texts, an attachment). */
export interface MemoryReservation {
  /** Waits for all that the work will ever need, where many of the account wait for that already. */
  queueUp(): Promise<'held' | 'busy' | 'cancelled'>;
  /** Whether the work may have `bytes` in memory, all of its bytes together, without waiting. */
  grows(bytes: number): boolean;
  /** Waits until it may; one after the other where several are wanted. To be called without a connection. */
  growTo(bytes: number): Promise<'held' | 'busy' | 'cancelled'>;
  /** What it had is no more in memory. */
  giveBack(): void;
  /** The work is over; may be called again. */
  release(): void;
}

interface MemoryBudget {
  /** @param most bytes that the work will ever need. */
  open(account: string, most: number, waiter: Waiter): MemoryReservation;
  /** Bytes reserved beyond the small amounts that everybody has. */
  readonly inUse: number;
}

export const createMemoryBudget = (): MemoryBudget => {
  const mediums = createFairSemaphore({
    total: mostMedium,
    accountAtOnce: mediumOfAccount,
    accountWaiting: mostWaiting,
  });
  const larges = createFairSemaphore({ total: large, accountAtOnce: 1, accountWaiting: mostWaiting });
  const asking = createFairSemaphore({ total: anyNumber, accountAtOnce: 10, accountWaiting: anyNumber });
  return {
    get inUse() {
      return mediums.inUse * medium + larges.inUse;
    },
    open: (account, most, waiter) => {
      let reserved = small;
      let lease: Lease | undefined;
      let asked: Lease | undefined;
      let released = false;
      let before: Promise<unknown> = Promise.resolve();
      const wish = (bytes: number) =>
        bytes <= medium
          ? { semaphore: mediums, amount: 1, reserves: medium }
          : { semaphore: larges, amount: Math.max(most, bytes), reserves: Number.POSITIVE_INFINITY };
      const keep = (got: Lease, reserves: number): void => {
        lease?.release();
        if (released) got.release();
        lease = got;
        reserved = reserves;
      };
      // Who has a medium amount may wait for a large one, never the other way round: so there is no deadlock.
      const more = async (bytes: number): Promise<'held' | 'busy' | 'cancelled'> => {
        if (bytes <= reserved) return waiter.signal.aborted ? 'cancelled' : 'held';
        const { semaphore, amount, reserves } = wish(bytes);
        const got = await semaphore.lease(account, amount, waiter);
        if (typeof got === 'string') return got;
        keep(got, reserves);
        return 'held';
      };
      return {
        queueUp: async () => {
          const place = await asking.lease(account, 1, waiter);
          if (typeof place === 'string') return place;
          if (released) place.release();
          asked = place;
          if (larges.waitingOf(account) < mostAskingFirst) return 'held';
          place.release();
          return more(medium + 1);
        },
        grows: (bytes) => {
          if (bytes <= reserved) return true;
          const { semaphore, amount, reserves } = wish(bytes);
          const got = semaphore.tryLease(account, amount);
          if (got) keep(got, reserves);
          return got !== undefined;
        },
        growTo: (bytes) => {
          const grown = before.then(() => more(bytes));
          before = grown;
          return grown;
        },
        giveBack: () => {
          asked?.release();
          lease?.release();
          lease = undefined;
          reserved = small;
        },
        release: () => {
          released = true;
          asked?.release();
          lease?.release();
        },
      };
    },
  };
};
