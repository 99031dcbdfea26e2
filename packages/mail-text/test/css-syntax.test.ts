import { describe, expect, test } from 'vitest';
import { selectorsOf } from '../src/css/selector.ts';
import { blocksOf, declarationsOf } from '../src/css/syntax.ts';
import { textOfHtml } from './text-of-html.ts';

const declaration = (name: string, value: string, important = false) => ({ name, value, important });
const rule = (prelude: string, ...content: unknown[]) => ({ atRule: undefined, prelude, content });

describe('style sheets are taken apart as browsers do', () => {
  test.each([
    ['escapes in names', '.x{d\\69splay:none}', [rule('.x', declaration('display', 'none'))]],
    ['comments anywhere', 'a/**/{/**/b/**/:/**/c}', [rule('a/**/', declaration('b', 'c'))]],
    [
      'strings and URLs with braces',
      'a{b:"};}";c:url(x;y})}',
      [rule('a', declaration('b', '"};}"'), declaration('c', 'url(x;y})'))],
    ],
    ['an important value', 'a{b:c ! /**/ IMPORTANT}', [rule('a', declaration('b', 'c', true))]],
    ['a declaration without a colon', 'a{b c;d:e}', [rule('a', declaration('d', 'e'))]],
    ['marks of HTML comments', '<!-- a{b:c} -->', [rule('a', declaration('b', 'c'))]],
    ['an end that is missing', 'a{b:c', [rule('a', declaration('b', 'c'))]],
    [
      'rules inside rules, which look like declarations',
      'a{b:c;p:hover{d:e}> i{f:g}h:i}',
      [
        rule(
          'a',
          declaration('b', 'c'),
          rule('p:hover', declaration('d', 'e')),
          rule('> i', declaration('f', 'g')),
          declaration('h', 'i'),
        ),
      ],
    ],
    [
      'custom properties with blocks',
      'a{--X:{b:c};d:e}',
      [rule('a', declaration('--X', '{b:c}'), declaration('d', 'e'))],
    ],
    ['a lone semicolon, which belongs to the selector behind it', ';a{b:c}', [rule(';a', declaration('b', 'c'))]],
  ])('%s', (_, sheet, blocks) => {
    expect(blocksOf(sheet)).toEqual(blocks);
  });

  test('a style attribute has no rules, and one broken declaration spoils no other', () => {
    expect(declarationsOf('a{b:c};d:e;}f:g;h:i!important')).toEqual([
      declaration('d', 'e'),
      declaration('h', 'i', true),
    ]);
  });

  test('blocks in blocks are followed to a depth that no person writes, and no further', () => {
    expect(JSON.stringify(blocksOf('a{'.repeat(100_000))).match(/"a"/g)?.length).toBeLessThan(50);
  });
});

const anywhere = { parents: undefined, begins: 'nowhere', scope: undefined, quirks: false } as const;

test.each([
  '.x, .y:unknown(1)',
  '.x,',
  '> .x',
  '#1',
  'a.b div.c..d',
  'p::-moz-thing',
  `${':is('.repeat(500)}a${')'.repeat(500)}`,
])('a list with a selector that is none is none as a whole: %s', (list) => {
  expect(selectorsOf(list, anywhere)).toEqual([]);
});

test.each([
  ['.x, .y:unknown{display:none}', 'a list with an unknown pseudo-class'],
  ['@supports (display:nothing){.x{display:none}}', '@supports of a value that does not exist'],
  ['@supports not (display:grid){.x{display:none}}', '@supports not, of one that does'],
  ['@supports (foo:bar){.x{display:none}}', '@supports of an unknown property'],
  ['@media (unknown:1){.x{display:none}}', 'an unknown media feature'],
  ['@media not (unknown:1){.x{display:none}}', 'and its opposite'],
  ['@media screen and (max-width:500px), print{.x{display:none}}', 'small screens and paper'],
  ['@layer a{.x{display:none}} .x{display:block}', 'a layer, against a rule in none'],
  ['@layer b,a;@layer a{.x{display:block}}@layer b{.x{display:none}}', 'an earlier layer'],
  [
    '@layer a{.x{display:block!important}} .x{display:none!important}',
    'an important rule against an important one in a layer',
  ],
  ['@scope (.w) to (.v){.x{display:none}}', 'a scope that ends before it'],
  ['@container (min-width:1px){.x{display:none}}', 'a container that nothing is'],
  ['.w:has(.q) .x{display:none}', ':has() of what is not there'],
  ['.x:only-of-type:empty{display:none}', ':empty, where it has text'],
  ['p:last-of-type{display:none}', ':last-of-type, where another one follows'],
])('text stays under %s (%s)', (sheet) => {
  expect(
    textOfHtml(`<style>${sheet}</style><div class="w"><div class="v"><p class="x">SEEN</p><p>.</p></div></div>`),
  ).toContain('SEEN');
});

test.each([
  ['@supports (display:grid) and (not (foo:bar)){.x{display:none}}', '@supports that holds'],
  ['@media (400px <= width){.x{display:none}}', 'a range of widths'],
  ['@media (min-width:1px) and (not (monochrome)){.x{display:none}}', 'nested media conditions'],
  ['@layer a{.x{display:block}} .x{display:none}', 'a rule in no layer, against one in a layer'],
  ['@layer a,b;@layer b{.x{display:none}}@layer a{.x{display:block}}', 'the later layer'],
  ['@scope (.w) to (.q){.x{display:none}}', 'a scope'],
  ['.w{.v{> p{&.x{display:none}}}}', 'rules in rules in rules'],
  ['.w:has(> .v + .u) .x{display:none}', ':has() with steps'],
  ['.v:has(~ .u) .x{display:none}', ':has() of what follows'],
  ['p:nth-last-of-type(2){display:none}', 'its place from the end'],
  ['p:nth-child(1 of .x){display:none}', 'its place among some'],
  ['.w :is(:unknown, .x){display:none}', 'a list that forgives'],
  ['.w :where(.v > .x):not(.q, .r){display:none}', ':where() and a list in :not()'],
  ['.w *|p.x{display:none}', 'a name in any namespace'],
])('text goes under %s (%s)', (sheet) => {
  const html = `<style>${sheet}</style><div class="w"><div class="v"><p class="x">SECRET</p><p>.</p></div><i class="u"></i></div>`;
  expect(textOfHtml(html)).not.toContain('SECRET');
});

test('classes are compared without regard to case only where browsers do: without a doctype', () => {
  const html = '<style>.Hide{display:none}</style><p class="hide">text</p>';
  expect(textOfHtml(html)).toBe('');
  expect(textOfHtml(`<!doctype html>${html}`)).toBe('text');
});
