// winmail.dat: what Outlook puts around a text and its files (MS-OXTNEF). Gives the files and the text, where that is
// plain or HTML; compressed RTF is not read. Any bytes give a result.
import { textOfBytes } from './charset.ts';
import { type TnefProperties, tnefProperties } from './tnef-properties.ts';

export interface TnefFile {
  /** As written, '' where there is none. */
  readonly name: string;
  readonly mimeType: string;
  readonly bytes: Uint8Array;
}

export interface Tnef {
  readonly plain?: string;
  readonly html?: string;
  readonly files: readonly TnefFile[];
}

const signature = 0x223e9f78;
const attribute = { body: 0x800c, codepage: 0x9007, messageProperties: 0x9003 } as const;
const ofFile = { begins: 0x9002, title: 0x8010, data: 0x800f, properties: 0x9005 } as const;
const property = {
  body: 0x1000,
  html: 0x1013,
  data: 0x3701,
  shortName: 0x3704,
  name: 0x3707,
  mimeType: 0x370e,
} as const;
const maxFiles = 200;

interface RawFile {
  title: Uint8Array;
  data: Uint8Array;
  properties: TnefProperties;
}

const empty: Uint8Array = new Uint8Array();

function* attributesOf(bytes: Uint8Array): Generator<{ id: number; data: Uint8Array }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 6 || view.getUint32(0, true) !== signature) return;
  for (let at = 6; at + 9 <= bytes.length; ) {
    const length = view.getUint32(at + 5, true);
    if (at + 9 + length > bytes.length) return;
    yield { id: view.getUint32(at + 1, true) & 0xffff, data: bytes.subarray(at + 9, at + 9 + length) };
    at += 9 + length + 2;
  }
}

const withoutZeros = (text: string): string => text.replace(/\0+$/, '');

/** Unicode strings are UTF-16; the others are in the message's code page. */
const stringOf = (bytes: Uint8Array | undefined, charset: string): string => {
  if (bytes === undefined) return '';
  const wide = bytes.length % 2 === 0 && bytes.length >= 2 && bytes.at(-1) === 0 && bytes.at(-2) === 0;
  return withoutZeros(wide ? new TextDecoder('utf-16le').decode(bytes) : textOfBytes(bytes, 'text/plain', charset));
};

const fileOf = ({ title, data, properties }: RawFile, charset: string): TnefFile => ({
  name:
    stringOf(properties.get(property.name), charset) ||
    stringOf(title, charset) ||
    stringOf(properties.get(property.shortName), charset),
  mimeType: stringOf(properties.get(property.mimeType), charset).toLowerCase(),
  bytes: data.length > 0 ? data : (properties.get(property.data) ?? empty),
});

/** What a winmail.dat holds; nothing where it is none. */
export const readTnef = (bytes: Uint8Array): Tnef => {
  const files: RawFile[] = [];
  let body = empty;
  let properties: TnefProperties = new Map();
  let charset = '';
  for (const { id, data } of attributesOf(bytes)) {
    const file = files.at(-1);
    if (id === attribute.body) body = data;
    else if (id === attribute.codepage && data.length >= 4)
      charset = `windows-${new DataView(data.buffer, data.byteOffset).getUint32(0, true)}`;
    else if (id === attribute.messageProperties) properties = tnefProperties(data);
    else if (id === ofFile.begins && files.length < maxFiles)
      files.push({ title: empty, data: empty, properties: new Map() });
    else if (file && id === ofFile.title) file.title = data;
    else if (file && id === ofFile.data) file.data = data;
    else if (file && id === ofFile.properties) file.properties = tnefProperties(data);
  }
  const plain = stringOf(properties.get(property.body), charset) || stringOf(body, charset);
  const html = withoutZeros(textOfBytes(properties.get(property.html) ?? empty, 'text/html', charset));
  return {
    ...(plain.trim() === '' ? {} : { plain }),
    ...(html.trim() === '' ? {} : { html }),
    files: files.map((file) => fileOf(file, charset)),
  };
};
