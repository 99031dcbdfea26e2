// Parts that are for programs: invitations (RFC 6047), delivery reports and read receipts, signatures and encryption, found in a
// message and put into words.
import { type Invitation, invitationsOf } from '../calendar/calendar.ts';
import { fileNameOf } from './attachments.ts';
import { textOfBytes } from './charset.ts';
import { declaredCharset, structuredField } from './headers.ts';
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
  const lines = bytes.includes(0) ? bytes : Buffer.from(unfolded, 'latin1');
  return textOfBytes(lines, mimeTypeOf(part), declaredCharset(part));
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

// Delivery reports (RFC 3464) and read receipts (RFC 8098) → who did not get a mail (or did), and why.

export interface DeliveryReport {
  /** Whom the mail was for. */
  readonly recipient: string;
  /** RFC 3464 §2.3.3: `failed`, `delayed`, `delivered`, `relayed`, `expanded`; of a read receipt `displayed`, `deleted` … */
  readonly action: string;
  /** RFC 3463: `5.1.1`. */
  readonly status?: string;
  /** What the status means, in words. */
  readonly meaning?: string;
  /** What the other mail server said. */
  readonly reason?: string;
  readonly remoteServer?: string;
}

const maxRecipients = 50;
const maxReason = 1000;

/** RFC 3463 §3, and the registry it began, by subject and detail. */
const meanings: Readonly<Record<string, string>> = {
  ...{ '1.1': 'no such mailbox', '1.2': 'no such mail domain', '1.3': 'bad address', '1.10': 'domain takes no mail' },
  ...{ '2.1': 'mailbox disabled', '2.2': 'mailbox full', '2.3': 'message too long for the mailbox' },
  ...{ '3.4': 'message too big', '4.1': 'no answer from the host', '4.2': 'bad connection', '4.4': 'unable to route' },
  ...{ '4.6': 'routing loop', '4.7': 'delivery time expired', '7.1': 'refused by the recipient’s rules' },
  ...{ '7.26': 'sender authentication failed (SPF, DKIM)', '7.27': 'domain takes no mail' },
};

type Fields = ReadonlyMap<string, string>;

/** More recipients than one report is about. */
const mostBlocks = 20_000;

/** The blocks of `Name: value` fields between blank lines; continuation lines belong to the field before. */
const blocksOf = (text: string): Fields[] =>
  text
    .replace(/\r\n?/g, '\n')
    .replace(/\n[ \t]+(?=\S)/g, ' ')
    .split(/\n[ \t]*\n/, mostBlocks)
    .map((block) => {
      const fields = [...block.matchAll(/^([!-9;-~]+)[ \t]*:[ \t]*(.*)$/gm)];
      return new Map(fields.map(([, name = '', value = '']) => [name.toLowerCase(), value.trim()]));
    });

/** `rfc822; user@example.com` without its type. */
const typed = (value: string | undefined): string | undefined => value?.replace(/^[\w-]+\s*;\s*/, '') || undefined;

const reportOf = (fields: Fields): DeliveryReport[] => {
  const recipient = typed(fields.get('final-recipient')) ?? typed(fields.get('original-recipient'));
  if (recipient === undefined) return [];
  const status = /\b([245]\.\d{1,3}\.\d{1,3})\b/.exec(fields.get('status') ?? '')?.[1];
  const displayed = /;\s*([\w-]+)/.exec(fields.get('disposition') ?? '')?.[1];
  const meaning = status === undefined ? undefined : meanings[status.slice(2)];
  const reason = typed(fields.get('diagnostic-code'))?.slice(0, maxReason).toWellFormed();
  const remoteServer = typed(fields.get('remote-mta'));
  return [
    {
      recipient,
      action: (fields.get('action') ?? displayed ?? 'unknown').toLowerCase(),
      ...(status === undefined ? {} : { status }),
      ...(meaning === undefined ? {} : { meaning }),
      ...(reason === undefined ? {} : { reason }),
      ...(remoteServer === undefined ? {} : { remoteServer }),
    },
  ];
};

/** What the fields of a message/delivery-status or message/disposition-notification say; the first fifty recipients. */
const deliveryReportsOf = (text: string): DeliveryReport[] => blocksOf(text).flatMap(reportOf).slice(0, maxRecipients);

/** A report as a line of text, for a message that says nothing else. */
export const reportText = ({ recipient, action, status, meaning, reason }: DeliveryReport): string => {
  const why = [status, meaning, reason].flatMap((said) => said ?? []).join(', ');
  return `${recipient}: ${action}${why ? ` (${why})` : ''}`;
};

// Whether a message is signed or encrypted, and how (RFC 1847, RFC 3156, RFC 8551, and PGP armour in the text). Said,
// never checked or opened: Postern holds nobody's keys.

type Protection = 'OpenPGP' | 'S/MIME';

export interface Security {
  readonly signed?: Protection;
  readonly encrypted?: Protection;
  /** Postern never checks a signature. */
  readonly signatureChecked?: false;
}

const byProtocol = (protocol: string | undefined): Protection => (/pkcs7/i.test(protocol ?? '') ? 'S/MIME' : 'OpenPGP');

/** RFC 8551 §3.2.2: what an application/pkcs7-mime part holds. */
const ofPkcs7 = (numbered: NumberedPart): Security => {
  const kind = structuredField(numbered.part, 'content-type')?.parameters['smime-type']?.toLowerCase() ?? '';
  if (kind === 'certs-only') return {};
  if (kind === 'signed-data' || (kind === '' && /\.p7s$/i.test(fileNameOf(numbered)))) return { signed: 'S/MIME' };
  return { encrypted: 'S/MIME' };
};

const protocolOf = ({ part }: NumberedPart): string | undefined =>
  structuredField(part, 'content-type')?.parameters.protocol;

const ofPart = (numbered: NumberedPart): Security => {
  switch (mimeTypeOf(numbered.part)) {
    case 'multipart/signed':
      return { signed: byProtocol(protocolOf(numbered)) };
    case 'multipart/encrypted':
      return { encrypted: byProtocol(protocolOf(numbered)) };
    case 'application/pkcs7-mime':
    case 'application/x-pkcs7-mime':
      return ofPkcs7(numbered);
    default:
      return {};
  }
};

const ofText = (text: string): Security => ({
  ...(/^-----BEGIN PGP SIGNED MESSAGE-----/m.test(text) ? { signed: 'OpenPGP' as const } : {}),
  ...(/^-----BEGIN PGP MESSAGE-----/m.test(text) ? { encrypted: 'OpenPGP' as const } : {}),
});

/**
 * How a message, or something in it, is protected; undefined where it is not.
 * @param text its readable text, for armour within it.
 */
export const securityOf = (message: Message, text: string): Security | undefined => {
  let found: Security = ofText(text);
  for (const part of everyPart(message)) found = { ...ofPart(part), ...found };
  if (found.signed === undefined && found.encrypted === undefined) return undefined;
  return found.signed === undefined ? found : { ...found, signatureChecked: false };
};

/** What stands in place of a text that is out of reach; undefined where nothing is. */
export const securityText = ({ signed, encrypted }: Security): string | undefined => {
  if (encrypted !== undefined)
    return `[This message is encrypted (${encrypted}). Postern cannot decrypt it; its parts are listed as attachments.]`;
  if (signed === 'S/MIME')
    return '[The text of this message is inside its S/MIME signature, which Postern does not open; its parts are listed as attachments.]';
  return undefined;
};
