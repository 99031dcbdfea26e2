// The header fields at the beginning of an RFC 822 source. Reads no body.
import { textOfLabelled } from './charset.ts';
import type { MessageHeader } from './message-part.ts';

/** No more than this of a source is looked at: a head without an end must not cost what a body does. Characters of base64url. */
const longestHead = 1_400_000;

/** Each field by itself: a broken byte in one says nothing of the others. @param value one character for a byte. */
const fieldText = (value: string, charset: string): string =>
  /[^\0-\u007f]/.test(value) ? textOfLabelled(Buffer.from(value, 'latin1'), charset) : value;

/** The fields of a message's head, unfolded; a line that is none is passed over. `source` is base64url. */
export const headersOfSource = (source: string): MessageHeader[] => {
  const bytes = Buffer.from(source.slice(0, longestHead), 'base64url');
  const beginning = bytes.toString('latin1');
  const end = /\r?\n\r?\n/.exec(beginning)?.index ?? beginning.length;
  const head = beginning.slice(0, end).replace(/\r?\n(?=[ \t])/g, '');
  // Raw bytes in a field are most often in the charset of the text below it.
  const charset = /^content-type:[^\n]*charset\s*=\s*"?([\w.:-]+)/im.exec(head)?.[1] ?? '';
  return head.split(/\r?\n/).flatMap((line) => {
    const [, name, value = ''] = /^([!-9;-~]+)[ \t]*:[ \t]*(.*)$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, value: fieldText(value, charset) }];
  });
};
