// Builds a winmail.dat as Outlook writes it, byte by byte (MS-OXTNEF).

const u16 = (value: number) => Buffer.from([value & 0xff, value >> 8]);
export const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
export const attribute = (level: number, id: number, data: Uint8Array) =>
  Buffer.concat([Buffer.from([level]), u32(id), u32(data.length), data, u16(0)]);
const padded = (data: Uint8Array) => Buffer.concat([data, Buffer.alloc((4 - (data.length % 4)) % 4)]);
const sized = (type: number, id: number, data: Uint8Array) =>
  Buffer.concat([u16(type), u16(id), u32(1), u32(data.length), padded(data)]);
const named = Buffer.concat([u16(3), u16(0x8001), Buffer.alloc(16), u32(0), u32(7), u32(1)]);
const wide = (words: string) => Buffer.from(`${words}\0`, 'utf16le');
const properties = (...list: Buffer[]) => Buffer.concat([u32(list.length), ...list]);
export const winmail = (...attributes: Buffer[]) => Buffer.concat([u32(0x223e9f78), u16(1), ...attributes]);

export const file = (name: string, content: string, longName?: string) => [
  attribute(2, 0x00069002, Buffer.alloc(14)),
  attribute(2, 0x00018010, Buffer.from(`${name}\0`)),
  attribute(2, 0x0006800f, Buffer.from(content)),
  ...(longName === undefined
    ? []
    : [
        attribute(
          2,
          0x00069005,
          properties(named, sized(0x1f, 0x3707, wide(longName)), sized(0x1e, 0x370e, Buffer.from('text/csv\0'))),
        ),
      ]),
];
/** An HTML text and two files; the first one's long name is a path. */
export const outlook = winmail(
  attribute(1, 0x00069007, Buffer.concat([u32(1251), u32(0)])),
  attribute(1, 0x00069003, properties(named, sized(0x102, 0x1013, Buffer.from('<p>Dear <b>Alex</b></p>')))),
  ...file('LISTE~1.CSV', 'a;b', '../Liste für März.csv'),
  ...file('plan.pdf', '%PDF'),
);

const crc = 0;
/** RTF as Outlook keeps it, but for the compression: every byte is a literal. @param claimed the length in its header. */
export const compressedRtf = (rtf: string, claimed?: number): Buffer => {
  const bytes = Buffer.from(rtf, 'latin1');
  const runs: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 8) runs.push(Buffer.from([0]), bytes.subarray(at, at + 8));
  const content = Buffer.concat(runs);
  return Buffer.concat([
    u32(claimed ?? content.length + 12),
    u32(bytes.length),
    Buffer.from('LZFu'),
    u32(crc),
    content,
  ]);
};

/** A winmail.dat whose text is RTF alone. */
export const ofRtf = (rtf: Buffer): Buffer =>
  winmail(
    attribute(1, 0x00069007, Buffer.concat([u32(1252), u32(0)])),
    attribute(1, 0x00069003, properties(sized(0x102, 0x1009, rtf))),
  );

const object = (content: Uint8Array) => sized(0x0d, 0x3701, Buffer.concat([Buffer.alloc(16), content]));
const filetime = (time: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(time + 11_644_473_600_000) * 10_000n);
  return Buffer.concat([u16(0x40), u16(0x0039), bytes]);
};

/** An attached Outlook item. */
export const item = (name: string, content: Uint8Array): Buffer[] => [
  attribute(2, 0x00069002, Buffer.alloc(14)),
  attribute(2, 0x00018010, Buffer.from(`${name}\0`)),
  attribute(2, 0x00069005, properties(object(content))),
];
/** The content of an item: who wrote it, its text, and what is attached to it. */
export const itemContent = (subject: string, text: string, ...files: Buffer[]): Buffer =>
  winmail(
    attribute(1, 0x00069007, Buffer.concat([u32(1252), u32(0)])),
    attribute(
      1,
      0x00069003,
      properties(
        sized(0x1f, 0x0037, wide(subject)),
        sized(0x1f, 0x0042, wide('Robin Quill')),
        sized(0x1f, 0x0065, wide('robin@example.org')),
        sized(0x1f, 0x0e04, wide('Alex')),
        filetime(Date.UTC(2026, 0, 15, 10)),
        sized(0x1f, 0x1000, wide(text)),
      ),
    ),
    ...files,
  );
