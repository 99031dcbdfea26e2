// The header fields at the beginning of an RFC 822 source. Reads no body.
import { textOfBytes } from './charset.ts';
import type { MessageHeader } from './message-part.ts';

/** No more than this of a source is looked at: a head without an end must not cost what a body does. Characters of base64url. */
const longestHead = 1_400_000;

/** The fields of a message's head, unfolded; a line that is none is passed over. `source` is base64url. */
export const headersOfSource = (source: string): MessageHeader[] => {
  const bytes = Buffer.from(source.slice(0, longestHead), 'base64url');
  const beginning = bytes.toString('latin1');
  const end = /\r?\n\r?\n/.exec(beginning)?.index ?? beginning.length;
  return textOfBytes(bytes.subarray(0, end), 'text/plain')
    .replace(/\r?\n(?=[ \t])/g, '')
    .split(/\r?\n/)
    .flatMap((line) => {
      const field = /^([!-9;-~]+)[ \t]*:[ \t]*(.*)$/.exec(line);
      return field ? [{ name: field[1], value: field[2] }] : [];
    });
};
