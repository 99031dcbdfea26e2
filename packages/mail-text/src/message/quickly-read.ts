// Whether reading a message takes a few milliseconds at most whatever is in it, judged by sizes alone: who wrote it may
// have wanted it to take long.
import { isBodyText } from '../mime/attachments.ts';
import { everyPart, type Message, mimeTypeOf } from '../mime/message-part.ts';
import { isStructured } from '../mime/structured-parts.ts';
import { isWinmail } from '../tnef/winmail.ts';

/** Base64 units. HTML can be far more work than its size says: rules for every element, elements in elements. */
const mostHtml = 4 * 1024;
const mostText = 24 * 1024;
const mostParts = 40;

/** @param message with no more bytes than a small answer of Gmail's has. */
export const isQuicklyRead = (message: Message): boolean => {
  let [html, text, parts] = [0, 0, 0];
  for (const numbered of everyPart(message)) {
    parts += 1;
    const { part } = numbered;
    if (isWinmail(numbered) || isStructured(numbered)) return false;
    if (!isBodyText(numbered)) continue;
    const length = part.body?.data?.length ?? 0;
    if (mimeTypeOf(part) === 'text/plain') text += length;
    else html += length;
  }
  return html <= mostHtml && text <= mostText && parts <= mostParts;
};
