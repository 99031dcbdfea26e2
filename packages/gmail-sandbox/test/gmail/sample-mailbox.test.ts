import type { gmail_v1 } from '@googleapis/gmail';
import { describe, expect, it } from 'vitest';
import { createMailbox } from '../../src/gmail/mailbox.ts';
import { handClock } from '../../src/hand-clock.ts';
import { canary, fillSampleMailbox } from '../../src/samples/mailbox.ts';
import { allParts, gmailWorld, now, owner } from './support.ts';

const sample = () => {
  const world = gmailWorld();
  fillSampleMailbox(world.mailbox);
  return world;
};

describe('The sample mailbox', () => {
  it('is the same every time the clock says the same', () => {
    const [one, two] = [1, 2].map(() => {
      const clock = handClock(now);
      const mailbox = createMailbox({ owner, clock });
      fillSampleMailbox(mailbox);
      return mailbox.newestFirst().map(({ id, threadId, raw }) => [id, threadId, raw.toString('latin1')]);
    });
    expect(one).toEqual(two);
    expect(one?.length).toBeGreaterThanOrEqual(36);
  });

  it('has no replacement character and no undecoded header', async () => {
    const { mailbox, full } = sample();
    for (const { id } of mailbox.newestFirst()) {
      const { payload } = await full(id);
      const texts = allParts(payload).flatMap((part) => [
        Buffer.from(part.body?.data ?? '', 'base64url').toString(),
        ...(part.headers ?? []).map(({ value }) => value ?? ''),
      ]);
      for (const text of texts) expect(text).not.toMatch(/\ufffd|=\?utf-8|=[0-9A-F]{2}=[0-9A-F]{2}/);
    }
  });

  it.each([
    ['is:unread', 10],
    ['is:starred', 3],
    ['is:important', 3],
    ['in:drafts', 3],
    ['in:spam', 2],
    ['in:trash', 1],
    ['has:attachment', 10],
    ['filename:pdf', 6],
    ['filename:png', 3],
    ['filename:ics', 2],
    ['subject:"floor plan"', 4],
    ['subject:urgent is:unread', 1],
    ['from:田中', 1],
    ['гостиница OR билеты', 1],
    ['三時', 1],
    ['你好 OR 您好', 1],
    ['grusse', 1],
    ['newer_than:1d', 4],
    [canary, 1],
  ])('answers %j with at least %i messages', async (query, count) => {
    expect((await sample().search(query)).length).toBeGreaterThanOrEqual(count);
  });

  it('has a conversation of several messages', async () => {
    const { mailbox, get } = sample();
    const threads = Map.groupBy(mailbox.newestFirst(), ({ threadId }) => threadId);
    const longest = [...threads.values()].sort((a, b) => b.length - a.length)[0]?.[0]?.threadId;
    const { body } = await get<gmail_v1.Schema$Thread>(`threads/${longest}?format=minimal`);
    expect(body.messages?.length).toBeGreaterThanOrEqual(3);
  });

  it('has attachments that are real files', async () => {
    const { mailbox, full, get } = sample();
    const seen = new Set<string>();
    for (const { id } of mailbox.newestFirst()) {
      for (const part of allParts((await full(id)).payload)) {
        const magic = { 'application/pdf': '%PDF-1.4', 'image/png': '\x89PNG\r\n\x1a\n' }[part.mimeType ?? ''];
        if (magic === undefined) continue;
        const { body } = await get<{ data: string }>(`messages/${id}/attachments/${part.body?.attachmentId}`);
        expect(Buffer.from(body.data, 'base64url').toString('latin1').startsWith(magic)).toBe(true);
        seen.add(part.mimeType ?? '');
      }
    }
    expect(seen.size).toBe(2);
  });
});
