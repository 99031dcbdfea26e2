// winmail.dat as Outlook writes it, built here byte by byte (MS-OXTNEF).
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { filesOfWinmail, missingTextParts, readableMessage, withTexts } from '../../src/mail/message.ts';
import { attached, container, message, text, whole } from './messages.ts';

const u16 = (value: number) => Buffer.from([value & 0xff, value >> 8]);
const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const attribute = (level: number, id: number, data: Uint8Array) =>
  Buffer.concat([Buffer.from([level]), u32(id), u32(data.length), data, u16(0)]);
const padded = (data: Uint8Array) => Buffer.concat([data, Buffer.alloc((4 - (data.length % 4)) % 4)]);
const sized = (type: number, id: number, data: Uint8Array) =>
  Buffer.concat([u16(type), u16(id), u32(1), u32(data.length), padded(data)]);
const named = Buffer.concat([u16(3), u16(0x8001), Buffer.alloc(16), u32(0), u32(7), u32(1)]);
const wide = (words: string) => Buffer.from(`${words}\0`, 'utf16le');
const properties = (...list: Buffer[]) => Buffer.concat([u32(list.length), ...list]);
const winmail = (...attributes: Buffer[]) => Buffer.concat([u32(0x223e9f78), u16(1), ...attributes]);

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
const outlook = winmail(
  attribute(1, 0x00069007, Buffer.concat([u32(1251), u32(0)])),
  attribute(1, 0x00069003, properties(named, sized(0x102, 0x1013, Buffer.from('<p>Dear <b>Alex</b></p>')))),
  ...file('LISTE~1.CSV', 'a;b', '../Liste für März.csv'),
  ...file('plan.pdf', '%PDF'),
);

describe('a winmail.dat', () => {
  test('is fetched, and its text and files are told like others', () => {
    const tree = message(
      container(
        'multipart/mixed',
        text('text/plain', ' '),
        attached('application/ms-tnef', 'winmail.dat', {}, outlook.length),
      ),
    );
    expect(missingTextParts(tree, 'readable').map(({ partId }) => partId)).toEqual(['1']);
    const readable = readableMessage(withTexts(tree, new Map([['1', outlook]])), whole);
    expect(readable.body.text).toBe('Dear Alex');
    expect(readable.attachments.map(({ inline: _, ...facts }) => facts)).toEqual([
      { attachmentId: '1', fileName: 'winmail.dat', mimeType: 'application/ms-tnef', size: outlook.length },
      { attachmentId: '1:0', fileName: 'Liste für März.csv', mimeType: 'text/csv', size: 3 },
      { attachmentId: '1:1', fileName: 'plan.pdf', mimeType: 'application/pdf', size: 4 },
    ]);
  });

  test('gives each file’s bytes', () => {
    expect(filesOfWinmail('1', outlook).map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(['a;b', '%PDF']);
  });

  test('may have its text in the code page it names', () => {
    const plain = winmail(
      attribute(1, 0x00069007, Buffer.concat([u32(1251), u32(0)])),
      attribute(1, 0x0002800c, Buffer.from('cff0e8e2e5f200', 'hex')),
    );
    const tree = message(attached('application/vnd.ms-tnef', 'winmail.dat'));
    expect(readableMessage(withTexts(tree, new Map([['root', plain]])), whole).body.text).toBe('Привет');
  });

  test('that is cut or mangled anywhere still gives a result', () => {
    fc.assert(
      fc.property(fc.nat(outlook.length), fc.nat(outlook.length - 1), fc.nat(255), (end, at, byte) => {
        const mangled = Buffer.from(outlook);
        mangled[at] = byte;
        expect(filesOfWinmail('1', mangled.subarray(0, end)).length).toBeLessThanOrEqual(2);
      }),
    );
  });
});
