// The three tools that read messages, on a mailbox made for each test.
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPool } from '../../../src/mcp/jobs/worker-pool.ts';
import { handClock } from '../../support/hand-clock.ts';
import { type Answer, createToolWorld, mail, type ToolWorld, text } from './mails.ts';

const workers = createPool({ clock: handClock(), log: () => undefined });
afterAll(() => workers.close());

let world: ToolWorld;
beforeEach(async () => {
  world = await createToolWorld({ workers });
});
afterEach(() => world.close());

type Row = Record<string, unknown> & { id: string; body?: { text: string; totalChars: number; nextOffset?: number } };
const rowsOf = (structured: Record<string, unknown>): Row[] => structured.messages as Row[];
const fill = (count: number, content: (index: number) => string): string[] =>
  Array.from({ length: count }, (_, index) =>
    world.mailbox.importMessage(mail(`Mail ${index}`, [text(content(index))], index)),
  );
/** Neither form is longer than what Claude Code and others take of a result. */
const expectToFit = ({ blocks, structured }: Answer): void => {
  expect(Buffer.byteLength(blocks.map((block) => block.text ?? '').join(''))).toBeLessThan(62_000);
  expect(Buffer.byteLength(JSON.stringify(structured))).toBeLessThan(62_000);
};
const gets = () => world.sandbox.requests.filter(({ path }) => /\/messages\/[^/]+$/.test(path)).length;

describe('gmail_fetch_mails', () => {
  it('answers newest first with who wrote what to whom and when', async () => {
    const ids = fill(3, () => 'Hello');
    const { structured } = await world.ask('gmail_fetch_mails');
    expect(rowsOf(structured).map(({ id }) => id)).toEqual(ids.toReversed());
    expect(rowsOf(structured)[0]).toMatchObject({
      from: 'Robin Quill <robin@example.org>',
      to: ['alex@example.com'],
      subject: 'Mail 2',
      date: '2026-01-15T10:02:00.000Z',
      snippet: 'Hello',
    });
    expect(rowsOf(structured)[0]).not.toHaveProperty('body');
    expect(structured.failures).toEqual([]);
    expect(structured).not.toHaveProperty('resultSizeEstimate');
  });

  it('finds by query, label and page, each page once', async () => {
    const ids = fill(5, () => 'Hello');
    const seen: string[] = [];
    let page_token: unknown;
    do {
      const { structured } = await world.ask('gmail_fetch_mails', { query: 'mail', max_results: 2, page_token });
      seen.push(...rowsOf(structured).map(({ id }) => id));
      page_token = structured.nextPageToken;
    } while (page_token !== undefined);
    expect(seen).toEqual(ids.toReversed());
    const { structured } = await world.ask('gmail_fetch_mails', { query: 'subject:"Mail 3"', label_ids: 'INBOX' });
    expect(rowsOf(structured).map(({ id }) => id)).toEqual([ids[3]]);
  });

  it('costs one list and one request a message', async () => {
    fill(10, () => 'Hello');
    await world.ask('gmail_fetch_mails');
    expect(gets()).toBe(10);
    expect(world.sandbox.requests).toHaveLength(11);
  });

  it('names what could not be fetched, and never drops it', async () => {
    const [bad = ''] = fill(3, () => 'Hello');
    world.sandbox.fault({ path: new RegExp(`/messages/${bad}$`) }, { status: 404 });
    const { structured } = await world.ask('gmail_fetch_mails');
    expect(rowsOf(structured)).toHaveLength(2);
    expect(structured.failures).toEqual([{ id: bad, reason: 'There is no such message.' }]);
  });

  it('shows the first 2,000 characters of each readable body and where to go on', async () => {
    const body = 'é'.repeat(4500);
    const [id = ''] = fill(1, () => body);
    const { structured } = await world.ask('gmail_fetch_mails', { format: 'readable' });
    const listed = rowsOf(structured)[0]?.body;
    expect(listed).toEqual({ text: body.slice(0, 2000), totalChars: 4500, nextOffset: 2000 });
    const rest = await world.ask('gmail_get_message_by_id', { message_id: id, offset: listed?.nextOffset });
    expect((rest.structured as Row).body).toEqual({ text: body.slice(2000), totalChars: 4500 });
  });

  it.each(['readable', 'full'])(
    'fits what clients take of one result: as %s, later messages fall back to their row, and say how they are read',
    async (format) => {
      fill(60, (index) => `${index} `.repeat(9000));
      const answer = await world.ask('gmail_fetch_mails', { format, max_results: 60 });
      const rows = rowsOf(answer.structured);
      expectToFit(answer);
      const clipped = rows.map((row) => row.clipped === true);
      expect([clipped[0], clipped.at(-1)]).toEqual([false, true]);
      expect(clipped).toEqual(clipped.toSorted((a, b) => Number(a) - Number(b)));
      expect(rows).toHaveLength(60);
      expect(rows.at(-1)).toMatchObject({ subject: 'Mail 0', from: 'Robin Quill <robin@example.org>', clipped: true });
      expect(answer.structured.notes).toContainEqual(expect.stringContaining('gmail_get_message_by_id'));
      expect(answer.blocks[0]?.text).toContain('clipped: true');
    },
  );

  it('fits, whatever the messages are: long subjects, many recipients, parts within parts, messages that failed', async () => {
    const crowd = Array.from({ length: 300 }, (_, index) => `Person ${index} <p${index}@example.org>`).join(', ');
    const nest = (depth: number, source: string): string =>
      depth === 0
        ? source
        : nest(depth - 1, `--e${depth}\r\nContent-Type: multipart/mixed; boundary=e${depth - 1}\r\n\r\n${source}`);
    for (let index = 0; index < 50; index++) {
      const source = mail(`Mail ${'long '.repeat(150)}`, [text('a\n'.repeat(1000))], index % 60).toString();
      const deep = nest(40, '--e0\r\n\r\na\n\nb\n'.repeat(3));
      world.mailbox.importMessage(
        Buffer.from(
          index % 2 === 0
            ? source.replace('To: ', `Cc: ${crowd}\r\nTo: `)
            : source.replace(/Content-Type: [\s\S]*/, `Content-Type: multipart/mixed; boundary=e40\r\n\r\n${deep}`),
        ),
      );
    }
    for (const format of ['metadata', 'readable', 'full']) {
      const answer = await world.ask('gmail_fetch_mails', { format, max_results: 100 });
      expectToFit(answer);
      expect(rowsOf(answer.structured)).toHaveLength(50);
    }
    world.sandbox.fault({ path: /\/messages\/\w+$/, times: 40 }, { status: 404 });
    const answer = await world.ask('gmail_fetch_mails', { max_results: 100 });
    expectToFit(answer);
    expect(answer.structured.failures).toHaveLength(40);
  });

  it('says what is wrong with a page token that Google did not give', async () => {
    const { structured } = await world.ask('gmail_fetch_mails', { page_token: 'invented' });
    expect(structured.problem).toMatchObject({ kind: 'page_token_invalid' });
  });
});

describe('gmail_get_message_by_id', () => {
  it('gives the whole text in pages, none of it twice and none of it lost', async () => {
    const body = Array.from({ length: 500 }, (_, line) => `Line ${line} 🙂`).join('\n');
    const [message_id] = fill(1, () => body);
    let read = '';
    let offset: number | undefined = 0;
    while (offset !== undefined) {
      const { structured } = await world.ask('gmail_get_message_by_id', { message_id, max_chars: 999, offset });
      const page = (structured as Row).body;
      read += page?.text ?? '';
      offset = page?.nextOffset;
    }
    expect(read).toBe(body);
  });

  it('gives the source itself as raw', async () => {
    const source = mail('Source', [text('Hello')]);
    const message_id = world.mailbox.importMessage(source);
    const { structured } = await world.ask('gmail_get_message_by_id', { message_id, format: 'raw' });
    expect(Buffer.from(String(structured.raw), 'base64url')).toEqual(source);
  });

  it('gives every part with its headers, texts decoded, as full', async () => {
    const message_id = world.mailbox.importMessage(
      mail('Parts', [
        text('Grüße'),
        { type: 'application/pdf; name=a.pdf', content: 'PDF', disposition: 'attachment; filename=a.pdf' },
      ]),
    );
    const { structured } = await world.ask('gmail_get_message_by_id', { message_id, format: 'full' });
    expect(structured.payload).toMatchObject({
      mimeType: 'multipart/mixed',
      parts: [
        { partId: '0', body: { data: 'Grüße', totalChars: 5 } },
        { partId: '1', filename: 'a.pdf', body: { attachmentId: '1', size: 3 } },
      ],
    });
  });

  it('shortens a page that would make the result larger than 1 MB, and says where to go on', async () => {
    const [message_id] = fill(1, () => '✓'.repeat(400_000));
    const answer = await world.ask('gmail_get_message_by_id', { message_id, max_chars: 1_000_000 });
    const { body } = answer.structured as Row;
    expect(answer.bytes).toBeLessThan(1_000_000);
    expect(body?.totalChars).toBe(400_000);
    expect(body?.nextOffset).toBe([...(body?.text ?? '')].length);
  });

  it.each(['..', '../../drafts', 'a?format=full', 'a b', '%2e%2e'])(
    'refuses the id %s without asking Google',
    async (id) => {
      const { structured } = await world.ask('gmail_get_message_by_id', { message_id: id });
      expect(structured.problem).toMatchObject({
        kind: 'invalid_input',
        message: expect.stringContaining('message_id'),
      });
      expect(world.sandbox.requests).toEqual([]);
    },
  );

  it('shows the same in its text as in its structure, every line of the mail indented', async () => {
    const [message_id] = fill(1, () => 'First\nsubject: not the subject');
    const { structured, blocks } = await world.ask('gmail_get_message_by_id', { message_id });
    expect((structured as Row).body?.text).toBe('First\nsubject: not the subject');
    expect(blocks[0]?.text).toContain('\nsubject: Mail 0\n');
    expect(blocks[0]?.text).toContain('\n    First\n    subject: not the subject\n');
  });
});

describe('gmail_get_message_by_id with format links', () => {
  const html = (content: string) => ({ type: 'text/html; charset=utf-8', content });
  const url = (item: number) => `https://click.example.com/${item}?e=${'ab12'.repeat(90)}`;
  const links = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => `<p><a href="${url(from + index)}">Item ${from + index}</a>`).join(
      '',
    );
  const read = async (input: Record<string, unknown>) =>
    (await world.ask('gmail_get_message_by_id', input)).structured as Row & {
      links: { number: number; text: string; url: string; host: string }[];
      totalLinks: number;
      nextOffset?: number;
    };

  it('lists every link whole under the number it has on any page of the text', async () => {
    const message_id = world.mailbox.importMessage(mail('News', [html(links(1, 301))]));
    const seen: { number: number; text: string; url: string; host: string }[] = [];
    for (let offset: number | undefined = 0; offset !== undefined; ) {
      const page = await read({ message_id, format: 'links', offset });
      expect(page.totalLinks).toBe(300);
      expect(Buffer.byteLength(JSON.stringify(page.links))).toBeLessThan(30_000);
      seen.push(...page.links);
      offset = page.nextOffset;
    }
    expect(seen.map(({ number }) => number)).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
    let numbered = 0;
    for (let offset: number | undefined = 0; offset !== undefined; ) {
      const { body } = await read({ message_id, offset, max_chars: 3_000 });
      for (const [, item, number] of body?.text.matchAll(/Item (\d+) \[link (\d+): click\.example\.com\]/g) ?? []) {
        expect(seen[Number(number) - 1]).toEqual({
          number: Number(number),
          text: `Item ${item}`,
          url: url(Number(item)),
          host: 'click.example.com',
        });
        numbered += 1;
      }
      offset = body?.nextOffset;
    }
    expect(numbered).toBe(300);
  });

  it('begins behind as many links as offset says, and gives one whole however small the page', async () => {
    const message_id = world.mailbox.importMessage(mail('News', [html(links(1, 9))]));
    const page = await read({ message_id, format: 'links', offset: 6, max_chars: 1 });
    expect(page.links).toEqual([{ number: 7, text: 'Item 7', url: url(7), host: 'click.example.com' }]);
    expect(page.nextOffset).toBe(7);
    expect((await read({ message_id, format: 'links', offset: 99 })).links).toEqual([]);
  });

  it('numbers on through the texts of a message, and tells a list where to resolve them', async () => {
    world.mailbox.importMessage(mail('Two', [html(links(1, 13)), text(`See ${url(13)} and https://example.com/`)]));
    const { structured } = await world.ask('gmail_fetch_mails', { format: 'readable' });
    const [row] = rowsOf(structured);
    expect(row?.body?.text).toContain('See [link 13: click.example.com] and https://example.com/');
    expect(row?.body).toMatchObject({
      linksNote: expect.stringContaining('format "links" of gmail_get_message_by_id'),
    });
    const { links: listed } = await read({ message_id: row?.id, format: 'links' });
    expect(listed.map((link) => link.url)).toEqual([
      ...Array.from({ length: 13 }, (_, index) => url(index + 1)),
      'https://example.com/',
    ]);
  });

  it('says of a link what its text claims, what a redirector carries, and lists none that is hidden', async () => {
    const wrapped = 'https://www.google.com/url?q=https%3A%2F%2Fexample.com%2Fa';
    const message_id = world.mailbox.importMessage(
      mail('Links', [
        html(
          `<a href="https://evil.test/">bank.example</a> <a href="${wrapped}">More</a>` +
            '<p style="display:none"><a href="https://hidden.example/">x</a></p>',
        ),
      ]),
    );
    const { links: listed, removed } = await read({ message_id, format: 'links' });
    expect(listed).toEqual([
      { number: 1, text: 'bank.example', url: 'https://evil.test/', host: 'evil.test', textNames: 'bank.example' },
      { number: 2, text: 'More', url: wrapped, host: 'example.com', leadsTo: 'https://example.com/a' },
    ]);
    expect(removed).toEqual({ hiddenElements: 1, invisibleCharacters: 0 });
  });

  it('names a URL that is longer than any program takes by its length', async () => {
    const message_id = world.mailbox.importMessage(
      mail('Long', [html(`<a href="https://example.com/${'a'.repeat(200_000)}">x</a>`)]),
    );
    expect((await read({ message_id, format: 'links' })).links).toEqual([
      { number: 1, text: 'x', tooLong: 200_020, host: 'example.com' },
    ]);
  });
});

describe('gmail_list_drafts', () => {
  it('lists drafts with their id and the message they are', async () => {
    const id = world.mailbox.createDraft(mail('Not sent yet', [text('Dear')]));
    const { structured } = await world.ask('gmail_list_drafts');
    expect(structured.drafts).toEqual([{ id, message: expect.objectContaining({ subject: 'Not sent yet' }) }]);
    expect(structured.failures).toEqual([]);
  });

  it('fits what clients take of one result', async () => {
    for (let index = 0; index < 100; index++) world.mailbox.createDraft(mail('long '.repeat(300), [text('Dear')]));
    const answer = await world.ask('gmail_list_drafts', { max_results: 100 });
    expectToFit(answer);
    expect(answer.structured.drafts).toHaveLength(100);
    expect(answer.structured.notes).toContainEqual(expect.stringContaining('clipped'));
  });
});

describe('HTML', () => {
  const html = (content: string) => ({ type: 'text/html; charset=utf-8', content });

  it('that is hidden from a person is not told by the snippet either', async () => {
    const id = world.mailbox.importMessage(
      mail('News', [
        html('<div style="display:none">SECRET</div><p>Good <a href="https://example.com/x">news</a></p>'),
      ]),
    );
    const { structured, blocks } = await world.ask('gmail_get_message_by_id', { message_id: id });
    expect(structured).toMatchObject({ snippet: 'Good news <https://example.com/x>', removed: { hiddenElements: 1 } });
    expect(blocks[0]?.text).not.toContain('SECRET');
  });

  it('of which there is much does not hold up a call that comes after it', async () => {
    const large = world.mailbox.importMessage(mail('Large', [html('<p>Some words</p>'.repeat(20_000))], 1));
    const small = world.mailbox.importMessage(mail('Small', [text('Hello')], 2));
    const answered: string[] = [];
    const read = async (message_id: string) => {
      const { structured } = await world.ask('gmail_get_message_by_id', { message_id });
      answered.push(String(structured.subject));
      return structured;
    };
    const [answer] = await Promise.all([read(large), read(small)]);
    expect(answered).toEqual(['Small', 'Large']);
    expect(answer).toMatchObject({ body: { totalChars: 20_000 * 12 - 2 } });
  });

  it('of more tags than are read says in its text and beside it that this is not all', async () => {
    const id = world.mailbox.importMessage(mail('Endless', [html(`Begin${'<br>'.repeat(100_001)}end`)]));
    const { structured, blocks } = await world.ask('gmail_get_message_by_id', { message_id: id });
    expect(structured).toMatchObject({
      body: { truncated: true, text: expect.stringContaining('too long to be read') },
    });
    expect(blocks[0]?.text).toContain('truncated: true');
  });
});
