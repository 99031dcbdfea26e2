import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readableHtml } from '../src/html/readable-html.ts';
import { readableMessage } from '../src/message.ts';
import { container, message, text, whole } from './messages.ts';
import { textOfHtml } from './text-of-html.ts';

const struck = 'text-decoration:line-through';

test.each([
  [
    's, del and strike',
    'Was <s>$99</s> now <del>$59</del>, <strike>$55</strike> $49',
    'Was ~~$99~~ now ~~$59~~, ~~$55~~ $49',
  ],
  ['ins', 'Was <del>$59</del> <ins>$49</ins>', 'Was ~~$59~~ {++$49++}'],
  ['CSS', `Was <span style="${struck} red">$99</span> $49`, 'Was ~~$99~~ $49'],
  ['a class', '<style>.old{text-decoration-line:line-through}</style><b class="old">$99</b> $49', '~~$99~~ $49'],
  ['elements inside', '<s>all <b>of</b> <i>it</i></s>!', '~~all of it~~!'],
  ['a part of a word', 'un<s>happy</s>sure', 'un~~happy~~sure'],
  ['deletions in insertions', '<ins>new <del>old</del> more</ins>', '{++new++} ~~old~~ {++more++}'],
  ['insertions in deletions', '<del>old <ins>new</ins></del>', '~~old new~~'],
  ['each line', '<s>one<br>two</s>', '~~one~~\n~~two~~'],
  ['each block', '<del><p>one</p><p>two</p></del>three', '~~one~~\n\n~~two~~\n\nthree'],
  ['each item of a list', '<s><ul><li>one<li>two</ul></s>', '- ~~one~~\n- ~~two~~'],
  ['a heading', '<h2><s>Agenda</s></h2>', '## ~~Agenda~~'],
  ['a quote', '<blockquote><s>one<br>two</s></blockquote>', '> ~~one~~\n> ~~two~~'],
  ['preformatted text', '<pre><s>a\n b</s>\nc</pre>', '~~a~~\n~~ b~~\nc'],
  ['each cell', '<table border=1><tr><td><s>a</s><td><s>b</s><tr><td>c<td>d</table>', '~~a~~ | ~~b~~\nc | d'],
  [
    'each cell of a struck row',
    `<table border=1><tr style="${struck}"><td>a<td>b<tr><td>c<td>d</table>`,
    '~~a~~ | ~~b~~\nc | d',
  ],
  ['each short cell of a layout row', `<table><tr style="${struck}"><td>a<td>b</table>`, '~~a~~ ~~b~~'],
  ['a link with its target', '<s><a href="https://example.com/">gone</a></s> x', '~~gone <https://example.com/>~~ x'],
  ['words in a link', '<a href="https://example.com/">was <s>1</s> 2</a>', 'was ~~1~~ 2 <https://example.com/>'],
  ['an address', '<s>https://example.com/a</s>', '~~<https://example.com/a>~~'],
  ['a picture', '<s><img alt="A cat"></s>', '~~[A cat]~~'],
])('what is struck out or inserted is marked: %s', (_, html, words) => {
  expect(textOfHtml(html)).toBe(words);
});

test.each([
  ['nothing in it', 'a <s></s><del> </del><s><br></s>b', 'a\nb'],
  ['underlined text', '<u>a</u> <span style="text-decoration:underline">b</span>', 'a b'],
  [
    'strikes that CSS takes away',
    '<s style="text-decoration:none">a</s> <ins style="text-decoration:none">b</ins>',
    'a b',
  ],
  ['a picture without words', 'a <s><img></s> b', 'a b'],
  ['the end of it', '<p><s>a</p><p>b</s></p><p>c', '~~a~~\n\n~~b~~\n\nc'],
])('no mark is made of %s', (_, html, words) => {
  expect(textOfHtml(html)).toBe(words);
});

test('hidden text that is struck out stays hidden', () => {
  expect(textOfHtml('a <s style="display:none">SECRET</s> <s><span style="font-size:0">SECRET</span></s> b')).toBe(
    'a b',
  );
});

test.each([
  ['~~a~~', '\\~\\~a\\~\\~'],
  ['~~~~', '\\~\\~\\~\\~'],
  ['{++a++}', '\\{++a\\++}'],
  ['about ~5', 'about ~5'],
  ['~<s>5</s>~', '~ ~~5~~\\~'],
  ['<s>~5~</s>', '~~\\~5~ ~~'],
  ['C:\\<s>5</s>', 'C:\\ ~~5~~'],
  ['https://example.com/~~a~~', 'https://example.com/~~a~~'],
])('text that looks like a mark is told from one: %s', (html, words) => {
  expect(textOfHtml(html)).toBe(words);
});

/** What a reader takes for struck out: between two marks without a backslash. */
const struckIn = (words: string): string[] =>
  [...words.matchAll(/(?<!\\)~~(.*?)(?<!\\)~~/g)].map(([, inner = '']) =>
    inner.replaceAll('\\', '').replace(/\s/g, ''),
  );

test('whatever tildes stand in and around it, exactly what is struck out reads so', () => {
  const piece = fc.tuple(fc.boolean(), fc.stringMatching(/^[a~]{0,4}b[a~]{0,4}$/));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
      const html = pieces.map(([isStruck, words]) => (isStruck ? `<s>${words}</s><br>` : `${words}<br>`)).join('');
      expect(struckIn(textOfHtml(html))).toEqual(pieces.flatMap(([isStruck, words]) => (isStruck ? [words] : [])));
    }),
  );
});

test('plain text is left as it was written', () => {
  const parts = readableMessage(message(text('text/plain', 'Was ~~$99~~ {++now++} $49')), whole);
  expect(parts.body.text).toBe('Was ~~$99~~ {++now++} $49');
});

test('a plain form of the same words does not stand for HTML that strikes out or ticks some', () => {
  const forms = (html: string) =>
    readableMessage(
      message(container('multipart/alternative', text('text/plain', 'Was 99 now 49'), text('text/html', html))),
      whole,
    ).body.text;
  expect(forms('<p>Was <s>99</s> now 49</p>')).toBe('Was ~~99~~ now 49');
  expect(forms('<p>Was 99 <input type=checkbox checked>now 49</p>')).toBe('Was 99 [x] now 49');
});

test.each([
  ['<input type=checkbox checked> Tea<br><input type=checkbox> Milk', '[x] Tea\n[ ] Milk'],
  ['<li><label><input type="CHECKBOX" checked="" disabled>Done</label>', '- [x] Done'],
  ['<input type=radio checked>Yes<input type=radio>No', '[x] Yes [ ] No'],
  [
    '<table border=1><tr><td>A<td><input type=checkbox checked><tr><td>B<td><input type=checkbox></table>',
    'A | [x]\nB | [ ]',
  ],
  ['☑ Tea ☐ Milk ☒ Sugar', '☑ Tea ☐ Milk ☒ Sugar'],
  ['Name <input value="Ann"> <input type=submit value="Send">', 'Name Ann Send'],
  [
    'a<input type=hidden value="SECRET"><input type=password value="SECRET"><input type=checkbox style="display:none">',
    'a',
  ],
])('boxes and fields are told as they are filled in: %s', (html, words) => {
  expect(textOfHtml(html)).toBe(words);
});

test('quotation marks are written in pairs', () => {
  expect(textOfHtml('She said <q>yes</q>.')).toBe('She said "yes".');
});

test('twenty thousand struck elements in each other are read like any others', () => {
  expect(readableHtml(`${'<s>'.repeat(20_000)}deep`).text).toBe('~~deep~~');
});
