import fc from 'fast-check';
import { expect, test } from 'vitest';
import { textOfHtml } from './text-of-html.ts';

test.each([
  ['paragraphs and line breaks', '<p>One</p><p>two<br>three</p><div>four</div>five', 'One\n\ntwo\nthree\n\nfour\nfive'],
  ['running text', 'a  <b>b</b>\n<i>c</i>,&nbsp;d&shy;e', 'a b c, de'],
  ['lists', '<ul><li>x<ul><li>y</ul><li>z</ul><ol><li>p<li>q</ol>', '- x\n  - y\n- z\n\n1. p\n2. q'],
  ['tables row by row', '<table><tr><th>A<th>B</tr><tr><td>1</td><td>2</td></tr></table>', 'A | B\n1 | 2'],
  ['quotes', 'Hi<blockquote>said<blockquote>before</blockquote></blockquote>bye', 'Hi\n> said\n> > before\n\nbye'],
  ['preformatted text', '<pre>a\n  b\n\nc</pre>', 'a\n  b\n\nc'],
  ['link targets', '<a href="https://example.com/a?b=1&amp;c=2">there</a>!', 'there <https://example.com/a?b=1&c=2>!'],
  ['links that say their target', '<a href="https://example.com/">example.com</a>', 'example.com'],
  ['links around nothing but an image', '<a href="https://example.com/x"><img></a>', '<https://example.com/x>'],
  ['links that are never closed', '<a href="https://example.com/x">go', 'go <https://example.com/x>'],
  ['image texts', '<img alt="A cat"> sleeps', '[A cat] sleeps'],
  ['entities', '&lt;b&gt; caf&eacute; &#x1F600; &amp;amp;', '<b> café 😀 &amp;'],
])('%s', (_, html, words) => {
  expect(textOfHtml(html)).toBe(words);
});

test('styles, scripts, titles and comments are no text', () => {
  const html = '<title>T</title><style>p{}</style><script>x()</script><!-- c --><!--[if mso]>m<![endif]-->Text';
  expect(textOfHtml(html)).toBe('Text');
});

test('the text of every element comes out once and in order, whatever is nested or left open', () => {
  const tag = fc.constantFrom('p', 'div', 'b', 'table', 'tr', 'td', 'li', 'ul', 'blockquote', 'a', 'span', 'h1', 'pre');
  const piece = fc.tuple(fc.constantFrom('<', '</'), tag);
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const html = pieces.map(([open, name], index) => `${open}${name}>w${index}w`).join('');
      const words = textOfHtml(html).match(/w\d+w/g) ?? [];
      expect(words.join()).toBe(pieces.map((_, index) => `w${index}w`).join());
    }),
  );
});

test.each(['object', 'applet', 'marquee', 'audio', 'noscript'])(
  'text after the end of a %s element is kept',
  (name) => {
    expect(textOfHtml(`<p>Before</p><${name}>x</${name}><p>After</p>`)).toMatch(/After$/);
  },
);

test('any text at all gives a result', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (html) => typeof textOfHtml(`<${html}`) === 'string'),
  );
});

test('elements are read like any others however deep they are nested, up to as many as are read at all', () => {
  expect(textOfHtml(`${'<div><blockquote>'.repeat(49_000)}deep`)).toMatch(/deep$/);
});
