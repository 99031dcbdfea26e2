// Parts that speak to programs (invitations, delivery reports): found in a message and told in words.

import { type Invitation, invitationsOf } from '../calendar/calendar.ts';
import { fileNameOf } from './attachments.ts';
import { textOfBytes } from './charset.ts';
import { type DeliveryReport, deliveryReportsOf } from './delivery-report.ts';
import { declaredCharset } from './headers.ts';
import { childrenOf, everyPart, inlineBytes, type Message, mimeTypeOf, type NumberedPart } from './message-part.ts';

const isCalendar = (numbered: NumberedPart): boolean => {
  const mimeType = mimeTypeOf(numbered.part);
  return (
    /^(?:text\/(?:x-v)?calendar|application\/ics)$/.test(mimeType) ||
    (mimeType === 'application/octet-stream' && /\.ics$/i.test(fileNameOf(numbered)))
  );
};

const isReport = ({ part }: NumberedPart): boolean =>
  /^message\/(?:global-)?(?:delivery-status|disposition-notification)$/.test(mimeTypeOf(part));

/** Whether a part is summarised in readable messages. */
export const isStructured = (numbered: NumberedPart): boolean => isCalendar(numbered) || isReport(numbered);

const textOf = ({ part }: NumberedPart): string => {
  const bytes = inlineBytes(part);
  return bytes === undefined ? '' : textOfBytes(bytes, mimeTypeOf(part), declaredCharset(part));
};

/** Gmail reads the first block of a report as the header fields of a part inside it, the others as that part's text. */
const reportFields = (numbered: NumberedPart): string =>
  [
    textOf(numbered),
    ...childrenOf(numbered).map((child) => {
      const fields = (child.part.headers ?? []).map(({ name, value }) => `${name}: ${value}`);
      return `${fields.join('\n')}\n\n${textOf(child)}`;
    }),
  ].join('\n\n');

/** The same event comes twice in most invitations, as a form of the text and as a file. */
const distinct = <T>(items: readonly T[]): T[] => [
  ...new Map(items.map((item) => [JSON.stringify(item), item])).values(),
];

const mostParts = 20;

/** Lines are folded by bytes, also within a character (RFC 5545 §3.1): unfolded before they become text. */
const calendarText = ({ part }: NumberedPart): string => {
  const bytes = inlineBytes(part);
  if (bytes === undefined) return '';
  const unfolded = Buffer.from(bytes)
    .toString('latin1')
    .replace(/\r?\n[ \t]/g, '');
  const whole = bytes.includes(0) ? bytes : Buffer.from(unfolded, 'latin1');
  return textOfBytes(whole, mimeTypeOf(part), declaredCharset(part));
};

/** The events a message carries; none of parts that were not fetched. */
export const invitationsIn = (message: Message): Invitation[] => {
  const parts = [...everyPart(message)].filter(isCalendar).slice(0, mostParts);
  return distinct(parts.flatMap((part) => invitationsOf(calendarText(part))));
};

/** What delivery reports and read receipts in a message say. */
export const deliveryReportsIn = (message: Message): DeliveryReport[] => {
  const parts = [...everyPart(message)].filter(isReport).slice(0, mostParts);
  return distinct(parts.flatMap((part) => deliveryReportsOf(reportFields(part))));
};
