import fc from 'fast-check';
import { expect, test } from 'vitest';
import { attachmentBytes, BrokenAnswer } from '../../src/google/attachment-bytes.ts';

/** The answer in pieces of a size, as a connection delivers it. */
async function* inPieces(answer: string, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < answer.length; at += size) yield Buffer.from(answer.slice(at, at + size), 'latin1');
}
const read = async (answer: string, size = 7) => Buffer.from(await attachmentBytes(inPieces(answer, size)));

test('an attachment’s bytes come out as they are, however the answer is cut and whatever size it claims', async () => {
  const pieces = fc.integer({ min: 1, max: 50 });
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), pieces, fc.nat(400), async (bytes, size, claimed) => {
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

test('an answer without data is an empty file', async () => {
  expect(await read('{"size": 0}')).toHaveLength(0);
});

test.each(['', '<html>busy</html>', '{"size": 4, "data": "AAAA', 'null', '{"data": "\\q"}', 'x'.repeat(200_000)])(
  'an answer that is cut short or none of Gmail’s is told as such',
  async (answer) => {
    await expect(read(answer, 5000)).rejects.toBeInstanceOf(BrokenAnswer);
  },
);
