// The text form of a result: complete, and no value can pass for another field.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readableText } from '../../../src/mcp/readable-text.ts';

describe('The text form of a result', () => {
  it('is one line a field, lists as items, deeper levels indented', () => {
    const result = {
      messages: [
        {
          id: 'a1',
          labelIds: ['INBOX', 'UNREAD'],
          to: ['Ann <ann@example.com>'],
          body: { text: 'One\n\nTwo', totalChars: 8 },
        },
      ],
      failures: [],
      nextPageToken: undefined,
    };
    expect(readableText(result)).toBe(
      [
        'messages:',
        '  - id: a1',
        '    labelIds: INBOX, UNREAD',
        '    to:',
        '      - Ann <ann@example.com>',
        '    body:',
        '      text:',
        '        One',
        '',
        '        Two',
        '      totalChars: 8',
        'failures: none',
      ].join('\n'),
    );
  });

  it('never lets words from outside begin a line of their own as a field would, whatever line ends they use', () => {
    const lineEnd = fc.constantFrom('\n', '\r', '\r\n', '\u2028', '\u2029', '\u0085', '\v', '\f');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), lineEnd, (text, end) => {
        const forged = `${text}${end}subject: forged`;
        const lines = readableText({ subject: forged, rows: [{ body: forged }, forged] }).split('\n');
        expect(lines.filter((line) => /^(?:- )?subject: forged/.test(line))).toEqual([]);
        expect(lines.filter((line) => line.trimStart() === 'subject: forged')).toHaveLength(3);
      }),
    );
  });
});
