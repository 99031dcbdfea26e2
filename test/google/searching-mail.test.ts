import { describe, expect, test } from 'vitest';
import { bytesOf, contents, draftContents, fillMailbox, readingWorld, rfc822 } from './reading-world.ts';

const everything = { includeSpamTrash: false, maxResults: 10 };

describe('searching mail', () => {
  test('one list request and one request per message, in the order Google lists them', async () => {
    const world = await readingWorld();
    const ids = fillMailbox(world, 12);
    const found = await world.google.gmail.searchMessages(everything, 'metadata', contents);
    expect(found).toMatchObject({ ok: true, value: { failures: [], nextPageToken: expect.any(String) } });
    if (!found.ok) return;
    expect(found.value.items.map(({ id }) => id)).toEqual(ids.slice(0, 10));
    expect(world.arrived()).toHaveLength(11);
  });

  test('the next page continues where the first one ended', async () => {
    const world = await readingWorld();
    const ids = fillMailbox(world, 12);
    const first = await world.google.gmail.searchMessages(everything, 'minimal', contents);
    const pageToken = first.ok ? first.value.nextPageToken : undefined;
    const second = await world.google.gmail.searchMessages(
      { ...everything, pageToken: pageToken ?? '' },
      'minimal',
      contents,
    );
    expect(second.ok && second.value.items.map(({ id }) => id)).toEqual(ids.slice(10));
    expect(second.ok && 'nextPageToken' in second.value).toBe(false);
  });

  test('requests only the fields that a row shows', async () => {
    const world = await readingWorld();
    fillMailbox(world, 1);
    const found = await world.google.gmail.searchMessages(everything, 'metadata', contents);
    const [, get] = world.arrived();
    expect(get?.query.get('format')).toBe('metadata');
    expect(get?.query.getAll('metadataHeaders')).toEqual(['From', 'To', 'Cc', 'Subject', 'Date']);
    const [message] = found.ok ? found.value.items : [];
    expect(Object.keys(message ?? {}).sort()).toEqual([
      'id',
      'internalDate',
      'labelIds',
      'payload',
      'snippet',
      'threadId',
    ]);
    expect(message?.payload?.headers?.map(({ name }) => name)).toEqual(['From', 'To', 'Subject']);
  });

  test('never more than ten requests of one account are in flight, also from two calls at once', async () => {
    const world = await readingWorld();
    fillMailbox(world, 25);
    world.sandbox.setLatency(50);
    const query = { ...everything, maxResults: 25 };
    const both = Promise.all([
      world.call().gmail.searchMessages(query, 'metadata', contents),
      world.call().gmail.searchMessages(query, 'metadata', contents),
    ]);
    const [one, two] = await world.settled(both);
    expect(one.ok && one.value.items).toHaveLength(25);
    expect(two.ok && two.value.items).toHaveLength(25);
    expect(world.sandbox.maxInFlight('alex@example.com')).toBe(10);
  });

  test('a search of ten takes two round trips', async () => {
    const world = await readingWorld();
    fillMailbox(world, 10);
    world.sandbox.setLatency(50);
    const start = world.clock.now();
    let finished = 0;
    const search = world.google.gmail.searchMessages(everything, 'metadata', contents).then(() => {
      finished = world.clock.now();
    });
    await world.settled(search);
    expect(finished - start).toBe(100);
  });

  test('a message that cannot be fetched is named, and the others come', async () => {
    const world = await readingWorld();
    const ids = fillMailbox(world, 3);
    world.sandbox.fault({ path: `/gmail/v1/users/me/messages/${ids[1]}` }, { status: 404 });
    const found = await world.google.gmail.searchMessages(everything, 'metadata', contents);
    expect(found).toMatchObject({
      ok: true,
      value: {
        items: [{ id: ids[0] }, { id: ids[2] }],
        failures: [{ id: ids[1], problem: { kind: 'not_found', what: 'message' } }],
      },
    });
  });

  test('an empty mailbox is an empty answer', async () => {
    const world = await readingWorld();
    expect(await world.google.gmail.searchMessages(everything, 'full', contents)).toEqual({
      ok: true,
      value: { items: [], failures: [] },
    });
  });

  test('a page token that Google does not know is refused as such', async () => {
    const world = await readingWorld();
    fillMailbox(world, 1);
    const found = await world.google.gmail.searchMessages(
      { ...everything, pageToken: 'nonsense' },
      'metadata',
      contents,
    );
    expect(found).toEqual({ ok: false, problem: { kind: 'page_token_invalid' } });
  });
});

describe('reading one thing', () => {
  test('a message, whole and as its source', async () => {
    const world = await readingWorld();
    const [id = ''] = fillMailbox(world, 1);
    const full = await world.google.gmail.message(id, 'full', contents);
    expect(full.ok && full.value.payload?.mimeType).toBe('text/plain');
    const raw = await world.google.gmail.source(id, { offset: 0, maxChars: 10_000 });
    const source = raw.ok ? Buffer.from(raw.value.text, 'base64url').toString() : '';
    expect(source).toContain('Subject: Message 0\r\n');
  });

  test('an attachment comes as the very bytes that were sent', async () => {
    const world = await readingWorld();
    const bytes = Buffer.from(Array.from({ length: 1000 }, (_, index) => (index * 7) % 256));
    const id = world.sandbox.account('alex@example.com').mailbox.importMessage(
      rfc822(
        {
          Subject: 'Bytes',
          'Content-Type': 'application/octet-stream; name="b.bin"',
          'Content-Transfer-Encoding': 'base64',
        },
        bytes.toString('base64').replace(/.{76}/g, '$&\r\n'),
      ),
    );
    const message = await world.google.gmail.message(id, 'full', contents);
    const attachmentId = message.ok ? message.value.payload?.body?.attachmentId : undefined;
    const attachment = await world.google.gmail.attachment(
      id,
      { attachmentId: attachmentId ?? '' },
      { most: 5000 },
      bytesOf,
    );
    expect(attachment.ok && Buffer.compare(attachment.value, bytes)).toBe(0);
  });

  test('drafts come with their id and message', async () => {
    const world = await readingWorld();
    const draft = world.sandbox.account('alex@example.com').mailbox.createDraft(rfc822({ Subject: 'Unsent' }, 'Hm.'));
    const found = await world.google.gmail.searchDrafts({ maxResults: 10 }, 'metadata', draftContents);
    expect(found).toMatchObject({
      ok: true,
      value: {
        items: [{ id: draft, message: { payload: { headers: [{ name: 'Subject', value: 'Unsent' }] } } }],
        failures: [],
      },
    });
  });

  test.each([
    ['message_id', '../drafts'],
    ['message_id', '..'],
    ['message_id', ''],
    ['message_id', 'a?fields=*'],
  ])('a bad %s (%j) is refused by name and nothing is sent', async (parameter, id) => {
    const world = await readingWorld();
    const answers = [
      await world.google.gmail.message(id, 'full', contents),
      await world.google.gmail.attachment(id, { attachmentId: 'abc' }, { most: 5000 }, bytesOf),
    ];
    for (const answer of answers)
      expect(answer).toMatchObject({
        ok: false,
        problem: { kind: 'invalid_input', detail: expect.stringContaining(parameter) },
      });
    expect(world.arrived()).toEqual([]);
  });

  test('bad page tokens, labels and attachment ids are refused by name and nothing is sent', async () => {
    const { google, arrived } = await readingWorld();
    const detailOf = (answer: { ok: boolean; problem?: object }) => JSON.stringify(answer.problem);
    expect(
      detailOf(await google.gmail.searchMessages({ ...everything, pageToken: 'a b' }, 'minimal', contents)),
    ).toContain('page_token');
    expect(
      detailOf(await google.gmail.searchMessages({ ...everything, labelIds: ['\n'] }, 'minimal', contents)),
    ).toContain('label_ids');
    expect(
      detailOf(await google.gmail.searchDrafts({ maxResults: 1, pageToken: '' }, 'minimal', draftContents)),
    ).toContain('page_token');
    expect(detailOf(await google.gmail.attachment('abc', { attachmentId: '../x' }, { most: 5000 }, bytesOf))).toContain(
      'attachment_id',
    );
    expect(arrived()).toEqual([]);
  });
});
