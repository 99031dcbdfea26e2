// Header fields as senders really write them → words. Each case is one that some mail program has sent.
import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import { attachmentsOf, messageRow, rawMessage } from '../src/message.ts';
import { base64url, message, text } from './messages.ts';

const subjectOf = (Subject: string): string | undefined =>
  messageRow(message(text('text/plain', 'x'), { Subject })).subject;
const q = (charset: string, bytes: Uint8Array): string =>
  `=?${charset}?Q?${[...bytes].map((byte) => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')}?=`;
const b = (charset: string, bytes: Uint8Array): string => `=?${charset}?B?${Buffer.from(bytes).toString('base64')}?=`;
const utf8 = (words: string) => Buffer.from(words);

describe('An encoded word', () => {
  test.each([
    ['UTF-7', '=?utf-7?Q?Gr+APwA3w-e_aus_K+APY-ln?=', 'Grüße aus Köln'],
    ['UTF-7 without its last mark', '=?UTF-7?Q?caf+AOk?=', 'café'],
    ['UTF-7 by its older name', '=?unicode-1-1-utf-7?Q?caf+AOk-?=', 'café'],
    ['a charset with a language', '=?utf-8*de?Q?Gr=C3=BC=C3=9Fe?=', 'Grüße'],
    ['a charset and encoding in capitals', '=?ISO-8859-1?q?Gr=FC=DFe?=', 'Grüße'],
    ['spaces, against the rules', '=?utf-8?Q?Gr=C3=BC=C3=9Fe aus K=C3=B6ln?=', 'Grüße aus Köln'],
    ['a question mark, against the rules', '=?utf-8?Q?Wann? Um 10 Uhr, Gr=C3=BC=C3=9Fe?=', 'Wann? Um 10 Uhr, Grüße'],
    ['base64 without its end', '=?utf-8?B?R3LDvMOfZQ?=', 'Grüße'],
    ['a charset that says nothing', '=?unknown-8bit?Q?Gr=FC=DFe?=', 'Grüße'],
    ['a charset that nobody knows', '=?x-roman9?Q?Gr=C3=BC=C3=9Fe?=', 'Grüße'],
    ['a wrong charset: UTF-8 called Latin', '=?iso-8859-1?Q?Gr=C3=BC=C3=9Fe?=', 'Grüße'],
    ['a wrong charset: Latin called UTF-8', '=?utf-8?Q?Gr=FC=DFe?=', 'Grüße'],
    ['a wrong charset: Latin called ASCII', '=?us-ascii?Q?Gr=FC=DFe?=', 'Grüße'],
    ['a wrong charset: UTF-8 called GB2312', b('gb2312', utf8('会议推迟到明天')), '会议推迟到明天'],
    ['one broken byte in UTF-8', '=?utf-8?Q?Gr=C3=BC=DFe?=', 'Gr\u00fc\ufffde'],
    ['GBK that is UTF-8 by chance', q('gb2312', iconv.encode('牛', 'gbk')), '牛'],
    ['KOI8-R', b('koi8-r', iconv.encode('Привет', 'koi8-r')), 'Привет'],
    ['KOI8-U', q('KOI8-U', iconv.encode('Київ', 'koi8-u')), 'Київ'],
    ['windows-1251 by another name', q('cp1251', iconv.encode('Привет', 'windows-1251')), 'Привет'],
    ['ISO-8859-9', q('iso-8859-9', iconv.encode('Görüşme', 'iso-8859-9')), 'Görüşme'],
    ['Shift_JIS', b('Shift_JIS', iconv.encode('会議', 'shift_jis')), '会議'],
    ['ISO-2022-JP', '=?iso-2022-jp?B?GyRCJUYlOSVIJEckORsoQg==?=', 'テストです'],
    ['EUC-KR by its Korean name', b('ks_c_5601-1987', iconv.encode('안녕하세요', 'euc-kr')), '안녕하세요'],
    ['Big5', b('big5', iconv.encode('會議', 'big5')), '會議'],
  ])('in %s', (_, sent, meant) => {
    expect(subjectOf(sent)).toBe(meant);
  });

  test.each([
    ['Latin', '=?iso-8859-1?Q?Gr=FC\u00dfe?=', 'Grüße'],
    ['Latin, within UTF-8', '=?utf-8?Q?Gr=C3=BC\u00dfe?=', 'Grüße'],
    ['UTF-8 that was read already', '=?utf-8?Q?caf\u00e9?=', 'café'],
    ['UTF-8, one character for a byte', '=?utf-8?Q?caf\u00c3\u00a9?=', 'café'],
    ['windows-1252, beyond Latin', '=?windows-1252?Q?\u20ac 5?=', '€ 5'],
    ['Cyrillic that was read already', '=?koi8-r?Q?Привет=2E?=', 'Привет.'],
    [
      'KOI8-R, one character for a byte',
      `=?koi8-r?Q?${iconv.encode('Привет', 'koi8-r').toString('latin1')}?=`,
      'Привет',
    ],
  ])('with raw bytes inside: %s', (_, sent, meant) => {
    expect(subjectOf(sent)).toBe(meant);
  });

  test('that is split in the middle of a character is put together, whatever its encodings and what is between', () => {
    const whole = utf8('Grüße 🙂 aus');
    for (let at = 1; at < whole.length; at++) {
      const [left, right] = [whole.subarray(0, at), whole.subarray(at)];
      for (const between of [' ', '', '\r\n ', '  '])
        expect(subjectOf(`${b('utf-8', left)}${between}${q('UTF-8', right)} x`)).toBe('Grüße 🙂 aus x');
    }
    const japanese = iconv.encode('東京', 'euc-jp');
    expect(subjectOf(`${q('euc-jp', japanese.subarray(0, 1))} ${q('euc-jp', japanese.subarray(1))}`)).toBe('東京');
  });

  test('that is begun a hundred thousand times and never ended holds nobody up', () => {
    const begun = '=?utf-8?q?a'.repeat(100_000);
    expect(subjectOf(begun)).toBe(begun);
    expect(subjectOf(`${'=?utf-8?q?a\r'.repeat(50_000)} ?=`)).toContain('?=');
  });

  test('is distinguished from what only looks like one', () => {
    for (const plain of ['=?utf-8?X?abc?=', '=?utf-8?Q?never ended', '=? ?= =?', 'a =?b?= c'])
      expect(subjectOf(plain)).toBe(plain);
    expect(subjectOf('Re: =?utf-8?Q?=C3=A9?= and =?iso-8859-1?Q?=E9?= =?utf-8?Q?=C3=A9?=')).toBe('Re: é and éé');
  });
});

describe('A file name', () => {
  const nameOf = (disposition: string): string | undefined =>
    attachmentsOf({
      payload: {
        mimeType: 'application/pdf',
        headers: [{ name: 'Content-Disposition', value: `attachment; ${disposition}` }],
        body: { attachmentId: 'x', size: 1 },
      },
    })[0]?.fileName;

  test.each([
    ["filename*=utf-8'de'Gr%C3%BC%C3%9Fe.pdf", 'Grüße.pdf'],
    ["filename*=koi8-r''%F0%D2%C9%D7%C5%D4.pdf", 'Привет.pdf'],
    ["filename*=utf-7''caf+AOk-.pdf", 'café.pdf'],
    ["filename*0*=utf-8''Gr%C3; filename*1*=%BC%C3%9Fe; filename*2=.pdf", 'Grüße.pdf'],
    ["filename*=iso-8859-1''Gr%C3%BC%C3%9Fe.pdf", 'Grüße.pdf'],
    ['filename="=?utf-8?Q?Gr=C3?= =?utf-8?Q?=BC=C3=9Fe.pdf?="', 'Grüße.pdf'],
    ['filename="=?utf-7?Q?caf+AOk-.pdf?="', 'café.pdf'],
    ['filename="a\ue000\u{f0000}b.pdf"', 'a__b.pdf'],
    ["filename*=utf-8''invoice%3D%3Futf-8%3FQ%3F%3D2Eexe%3F%3D", 'invoice=_utf-8_Q_=2Eexe_='],
  ])('from %s', (disposition, name) => {
    expect(nameOf(disposition)).toBe(name);
  });
});

describe('The head of a source', () => {
  const rowOf = (lines: (string | Buffer)[]) => {
    const head = Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\r\n')]));
    const source = base64url(Buffer.concat([head, Buffer.from('\r\nbody')]));
    const page = { value: {}, head: source, text: source.slice(0, 1), totalChars: source.length };
    return rawMessage(page, { maxChars: 1, offset: 0 });
  };
  const raw = (name: string, words: string, charset: string) =>
    Buffer.concat([Buffer.from(`${name}: `), iconv.encode(words, charset)]);

  test('with one broken byte in UTF-8 loses that byte alone, and no other field anything', () => {
    const broken = Buffer.concat([raw('Subject', 'Grüße aus K', 'utf-8'), Buffer.from([0xf6]), Buffer.from('ln')]);
    expect(rowOf([broken, raw('From', 'Jörg <j@example.org>', 'utf-8')])).toMatchObject({
      subject: 'Grüße aus K\ufffdln',
      from: 'Jörg <j@example.org>',
    });
  });

  test.each([
    'iso-8859-1',
    'iso-8859-2',
    'iso-8859-9',
    'koi8-r',
    'windows-1251',
    'gb2312',
    'big5',
    'euc-kr',
    'shift_jis',
  ])('with raw bytes in %s reads them in the charset of the text below', (charset) => {
    const words =
      { gb2312: '会议推迟', big5: '會議延到', 'euc-kr': '안녕하세요', shift_jis: '会議は明日' }[charset] ??
      { 'iso-8859-2': 'Łódź', 'iso-8859-9': 'Görüşme' }[charset] ??
      (charset.startsWith('iso') ? 'Grüße' : 'Привет');
    const type = `Content-Type: text/plain; charset=${charset}`;
    expect(rowOf([type, raw('Subject', words, charset)]).subject).toBe(words);
  });
});
