// Texts of a few words in old charsets, which nothing names: attachments, raw header fields, labels that are wrong.
import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import { messageRow, readableMessage, readTextFile } from '../src/message.ts';
import { base64url, message, text, whole } from './messages.ts';

/** Words that are not among those the models were made of. */
const samples: [charset: string, words: string[]][] = [
  ['windows-1251', ['Заявление на отпуск', 'Ольга', 'Стул;4\nСтол офисный;2', 'ИТОГО', 'Харків', 'Поръчка']],
  ['koi8-r', ['Заявление на отпуск', 'Ольга', 'Стул;4\nСтол офисный;2', 'ИТОГО']],
  ['koi8-u', ['Вітаю з днем народження!']],
  ['iso-8859-5', ['Заявление на отпуск', 'Ольга', 'Стул;4\nСтол офисный;2']],
  ['cp866', ['Заявление на отпуск', 'Ольга', 'Стул;4\nСтол офисный;2', 'ИТОГО']],
  [
    'windows-1254',
    ['Yıllık izin dilekçesi', 'Çiğdem', 'Koltuk;4\nDolap çekmecesi;2', 'Iğdır', 'Değerlendirme', 'Şişli'],
  ],
  ['iso-8859-9', ['Toplantı tutanağı', 'TÜRKİYE', 'Kayıt', 'Gümrük vergisi']],
  ['windows-1252', ['Gebühr', 'Zürich', 'Théâtre', 'Crème brûlée', 'Cumpleaños', 'Açúcar', 'Örebro', '£100 – paid']],
  ['windows-1250', ['Wrocław', 'Zebranie mieszkańców', 'Výroční zpráva', 'Szerződés', 'Braşov']],
  ['iso-8859-2', ['Wrocław', 'Hřiště', 'Gyűlés']],
  ['windows-1253', ['Ετήσια έκθεση', 'Καφές']],
  ['windows-1255', ['דוח שנתי', 'חיפה']],
  ['windows-1256', ['التقرير السنوي', 'بيروت']],
  ['windows-874', ['รายงานประจำปี']],
  ['shift_jis', ['年次報告書', '京都', 'よろしくお願いします', 'コーヒー']],
  ['euc-jp', ['年次報告書', 'さくら']],
  ['euc-kr', ['연차 보고서', '대구']],
  ['gb18030', ['年度报告', '劳动合同草案']],
  ['big5', ['年度報告', '臺中']],
];
const each = samples.flatMap(([charset, words]) => words.map((word): [string, string] => [charset, word]));

describe('A text that nothing names a charset for', () => {
  test.each(each)('in %s is read as a file: %j', (charset, words) => {
    const file = { mimeType: 'text/plain', fileName: 'a.txt' };
    expect(readTextFile(iconv.encode(words, charset), file, undefined).text).toBe(words);
  });

  test.each(each)('in %s is read as a body: %j', (charset, words) => {
    const part = {
      mimeType: 'text/plain',
      headers: [{ name: 'Content-Type', value: 'text/plain' }],
      body: { data: base64url(iconv.encode(words, charset)) },
    };
    expect(readableMessage(message(part), whole).body.text).toBe(words);
  });

  test('is recognized by all of its lines, the first ones of which may be plain', () => {
    const words = `${'id;name\n'.repeat(5000)}4;Стол офисный\n`;
    const file = { mimeType: 'text/csv', fileName: 'a.csv' };
    for (const charset of ['windows-1251', 'koi8-r'])
      expect(readTextFile(iconv.encode(words, charset), file, undefined).text).toBe(words);
  });

  test('never becomes characters of private use, which would vanish', () => {
    for (let first = 0x80; first < 0x100; first++) {
      const bytes = Buffer.from([first, 0xa1 + (first % 0x40), 0x20, 0xff - (first % 0x60), first]);
      const file = { mimeType: 'text/plain', fileName: 'a.txt' };
      const { text: read, removed } = readTextFile(bytes, file, undefined);
      expect(read).not.toMatch(/\p{Co}/u);
      expect([...read].length + (removed?.invisibleCharacters ?? 0)).toBeGreaterThanOrEqual(2);
    }
  });

  test('is read whole, however long it is', () => {
    const file = { mimeType: 'text/plain', fileName: 'a.txt' };
    const long = iconv.encode('Стул, стол и кресло. '.repeat(100_000), 'koi8-r');
    expect(readTextFile(long, file, undefined).text).toMatch(/^Стул, стол/);
  });
});

describe('A label that is wrong', () => {
  test.each(['koi8-r', 'windows-1251', 'iso-8859-5'])('gives way to what %s clearly is', (charset) => {
    const file = { mimeType: 'text/plain', fileName: 'a.txt' };
    const bytes = iconv.encode('Заявление на отпуск', charset);
    for (const label of ['iso-8859-1', 'us-ascii', 'utf-8', 'x-unknown'])
      expect(readTextFile(bytes, file, label).text).toBe('Заявление на отпуск');
  });

  test('is believed where it can be right', () => {
    const file = { mimeType: 'text/plain', fileName: 'a.txt' };
    for (const words of ['Ça va', 'ÀÉÎÕÜ', 'Œuvre', 'þetta', 'Ñ'])
      expect(readTextFile(iconv.encode(words, 'windows-1252'), file, 'iso-8859-1').text).toBe(words);
  });
});

describe('A header field with raw bytes, read as Latin by whoever handed it on', () => {
  const subjectOf = (subject: string) => messageRow(message(text('text/plain', 'x'), { Subject: subject })).subject;
  const asLatin = (words: string, charset: string) => iconv.decode(iconv.encode(words, charset), 'windows-1252');

  test.each([
    ['koi8-r', 'Re: Заявление на отпуск'],
    ['windows-1251', 'Заявление'],
    ['iso-8859-5', 'Годовой отчёт'],
    ['iso-8859-9', 'Yıllık izin dilekçesi'],
    ['iso-8859-7', 'Ετήσια έκθεση'],
    ['gb2312', '劳动合同草案'],
    ['euc-kr', '연차 보고서'],
    ['big5', '年度報告'],
  ])('in %s is read in its own charset', (charset, words) => {
    expect(subjectOf(asLatin(words, charset))).toBe(words);
  });

  test.each([
    'Grüße aus Köln',
    'Íslenska: það er gott',
    'Öğle'.normalize(),
    'Ça coûte 5 € – déjà payé',
    '½ price',
    'ÄÖÜ',
    '«Été»',
    'naïve',
  ])('that is Latin stays as it is: %s', (words) => {
    expect(subjectOf(words)).toBe(words);
  });
});
