// An answer of Gmail's about one message, from the connection to what can be read or handed on: small ones are parsed at
// once, of larger ones the bodies are taken out while they arrive, and no more is kept of them than is ever read.
import type { Answer, Body } from '@postern/mail-text/answer';
import { readBody } from '../lib/bounded-body.ts';
import { createAnswerScanner, OversizedAnswer } from './answer-scanner.ts';
import { BrokenAnswer } from './base64-value.ts';
import { createGrowingBytes, type GrowingBytes } from './growing-bytes.ts';

/** Bytes. Up to here an answer is parsed as it is. */
const smallAnswer = 64 * 1024;
/** Bytes kept of one body as base64 (three quarters of them are its own), of all bodies of one message, and of what is left of the answer without them. */
export const mostOfBody = 5 * 1024 * 1024;
const mostOfBodies = 8 * 1024 * 1024;
const mostSkeleton = 4 * 1024 * 1024;
/** What one message may have to hold at once. */
export const mostOfMessage = mostOfBodies + mostSkeleton;
/** Bytes of an answer that has no bodies: lists, people. */
const mostOfList = 4 * 1024 * 1024;

/** Waits until so many bytes may be held; rejects when nobody waits for the answer any more. */
export type Hold = (bytes: number) => Promise<void>;

const parsed = <T extends object>(json: Uint8Array): T => {
  try {
    const value: unknown = JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.length).toString('utf8'));
    // What Google documents of its answers is all that is known of them.
    if (typeof value === 'object' && value !== null) return value as T;
  } catch {
    // Not JSON: told below.
  }
  throw new BrokenAnswer();
};

/** Takes the bodies out of an answer. */
const createBodies = (most: number) => {
  const all: GrowingBytes[] = [];
  const kept = () => all.reduce((total, { length }) => total + length, 0);
  return {
    kept,
    sinkFor: () => {
      const bytes = createGrowingBytes(Math.min(most, mostOfBodies - kept()));
      all.push(bytes);
      return { push: bytes.push, end: () => undefined };
    },
    end: (): Body[] =>
      all.map((body) => ({
        bytes: body.end(),
        base64: true as const,
        ...(body.pushed > body.length ? { cut: true as const } : {}),
      })),
  };
};

/**
 * @param ofEachBody bytes that are kept of a body, where the answer is not small as a whole.
 * @throws BrokenAnswer where the answer or its connection ends early or it is something else, OversizedAnswer where
 *   it is too large without its bodies.
 */
export const readAnswer = async <T extends object>(
  answer: AsyncIterable<Uint8Array>,
  hold: Hold,
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
    await hold(scanner.skeletonLength + bodies.kept() + chunk.length);
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
