// Answers of Gmail's about messages, read as they arrive: the same as parsed whole, and never more of them in memory than
// is read.

import { contentOf } from '@postern/mail-text/answer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inlineBytes, type Message, type MessagePart } from '../../packages/mail-text/src/mime/message-part.ts';
import { BrokenAnswer, OversizedAnswer } from '../../src/google/answer-scanner.ts';
import { createMemoryBudget, mostOfBody, readAnswer, readSource } from '../../src/google/read-answer.ts';
import { ok } from '../../src/model/result.ts';
import { readingWorld } from './reading-world.ts';

async function* inPieces(answer: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(answer);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const freely = () => undefined;
const read = (answer: string, size = 10_000) => readAnswer<Message>(inPieces(answer, size), freely);
const base64url = (text: string) => Buffer.from(text).toString('base64url');
const textPart = (text: string, more: Partial<MessagePart> = {}): MessagePart => ({
  mimeType: 'text/plain',
  headers: [{ name: 'data', value: 'a "data": "b" \\ \\u0022 é' }],
  body: { size: Buffer.byteLength(text), data: base64url(text) },
  ...more,
});
const textsIn = (part: MessagePart): string[] => [
  ...(inlineBytes(part) ? [Buffer.from(inlineBytes(part) ?? []).toString()] : []),
  ...(part.parts ?? []).flatMap(textsIn),
];

describe('An answer', () => {
  test('means the same however large it is and wherever its pieces are cut', async () => {
    const texts = fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 4 });
    const filler = 'x'.repeat(70_000);
    await fc.assert(
      fc.asyncProperty(texts, fc.integer({ min: 1, max: 30_000 }), fc.boolean(), async (all, size, spaced) => {
        const parts = [...all, filler].map((text) => textPart(text.toWellFormed()));
        const message = { id: '1', snippet: 'a "raw": {"data":"x"}', payload: { mimeType: 'multipart/mixed', parts } };
        const whole = contentOf(await read(JSON.stringify(message, null, spaced ? 2 : 0), size));
        expect(whole.snippet).toBe(message.snippet);
        expect(whole.payload?.parts?.map(({ headers }) => headers)).toEqual(parts.map(({ headers }) => headers));
        expect(textsIn(whole.payload ?? {})).toEqual([...all.map((text) => text.toWellFormed()), filler]);
      }),
      { numRuns: 40 },
    );
  });

  test('with a body larger than the limit is kept up to there, and says that there was more', async () => {
    const answer = await read(JSON.stringify({ id: '1', payload: textPart('y'.repeat(mostOfBody)) }), 60_000);
    expect(answer.bodies?.[0]).toMatchObject({ cut: true });
    expect(answer.bodies?.[0]?.bytes).toHaveLength(mostOfBody);
    expect(contentOf(answer).payload?.body).toMatchObject({ cut: true, size: mostOfBody });
  });

  test('with thousands of small bodies has them in one memory, and reserves room for no larger ones', async () => {
    const parts = Array.from({ length: 3000 }, (_, number) => textPart(`Text ${number}`));
    const answer = await read(JSON.stringify({ id: '1', payload: { mimeType: 'multipart/mixed', parts } }), 16_000);
    expect(textsIn(contentOf(answer).payload ?? {})).toEqual(parts.map((_, number) => `Text ${number}`));
    const memories = new Set(answer.bodies?.map(({ bytes }) => bytes.buffer));
    expect([...memories].map(({ resizable }) => resizable)).toEqual([false]);
  });

  test('that is too large without its bodies is refused, not read', async () => {
    const answer = JSON.stringify({ id: '1', snippet: 'z'.repeat(5_000_000) });
    await expect(read(answer, 60_000)).rejects.toBeInstanceOf(OversizedAnswer);
  });

  test.each(['', '<html>busy</html>', 'null', '{"id": "1"', `{"a":"${'x'.repeat(100_000)}"`, `${'x'.repeat(100_000)}`])(
    'that is cut short, or is none of Gmail’s, is a broken answer',
    async (answer) => {
      await expect(read(answer, 5000)).rejects.toBeInstanceOf(BrokenAnswer);
    },
  );
});

test('of a message source keeps only its head and the requested page', async () => {
  const source = base64url(`Subject: Hello\r\n\r\n${'body '.repeat(200_000)}`);
  const answer = JSON.stringify({ id: '1', raw: source });
  const page = await readSource<Message>(inPieces(answer, 50_000), { offset: 500_000, maxChars: 100 });
  expect(page).toMatchObject({ value: { id: '1' }, text: source.slice(500_000, 500_100), totalChars: source.length });
  expect(source.startsWith(page.head)).toBe(true);
  expect(page.head.length).toBeLessThan(100_000);
});

describe('The memory for answers', () => {
  const megabyte = 1024 * 1024;
  const any = () => ({ signal: new AbortController().signal });
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  test('is bounded over all accounts: large answers wait for it, small ones never do', async () => {
    const memory = createMemoryBudget();
    const got: string[] = [];
    const large = ['a', 'b', 'c', 'd', 'e'].map((account) => {
      const reservation = memory.open(account, 12 * megabyte, any());
      void reservation.growTo(12 * megabyte).then(() => got.push(account));
      return reservation;
    });
    await turn();
    expect(got).toEqual(['a', 'b', 'c']);
    expect(await memory.open('f', 12 * megabyte, any()).growTo(60_000)).toBe('held');
    expect(await memory.open('f', 12 * megabyte, any()).growTo(500_000)).toBe('held');
    large[0]?.release();
    await turn();
    expect(got).toEqual(['a', 'b', 'c', 'd']);
    expect(memory.inUse).toBeLessThanOrEqual(64 * megabyte);
  });

  test('is given to one large answer of an account at a time, which the texts of one message share', async () => {
    const memory = createMemoryBudget();
    const first = memory.open('a', 12 * megabyte, any());
    expect(await Promise.all([first.growTo(2 * megabyte), first.growTo(5 * megabyte)])).toEqual(['held', 'held']);
    const second = memory.open('a', 12 * megabyte, any());
    let waits = true;
    void second.growTo(2 * megabyte).then(() => {
      waits = false;
    });
    await turn();
    expect(waits).toBe(true);
    first.release();
    await turn();
    expect(waits).toBe(false);
    second.release();
    expect(memory.inUse).toBe(0);
  });

  test('is not given to a call that was cancelled while it waited', async () => {
    const memory = createMemoryBudget();
    const first = memory.open('a', 12 * megabyte, any());
    await first.growTo(2 * megabyte);
    const leaving = new AbortController();
    const waiting = memory.open('a', 12 * megabyte, { signal: leaving.signal }).growTo(2 * megabyte);
    leaving.abort();
    expect(await waiting).toBe('cancelled');
    first.release();
    expect(memory.inUse).toBe(0);
  });
});

describe('Who waits for memory', () => {
  test('holds no connection meanwhile, of which who has memory needs another', async () => {
    const world = await readingWorld();
    const part = (type: string, name: string) =>
      [
        '--edge',
        `Content-Type: ${type}; name=${name}`,
        `Content-Disposition: attachment; filename=${name}`,
        '',
        'word '.repeat(60_000),
      ].join('\r\n');
    const source = [
      'From: a@example.org',
      'Content-Type: multipart/mixed; boundary=edge',
      '',
      ['--edge', 'Content-Type: text/plain', '', 'word '.repeat(30_000)].join('\r\n'),
      part('text/plain', 'a.txt'),
      part('text/plain', 'b.txt'),
      '--edge--',
    ].join('\r\n');
    const id = world.sandbox.account('alex@example.com').mailbox.importMessage(Buffer.from(source));
    const read = () =>
      world.google.gmail.message(id, 'full', async (fetched) => {
        const { payload } = contentOf(fetched.answer);
        for (const { body } of payload?.parts ?? []) {
          if (!body?.attachmentId) continue;
          const text = await fetched.text(body.attachmentId, body.size ?? 0);
          if (!text.ok) return text;
        }
        return ok({});
      });
    const results = await Promise.all(Array.from({ length: 30 }, read));
    expect(results.filter((result) => !result.ok)).toEqual([]);
  });
});
