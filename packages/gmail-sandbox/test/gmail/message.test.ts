import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allParts, decoded, gmailWorld, rfc822 } from './support.ts';

const b64 = (bytes: string) => Buffer.from(bytes, 'latin1').toString('base64');

describe('An imported message comes out as Gmail gives it', () => {
  it('numbers the parts from 0 with dots, the root as the empty string', async () => {
    const { mailbox, full } = gmailWorld();
    const id = mailbox.importMessage(
      rfc822(
        'Content-Type: multipart/mixed; boundary=a',
        '',
        'preamble',
        '--a',
        'Content-Type: multipart/alternative; boundary="b c"',
        '',
        '--b c',
        '',
        'plain',
        '--b c',
        'Content-Type: text/html',
        '',
        '<p>rich</p>',
        '--b c--',
        '--a',
        'Content-Type: application/pdf; name="x.pdf"',
        'Content-Transfer-Encoding: base64',
        '',
        b64('%PDF'),
        '--a--',
        'epilogue',
      ),
    );
    const parts = allParts((await full(id)).payload);
    expect(parts.map(({ partId, mimeType, filename }) => [partId, mimeType, filename])).toEqual([
      ['', 'multipart/mixed', ''],
      ['0', 'multipart/alternative', ''],
      ['0.0', 'text/plain', ''],
      ['0.1', 'text/html', ''],
      ['1', 'application/pdf', 'x.pdf'],
    ]);
    expect(parts.map((part) => part.body?.size)).toEqual([0, 0, 5, 11, 4]);
    expect(decoded(parts[2])).toBe('plain');
  });

  it('converts text bodies to UTF-8 while Content-Type still names the old charset', async () => {
    const { mailbox, full } = gmailWorld();
    const id = mailbox.importMessage(
      rfc822('Content-Type: text/plain; charset=koi8-r', '', '\xf0\xd2\xc9\xd7\xc5\xd4'),
    );
    const { payload } = await full(id);
    expect(decoded(payload)).toBe('Привет');
    expect(payload?.headers).toContainEqual({ name: 'Content-Type', value: 'text/plain; charset=koi8-r' });
  });

  it.each([
    ['iso-8859-1', 'caf\xe9', 'café'],
    ['windows-1252', '5 \x80', '5 €'],
    ['utf-8', '\xef\xbb\xbfna\xc3\xafve', 'naïve'],
    ['us-ascii', 'na\xc3\xafve', 'naïve'],
    ['utf-8', 'na\xefve', 'naïve'],
    ['iso-2022-jp', '\x1b$B%F%9%H\x1b(B', 'テスト'],
    ['iso-2022-jp', '\xa5\xc6\xa5\xb9\xa5\xc8', 'テスト'],
    ['gb2312', '\xc4\xe3\xba\xc3', '你好'],
    ['x-nonsense', 'plain', 'plain'],
  ])('reads %s text %j', async (charset, bytes, text) => {
    const { mailbox, full } = gmailWorld();
    const id = mailbox.importMessage(rfc822(`Content-Type: text/plain; charset=${charset}`, '', bytes));
    expect(decoded((await full(id)).payload)).toBe(text);
  });

  it('decodes encoded words in headers, unfolds them, and keeps their order and case', async () => {
    const { mailbox, full } = gmailWorld();
    const id = mailbox.importMessage(
      rfc822(
        'X-One: a',
        'SUBJECT: =?utf-8?B?w4RyZ2Vy?= =?iso-8859-1?Q?_=FCber?=',
        ' alles',
        'DKIM-Signature: v=1;',
        '\ts=default;',
        '        b=abc',
        'From: J\xc3\xbcrgen <j@example.org>',
        '',
        'x',
      ),
    );
    expect((await full(id)).payload?.headers).toEqual([
      { name: 'X-One', value: 'a' },
      { name: 'SUBJECT', value: 'Ärger über alles' },
      { name: 'DKIM-Signature', value: 'v=1; s=default;        b=abc' },
      { name: 'From', value: 'Jürgen <j@example.org>' },
    ]);
  });

  it('shows a message inside a message with its own headers and parts', async () => {
    const { mailbox, full } = gmailWorld();
    const id = mailbox.importMessage(
      rfc822(
        'Content-Type: multipart/mixed; boundary=a',
        '',
        '--a',
        'Content-Type: message/rfc822',
        '',
        'Subject: inner',
        'Content-Type: text/html',
        '',
        '<b>hello</b>',
        '--a--',
      ),
    );
    const parts = allParts((await full(id)).payload);
    expect(parts.map((part) => part.partId)).toEqual(['', '0', '0.0']);
    expect(parts[1]?.body).toEqual({ size: 0 });
    expect(parts[2]?.headers?.[0]).toEqual({ name: 'Subject', value: 'inner' });
    expect(decoded(parts[2])).toBe('<b>hello</b>');
  });

  it.each([
    ["attachment; filename*=utf-8''r%C3%A9sum%C3%A9.pdf", 'résumé.pdf'],
    ["attachment; filename*0*=utf-8''a%20; filename*1=b.pdf", 'a b.pdf'],
    ['attachment; filename="=?utf-8?Q?na=C3=AFve.pdf?="', 'naïve.pdf'],
    ['attachment; filename="semi;colon.pdf"', 'semi;colon.pdf'],
    ['attachment', 'fallback.pdf'],
  ])('reads the file name of %s', async (disposition, name) => {
    const { mailbox, full } = gmailWorld();
    const id = mailbox.importMessage(
      rfc822('Content-Type: application/pdf; name=fallback.pdf', `Content-Disposition: ${disposition}`, '', 'x'),
    );
    expect((await full(id)).payload?.filename).toBe(name);
  });

  it('gives a text part with a file name by attachment id, in its own charset', async () => {
    const { mailbox, full, get } = gmailWorld();
    const id = mailbox.importMessage(
      rfc822(
        'Content-Type: text/plain; charset=iso-8859-1; name=n.txt',
        'Content-Transfer-Encoding: base64',
        '',
        b64('caf\xe9'),
      ),
    );
    const { payload } = await full(id);
    expect(payload?.body?.data).toBeUndefined();
    const { body } = await get<{ size: number; data: string }>(
      `messages/${id}/attachments/${payload?.body?.attachmentId}`,
    );
    expect(body).toEqual({ size: 4, data: Buffer.from('caf\xe9', 'latin1').toString('base64') });
  });

  it('gives new attachment ids at every call, and the old ones stay valid', async () => {
    const { mailbox, full, get } = gmailWorld();
    const id = mailbox.importMessage(rfc822('Content-Type: image/png', '', 'bytes'));
    const ids = [await full(id), await full(id)].map((message) => message.payload?.body?.attachmentId ?? '');
    expect(ids[0]).not.toBe(ids[1]);
    for (const attachmentId of ids) {
      expect(attachmentId).toMatch(/^[\w-]{300,600}$/);
      expect((await get(`messages/${id}/attachments/${attachmentId}`)).status).toBe(200);
    }
  });

  it.each([
    ['<h1>a</h1> & "b"', '&lt;h1&gt;a&lt;/h1&gt; &amp; &quot;b&quot;'],
    ['  two\r\n\r\nlines ', 'two lines'],
    [`${'word '.repeat(60)}end`, `${'word '.repeat(40)}`.trim()],
  ])('makes a snippet of %j', async (text, snippet) => {
    const { mailbox, full } = gmailWorld();
    expect((await full(mailbox.importMessage(rfc822('Subject: s', '', text)))).snippet).toBe(snippet);
  });

  it('takes the snippet of an alternative from its HTML, with image texts and without styles', async () => {
    const { mailbox, full } = gmailWorld();
    const html = '<style>p{color:red}</style><p>See <b>it</b></p><img alt="Logo &amp; Co" src="x"><p>live</p>';
    const id = mailbox.importMessage(
      rfc822(
        'Content-Type: multipart/alternative; boundary=a',
        '',
        '--a',
        '',
        'stub',
        '--a',
        'Content-Type: text/html',
        '',
        html,
        '--a--',
      ),
    );
    expect((await full(id)).snippet).toBe('See it Logo &amp; Co live');
  });

  it('stores every line with CRLF and gives the source back as raw', async () => {
    const { mailbox, get } = gmailWorld();
    const id = mailbox.importMessage(Buffer.from('Subject: s\n\none\r\ntwo\n'));
    const { body } = await get<{ raw: string; sizeEstimate: number }>(`messages/${id}?format=raw`);
    expect(Buffer.from(body.raw, 'base64url').toString()).toBe('Subject: s\r\n\r\none\r\ntwo\r\n');
    expect(body.sizeEstimate).toBe(24);
  });

  it('reads the parts of a multipart whose closing line is missing, and text of one without any delimiter', async () => {
    const { mailbox, full } = gmailWorld();
    const unclosed = mailbox.importMessage(
      rfc822('Content-Type: multipart/mixed; boundary=a', '', '--a', '', 'one', '--a', '', 'two'),
    );
    expect(allParts((await full(unclosed)).payload).map(decoded)).toEqual(['', 'one', 'two']);
    const without = mailbox.importMessage(rfc822('Content-Type: multipart/mixed; boundary=a', '', 'just text'));
    expect(decoded((await full(without)).payload)).toBe('just text');
  });

  it('takes only whole lines for boundaries', async () => {
    const { mailbox, full } = gmailWorld();
    const id = mailbox.importMessage(
      rfc822('Content-Type: multipart/mixed; boundary=a', '', '--a', '', '--ab', 'end --a', '--a--'),
    );
    expect(allParts((await full(id)).payload).map(decoded)).toEqual(['', '--ab\r\nend --a']);
  });

  it('imports any bytes at all', async () => {
    const { mailbox, get } = gmailWorld();
    const pieces = fc.constantFrom(
      '\r\n',
      '\n',
      '--a',
      '--a--',
      'Content-Type: multipart/mixed; boundary=a',
      ': ',
      'Subject',
      '=?',
      '?=',
      'Content-Type: message/rfc822',
      'Content-Type: text/html; charset=utf-16',
      'Content-Transfer-Encoding: quoted-printable',
      '=',
      '\0',
      '\xff',
      '<a',
      'é',
      '"',
      ';',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.array(pieces, { maxLength: 40 })),
        async (input) => {
          const raw = Array.isArray(input) ? Buffer.from(input.join(''), 'latin1') : input;
          const id = mailbox.importMessage(raw);
          for (const format of ['full', 'metadata', 'minimal', 'raw']) {
            expect((await get(`messages/${id}?format=${format}`)).status).toBe(200);
          }
        },
      ),
      { numRuns: 300, seed: 7 },
    );
  });

  it('reads messages nested deeper and with more parts than any real one', async () => {
    const { mailbox, full } = gmailWorld();
    const nested = Array.from(
      { length: 5_000 },
      (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`,
    );
    const deep = mailbox.importMessage(Buffer.from(nested.join('')));
    const wide = mailbox.importMessage(
      Buffer.from(`Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\nx\r\n'.repeat(30_000)}`),
    );
    expect(allParts((await full(deep)).payload).length).toBeGreaterThan(10);
    expect(allParts((await full(wide)).payload).length).toBeGreaterThan(1_000);
  });
});
