// gmail_get_attachment_by_id: the right form for each attachment, and always the same bytes.

import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { item, itemContent, outlook, file as outlookFile, winmail } from '../../../packages/mail-text/test/outlook.ts';
import { type AttachmentFile, attachmentsToFolder } from '../../../src/mcp/deliver-attachment.ts';
import { createPool } from '../../../src/mcp/jobs/worker-pool.ts';
import { asBase64, maxInlineBytes } from '../../../src/mcp/tools/attachment-forms.ts';
import { handClock } from '../../support/hand-clock.ts';
import { type Answer, createToolWorld, mail, type Part, type ToolWorld, text } from './mails.ts';

const workers = createPool({ clock: handClock(), log: () => undefined });
afterAll(() => workers.close());

let world: ToolWorld;
beforeEach(async () => {
  world = await createToolWorld({ env: { POSTERN_INLINE_LIMIT: '200000' }, workers });
});
afterEach(() => world.close());

const file = (type: string, name: string, content: string | Uint8Array): Part => ({
  type: `${type}; name="${name}"`,
  content,
  disposition: `attachment; filename="${name}"`,
});
/** The message's id; the attachment is part `1`. */
const withAttachment = (part: Part): string =>
  world.mailbox.importMessage(mail('A file', [text('See the file.'), part]));
const get = (message_id: string, more: Record<string, unknown> = {}): Promise<Answer> =>
  world.ask('gmail_get_attachment_by_id', { message_id, attachment_id: '1', ...more });
/** The JSON block that comes with every attachment. */
const factsOf = ({ blocks }: Answer): Record<string, unknown> =>
  JSON.parse(blocks[0]?.text ?? '') as Record<string, unknown>;
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('By itself', () => {
  it('an image comes as an image, without structured content that would hide it', async () => {
    const pixels = randomBytes(3000);
    const answer = await get(withAttachment(file('image/png', 'plan.png', pixels)));
    expect(factsOf(answer)).toMatchObject({ fileName: 'plan.png', mimeType: 'image/png', size: 3000 });
    expect(answer.blocks[1]).toMatchObject({ type: 'image', mimeType: 'image/png', data: pixels.toString('base64') });
    expect(answer.structured).toEqual({});
  });

  it('text comes as text in its own charset, in pages, inside the fence', async () => {
    const id = withAttachment(
      file('text/csv; charset=iso-8859-1', 'list.csv', Buffer.from('Größe;1\n'.repeat(100), 'latin1')),
    );
    const first = await get(id, { max_chars: 500 });
    expect(factsOf(first)).toMatchObject({ fileName: 'list.csv', size: 800, totalChars: 800, nextOffset: 500 });
    expect(first.blocks[1]?.text).toMatch(/^.+\n<<<outside \w+>>>\nGröße;1\n[\s\S]+\n<<<end \w+>>>$/);
    const second = await get(id, { offset: first.structured.nextOffset });
    expect(String(first.structured.text) + String(second.structured.text)).toBe('Größe;1\n'.repeat(100));
    expect(second.structured).not.toHaveProperty('nextOffset');
  });

  it('a small file comes as base64, a larger one as a link', async () => {
    const small = await get(withAttachment(file('application/zip', 'a.zip', randomBytes(64 * 1024))));
    expect(Buffer.from(String(small.structured.data), 'base64')).toHaveLength(64 * 1024);
    const large = await get(withAttachment(file('application/zip', 'b.zip', randomBytes(64 * 1024 + 1))));
    expect(large.structured).not.toHaveProperty('data');
    expect(large.structured.url).toMatch(/^https:\/\/postern\.test\/downloads\/[\w-]{43}$/);
    expect(factsOf(large)).toMatchObject({ url: large.structured.url, size: 64 * 1024 + 1 });
  });

  it('an image above 1 MB comes as a link', async () => {
    const answer = await get(withAttachment(file('image/jpeg', 'big.jpg', randomBytes(1024 * 1024 + 1))));
    expect(answer.blocks.map(({ type }) => type)).toEqual(['text']);
    expect(answer.structured.url).toBeDefined();
  });
});

describe('On request', () => {
  it('inline gives the bytes as base64, to clients that read only text and to those that read only structured content', async () => {
    const bytes = randomBytes(150_001);
    const answer = await get(withAttachment(file('application/pdf', 'a.pdf', bytes)), { delivery: 'inline' });
    for (const data of [answer.structured.data, factsOf(answer).data])
      expect(digest(Buffer.from(String(data), 'base64'))).toBe(digest(bytes));
  });

  it('inline gives more than 1 MB once, where every client looks: as text, without structured content', async () => {
    const large = await createToolWorld({ env: { POSTERN_INLINE_LIMIT: '2000000' } });
    const bytes = randomBytes(1024 * 1024 + 1);
    const message_id = large.mailbox.importMessage(
      mail('A file', [text('.'), file('application/pdf', 'a.pdf', bytes)]),
    );
    const args = { message_id, attachment_id: '1', delivery: 'inline' };
    const answer = await large.ask('gmail_get_attachment_by_id', args);
    expect(digest(Buffer.from(String(factsOf(answer).data), 'base64'))).toBe(digest(bytes));
    expect(answer.structured).toEqual({});
    expect(answer.bytes).toBeLessThan(bytes.length * 1.34);
    await large.close();
  });

  it('inline over a pipe stays below the 10 MiB at which the clients of the SDK end the connection', () => {
    const most = maxInlineBytes('stdio', 25_000_000);
    const { facts, structured } = asBase64(
      { fileName: 'a'.repeat(200), mimeType: 'application/zip', size: most },
      new Uint8Array(most),
    );
    expect(JSON.stringify({ facts, structured }).length).toBeLessThan(10 * 1024 * 1024 - 64 * 1024);
    expect(maxInlineBytes('stdio', 1000)).toBe(1000);
    expect(maxInlineBytes('http', 25_000_000)).toBe(25_000_000);
  });

  it('inline above the operator’s limit says so and what to use instead', async () => {
    const answer = await get(withAttachment(file('application/pdf', 'a.pdf', randomBytes(200_001))), {
      delivery: 'inline',
    });
    expect(answer.isError).toBe(true);
    expect(answer.structured.problem).toMatchObject({
      kind: 'too_large',
      message: 'The attachment is larger than 200000 bytes.',
      next: 'Use delivery "link" to get a download URL.',
    });
  });

  it('link gives a URL that serves the same bytes once, under the safe name', async () => {
    const bytes = randomBytes(10_000);
    const id = withAttachment(file('application/pdf', 'a.pdf', bytes));
    const answer = await get(id, { delivery: 'link', file_name: '../../etc/report.pdf' });
    expect(answer.structured).toMatchObject({ fileName: 'report.pdf', expiresAt: expect.stringMatching(/Z$/) });
    const path = new URL(String(answer.structured.url)).pathname;
    const download = await world.http(path);
    expect(download.headers.get('content-disposition')).toContain('report.pdf');
    expect(digest(new Uint8Array(await download.arrayBuffer()))).toBe(digest(bytes));
    expect((await world.http(path)).status).toBe(404);
  });
});

describe('Which attachment is meant', () => {
  it('is said by the part id, by root for a message that is one file, or by Gmail’s own id of any answer', async () => {
    const bytes = randomBytes(500);
    const whole = world.mailbox.importMessage(mail('Only a file', [file('application/pdf', 'a.pdf', bytes)]));
    const root = await get(whole, { attachment_id: 'root' });
    expect(Buffer.from(String(root.structured.data), 'base64')).toEqual(bytes);

    const id = withAttachment(file('application/pdf', 'b.pdf', bytes));
    const { sandbox } = world;
    const account = sandbox.account('alex@example.com');
    const gmailsOwn = account.mailbox.attachmentIds.issue({ messageId: id, partId: '1' }, true);
    const byOldId = await get(id, { attachment_id: gmailsOwn });
    expect(byOldId.structured).toMatchObject({ fileName: 'b.pdf', mimeType: 'application/pdf' });
    expect(Buffer.from(String(byOldId.structured.data), 'base64')).toEqual(bytes);
  });

  it('may be a file inside a winmail.dat, which has an id like every other', async () => {
    const id = withAttachment(file('application/ms-tnef', 'winmail.dat', outlook));
    const { structured } = await world.ask('gmail_get_message_by_id', { message_id: id });
    expect(structured.attachments).toMatchObject([
      { attachmentId: '1' },
      { attachmentId: '1:0' },
      { attachmentId: '1:1' },
    ]);
    const first = await get(id, { attachment_id: '1:0' });
    expect(first.structured).toMatchObject({ fileName: 'Liste für März.csv', mimeType: 'text/csv', text: 'a;b' });
    const link = await get(id, { attachment_id: '1:1', delivery: 'link' });
    const download = await world.http(new URL(String(link.structured.url)).pathname);
    expect(await download.text()).toBe('%PDF');
    expect((await get(id, { attachment_id: '1:2' })).structured.problem).toMatchObject({ kind: 'not_found' });
  });

  it('may be an Outlook item inside a winmail.dat, or a file attached to that', async () => {
    const minutes = itemContent('Minutes', 'We agreed.', ...outlookFile('plan.pdf', '%PDF'));
    const id = withAttachment(file('application/ms-tnef', 'winmail.dat', winmail(...item('Minutes', minutes))));
    const { structured } = await world.ask('gmail_get_message_by_id', { message_id: id });
    expect((structured.attachments as { attachmentId: string }[]).map(({ attachmentId }) => attachmentId)).toEqual([
      ...['1', '1:0', '1:0:0'],
    ]);
    expect((await get(id, { attachment_id: '1:0' })).structured).toMatchObject({
      fileName: 'Minutes.txt',
      text: expect.stringMatching(/We agreed\.$/),
    });
    const plan = await get(id, { attachment_id: '1:0:0' });
    expect(Buffer.from(String(plan.structured.data), 'base64').toString()).toBe('%PDF');
  });

  it('is an error, in every form, where the winmail.dat ends within it', async () => {
    const cut = winmail(...outlookFile('plan.pdf', 'x'.repeat(500))).subarray(0, -200);
    const id = withAttachment(file('application/ms-tnef', 'winmail.dat', cut));
    for (const delivery of ['auto', 'inline', 'link'])
      expect((await get(id, { attachment_id: '1:0', delivery })).structured.problem).toMatchObject({
        kind: 'attachment_cut',
      });
  });

  it('must exist in the message; who names another is told which there are', async () => {
    const id = withAttachment(file('application/pdf', 'a.pdf', 'PDF'));
    for (const attachment_id of ['7', '1.1', 'ANGjdJ8notone'])
      expect((await get(id, { attachment_id })).structured.problem).toMatchObject({
        kind: 'not_found',
        next: 'There are: 1.',
      });
    const inside = withAttachment(file('application/ms-tnef', 'winmail.dat', outlook));
    expect((await get(inside, { attachment_id: '1:2' })).structured.problem).toMatchObject({
      next: 'There are: 1:0, 1:1.',
    });
    const without = world.mailbox.importMessage(mail('No file', [text('Nothing attached.')]));
    expect((await get(without)).structured.problem).toMatchObject({ next: 'There is no attachment here at all.' });
  });

  it('may be named by a number', async () => {
    const id = withAttachment(file('application/pdf', 'a.pdf', 'PDF'));
    expect((await get(id, { attachment_id: 1 })).structured).toMatchObject({ fileName: 'a.pdf', size: 3 });
  });

  it('is told in our own terms where an id is none at all', async () => {
    const id = withAttachment(file('application/pdf', 'a.pdf', 'PDF'));
    for (const attachment_id of ['../1', 'a.pdf', '1 2'])
      expect((await get(id, { attachment_id })).structured.problem).toMatchObject({
        kind: 'invalid_input',
        message: expect.stringMatching(/^attachment_id must be an attachmentId of the message: a part such as "1"/),
      });
  });
});

describe('Bytes that Google announces and does not give', () => {
  const withAnswer = async (body: object, part = file('application/pdf', 'a.pdf', 'PDF!')) => {
    const id = withAttachment(part);
    world.sandbox.fault({ path: /\/attachments\// }, { status: 200, body });
    return id;
  };
  /** Until the last try has failed. */
  const settled = async <T>(promise: Promise<T>): Promise<T> => {
    let done = false;
    void promise.finally(() => {
      done = true;
    });
    while (!done) await world.clock.advance(1000);
    return promise;
  };

  it.each([{ size: 4 }, { size: 4, data: 'AAA=' }, {}])('are an error in every form: %j', async (body) => {
    for (const delivery of ['auto', 'inline']) {
      const answer = await settled(get(await withAnswer(body), { delivery }));
      expect(answer.structured.problem).toMatchObject({ kind: 'google_unavailable' });
    }
    const linked = await get(await withAnswer(body), { delivery: 'link' });
    const download = await settled(world.http(new URL(String(linked.structured.url)).pathname));
    expect(download.status).toBe(503);
  });

  it('are an error too where the message itself has them', async () => {
    const id = world.mailbox.importMessage(mail('A file', [text('.')]));
    const body = { mimeType: 'image/png', partId: '', headers: [], body: { size: 4, data: 'AAA=' } };
    world.sandbox.fault({ path: /\/messages\/\w+$/ }, { status: 200, body: { id, payload: body } });
    const answer = await get(id, { attachment_id: 'root' });
    expect(answer.structured.problem).toMatchObject({ kind: 'google_unavailable' });
  });
});

describe('The download folder of a desktop client', () => {
  let folder: string;
  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'postern-')), 'downloads');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const writing =
    (content: string): AttachmentFile['writeTo'] =>
    (take) =>
      take(
        (async function* () {
          yield Buffer.from(content);
        })(),
      );
  const facts = { messageId: 'm', partId: '1', mimeType: 'application/pdf', size: 3, grantVersion: 1 };

  it('gets a file that only its owner can read, and never loses one of the same name', async () => {
    const deliver = attachmentsToFolder(folder);
    const paths: string[] = [];
    for (const content of ['one', 'two', 'six']) {
      const delivered = await deliver({ ...facts, fileName: 'a.pdf', writeTo: writing(content) });
      if (delivered.kind === 'file') paths.push(delivered.path);
    }
    expect(paths).toEqual(['a.pdf', 'a (2).pdf', 'a (3).pdf'].map((name) => join(folder, name)));
    expect(await readFile(paths[1] ?? '', 'utf8')).toBe('two');
    expect((await stat(paths[0] ?? '')).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it('gets nothing when the bytes cannot be fetched', async () => {
    const deliver = attachmentsToFolder(folder);
    const writeTo = () => Promise.reject(new Error('gone'));
    await expect(deliver({ ...facts, fileName: 'a.pdf', writeTo })).rejects.toThrow('gone');
    await expect(readdir(folder)).rejects.toThrow('ENOENT');
  });
});
