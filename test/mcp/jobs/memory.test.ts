// Mail whose style sheets would fill the heap of a thread: its text is read all the same.
import { expect, test } from 'vitest';
import { createPool } from '../../../src/mcp/jobs/worker-pool.ts';
import { handClock } from '../../support/hand-clock.ts';

const many = (count: number, piece: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => piece(index)).join('');

const megabytes = (count: number, piece: string): string =>
  piece.repeat(Math.floor((count * 1024 * 1024) / piece.length));

const readInThread = async (mimeType: string, content: string, maxChars = 2000) => {
  const logged: object[] = [];
  const pool = createPool({ clock: handClock(), log: (entry) => logged.push(entry) });
  const file = {
    bytes: new TextEncoder().encode(content),
    mimeType,
    fileName: 'a',
    charset: 'utf-8',
    page: { offset: 0, maxChars },
  };
  const outcome = await pool.run('a', 'textFile', file, [], { signal: new AbortController().signal });
  await pool.close();
  expect(logged).toEqual([]);
  return outcome.kind === 'done' ? (outcome.output as { text: string }).text : '';
};

test('a sheet in which twenty thousand rules say something of every property is judged within the memory of a thread', async () => {
  const html = `<style>${many(20_000, (n) => `.a${n}{all:unset}`)}</style>${many(5_000, (n) => `<p class=a${n}>seen`)}`;
  const text = await readInThread('text/html', html, 1_000_000);
  expect(text.match(/seen/g)).toHaveLength(5_000);
});

// Each of these wanted one allocation larger than what V8 grants a thread at its limit: the whole process ended.
test('a tag with hundreds of thousands of attributes ends the text there, and says so', async () => {
  const attributes = many(400_000, (n) => ` ${n.toString(36)}`);
  const text = await readInThread('text/html', `<p>seen<p${attributes}>x`);
  expect(text).toMatch(/^seen\n\n\[/);
});

test('text of millions of pieces is put together without a list of them all', async () => {
  expect(await readInThread('text/plain', `a${megabytes(3.7, '\f')}b`)).toMatch(/^a\n/);
});
