// The people a sandbox starts with: sample mail and contacts, or the reader's own mail files.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { handClock } from '../src/hand-clock.ts';
import { populate } from '../src/populate.ts';
import { createSandbox } from '../src/sandbox.ts';

const emptySandbox = () => {
  const clock = handClock();
  return { clock, sandbox: createSandbox({ clock }) };
};

describe('the people of the sandbox', () => {
  it('are one in a Workspace domain and one with a consumer account, both with mail and contacts', async () => {
    const { sandbox } = emptySandbox();
    const people = await populate(sandbox);
    expect(people.map(({ email }) => email)).toEqual(['alex@example.com', 'robin@example.org']);
    const [alex, robin] = people.map(({ email }) => sandbox.account(email));
    expect(alex?.mailbox.size).toBeGreaterThanOrEqual(36);
    expect(alex?.contacts.all.length).toBeGreaterThanOrEqual(10);
    expect(alex?.contacts.directoryEntries?.length).toBeGreaterThan(0);
    expect(robin?.mailbox.size).toBeGreaterThan(0);
    expect(robin?.contacts.directoryEntries).toBeUndefined();
  });

  it('are the same in every run', async () => {
    const snapshot = async () => {
      const { sandbox } = emptySandbox();
      await populate(sandbox);
      const { sub, mailbox, contacts } = sandbox.account('alex@example.com');
      return { sub, ids: mailbox.newestFirst().map(({ id }) => id), people: contacts.all };
    };
    expect(await snapshot()).toEqual(await snapshot());
  });
});

describe('the reader’s own mail', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sandbox-mail-'));
    const takeout = [
      'From 1@xxx Thu Jan 15 10:00:00 +0000 2026',
      'X-Gmail-Labels: Inbox,Unread,Choir',
      'From: Ida <ida@example.org>',
      'Subject: Rehearsal',
      '',
      'Seven o’clock.',
      '',
      'From 2@xxx Thu Jan 15 11:00:00 +0000 2026',
      'X-Gmail-Labels: Drafts',
      'Subject: Not sent yet',
      '',
      'Hello',
      '',
    ];
    await writeFile(join(folder, 'takeout.mbox'), takeout.join('\n'));
    await writeFile(join(folder, 'one.eml'), 'From: Ida <ida@example.org>\r\nSubject: Alone\r\n\r\nHello\r\n');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('takes the place of the first person’s sample mail, with its labels and drafts', async () => {
    const { sandbox } = emptySandbox();
    await populate(sandbox, { mailboxPaths: [join(folder, 'takeout.mbox'), join(folder, 'one.eml')] });
    const { mailbox } = sandbox.account('alex@example.com');
    const nameOf = (id: string) => mailbox.labels.userLabelName(id) ?? id;
    const labels = mailbox.newestFirst().map(({ labelIds }) => [...labelIds].map(nameOf));
    expect(labels.map((names) => names.sort().join(' ')).sort()).toEqual(['Choir INBOX UNREAD', 'DRAFT', 'INBOX']);
    expect(mailbox.drafts()).toHaveLength(1);
    expect(sandbox.account('robin@example.org').mailbox.size).toBeGreaterThan(1);
  });

  it('that cannot be read is named', async () => {
    const { sandbox } = emptySandbox();
    const path = join(folder, 'missing.mbox');
    await expect(populate(sandbox, { mailboxPaths: [path] })).rejects.toThrow('missing.mbox');
  });
});
