// The reader's own mail from disk: `.eml`, folders of them, `.mbox` (RFC 4155, quoted as mboxrd) as Google Takeout writes
// it, with the labels that Takeout puts into each message as `X-Gmail-Labels`.
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SandboxError } from '../sandbox-error.ts';
import { headerValue, parseHeaderFields } from './mime.ts';

/** One message from a file. */
export interface MailFileMessage {
  readonly raw: Uint8Array;
  /** Gmail's ids of its own labels, names of the user's. Never `UNREAD`: that is `unread`. */
  readonly labels: string[];
  readonly unread: boolean;
  /** The file, and the message's number in an mbox. */
  readonly source: string;
}

/**
 * Reads messages in the order of the paths, the names in a folder, the places in an mbox.
 * @throws SandboxError that names the file and what to do about it
 */
export const readMailFiles = async (paths: readonly string[]): Promise<MailFileMessage[]> => {
  const messages: MailFileMessage[] = [];
  for (const path of paths) {
    const before = messages.length;
    for (const file of await mailFiles(path)) {
      if (isMbox(file)) await readMbox(file, messages);
      else messages.push({ ...takeLabels(await readFile(file)), source: file });
    }
    if (messages.length === before) {
      throw new SandboxError(
        `${path} holds no mail: give an .eml file, an .mbox file, or a folder that contains some.`,
      );
    }
  }
  return messages;
};

const isMbox = (path: string): boolean => /\.(mbox|mbx)$/i.test(path);
const isMailFile = (path: string): boolean => isMbox(path) || /\.eml$/i.test(path);

const mailFiles = async (path: string): Promise<string[]> => {
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
    const reason =
      error.code === 'ENOENT'
        ? 'does not exist: check the spelling'
        : `cannot be read (${error.code}): check its permissions`;
    throw new SandboxError(`${path} ${reason}.`);
  });
  if (info.isDirectory()) {
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && isMailFile(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  }
  if (isMailFile(path)) return [path];
  throw new SandboxError(
    `${path} is neither .eml nor .mbox: rename it if it is one of them, or unpack it first (a Takeout comes as .zip or .tgz).`,
  );
};

const readMbox = async (file: string, into: MailFileMessage[]): Promise<void> => {
  let number = 0;
  for await (const raw of splitMbox(file)) into.push({ ...takeLabels(raw), source: `${file}#${++number}` });
};

/** Takeout's English names of Gmail's labels; `''` for what is no label. */
const gmailLabels: Readonly<Record<string, string>> = {
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
const takeLabels = (raw: Buffer): { raw: Buffer; labels: string[]; unread: boolean } => {
  const { fields, bodyStart } = parseHeaderFields(raw, 0, raw.length);
  const value = headerValue(fields, 'x-gmail-labels');
  if (value === undefined) return { raw, labels: ['INBOX'], unread: false };
  const names = splitNames(value);
  const labels = names.map((name) => gmailLabels[name.toLowerCase()] ?? name).filter((label) => label !== '');
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

const lf = 10;
const greaterThan = 62;
const separatorStart = Buffer.from('From ');
const largestMessage = 150 * 1024 * 1024;

/**
 * The raw messages of an mbox file.
 * @throws SandboxError when the file is no mbox, or a message is larger than any mail provider accepts
 */
async function* splitMbox(path: string): AsyncGenerator<Buffer> {
  let message: Buffer[] | undefined;
  let size = 0;
  for await (const line of lines(path)) {
    if (isSeparator(line)) {
      if (message !== undefined) yield finish(message);
      message = [];
      size = 0;
    } else if (message !== undefined) {
      message.push(isQuotedSeparator(line) ? line.subarray(1) : line);
      size += line.length;
      if (size > largestMessage)
        throw new SandboxError(`${path} holds a message of more than 150 MB: it is damaged, or no mbox.`);
    } else if (line.some((byte) => byte > 32)) {
      throw new SandboxError(
        `${path} is no mbox file (its first line does not begin with "From "): if it is one message, name it .eml.`,
      );
    }
  }
  if (message !== undefined) yield finish(message);
}

/** `From ` at the start of a line; other lines that begin so are quoted by the writer. */
const isSeparator = (line: Buffer): boolean => line.length > 5 && line.subarray(0, 5).equals(separatorStart);

/** mboxrd puts one `>` before every line that is `From ` after any number of them. */
const isQuotedSeparator = (line: Buffer): boolean =>
  line[0] === greaterThan && /^>+From /.test(line.toString('latin1', 0, 80));

/** The empty line before the next separator is not the message's. */
const finish = (message: readonly Buffer[]): Buffer => {
  const last = message.at(-1)?.toString('latin1');
  return Buffer.concat(last === '\n' || last === '\r\n' ? message.slice(0, -1) : message);
};

/** Lines with their ends. */
async function* lines(path: string): AsyncGenerator<Buffer> {
  let pending: Buffer[] = [];
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(lf); end !== -1; end = chunk.indexOf(lf, start)) {
      const line = chunk.subarray(start, end + 1);
      yield pending.length === 0 ? line : Buffer.concat([...pending, line]);
      pending = [];
      start = end + 1;
    }
    if (start < chunk.length) pending.push(chunk.subarray(start));
  }
  if (pending.length > 0) yield Buffer.concat(pending);
}
