// Mail whose style sheets would fill the heap of a thread: its text is read all the same.
import { expect, test } from 'vitest';
import { createPool } from '../../../src/mcp/jobs/worker-pool.ts';
import { handClock } from '../../support/hand-clock.ts';

const many = (count: number, piece: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => piece(index)).join('');

test('a sheet in which twenty thousand rules say something of every property is judged within the memory of a thread', async () => {
  const html = `<style>${many(20_000, (n) => `.a${n}{all:unset}`)}</style>${many(5_000, (n) => `<p class=a${n}>seen`)}`;
  const logged: object[] = [];
  const pool = createPool({ clock: handClock(), log: (entry) => logged.push(entry) });
  const file = {
    bytes: new TextEncoder().encode(html),
    mimeType: 'text/html',
    fileName: 'a.html',
    charset: undefined,
    page: { offset: 0, maxChars: 1_000_000 },
  };
  const outcome = await pool.run('a', 'textFile', file, [], { signal: new AbortController().signal });
  await pool.close();
  expect(logged).toEqual([]);
  const text = outcome.kind === 'done' ? (outcome.output as { text: string }).text : '';
  expect(text.match(/seen/g)).toHaveLength(5_000);
});
