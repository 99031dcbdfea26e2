import iconv from 'iconv-lite';
import { describe, expect, test } from 'vitest';
import { linksOfMessage, missingTextParts, readableMessage, withTexts } from '../src/message.ts';
import { attached, container, message, text, whole } from './messages.ts';

const bodyOf = (...tree: Parameters<typeof message>) => readableMessage(message(...tree), whole).body.text;

describe('which text is read', () => {
  test('the plain form of two that say the same, whichever comes first', () => {
    const plain = text('text/plain', 'The *same* words\r\n');
    const html = text('text/html', '<p>The <b>same</b> words</p>');
    expect(bodyOf(container('multipart/alternative', plain, html))).toBe('The *same* words');
    expect(bodyOf(container('multipart/alternative', html, plain))).toBe('The *same* words');
  });

  test('the HTML form where that leads to what the plain one of the same words does not', () => {
    const html = text('text/html', '<p>Reset it <a href="https://example.com/r">here</a> today</p>');
    const withPlain = (words: string) => bodyOf(container('multipart/alternative', text('text/plain', words), html));
    expect(withPlain('Reset it *here* today')).toBe('Reset it here <https://example.com/r> today');
    expect(withPlain('Reset it *here* [https://example.com/r] today')).toMatch(/^Reset it \*here\* \[https/);
  });

  test('the HTML form where a link of it names another host than it leads to', () => {
    const html = text('text/html', '<p>Go to <a href="https://evil.test/">bank.example</a></p>');
    const plain = text('text/plain', 'Go to bank.example <https://evil.test/>');
    expect(bodyOf(container('multipart/alternative', plain, html))).toBe(
      'Go to [bank.example] (goes to https://evil.test/)',
    );
  });

  test('the words of a link that stands in the plain form are those of the HTML', () => {
    const html = text('text/html', '<p>Reset it <a href="https://example.com/r">here</a> today</p>');
    const plain = text('text/plain', 'Reset it here [https://example.com/r] today, https://example.com/x');
    const { links } = linksOfMessage(message(container('multipart/alternative', plain, html)), whole);
    expect(links).toMatchObject([{ text: 'here', url: 'https://example.com/r' }, { url: 'https://example.com/x' }]);
    expect(links[1]).not.toHaveProperty('text');
  });

  test('the HTML form where the plain one is blank', () => {
    const forms = [text('text/plain', ' \r\n'), container('multipart/related', text('text/html', '<p>Only here</p>'))];
    expect(bodyOf(container('multipart/alternative', ...forms))).toBe('Only here');
  });

  test('every text part of a mixed message, in order', () => {
    const tree = container(
      'multipart/mixed',
      container('multipart/alternative', text('text/plain', 'Dear all,'), text('text/html', '<p>Dear all,</p>')),
      attached('application/pdf', 'plan.pdf'),
      text('text/html', '<p>the plan is <b>above</b>.</p>'),
      text('text/plain', '-- \r\nList footer'),
    );
    expect(bodyOf(tree)).toBe('Dear all,\n\nthe plan is above.\n\n-- \nList footer');
  });

  test('a message inside the message, with who wrote it and when', () => {
    const inner = {
      ...container('multipart/alternative', text('text/plain', 'Inner words')),
      headers: [
        { name: 'From', value: '=?utf-8?Q?Zo=C3=AB?= <zoe@example.org>' },
        { name: 'Subject', value: 'Inner subject' },
      ],
    };
    const tree = container('multipart/mixed', text('text/plain', 'See below'), container('message/rfc822', inner));
    expect(bodyOf(tree)).toBe(
      'See below\n\n---------- Forwarded message ----------\nFrom: Zoë <zoe@example.org>\nSubject: Inner subject\n\nInner words',
    );
  });

  test('text that was sent as a file is an attachment, not body', () => {
    const tree = container(
      'multipart/mixed',
      text('text/plain', 'Body'),
      attached('text/plain', 'notes.txt', { 'Content-Disposition': 'inline; filename=notes.txt' }),
      attached('text/plain', '', { 'Content-Disposition': 'attachment' }),
    );
    const readable = readableMessage(message(tree), whole);
    expect(readable.body.text).toBe('Body');
    expect(readable.attachments.map(({ attachmentId }) => attachmentId)).toEqual(['1', '2']);
  });

  test('the only part of a message is its body even if it has a file name', () => {
    expect(bodyOf({ ...text('text/plain', 'All there is'), filename: 'body.txt' })).toBe('All there is');
  });

  test('nothing at all is an empty body', () => {
    expect(bodyOf(container('multipart/mixed'))).toBe('');
    expect(readableMessage({ id: '1' }, whole).body).toEqual({ text: '', totalChars: 0 });
  });

  test('a text that Gmail left out for its size is asked for and put in its place', () => {
    const plain = attached('text/plain', '', { 'Content-Type': 'text/plain; charset=koi8-r' });
    const html = attached('text/html', '');
    const large = message(container('multipart/alternative', plain, html));
    expect(missingTextParts(large, 'readable')).toEqual([
      { partId: '0', attachmentId: 'gmail-text/plain', size: 5 },
      { partId: '1', attachmentId: 'gmail-text/html', size: 5 },
    ]);
    expect(missingTextParts(large).map(({ partId }) => partId)).toEqual(['0', '1']);
    const koi8 = Buffer.from('f0d2c9d7c5d4', 'hex');
    const complete = withTexts(
      large,
      new Map([
        ['0', { bytes: new Uint8Array(koi8) }],
        ['1', { bytes: new Uint8Array(Buffer.from('<p>Привет')) }],
      ]),
    );
    expect(readableMessage(complete, whole).body.text).toBe('Привет');
    expect(missingTextParts(complete, 'readable')).toEqual([]);
  });
});

describe('charsets', () => {
  const plain = (charset: string, bytes: Uint8Array | string) =>
    bodyOf(text('text/plain', bytes, { 'Content-Type': `text/plain; charset="${charset}"` }));

  test.each(['iso-2022-jp', 'iso-8859-1', 'koi8-r', 'gb2312', 'utf-16', 'no-such-charset'])(
    'a text that Gmail has converted is UTF-8 although its header still says %s',
    (charset) => {
      expect(plain(charset, 'Grüße, テスト, Привет')).toBe('Grüße, テスト, Привет');
    },
  );

  test.each([
    ['windows-1252', '93e92d8094', '“é-€”'],
    ['iso-8859-1', 'e9 80'.replace(' ', ''), 'é€'],
    ['us-ascii', 'e9', 'é'],
    ['utf-8', '636166e9', 'café'],
    ['no-such-charset', 'e9', 'é'],
    ['shift_jis', '83658358836782c582b7', 'テストです'],
    ['gb2312', 'c4e3bac3', '你好'],
    ['cp437', '8494', 'äö'],
    ['iso-2022-jp', '1b2442254625391b2842', 'テス'],
    ['iso-2022-kr', '1b2429430a0e3e4833670f2c206f6b', '안녕, ok'],
    ['hz-gb-2312', '7e7b4463 3a437e7d2c207e7e'.replace(' ', ''), '你好, ~'],
    ['utf-16le', '480069000a00e900', 'Hi\né'],
  ])('bytes that are still %s are read as that', (charset, hex, words) => {
    expect(plain(charset, Buffer.from(hex, 'hex'))).toBe(words);
  });

  test.each([
    ['koi8-r', 'Здравствуйте, встреча завтра в десять.'],
    ['windows-1251', 'Здравствуйте, встреча завтра в десять.'],
    ['shift_jis', 'こんにちは、元気ですか。'],
    ['euc-jp', 'こんにちは、元気ですか。明日は会議です。'],
    ['euc-kr', '안녕하세요. 내일 회의가 있습니다.'],
    ['gb18030', '您好，会议明天举行。谢谢'],
    ['windows-1253', 'Καλημέρα, η συνάντηση είναι αύριο'],
    ['iso-8859-2', 'Dzień dobry, spotkanie jest jutro o dziesiątej. Proszę'],
  ])(
    'bytes in %s that nobody declared, or that were declared as ASCII, are told by what they are',
    (charset, words) => {
      const bytes = iconv.encode(words, charset);
      expect(bodyOf(text('text/plain', bytes))).toBe(words);
      expect(plain('us-ascii', bytes)).toBe(words);
      expect(plain('utf-8', bytes)).toBe(words);
    },
  );

  test('a declared charset that cannot have made the bytes gives way to what they look like', () => {
    expect(plain('iso-8859-1', iconv.encode('こんにちは、元気ですか。', 'shift_jis'))).toBe('こんにちは、元気ですか。');
    expect(plain('shift_jis', iconv.encode('Grüße aus München, schöne Tage', 'latin1'))).toBe(
      'Grüße aus München, schöne Tage',
    );
  });

  test('escape sequences of ISO-2022-JP and zeros of UTF-16 speak for themselves', () => {
    expect(bodyOf(text('text/plain', Buffer.from('1b2442254625391b2842', 'hex')))).toBe('テス');
    expect(bodyOf(text('text/plain', Buffer.from('Hello, Zoë', 'utf16le')))).toBe('Hello, Zoë');
  });

  test('one broken byte does not spoil the rest of a text', () => {
    const broken = Buffer.concat([
      iconv.encode('こんにちは、元気ですか。明日は会議です。', 'shift_jis'),
      Buffer.from([0xfd]),
    ]);
    expect(plain('shift_jis', broken)).toContain('こんにちは、元気ですか。明日は会議です。');
  });

  test('UTF-8 that was cut in the middle of a character stays UTF-8', () => {
    const cut = Buffer.from('Здравствуйте, мир').subarray(0, -1);
    expect(plain('utf-8', cut)).toBe('Здравствуйте, ми\ufffd');
  });

  test('HTML bytes may name their charset themselves', () => {
    const html = Buffer.concat([Buffer.from('<meta charset="koi8-r"><p>'), Buffer.from('f0d2c9d7c5d4', 'hex')]);
    expect(bodyOf(text('text/html', html))).toBe('Привет');
  });

  test('a byte order mark counts before everything', () => {
    expect(plain('utf-8', Buffer.from('fffe48006900', 'hex'))).toBe('Hi');
    expect(plain('iso-8859-1', Buffer.from('efbbbf48c3a9', 'hex'))).toBe('Hé');
  });
});
