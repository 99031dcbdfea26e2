// Mail that somebody wrote to hold up whoever reads it: RFC 822 sources of many kinds, each in several sizes.

export interface HostileMail {
  readonly kind: string;
  readonly source: string;
}

interface Part {
  readonly type: string;
  readonly content: string;
  readonly encoding?: '8bit' | 'base64' | 'quoted-printable';
  readonly disposition?: string;
}

const headerLines = (fields: Readonly<Record<string, string>>): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\r\n');

const encoded = ({ content, encoding = '8bit' }: Part): string =>
  encoding === 'base64' ? Buffer.from(content).toString('base64').replace(/.{76}/g, '$&\r\n') : content;

const partLines = (part: Part): string =>
  [
    `Content-Type: ${part.type}`,
    `Content-Transfer-Encoding: ${part.encoding ?? '8bit'}`,
    ...(part.disposition === undefined ? [] : [`Content-Disposition: ${part.disposition}`]),
    '',
    encoded(part),
  ].join('\r\n');

const multipart = (parts: readonly Part[], boundary = 'edge'): string =>
  [...parts.map((part) => `--${boundary}\r\n${partLines(part)}`), `--${boundary}--`, ''].join('\r\n');

const mail = (subject: string, parts: readonly Part[], fields: Readonly<Record<string, string>> = {}): string =>
  [
    headerLines({
      ...{ From: 'Mallory <mallory@example.org>', To: 'alex@example.com', Subject: subject, 'MIME-Version': '1.0' },
      ...fields,
      'Content-Type': 'multipart/mixed; boundary=edge',
    }),
    '',
    multipart(parts),
  ].join('\r\n');

const html = (content: string): Part => ({
  type: 'text/html; charset=utf-8',
  content: content.replace(/>/g, '>\n'),
  encoding: 'base64',
});
const text = (content: string): Part => ({ type: 'text/plain; charset=utf-8', content, encoding: 'base64' });

/** Multiparts in multiparts. */
const nested = (depth: number): string => {
  const boundaries = Array.from({ length: depth }, (_, level) => `b${level}`);
  const opening = boundaries.map(
    (boundary) => `--${boundary}\r\nContent-Type: multipart/alternative; boundary=${boundary}x\r\n`,
  );
  return [
    headerLines({
      From: 'mallory@example.org',
      To: 'alex@example.com',
      Subject: `nested ${depth}`,
      'Content-Type': 'multipart/mixed; boundary=b0',
    }),
    '',
    ...opening.map((line, level) => line.replace(/boundary=b\d+x/, `boundary=b${level + 1}`)),
    `--b${depth}\r\nContent-Type: text/plain\r\n\r\nDeep inside\r\n--b${depth}--`,
  ].join('\r\n');
};

const megabyte = 1024 * 1024;
const times = (piece: string, bytes: number): string => piece.repeat(Math.max(1, Math.floor(bytes / piece.length)));

/** What is repeated to fill a body of a given size. */
const fillings: Readonly<Record<string, string>> = {
  paragraphs: '<p>Some words about nothing much.</p>',
  'bold letters': '<b>x</b>',
  'open elements': '<div>',
  'open inline elements': '<b><i><u>',
  'line breaks': '<br>',
  links: '<a href="https://example.com/a/path?with=parameters&and=more">link</a> ',
  'long links': `<a href="https://example.com/${'a'.repeat(2000)}">link</a> `,
  quotations: '<blockquote>a',
  lists: '<ul><li>a',
  'table rows': '<tr><td>a</td><td rowspan=3>b</td></tr>',
  'wide table rows': `<tr>${'<td colspan=900>a'.repeat(20)}</tr>`,
  'nested tables': '<table><tr><td>',
  'styled paragraphs': '<p style="color:#333;font-size:14px;line-height:0;max-height:0">a</p>',
  'hidden elements': '<div style="display:none">secret</div>',
  entities: '&amp;&#x41;&NotEqualTilde;',
  comments: '<!-- comment -->',
  attributes: `<p ${'a=b '.repeat(200)}>a</p>`,
  'one attribute': '"<p title=',
  images: '<img alt="a picture" src="data:image/png;base64,AAAA">',
  'invisible characters': 'a\u200b\u200d\u2060\ufeff',
  'tag characters': '\u{e0041}\u{e0042}',
  'right-to-left marks': '\u202e\u202d',
  'style elements': '<style>p{color:red}</style><p>a</p>',
  'broken tags': '<p <p <p <<< ',
  svg: '<svg><title>a</title><style>p{}</style></svg>',
  preformatted: '<pre>a\n\n\n</pre>',
};

const plainFillings: Readonly<Record<string, string>> = {
  words: 'word ',
  'one line': 'w',
  'quoted lines': '> quoted\r\n',
  'deeply quoted lines': `${'>'.repeat(500)} quoted\r\n`,
  'links in text': 'https://example.com/a/path?with=parameters ',
  'long links in text': `https://example.com/${'a'.repeat(5000)} `,
  'invisible text': 'a\u200b\u200d',
  'history heads': 'On Mon, Jan 1, 2024 at 10:00 AM Ann <ann@example.com> wrote:\r\n',
  'blank lines': '\r\n',
  spaces: ' \t',
  'wrong bytes': '\u00e9\ufffd',
  separators: '_______________________________\r\n',
};

const styleBombs = (scale: number): Readonly<Record<string, string>> => ({
  declarations: `<style>${`*{${'color:red;'.repeat(1000)}}`.repeat(10 * scale)}</style>${'<i>x</i>'.repeat(1000 * scale)}`,
  selectors: `<style>${'div div div div span{color:red}'.repeat(1000 * scale)}</style>${'<div>'.repeat(100)}${'<span>x</span>'.repeat(1000 * scale)}`,
  'selector lists': `<style>${'a,'.repeat(20_000 * scale)}b{color:red}</style>${'<b>x</b>'.repeat(1000)}`,
  siblings: `<style>${'p~p~p~p{color:red}'.repeat(200 * scale)}</style>${'<p>x'.repeat(2000 * scale)}`,
  has: `<style>${'div:has(p:not(:has(b))){display:none}'.repeat(200 * scale)}</style>${'<div><p>x</p></div>'.repeat(1000 * scale)}`,
  nth: `<style>${'p:nth-child(3n+1){color:red}'.repeat(500 * scale)}</style>${'<p>x'.repeat(2000 * scale)}`,
  variables: `<style>:root{${Array.from({ length: 500 * scale }, (_, n) => `--a${n + 1}:var(--a${n}) var(--a${n})`).join(';')}} p{color:var(--a${500 * scale})}</style><p>x`,
  'nested functions': `<style>p{width:${'calc('.repeat(10_000 * scale)}1px${')'.repeat(10_000 * scale)}}</style><p>x`,
  'nested blocks': `<style>${'@media screen{'.repeat(5000 * scale)}p{color:red}${'}'.repeat(5000 * scale)}</style><p>x`,
  'inline styles': `<p style="${'color:red;'.repeat(5000 * scale)}">x`.repeat(20),
});

const mailboxes = (count: number): string =>
  Array.from({ length: count }, (_, n) => `"Person, ${n}" <p${n}@example.org>`).join(',\r\n ');

const otherKinds = (scale: number): HostileMail[] => [
  { kind: `recipients ${2000 * scale}`, source: mail('many', [text('Hello')], { To: mailboxes(2000 * scale) }) },
  {
    kind: `brackets in To ${50_000 * scale}`,
    source: mail('brackets', [text('Hello')], { To: '(<"'.repeat(50_000 * scale) }),
  },
  { kind: `subject ${scale} MB`, source: mail(times('=?utf-8?q?=C3=A9?= ', scale * megabyte), [text('Hello')]) },
  {
    kind: `header fields ${5000 * scale}`,
    source: mail(
      'fields',
      [text('Hello')],
      Object.fromEntries(Array.from({ length: 5000 * scale }, (_, n) => [`X-Field-${n}`, 'a'.repeat(100)])),
    ),
  },
  {
    kind: `attachments ${500 * scale}`,
    source: mail('files', [
      text('Hello'),
      ...Array.from(
        { length: 500 * scale },
        (_, n): Part => ({
          type: `application/pdf; name="${n}.pdf"`,
          content: 'a',
          disposition: `attachment; filename="${n}.pdf"`,
        }),
      ),
    ]),
  },
  {
    kind: `texts ${500 * scale}`,
    source: mail(
      'texts',
      Array.from({ length: 500 * scale }, (_, n) => text(`Text ${n}`)),
    ),
  },
  { kind: `nested parts ${1000 * scale}`, source: nested(Math.min(3043, 1000 * scale)) },
  {
    kind: `calendar ${scale}`,
    source: mail('meeting', [
      text('Join'),
      {
        type: 'text/calendar; method=REQUEST',
        content: [
          'BEGIN:VCALENDAR',
          ...Array.from(
            { length: 2000 * scale },
            (_, n) =>
              `BEGIN:VEVENT\r\nSUMMARY:Event ${n}\r\nRRULE:FREQ=SECONDLY;INTERVAL=1;BYSECOND=${'1,'.repeat(59)}1\r\nEXDATE:${'20240101T000000Z,'.repeat(50)}20240101T000000Z\r\nEND:VEVENT`,
          ),
          'END:VCALENDAR',
          '',
        ].join('\r\n'),
      },
    ]),
  },
  {
    kind: `delivery report ${scale}`,
    source: mail('bounce', [
      text('Bounced'),
      {
        type: 'message/delivery-status',
        content: `Reporting-MTA: dns; a\r\n\r\n${times('Final-Recipient: rfc822; a@example.org\r\nAction: failed\r\nStatus: 5.0.0\r\n\r\n', scale * megabyte)}`,
      },
    ]),
  },
  {
    kind: `winmail ${scale} MB`,
    source: mail('outlook', [
      text(' '),
      {
        type: 'application/ms-tnef; name=winmail.dat',
        disposition: 'attachment; filename=winmail.dat',
        encoding: 'base64',
        content: `\x78\x9f\x3e\x22\x01\x00${times('\x02\x0f\x80\x06\x00\x04\x00\x00\x00aaaa\x84\x01', scale * megabyte)}`,
      },
    ]),
  },
  {
    kind: `quoted-printable ${scale} MB`,
    source: mail('qp', [
      {
        type: 'text/plain; charset=utf-8',
        encoding: 'quoted-printable',
        content: times('=C3=A9=\r\n', scale * megabyte),
      },
    ]),
  },
  {
    kind: `flowed ${scale} MB`,
    source: mail('flowed', [
      {
        type: 'text/plain; charset=utf-8; format=flowed; delsp=yes',
        encoding: '8bit',
        content: times('>> a \r\n', scale * megabyte),
      },
    ]),
  },
  {
    kind: `enriched ${scale} MB`,
    source: mail('enriched', [
      { type: 'text/enriched', encoding: 'base64', content: times('<bold><nl>a</bold>', scale * megabyte) },
    ]),
  },
];

/** At least two hundred of them, from some kilobytes to some megabytes. */
export const hostileMails = (): HostileMail[] => [
  ...[0.03, 0.3, 1, 4].flatMap((mb) => [
    ...Object.entries(fillings).map(([kind, piece]) => ({
      kind: `${kind}, ${mb} MB of HTML`,
      source: mail(kind, [html(times(piece, mb * megabyte))]),
    })),
    ...Object.entries(plainFillings).map(([kind, piece]) => ({
      kind: `${kind}, ${mb} MB of text`,
      source: mail(kind, [text(times(piece, mb * megabyte))]),
    })),
  ]),
  ...[1, 2, 4].flatMap((scale) => [
    ...Object.entries(styleBombs(scale)).map(([kind, content]) => ({
      kind: `style sheet: ${kind} × ${scale}`,
      source: mail(kind, [html(content)]),
    })),
    ...otherKinds(scale),
  ]),
];

/** A mail whose HTML has about this many megabytes. */
export const largeMail = (mb: number): string =>
  mail('Large', [html(times('<p>Some words about nothing much.</p>', mb * megabyte))]);
/** A mail with a file of this many megabytes. */
export const mailWithFile = (mb: number): string =>
  mail('A file', [
    text('See the file.'),
    {
      type: 'application/zip; name=large.zip',
      disposition: 'attachment; filename=large.zip',
      encoding: 'base64',
      content: 'x'.repeat(mb * megabyte),
    },
  ]);
