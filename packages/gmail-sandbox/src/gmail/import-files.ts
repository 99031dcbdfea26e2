// The reader's own mail from disk: `.eml`, folders of them, `.mbox` as Google Takeout writes it.
// Knows nothing of mailboxes: it gives bytes and labels.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { splitMbox } from './mbox.ts';
import { takeLabels } from './takeout-labels.ts';

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
 * @throws Error that names the file and what to do about it
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
      throw new Error(`${path} holds no mail: give an .eml file, an .mbox file, or a folder that contains some.`);
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
    throw new Error(`${path} ${reason}.`);
  });
  if (info.isDirectory()) {
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && isMailFile(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  }
  if (isMailFile(path)) return [path];
  throw new Error(
    `${path} is neither .eml nor .mbox: rename it if it is one of them, or unpack it first (a Takeout comes as .zip or .tgz).`,
  );
};

const readMbox = async (file: string, into: MailFileMessage[]): Promise<void> => {
  let number = 0;
  for await (const raw of splitMbox(file)) into.push({ ...takeLabels(raw), source: `${file}#${++number}` });
};
