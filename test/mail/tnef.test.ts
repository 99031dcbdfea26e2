import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { filesOfWinmail, missingTextParts, readableMessage, withTexts } from '../../src/mail/message.ts';
import { attached, container, message, text, whole } from './messages.ts';
import { attribute, outlook, u32, winmail } from './outlook.ts';

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
    const readable = readableMessage(withTexts(tree, new Map([['1', { bytes: new Uint8Array(outlook) }]])), whole);
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
    expect(
      readableMessage(withTexts(tree, new Map([['root', { bytes: new Uint8Array(plain) }]])), whole).body.text,
    ).toBe('Привет');
  });

  test('that is cut or mangled anywhere still gives a result', () => {
    fc.assert(
      fc.property(fc.nat(outlook.length), fc.nat(outlook.length - 1), fc.nat(255), (end, at, byte) => {
        const mangled = Buffer.from(outlook);
        mangled[at] = byte;
        // An attribute has a head of nine bytes: more files than that have no room.
        expect(filesOfWinmail('1', mangled.subarray(0, end)).length).toBeLessThanOrEqual(end / 9);
      }),
    );
  });
});
