// Whatever bytes a sender writes, there is a text. All runs are seeded; the sizes are bounded so that CI stays quick.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readableHtml } from '../src/html/readable-html.ts';
import { newsletter } from './newsletter.ts';

const seeded = { seed: 20_261_123 };
/** How many times as many cases as in every run of the suite. */
const times = Number(process.env.POSTERN_TEST_RUNS ?? 1);

/** What holds for every result. */
const check = (html: string): void => {
  const { text, removed, quotedFrom } = readableHtml(html);
  const length = [...text].length;
  expect(removed.hiddenElements).toBeGreaterThanOrEqual(0);
  expect(removed.invisibleCharacters).toBeGreaterThanOrEqual(0);
  expect(quotedFrom ?? 0).toBeLessThanOrEqual(length);
  expect(text).not.toMatch(/[\u200b\u202e\u2066\u{e0041}]/u);
  expect(text).not.toMatch(/\n\n\n/);
};

const names = fc.constantFrom(
  ...[
    'div',
    'p',
    'a',
    'b',
    'table',
    'tr',
    'td',
    'th',
    'ul',
    'ol',
    'li',
    'pre',
    'blockquote',
    'span',
    'h1',
    'br',
    'img',
  ],
  ...[
    'style',
    'script',
    'title',
    'textarea',
    'select',
    'option',
    'svg',
    'math',
    'template',
    'details',
    'summary',
    'font',
  ],
  ...['!--', '![CDATA[', '!doctype', '?xml', 'o:p', 'noscript', 'dl', 'dt', 'dd', 'form', 'button', 'body', 'html'],
);
const attribute = fc.constantFrom(
  ...[
    ' hidden',
    ' style="display:none"',
    ' style="color:#fff',
    " class='gmail_quote'",
    ' href=https://example.com/a?b',
  ],
  ...[
    ' type=cite',
    ' colspan=99999999',
    ' width=1',
    ' style="font-size:0;width:calc(1px"',
    ' open',
    '/',
    ' =',
    ' "',
    " '",
  ],
);
const tag = fc
  .tuple(
    fc.constantFrom('<', '</', '< ', '<<'),
    names,
    fc.array(attribute, { maxLength: 3 }),
    fc.constantFrom('>', '/>', '', ' >'),
  )
  .map(([open, name, attributes, end]) => `${open}${name}${attributes.join('')}${end}`);
const css = fc.constantFrom(
  '{',
  '}',
  '@media (',
  ')',
  ';',
  ':',
  '"',
  '/*',
  '*/',
  '.x',
  '#',
  ',',
  '>',
  'display:none',
  '\\',
  '!important',
);
const piece = fc.oneof(
  { weight: 5, arbitrary: tag },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'text',
      ' ',
      '\n',
      '&nbsp;',
      '&#x200b;',
      '&#1114112;',
      '&bogus;',
      '\u202e',
      '😀',
      '\ud800',
    ),
  },
  { weight: 1, arbitrary: fc.array(css, { maxLength: 12 }).map((parts) => `<style>${parts.join('')}</style>`) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
);

test('any sequence of tags, sheets and bytes gives a text', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => check(pieces.join(''))),
    { ...seeded, numRuns: 400 * times },
  );
});

test('a newsletter with parts cut out, doubled or overwritten gives a text', () => {
  const whole = newsletter(40, 2_000);
  const place = fc.nat(whole.length);
  const change = fc.tuple(fc.constantFrom('cut', 'double', 'overwrite'), place, fc.nat(400), piece);
  const apply = (html: string, [kind, from, length, instead]: [string, number, number, string]): string => {
    const part = html.slice(from, from + length);
    return html.slice(0, from) + { cut: '', double: part + part, overwrite: instead }[kind] + html.slice(from + length);
  };
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => check(changes.reduce(apply, whole))),
    { ...seeded, numRuns: 40 * times },
  );
});

test.each([
  ['nested elements', '<div><span>'],
  ['nested tables', '<table><tr><td>'],
  ['nested quotes', '<blockquote>a'],
  ['lists in lists', '<ul><li>'],
  ['formatting that is never closed', '<p><b><i>'],
  ['links that are never closed', '<a href="https://example.com/">'],
  ['end tags that close nothing', '</div></p></table></b>'],
  ['comments that never end', '<!--'],
  ['cells without a table', '<td>a'],
  ['entities', '&amp;&bogus'],
  ['less-than signs', '<'],
  ['attributes', '<p '],
])('a hundred thousand times %s are read to the end, or to as many tags as are read', (_, part) => {
  const { text } = readableHtml(`first ${part.repeat(100_000)}`, 'numbered', 15_000);
  expect(text.startsWith('first')).toBe(true);
});

test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
  'the name %s means nothing special anywhere',
  (name) => {
    const style = `font-size:${name};color:${name};display:${name};${name}:0;width:${name}`;
    const sheet = `@media (${name}:1){p{${style}}} @${name}{p{}} .${name} > ${name}[${name}=${name}]{${style}}`;
    const html = `<style media="(${name})">${sheet}</style><a${name} ${name}="1" class="${name}"><p style="${style}">text</p></a${name}>`;
    expect(readableHtml(html).text).toBe('text');
  },
);

test.each([
  ['open blocks', 'a{'],
  ['open at-rules', '@media screen{'],
  ['open strings', 'a{b:"'],
  ['brackets', 'a('],
  ['comments', '/*'],
  ['white space', '      '],
  ['digits', 'a{width:1111111111'],
  ['commas', 'a,'],
  ['combinators', 'a > '],
  ['escapes', '\\0'],
])('a style sheet of nothing but %s leaves the text', (_, part) => {
  expect(
    readableHtml(`<style>${part.repeat(50_000)}</style><p style="${part.replaceAll('"', '').repeat(20_000)}">text`)
      .text,
  ).toBe('text');
});

test('HTML of more tags than are read is read up to there, and its text says that it does not end there', () => {
  const { text, truncated } = readableHtml(`Begin${'<br>'.repeat(1_001)}end`, 'numbered', 1_000);
  expect(text).toMatch(/^Begin\s+\[This HTML is too long to be read to its end here.+\]$/);
  expect(truncated).toBe(true);
  expect(readableHtml(`Begin${'<br>'.repeat(1_000)}end`, 'numbered', 1_000)).not.toHaveProperty('truncated');
});

test('100,000 tags of one HTML are read', () => {
  expect(readableHtml(`Begin${'<br>'.repeat(100_000)}end`).text).toMatch(/^Begin\s+end$/);
  expect(readableHtml(`Begin${'<br>'.repeat(100_001)}end`)).toHaveProperty('truncated');
});
