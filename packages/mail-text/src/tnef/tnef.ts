// winmail.dat (TNEF): what Outlook puts around a text and its files (MS-OXTNEF). Gives the text, in whatever form it is there, the
// files, and the messages among them with what they hold. Any bytes give a result.
import { textOfBytes } from '../mime/charset.ts';
import { textOfCompressedRtf } from './rtf.ts';

// MAPI properties inside an attribute (MS-OXTNEF §2.1.3.4, types of MS-OXCDATA §2.11.1), up to where they stop making sense.

interface TnefValue {
  /** MS-OXCDATA's number of the type: 0x1e for text in the code page, 0x1f for UTF-16 … */
  readonly type: number;
  readonly bytes: Uint8Array;
}
type TnefProperties = ReadonlyMap<number, TnefValue>;

const fixedSizes: Readonly<Record<number, number>> = {
  ...{ 2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 10: 4, 11: 4, 20: 8, 64: 8, 72: 16 },
};
const objectType = 0x0d;
/** String8, Unicode, object and binary carry their length. */
const variableSize = new Set([0x1e, 0x1f, objectType, 0x102]);
const multiple = 0x1000;
/** Names of this and later ids are spelled out. */
const firstNamed = 0x8000;

const padded = (length: number): number => length + ((4 - (length % 4)) % 4);

/** The first value of every property, by its id; object values without the interface id before them. */
const tnefProperties = (data: Uint8Array): TnefProperties => {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const found = new Map<number, TnefValue>();
  let at = 0;
  const number = (): number => {
    const value = view.getUint32(at, true);
    at += 4;
    return value;
  };
  const take = (length: number): Uint8Array => {
    if (at + length > data.length) throw new RangeError();
    const bytes = data.subarray(at, at + length);
    at += padded(length);
    return bytes;
  };
  const readProperty = () => {
    const type = view.getUint16(at, true);
    const id = view.getUint16(at + 2, true);
    at += 4;
    if (id >= firstNamed) {
      take(16);
      if (number() === 0) at += 4;
      else take(number());
    }
    const kind = type & ~multiple;
    const isSized = variableSize.has(kind);
    const fixed = fixedSizes[kind];
    if (!isSized && fixed === undefined) throw new RangeError();
    const values = isSized || (type & multiple) !== 0 ? number() : 1;
    for (let index = 0; index < values; index++) {
      const bytes = take(isSized ? number() : (fixed ?? 0));
      if (!found.has(id)) found.set(id, { type: kind, bytes: kind === objectType ? bytes.subarray(16) : bytes });
    }
  };
  try {
    for (let left = number(); left > 0 && at < data.length; left--) readProperty();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return found;
};

// Attributes.

export interface TnefFile {
  /** As written, '' where there is none. */
  readonly name: string;
  readonly mimeType: string;
  readonly bytes: Uint8Array;
  /** The winmail.dat ends within this file: there is more of it, but not here. */
  readonly isCut: boolean;
  /** For an attached Outlook item. */
  readonly message?: Tnef;
}

export interface Tnef {
  readonly subject: string;
  readonly from: string;
  readonly to: string;
  readonly cc: string;
  /** Milliseconds since the epoch. */
  readonly sent?: number;
  readonly plain?: string;
  readonly html?: string;
  /** Passages that the RTF of the text hides. */
  readonly hidden: number;
  readonly files: readonly TnefFile[];
}

const signature = 0x223e9f78;
const attribute = { subject: 0x8004, body: 0x800c, codepage: 0x9007, messageProperties: 0x9003 } as const;
const ofFile = { begins: 0x9002, title: 0x8010, data: 0x800f, properties: 0x9005 } as const;
const property = {
  ...{ subject: 0x0037, sent: 0x0039, author: 0x0042, authorAddress: 0x0065, sender: 0x0c1a, senderAddress: 0x0c1f },
  ...{ cc: 0x0e03, to: 0x0e04, body: 0x1000, compressedRtf: 0x1009, html: 0x1013, codepage: 0x3fde },
  ...{ displayName: 0x3001, data: 0x3701, shortName: 0x3704, name: 0x3707, mimeType: 0x370e },
} as const;
const unicode = 0x1f;
const maxFiles = 200;
/** Items within items deeper than this are files without a content of their own. */
const deepest = 8;

interface RawFile {
  title: Uint8Array;
  data: Uint8Array;
  properties: TnefProperties;
  isCut: boolean;
}

const empty: Uint8Array = new Uint8Array();

const isTnef = (bytes: Uint8Array): boolean =>
  bytes.length >= 6 && new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(0, true) === signature;

function* attributesOf(bytes: Uint8Array): Generator<{ id: number; data: Uint8Array; isCut: boolean }> {
  if (!isTnef(bytes)) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 6; at + 9 <= bytes.length; ) {
    const length = view.getUint32(at + 5, true);
    const data = bytes.subarray(at + 9, at + 9 + length);
    yield { id: view.getUint32(at + 1, true) & 0xffff, data, isCut: data.length < length };
    at += 9 + length + 2;
  }
}

/** Windows' numbers of code pages that are not `windows-<number>`. */
const codePages: Readonly<Record<number, string>> = {
  ...{ 65001: 'utf-8', 932: 'shift_jis', 936: 'gbk', 949: 'euc-kr', 950: 'big5', 20127: 'us-ascii', 20866: 'koi8-r' },
  ...{
    21866: 'koi8-u',
    437: 'cp437',
    850: 'cp850',
    852: 'cp852',
    866: 'ibm866',
    50220: 'iso-2022-jp',
    51932: 'euc-jp',
  },
};

const charsetOf = (bytes: Uint8Array | undefined): string => {
  if (bytes === undefined || bytes.length < 4) return '';
  const page = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return codePages[page] ?? (page > 28_590 && page < 28_610 ? `iso-8859-${page - 28_590}` : `windows-${page}`);
};

const withoutZeros = (text: string): string => text.replace(/\0+$/, '');
const inCodePage = (bytes: Uint8Array, charset: string): string =>
  withoutZeros(textOfBytes(bytes, 'text/plain', charset));

const stringOf = (value: TnefValue | undefined, charset: string): string => {
  if (value === undefined) return '';
  return value.type === unicode
    ? withoutZeros(new TextDecoder('utf-16le').decode(value.bytes))
    : inCodePage(value.bytes, charset);
};

/** FILETIME: tenths of microseconds since 1601. */
const timeOf = (value: TnefValue | undefined): number | undefined => {
  if (value?.bytes.length !== 8) return undefined;
  const ticks = new DataView(value.bytes.buffer, value.bytes.byteOffset).getBigUint64(0, true);
  const time = Number(ticks / 10_000n) - 11_644_473_600_000;
  return Number.isNaN(new Date(time).getTime()) ? undefined : time;
};

const mailbox = (name: string, address: string): string => {
  if (name === '' || name === address) return address;
  return address.includes('@') ? `${name} <${address}>` : name;
};

const fileOf = ({ title, data, properties, isCut }: RawFile, charset: string, depth: number): TnefFile => {
  const text = (id: number) => stringOf(properties.get(id), charset);
  const bytes = data.length > 0 ? data : (properties.get(property.data)?.bytes ?? empty);
  const isItem = data.length === 0 && depth < deepest && isTnef(bytes);
  return {
    name: text(property.name) || inCodePage(title, charset) || text(property.shortName) || text(property.displayName),
    mimeType: text(property.mimeType).toLowerCase(),
    bytes,
    isCut,
    ...(isItem ? { message: readItem(bytes, depth + 1) } : {}),
  };
};

interface RawItem {
  readonly files: RawFile[];
  body: Uint8Array;
  subject: Uint8Array;
  codepage: Uint8Array | undefined;
  properties: TnefProperties;
}

const readAttributes = (bytes: Uint8Array): RawItem => {
  const item: RawItem = { files: [], body: empty, subject: empty, codepage: undefined, properties: new Map() };
  for (const { id, data, isCut } of attributesOf(bytes)) {
    const file = item.files.at(-1);
    if (id === attribute.body) item.body = data;
    else if (id === attribute.subject) item.subject = data;
    else if (id === attribute.codepage) item.codepage = data;
    else if (id === attribute.messageProperties) item.properties = tnefProperties(data);
    else if (id === ofFile.begins && item.files.length < maxFiles)
      item.files.push({ title: empty, data: empty, properties: new Map(), isCut });
    else if (file && id === ofFile.title) file.title = data;
    else if (file && id === ofFile.data) file.data = data;
    else if (file && id === ofFile.properties) file.properties = tnefProperties(data);
    if (file && isCut) file.isCut = true;
  }
  return item;
};

/** The best form of the text: RTF only where there is no other. */
const textOf = ({ properties, body }: RawItem, charset: string): Pick<Tnef, 'plain' | 'html' | 'hidden'> => {
  const internet = charsetOf(properties.get(property.codepage)?.bytes);
  const inProperty = properties.get(property.html);
  const html =
    inProperty === undefined
      ? ''
      : inProperty.type === unicode
        ? stringOf(inProperty, charset)
        : withoutZeros(textOfBytes(inProperty.bytes, 'text/html', internet || charset));
  const plain = stringOf(properties.get(property.body), charset) || inCodePage(body, charset);
  if (html.trim() !== '' || plain.trim() !== '')
    return { ...(plain.trim() === '' ? {} : { plain }), ...(html.trim() === '' ? {} : { html }), hidden: 0 };
  const compressed = properties.get(property.compressedRtf);
  return (compressed && textOfCompressedRtf(compressed.bytes)) ?? { hidden: 0 };
};

const readItem = (bytes: Uint8Array, depth: number): Tnef => {
  const item = readAttributes(bytes);
  const charset = charsetOf(item.codepage);
  const text = (id: number) => stringOf(item.properties.get(id), charset).trim();
  const sent = timeOf(item.properties.get(property.sent));
  return {
    subject: text(property.subject) || inCodePage(item.subject, charset).trim(),
    from: mailbox(
      text(property.author) || text(property.sender),
      text(property.authorAddress) || text(property.senderAddress),
    ),
    to: text(property.to),
    cc: text(property.cc),
    ...(sent === undefined ? {} : { sent }),
    ...textOf(item, charset),
    files: item.files.map((file) => fileOf(file, charset, depth)),
  };
};

/** What a winmail.dat holds; nothing where it is none. */
export const readTnef = (bytes: Uint8Array): Tnef => readItem(bytes, 0);
