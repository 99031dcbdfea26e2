// Builds a winmail.dat as Outlook writes it, byte by byte (MS-OXTNEF).

export const u16 = (value: number) => Buffer.from([value & 0xff, value >> 8]);
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

const file = (name: string, content: string, longName?: string) => [
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
