import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  attachmentsOf,
  findPart,
  fullMessage,
  isTextLike,
  messageRow,
  rawMessage,
  readableMessage,
  safeFileName,
} from '../src/message.ts';
import { attached, base64url, container, message, text, whole } from './messages.ts';

describe('a row', () => {
  const rowWith = (headers: Record<string, string>) => messageRow(message(text('text/plain', 'x'), headers));

  test('says who wrote what to whom and when, in plain words', () => {
    const row = rowWith({
      From: '=?iso-8859-1?Q?Andr=E9?= <andre@example.org>',
      To: '"Marsh, Alex" <alex@example.com>, =?utf-8?Q?Doe=2C_Jo?= <jo@example.com>',
      Cc: 'Team: a@example.com, b@example.com;',
      Subject: '=?utf-8?B?4oKs?= =?utf-8?B?IDU=?=',
      Date: 'Fri, 2 Jan 2026 04:04:05 +0100',
    });
    expect(row).toEqual({
      id: '18c0ffee',
      threadId: '18c0ffee',
      labelIds: ['INBOX'],
      snippet: 'A <b> & it\'s "so"',
      from: 'André <andre@example.org>',
      to: ['"Marsh, Alex" <alex@example.com>', 'Doe, Jo <jo@example.com>'],
      cc: ['a@example.com', 'b@example.com'],
      subject: '€ 5',
      date: '2026-01-02T03:04:05.000Z',
    });
  });

  test('has no field that the message has not', () => {
    expect(Object.keys(messageRow({ id: '1', threadId: '2' }))).toEqual(['id', 'threadId', 'labelIds', 'snippet']);
    expect(rowWith({ Cc: ' ' })).not.toHaveProperty('cc');
  });

  test.each(['gibberish', 'Fri, 2 Jan 2026 04:04:05', ''])(
    'of a message dated %j takes the moment Gmail accepted it',
    (date) => {
      expect(rowWith({ Date: date }).date).toBe('2026-01-02T03:04:05.000Z');
    },
  );

  test.each([
    ['Doe, John <j@example.com>, k@example.com', ['Doe, John <j@example.com>', 'k@example.com']],
    ['undisclosed-recipients:;', ['undisclosed-recipients']],
    ['"a\\", b" <a@example.com> (x, y), c@example.com', ['"a\\", b" <a@example.com> (x, y)', 'c@example.com']],
    ['"unclosed <a@example.com>, b@example.com', ['"unclosed <a@example.com>, b@example.com']],
  ])('splits the addresses %j', (to, mailboxes) => {
    expect(rowWith({ To: to }).to).toEqual(mailboxes);
  });
});

describe('attachments', () => {
  const tree = message(
    container(
      'multipart/mixed',
      container(
        'multipart/related',
        text('text/html', '<img src="cid:1">Hi'),
        attached('image/png', '', { 'Content-ID': '<1>' }),
      ),
      attached('application/pdf', '=?utf-8?Q?R=C3=A9sum=C3=A9.pdf?='),
      attached('application/octet-stream', '', {
        'Content-Disposition': "attachment; filename*0*=utf-8''na%C3%AFve; filename*1*=.bin",
      }),
      container(
        'message/rfc822',
        container('multipart/mixed', text('text/plain', 'In'), attached('text/csv', 'in.csv')),
      ),
    ),
  );

  test('are listed by part id, also those without a name and those of messages inside', () => {
    expect(attachmentsOf(tree)).toEqual([
      { attachmentId: '0.1', fileName: 'part-0.1.png', mimeType: 'image/png', size: 5, inline: true },
      { attachmentId: '1', fileName: 'Résumé.pdf', mimeType: 'application/pdf', size: 5, inline: false },
      { attachmentId: '2', fileName: 'naïve.bin', mimeType: 'application/octet-stream', size: 5, inline: false },
      { attachmentId: '3.0.1', fileName: 'in.csv', mimeType: 'text/csv', size: 5, inline: false },
    ]);
  });

  test('are found by part id and by the id Gmail gave in this answer', () => {
    expect(findPart(tree, '3.0.1')?.part.filename).toBe('in.csv');
    expect(findPart(tree, 'gmail-in.csv')?.partId).toBe('3.0.1');
    expect(findPart(tree, '9')).toBeUndefined();
  });

  test('may be all a message consists of', () => {
    const pdf = message(attached('application/pdf', 'scan.pdf'));
    expect(readableMessage(pdf, whole)).toMatchObject({ body: { text: '' }, attachments: [{ attachmentId: 'root' }] });
    expect(findPart(pdf, 'root')?.part.filename).toBe('scan.pdf');
  });

  test.each([
    ['text/csv', 'x', true],
    ['application/json', '', true],
    ['image/svg+xml', '', true],
    ['application/octet-stream', 'notes.md', true],
    ['application/octet-stream', 'data.bin', false],
    ['application/pdf', 'a.txt', false],
    ['image/png', '', false],
  ])('of type %s named %j: shown as text? %s', (mimeType, fileName, expected) => {
    expect(isTextLike(mimeType, fileName)).toBe(expected);
  });
});

describe('full and raw', () => {
  test('the whole tree with decoded texts, and everything else by part id', () => {
    const tree = message(
      container('multipart/mixed', text('text/plain', 'Grüße'), attached('application/pdf', 'a.pdf', {}, 7)),
      { 'X-Any': 'kept as it is' },
    );
    expect(fullMessage(tree, { maxChars: 3, offset: 1 }).payload).toEqual({
      partId: '',
      mimeType: 'multipart/mixed',
      filename: '',
      headers: [
        { name: 'X-Any', value: 'kept as it is' },
        { name: 'Content-Type', value: 'multipart/mixed; boundary=x' },
      ],
      body: { size: 0 },
      parts: [
        {
          partId: '0',
          mimeType: 'text/plain',
          filename: '',
          headers: [{ name: 'Content-Type', value: 'text/plain' }],
          body: { size: 7, data: 'rüß', totalChars: 5, nextOffset: 4 },
        },
        {
          partId: '1',
          mimeType: 'application/pdf',
          filename: 'a.pdf',
          headers: [{ name: 'Content-Type', value: 'application/pdf' }],
          body: { size: 7, attachmentId: '1' },
        },
      ],
    });
  });

  test('the pages of the source are the source, and its head gives the row', () => {
    const source =
      'From: Zoë <zoe@example.org>\r\nSubject: a\r\n folded =?utf-8?Q?=C3=A9?=\r\n\r\nSubject: not this\r\n';
    const raw = base64url(source);
    const read = (offset: number, maxChars: number) => {
      const page = {
        value: { id: '1' },
        head: raw,
        text: raw.slice(offset, offset + maxChars),
        totalChars: raw.length,
      };
      return rawMessage(page, { maxChars, offset });
    };
    const first = read(0, 50);
    const second = read(first.nextOffset ?? 0, 1000);
    expect(Buffer.from(first.raw + second.raw, 'base64url').toString()).toBe(source);
    expect(first).toMatchObject({ from: 'Zoë <zoe@example.org>', subject: 'a folded é', totalChars: raw.length });
    expect(second).not.toHaveProperty('nextOffset');
  });
});

describe('file names', () => {
  test.each([
    ['../../etc/passwd', 'passwd'],
    ['C:\\temp\\report.pdf', 'report.pdf'],
    ['.bashrc', 'bashrc'],
    ['..', 'attachment'],
    ['', 'attachment'],
    ['a/b/', 'b'],
    ['invoice\u202efdp.exe', 'invoicefdp.exe'],
    ['a\0b\r\n.txt', 'ab.txt'],
    ['con', '_con'],
    ['LPT1.txt', '_LPT1.txt'],
    ['console.txt', 'console.txt'],
    ['what? "why": <so>|*.txt', 'what_ _why__ _so___.txt'],
    ['trailing. . ', 'trailing'],
    ['Résumé 日本.pdf', 'Résumé 日本.pdf'],
  ])('%j becomes %j', (given, safe) => {
    expect(safeFileName(given)).toBe(safe);
  });

  test('long names are cut between characters and keep their extension', () => {
    const name = safeFileName(`${'日'.repeat(300)}.tar.gz`);
    expect(name).toMatch(/^日+\.gz$/);
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
  });

  test('whatever is given, the result is one safe name and stays as it is when made safe again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (given) => {
        const name = safeFileName(given);
        expect(name).toMatch(/^[^./\\\s][^/\\]*$|^[^/\\.\s]$/u);
        expect(name).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}<>:"|?*]|[.\s]$/u);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200);
        expect(safeFileName(name)).toBe(name);
      }),
    );
  });
});
