// Writes RFC 822 messages as mail programs do: headers, charsets, transfer encodings, multiparts.
// The same input gives the same bytes.
import { createHash } from 'node:crypto';
import iconv from 'iconv-lite';

/** A MIME entity: its header lines without line ends, and its encoded body. */
export interface Entity {
  readonly headers: readonly string[];
  readonly body: Buffer;
}

export interface Envelope {
  readonly from: string;
  readonly to: string;
  readonly cc?: string;
  readonly subject: string;
  readonly date: Date;
  readonly messageId: string;
  /** The message answered; `References` is made of it. */
  readonly inReplyTo?: string;
  /** Further header lines, complete. */
  readonly headers?: readonly string[];
  /** The charset of encoded words in names and subject; utf-8 when absent. */
  readonly headerCharset?: string;
}

type TransferEncoding = '7bit' | '8bit' | 'quoted-printable' | 'base64';

const crlf = '\r\n';

/** A whole message. */
export const composeMail = (envelope: Envelope, content: Entity): Buffer => {
  const { headerCharset = 'utf-8', inReplyTo } = envelope;
  const lines = [
    `Date: ${envelope.date.toUTCString().replace('GMT', '+0000')}`,
    `From: ${encodeNames(envelope.from, headerCharset)}`,
    `To: ${encodeNames(envelope.to, headerCharset)}`,
    ...(envelope.cc === undefined ? [] : [`Cc: ${encodeNames(envelope.cc, headerCharset)}`]),
    `Subject: ${encodeWords(envelope.subject, headerCharset)}`,
    `Message-ID: <${envelope.messageId}>`,
    ...(inReplyTo === undefined ? [] : [`In-Reply-To: <${inReplyTo}>`, `References: <${inReplyTo}>`]),
    ...(envelope.headers ?? []),
    'MIME-Version: 1.0',
  ];
  return Buffer.concat([Buffer.from(lines.map((line) => line + crlf).join('')), serialize(content)]);
};

/** A text part; `type` with parameters other than the charset, e.g. `text/calendar; method=REQUEST`. */
export const text = (
  content: string,
  options: { type?: string; charset?: string; encoding?: TransferEncoding } = {},
): Entity => {
  const { type = 'text/plain', charset = 'utf-8', encoding = 'quoted-printable' } = options;
  const bytes = encodeCharset(content.replace(/\r?\n/g, crlf), charset);
  return {
    headers: [`Content-Type: ${type}; charset=${charset}`, `Content-Transfer-Encoding: ${encoding}`],
    body: encodeBody(bytes, encoding),
  };
};

export const html = (content: string, charset = 'utf-8'): Entity => text(content, { type: 'text/html', charset });

/** A file; a name outside ASCII is written by RFC 2231. `contentId` makes it an inline part. */
export const file = (name: string, type: string, bytes: Buffer, contentId?: string): Entity => ({
  headers: [
    `Content-Type: ${type}`,
    `Content-Disposition: ${contentId === undefined ? 'attachment' : 'inline'}; ${nameParameter(name)}`,
    ...(contentId === undefined ? [] : [`Content-ID: <${contentId}>`]),
    'Content-Transfer-Encoding: base64',
  ],
  body: encodeBody(bytes, 'base64'),
});

/** @param subtype `mixed`, `alternative`, `related`, `report; report-type=delivery-status` … */
export const multipart = (subtype: string, ...parts: readonly Entity[]): Entity => {
  const serialized = parts.map(serialize);
  const boundary = `=_${createHash('sha256').update(Buffer.concat(serialized)).digest('hex').slice(0, 24)}`;
  const pieces = serialized.flatMap((part) => [Buffer.from(`--${boundary}${crlf}`), part, Buffer.from(crlf)]);
  return {
    headers: [`Content-Type: multipart/${subtype}; boundary="${boundary}"`],
    body: Buffer.concat([...pieces, Buffer.from(`--${boundary}--${crlf}`)]),
  };
};

/** A body that is given as it stands, e.g. a forwarded message or a delivery status. */
export const verbatim = (type: string, body: string | Buffer): Entity => ({
  headers: [`Content-Type: ${type}`],
  body: Buffer.isBuffer(body) ? body : Buffer.from(body.replace(/\r?\n/g, crlf)),
});

const serialize = ({ headers, body }: Entity): Buffer =>
  Buffer.concat([Buffer.from(headers.map((line) => line + crlf).join('') + crlf), body]);

const encodeBody = (bytes: Buffer, encoding: TransferEncoding): Buffer => {
  switch (encoding) {
    case '7bit':
    case '8bit':
      return bytes;
    case 'base64':
      return Buffer.from(bytes.toString('base64').replace(/.{1,76}/g, `$&${crlf}`));
    case 'quoted-printable':
      return Buffer.from(bytes.toString('latin1').split(crlf).map(quotedPrintableLine).join(crlf));
  }
};

/** Lines of at most 76 characters (RFC 2045 §6.7), never cut inside an escape. */
const quotedPrintableLine = (line: string): string => {
  const encoded = line.replace(/[^\t\x20-\x3c\x3e-\x7e]|[\t ]$/g, hexEscape);
  let folded = '';
  let length = 0;
  for (const piece of encoded.match(/=[0-9A-F]{2}|./g) ?? []) {
    if (length + piece.length > 75) {
      folded += `=${crlf}`;
      length = 0;
    }
    folded += piece;
    length += piece.length;
  }
  return folded;
};

const hexEscape = (character: string): string =>
  `=${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;

/** ISO-2022-JP is EUC-JP with escape sequences instead of high bits, which iconv-lite does not write. */
const encodeCharset = (content: string, charset: string): Buffer => {
  if (charset.toLowerCase() !== 'iso-2022-jp') return iconv.encode(content, charset);
  const runs = content.match(/\p{ASCII}+|\P{ASCII}+/gu) ?? [];
  return Buffer.concat(
    runs.map((run) => {
      if (run.charCodeAt(0) < 128) return Buffer.from(run, 'latin1');
      const seven = iconv.encode(run, 'euc-jp').map((byte) => byte & 0x7f);
      return Buffer.concat([Buffer.from('\x1b$B', 'latin1'), seven, Buffer.from('\x1b(B', 'latin1')]);
    }),
  );
};

const isAscii = (value: string): boolean => /^[\x20-\x7e]*$/.test(value);

const encodeWords = (value: string, charset: string): string => {
  if (isAscii(value)) return value;
  const words = value.match(/.{1,12}/gsu) ?? [];
  return words.map((word) => `=?${charset}?B?${encodeCharset(word, charset).toString('base64')}?=`).join(`${crlf} `);
};

/** Encodes the display names of an address list `Name <address>, …`. */
const encodeNames = (addresses: string, charset: string): string =>
  addresses.replace(/([^<>,"]*\P{ASCII}[^<>,"]*?)\s*(?=<)/gu, (name) => `${encodeWords(name.trim(), charset)} `);

const nameParameter = (name: string): string =>
  isAscii(name) ? `filename="${name}"` : `filename*=utf-8''${encodeURIComponent(name).replace(/['()*]/g, hexPercent)}`;

const hexPercent = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
