// The labels that a Google Takeout writes into each message as `X-Gmail-Labels`. Knows nothing of files or mailboxes.
import { headerValue, parseHeaderFields } from './header-fields.ts';

/** Takeout's English names of Gmail's labels; `''` for what is no label. */
const GMAIL_LABELS: Readonly<Record<string, string>> = {
  inbox: 'INBOX',
  sent: 'SENT',
  starred: 'STARRED',
  important: 'IMPORTANT',
  spam: 'SPAM',
  trash: 'TRASH',
  drafts: 'DRAFT',
  draft: 'DRAFT',
  chat: 'CHAT',
  archived: '',
  opened: '',
  unread: '',
  'category personal': 'CATEGORY_PERSONAL',
  'category social': 'CATEGORY_SOCIAL',
  'category promotions': 'CATEGORY_PROMOTIONS',
  'category updates': 'CATEGORY_UPDATES',
  'category forums': 'CATEGORY_FORUMS',
};

/**
 * Takes Takeout's own header out of a message.
 * @returns the message as it was received, and its labels; a message without that header is read and lies in the inbox
 */
export const takeLabels = (raw: Buffer): { raw: Buffer; labels: string[]; unread: boolean } => {
  const { fields, bodyStart } = parseHeaderFields(raw, 0, raw.length);
  const value = headerValue(fields, 'x-gmail-labels');
  if (value === undefined) return { raw, labels: ['INBOX'], unread: false };
  const names = splitNames(value);
  const labels = names.map((name) => GMAIL_LABELS[name.toLowerCase()] ?? name).filter((label) => label !== '');
  const unread = names.some((name) => name.toLowerCase() === 'unread');
  return { raw: withoutTakeoutHeaders(raw, bodyStart), labels: [...new Set(labels)], unread };
};

/** Names are separated by commas; one that contains a comma is quoted. */
const splitNames = (value: string): string[] =>
  (value.match(/"[^"]*"|[^,]+/g) ?? []).map((name) => name.replaceAll('"', '').trim()).filter((name) => name !== '');

const withoutTakeoutHeaders = (raw: Buffer, bodyStart: number): Buffer => {
  const head = raw.toString('latin1', 0, bodyStart);
  const kept = head.replace(/^(X-Gmail-Labels|X-GM-THRID):.*\r?\n(?:[ \t].*\r?\n)*/gim, '');
  return Buffer.concat([Buffer.from(kept, 'latin1'), raw.subarray(bodyStart)]);
};
