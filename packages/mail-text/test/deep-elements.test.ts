// More elements in one another than a browser nests: what is remembered of open elements must not grow with them.
import { expect, test } from 'vitest';
import { readableHtml } from '../src/html/readable-html.ts';
import { readElements } from '../src/html/tree-construction.ts';

/** The elements of a document as they are told of: how many at once, and in which of them each text stands. */
const told = (html: string) => {
  const open: string[] = [];
  const texts: string[] = [];
  let most = 0;
  readElements(html, {
    open: (name, { id }) => {
      most = Math.max(most, open.push(id ?? name));
    },
    text: (text) => void texts.push(`${open.length} ${open.at(-1)}: ${text}`),
    close: () => void open.pop(),
    release: (place) => expect(open[place]).toBeDefined(),
  });
  expect(open).toEqual([]);
  return { texts, most };
};

const deep = '<div>'.repeat(1_000);

test.each(['<div>', '<b><i><u>', '<blockquote>a', '<ul><li>a', '<table><tr><td>a', '<b><p>a</b>', '<div><b>a</div>'])(
  'a document of nothing but %s never has more than 513 elements open at once',
  (piece) => {
    expect(told(piece.repeat(3_000)).most).toBeLessThanOrEqual(513);
  },
);

test('an element beyond the deepest level becomes a sibling of the one that it was opened in, whose text goes on after it', () => {
  const { texts } = told(`${deep}<div id=a>one<span id=b>two</span>three</div>four`);
  expect(texts).toEqual(['513 a: one', '513 b: two', '513 a: three', '513 div: four']);
});

test('formatting that is closed beyond the deepest element holds no longer', () => {
  const { texts } = told(`${deep}<b id=b>one<p id=p>two</b>three</p>`);
  expect(texts.map((text) => text.replace(/^\d+ /, ''))).toEqual(['b: one', 'p: two', 'p: three']);
});

test('beyond the deepest level hidden text stays hidden, after elements in it too, and visible text is rendered', () => {
  const { text, removed } = readableHtml(
    `${deep}<p style="display:none">secret<b>bold</b>hidden</p><p>seen<b style="display:none">no</b> still</p>`,
  );
  // A browser takes the bold word out of the paragraph that hides it.
  expect(text).toBe('bold\n\nseen\n\nstill');
  expect(removed.hiddenElements).toBeGreaterThanOrEqual(2);
});
