import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BrokenAnswer } from '../../src/google/answer-scanner.ts';
import { attachmentPieces, collected } from '../../src/google/attachment-bytes.ts';

/** The answer in pieces of a size, as a connection delivers it. */
async function* inPieces(answer: string, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < answer.length; at += size) yield Buffer.from(answer.slice(at, at + size), 'latin1');
}
const read = async (answer: string, size = 7, expected = 0) => {
  const pieces = attachmentPieces(inPieces(answer, size), { expected });
  return Buffer.from((await collected(pieces, 1_000_000, async () => undefined)).bytes);
};

test('an attachment’s bytes come out as they are, however the answer is cut and whatever smaller size it claims', async () => {
  const pieces = fc.integer({ min: 1, max: 50 });
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), pieces, fc.nat(400), async (bytes, size, less) => {
      const claimed = Math.max(bytes.length - less, 0);
      const data = Buffer.from(bytes).toString('base64url');
      expect(await read(JSON.stringify({ size: claimed, data }), size)).toEqual(Buffer.from(bytes));
      expect(await read(JSON.stringify({ attachmentId: 'x', data }, null, 2), size)).toEqual(Buffer.from(bytes));
    }),
  );
});

test('padding may be written as an escape, and plain base64 is read as well', async () => {
  expect(await read('{"size": 1, "data": "_w\\u003d\\u003d"}')).toEqual(Buffer.from([255]));
  expect(await read('{"data": "/+8="}')).toEqual(Buffer.from([255, 239]));
});

test.each(['{"size": 0}', '{}', '{"size": 0, "data": ""}'])('%s is an empty file', async (answer) => {
  expect(await read(answer)).toHaveLength(0);
});

test.each([
  '{"size": 4}',
  '{"size": "4"}',
  '{"size": 4, "data": null}',
  '{"size": 4, "data": ""}',
  '{"size": 4, "data": "AAA="}',
  '{"data": "AAA=", "size": 4}',
  '{"size": 4, "data": "AAA\\u003d"}',
])('%s is a broken answer: it has fewer bytes than it announces', async (answer) => {
  for (const piece of [1, 7, 5000]) await expect(read(answer, piece)).rejects.toBeInstanceOf(BrokenAnswer);
});

test('the size that the message announces counts where the answer announces none, and for an empty one', async () => {
  for (const answer of ['{}', '{"size": 0}', '{"data": "AAA="}'])
    await expect(read(answer, 7, 4)).rejects.toBeInstanceOf(BrokenAnswer);
  expect(await read('{"size": 2, "data": "AAA="}', 7, 4)).toHaveLength(2);
  expect(await read('{"data": "AAAAAAAA"}', 7, 4)).toHaveLength(6);
});

test.each(['{"data": "AA*A"}', '{"data": "AAAAA"}', '{"data": "AAAA"', '{"data": "AAAA" oops'])(
  '%s is a broken answer: its base64 or its JSON is incomplete',
  async (answer) => {
    await expect(read(answer)).rejects.toBeInstanceOf(BrokenAnswer);
  },
);

test.each(['', '<html>busy</html>', '{"size": 4, "data": "AAAA', 'null', '{"data": "\\q"}', 'x'.repeat(200_000)])(
  'an answer that is cut short, or is none of Gmail’s, is a broken answer',
  async (answer) => {
    await expect(read(answer, 5000)).rejects.toBeInstanceOf(BrokenAnswer);
  },
);
