import { expect, test } from 'vitest';
import { parseHeaderFields } from '../../src/gmail/mime.ts';

const word = (text: string): string => `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`;

test('neighbouring encoded words are one text, also where the first of them ends with padding', () => {
  const raw = Buffer.from(`Subject: ${word('Repair cafés ')}\r\n ${word('near you')}\r\n\r\n`);
  expect(parseHeaderFields(raw, 0, raw.length).fields).toEqual([{ name: 'Subject', value: 'Repair cafés near you' }]);
});
