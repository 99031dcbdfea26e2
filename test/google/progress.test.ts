// What the readers report of how far they have come.
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { attachmentPieces, collected } from '../../src/google/attachment-bytes.ts';
import { contents, draftContents, fillMailbox, readingWorld, rfc822 } from './reading-world.ts';

const recorder = () => {
  const seen: [number, number][] = [];
  return { seen, progress: (done: number, total: number) => void seen.push([done, total]) };
};
const upTo = (total: number): [number, number][] => Array.from({ length: total }, (_, index) => [index + 1, total]);

test('a search counts the messages of its page', async () => {
  const world = await readingWorld();
  fillMailbox(world, 14);
  const { seen, progress } = recorder();
  await world.google.gmail.searchMessages({ includeSpamTrash: false, maxResults: 12 }, 'metadata', contents, progress);
  expect(seen).toEqual(upTo(12));
});

test('a search of drafts counts drafts', async () => {
  const world = await readingWorld();
  const { mailbox } = world.sandbox.account('alex@example.com');
  for (let number = 0; number < 3; number++)
    mailbox.createDraft(rfc822({ To: 'ann@example.org', Subject: `Draft ${number}` }, 'Soon.\r\n'));
  const { seen, progress } = recorder();
  await world.google.gmail.searchDrafts({ maxResults: 10 }, 'metadata', draftContents, progress);
  expect(seen).toEqual(upTo(3));
});

test('an empty page reports no progress', async () => {
  const world = await readingWorld();
  const { seen, progress } = recorder();
  await world.google.gmail.searchMessages({ includeSpamTrash: false, maxResults: 10 }, 'metadata', contents, progress);
  expect(seen).toEqual([]);
});

test('a message that cannot be fetched counts as done, once, after all its tries', async () => {
  const world = await readingWorld();
  const [first, second] = fillMailbox(world, 3);
  world.sandbox.fault({ path: new RegExp(`/messages/${first}$`) }, { status: 404 });
  world.sandbox.fault({ path: new RegExp(`/messages/${second}$`), times: 1 }, { status: 503 });
  const { seen, progress } = recorder();
  const search = world.google.gmail.searchMessages(
    { includeSpamTrash: false, maxResults: 10 },
    'metadata',
    contents,
    progress,
  );
  const found = await world.settled(search);
  expect(found).toMatchObject({ ok: true, value: { failures: [{ id: first }] } });
  expect(seen).toEqual(upTo(3));
});

test('a call that has failed reports no more progress', async () => {
  const world = await readingWorld();
  const [, ...later] = fillMailbox(world, 5);
  for (const id of later) world.sandbox.fault({ path: new RegExp(`/messages/${id}$`) }, { kind: 'hang' });
  const leaving = new AbortController();
  const { seen, progress } = recorder();
  const search = world
    .call({ signal: leaving.signal })
    .gmail.searchMessages({ includeSpamTrash: false, maxResults: 10 }, 'metadata', contents, (done, total) => {
      progress(done, total);
      leaving.abort();
    });
  expect(await world.settled(search)).toMatchObject({ ok: false, problem: { kind: 'cancelled' } });
  expect(seen).toEqual([[1, 5]]);
});

test('an attachment counts bytes as they come, and ends with all of them', async () => {
  const bytes = randomBytes(10_000);
  const answer = JSON.stringify({ size: bytes.length, data: bytes.toString('base64url') });
  async function* pieces() {
    for (let at = 0; at < answer.length; at += 1000) yield Buffer.from(answer.slice(at, at + 1000), 'latin1');
  }
  const { seen, progress } = recorder();
  expect(
    Buffer.from((await collected(attachmentPieces(pieces(), { progress }), 20_000, async () => undefined)).bytes),
  ).toEqual(bytes);
  const done = seen.map(([number]) => number);
  expect(done).toEqual(done.toSorted((a, b) => a - b));
  expect(done.length).toBeGreaterThan(10);
  expect(seen.at(-1)).toEqual([10_000, 10_000]);
  expect(new Set(seen.map(([, total]) => total))).toEqual(new Set([10_000]));
});

test('an attachment of unknown size reports no progress, and a wrong size is never exceeded', async () => {
  const data = Buffer.alloc(300).toString('base64url');
  const read = async (answer: object) => {
    const { seen, progress } = recorder();
    async function* pieces() {
      yield Buffer.from(JSON.stringify(answer));
    }
    await collected(attachmentPieces(pieces(), { progress }), 20_000, async () => undefined);
    return seen;
  };
  expect(await read({ data })).toEqual([]);
  expect(await read({ size: 200, data })).toEqual([[200, 200]]);
});
