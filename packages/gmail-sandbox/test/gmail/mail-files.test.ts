import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readMailFiles } from '../../src/gmail/mail-files.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-mail-'));
});
afterEach(() => rm(folder, { recursive: true }));

const save = async (name: string, content: string): Promise<string> => {
  const path = join(folder, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, content, 'latin1');
  return path;
};
const text = (raw: Uint8Array) => Buffer.from(raw).toString('latin1');

const takeout = [
  'From 1834567890123456789@xxx Mon Jan 06 10:00:00 +0000 2025',
  'X-GM-THRID: 1834567890123456789',
  'X-Gmail-Labels: Inbox,Unread,Important,"Trips, far",Category',
  ' Updates',
  'Subject: one',
  '',
  '>From the hills',
  '>>From twice quoted',
  '> From is quoted by nobody',
  'Fromage',
  '',
  'From 1834567890123456790@xxx Mon Jan 06 11:00:00 +0000 2025',
  'X-Gmail-Labels: Sent,Opened,Archived',
  'Subject: two',
  '',
  'last line',
  '',
].join('\r\n');

describe('Mail files', () => {
  it('of a Google Takeout come out as they were received, with their labels', async () => {
    const path = await save('All mail.mbox', takeout);
    const messages = await readMailFiles([path]);
    expect(messages.map(({ raw, ...rest }) => ({ ...rest, raw: text(raw) }))).toEqual([
      {
        raw: 'Subject: one\r\n\r\nFrom the hills\r\n>From twice quoted\r\n> From is quoted by nobody\r\nFromage\r\n',
        labels: ['INBOX', 'IMPORTANT', 'Trips, far', 'CATEGORY_UPDATES'],
        unread: true,
        source: `${path}#1`,
      },
      { raw: 'Subject: two\r\n\r\nlast line\r\n', labels: ['SENT'], unread: false, source: `${path}#2` },
    ]);
  });

  it('in a folder are found at any depth, in the order of their names', async () => {
    await save('b.eml', 'Subject: b\n\n');
    await save('a/z.eml', 'Subject: z\n\n');
    await save('notes.txt', 'no mail');
    const messages = await readMailFiles([folder]);
    expect(messages.map(({ raw }) => text(raw))).toEqual(['Subject: z\n\n', 'Subject: b\n\n']);
    expect(messages[0]).toMatchObject({ labels: ['INBOX'], unread: false });
  });

  it('are read in pieces: a line may end beyond the piece it began in', async () => {
    const long = 'y'.repeat(1_500_000);
    const path = await save('big.mbox', `From a\nSubject: 1\n\n${long}\n${long}\n\nFrom b\nSubject: 2\n\nend\n`);
    const messages = await readMailFiles([path]);
    expect(messages.map(({ raw }) => raw.length)).toEqual([12 + 2 * 1_500_001, 16]);
  });

  it.each([
    ['missing.eml', undefined, /missing\.eml does not exist: check the spelling/],
    ['mail.zip', 'PK', /mail\.zip is neither \.eml nor \.mbox.*unpack it/],
    ['wrong.mbox', 'Subject: no separator\n\n', /wrong\.mbox is no mbox file.*name it \.eml/],
    ['empty.mbox', '', /empty\.mbox holds no mail/],
  ])('that cannot be used are named with what to do: %s', async (name, content, message) => {
    const path = content === undefined ? join(folder, name) : await save(name, content);
    await expect(readMailFiles([path])).rejects.toThrow(message);
  });
});
