import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unfoldFlowed } from '../src/mime/read-part.ts';
import { historyStart } from '../src/text/quoted-history.ts';

/** The writer's own words and the history after them. */
const split = (text: string): [string, string] => {
  const start = historyStart(text) ?? text.length;
  return [text.slice(0, start).trimEnd(), text.slice(start)];
};

describe('quoted history begins', () => {
  test.each([
    ['English', 'On Thu, Jan 15, 2026 at 10:00 AM Robin Quill <robin@example.org> wrote:'],
    ['English, wrapped', 'On Thu, Jan 15, 2026 at 10:00 AM Robin Quill\n<robin@example.org> wrote:'],
    ['English, from a phone', 'On 15 Jan 2026, at 10:00, Robin Quill wrote:'],
    ['English, without a time', 'On Monday, Robin Quill wrote:'],
    ['German', 'Am Do., 15. Jan. 2026 um 10:00 Uhr schrieb Robin Quill <robin@example.org>:'],
    ['German, wrapped', 'Am 15.01.2026 um 10:00 schrieb Robin\nQuill <robin@example.org>:'],
    ['French', 'Le jeu. 15 janv. 2026 à 10:00, Robin Quill <robin@example.org> a écrit :'],
    ['Spanish', 'El jue, 15 ene 2026 a las 10:00, Robin Quill (<robin@example.org>) escribió:'],
    ['Italian', 'Il giorno gio 15 gen 2026 alle ore 10:00 Robin Quill <robin@example.org> ha scritto:'],
    ['Portuguese', 'Em qui., 15 de jan. de 2026 às 10:00, Robin Quill <robin@example.org> escreveu:'],
    ['Dutch', 'Op do 15 jan 2026 om 10:00 schreef Robin Quill <robin@example.org>:'],
    ['Swedish', 'Den tors 15 jan. 2026 kl 10:00 skrev Robin Quill <robin@example.org>:'],
    ['Polish', 'czw., 15 sty 2026 o 10:00 Robin Quill <robin@example.org> napisał(a):'],
    ['Russian', 'чт, 15 янв. 2026 г. в 10:00, Robin Quill <robin@example.org>:'],
    ['Russian, with a verb', '15 января 2026 г. 10:00 пользователь Robin Quill <robin@example.org> написал:'],
    ['Turkish', 'Robin Quill <robin@example.org>, 15 Oca 2026 Per, 10:00 tarihinde şunu yazdı:'],
    ['Hungarian', 'Robin Quill <robin@example.org> ezt írta (időpont: 2026. jan. 15., Cs, 10:00):'],
    ['Japanese', '2026年1月15日(木) 10:00 Robin Quill <robin@example.org>:'],
    ['Chinese', 'Robin Quill <robin@example.org> 于2026年1月15日周四 10:00写道：'],
    ['Korean', '2026년 1월 15일 (목) 오전 10:00, Robin Quill <robin@example.org>님이 작성:'],
  ])('at the line that names the writer, in %s', (_, attribution) => {
    const history = `${attribution}\n\n> Are you coming?\n> Robin`;
    expect(split(`Yes!\n\n${history}`)).toEqual(['Yes!', history]);
  });

  test.each([
    ['a divider', '-----Original Message-----\nFrom: Robin Quill\nSubject: Lunch\n\nAre you coming?'],
    ['a divider in German', '-----Ursprüngliche Nachricht-----\nVon: Robin Quill\n\nKommst du?'],
    ['a forward', '---------- Forwarded message ---------\nFrom: Robin Quill\n\nAre you coming?'],
    [
      'Outlook’s fields',
      'From: Robin Quill <robin@example.org>\nSent: Thursday, January 15, 2026 10:00\nTo: Alex\nSubject: Lunch\n\nComing?',
    ],
    [
      'Outlook’s fields below their rule',
      '________________________________\nVon: Robin Quill\nGesendet: Donnerstag, 15. Januar 2026 10:00\nAn: Alex\nBetreff: Essen\n\nKommst du?',
    ],
    ['a block of quoted lines', '> Are you coming?\n>\n> Robin\n'],
    ['an attribution without quote marks', 'On Jan 15, 2026 10:00, robin@example.org wrote:\n\nAre you coming?'],
    [
      'a quote with a list’s footer',
      '> Are you coming?\n_______________________\nlist mailing list\nhttps://example.org/list',
    ],
  ])('at %s', (_, history) => {
    expect(split(`Yes!\n\n${history}`)).toEqual(['Yes!', history]);
  });

  test.each([
    ['a quote that is answered below', '> Are you coming?\n\nYes!'],
    [
      'an attributed quote that is answered below',
      'On 15 Jan 2026 at 10:00 robin@example.org wrote:\n> Coming?\n\nYes!',
    ],
    ['a sentence that ends with "wrote:"', 'In her letter of 1999 she wrote:\nnothing.\nBest, Alex'],
    ['no quote', 'Just text.\nFrom: the heart\n\nBye'],
    ['nothing', ''],
  ])('nowhere in %s', (_, text) => {
    expect(historyStart(text)).toBeUndefined();
  });

  test('of answers point by point only after the last one', () => {
    const text = 'On 15 Jan 2026 at 10:00 robin@example.org wrote:\n> Coming?\nYes.\n> When?\nAt one.\n> Robin\n> 1234';
    expect(split(text)[1]).toBe('> Robin\n> 1234');
  });

  test('somewhere inside any text, at the beginning of a line', () => {
    const line = fc.constantFrom(
      '> a',
      'own',
      '',
      'On 1 Jan 2026 10:00 a@example.org wrote:',
      'From: x',
      'Sent: 1',
      'To: y',
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const text = lines.join('\n');
        const start = historyStart(text) ?? 0;
        expect(start === 0 || text[start - 1] === '\n').toBe(true);
      }),
    );
  });
});

describe('format=flowed', () => {
  test('puts paragraphs together and keeps fixed lines', () => {
    expect(unfoldFlowed('A long \nparagraph \nends.\nA fixed line.\n\n  indented', false)).toBe(
      'A long paragraph ends.\nA fixed line.\n\n indented',
    );
  });

  test('keeps quotes of every depth apart, and the signature’s separator', () => {
    expect(unfoldFlowed('>> So \n>> what?\n> I say \n> no.\nMe too \n-- \nAlex', false)).toBe(
      '> > So what?\n> I say no.\nMe too \n-- \nAlex',
    );
  });

  test('takes the space of a soft break away where DelSp says so', () => {
    expect(unfoldFlowed('日本 \n語', true)).toBe('日本語');
  });
});
