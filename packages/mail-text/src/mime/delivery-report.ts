// Delivery reports (RFC 3464) and read receipts (RFC 8098) → who did not get a mail (or did), and why. Reads the fields
// of the report; knows nothing of MIME parts.

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

/** The blocks of `Name: value` fields between blank lines; continuation lines belong to the field before. */
const blocksOf = (text: string): Fields[] =>
  text
    .replace(/\r\n?/g, '\n')
    .replace(/\n[ \t]+(?=\S)/g, ' ')
    .split(/\n[ \t]*\n/)
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
export const deliveryReportsOf = (text: string): DeliveryReport[] =>
  blocksOf(text).flatMap(reportOf).slice(0, maxRecipients);

/** A report as a line of text, for a message that says nothing else. */
export const reportText = ({ recipient, action, status, meaning, reason }: DeliveryReport): string => {
  const why = [status, meaning, reason].flatMap((said) => said ?? []).join(', ');
  return `${recipient}: ${action}${why ? ` (${why})` : ''}`;
};
