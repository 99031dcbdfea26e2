// Mail that is too much to be read at once: what it says all the same, and what it may do to others.

import { contentOf } from '@postern/mail-text/answer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JobRunner } from '../../../src/mcp/jobs/jobs.ts';
import { jobOf } from '../../../src/mcp/jobs/jobs.ts';
import { createPool } from '../../../src/mcp/jobs/worker-pool.ts';
import { readMessage } from '../../../src/mcp/tools/read-message.ts';
import { ok } from '../../../src/model/result.ts';
import { handClock } from '../../support/hand-clock.ts';
import { createToolWorld, mail, type ToolWorld, text } from './mails.ts';

const html = (content: string) => ({ type: 'text/html; charset=utf-8', content });
const page = { maxChars: 20_000, offset: 0 };
const whole = { ...page, maxChars: 1000 };

describe('A message', () => {
  let world: ToolWorld;
  beforeEach(async () => {
    world = await createToolWorld();
  });
  afterEach(() => world.close());
  const read = async (message_id: string, more: object = {}) =>
    (await world.ask('gmail_get_message_by_id', { message_id, ...more })).structured;

  it('longer than is read of one says so, in its text and beside it, and its source has all of it', async () => {
    const long = `Begin ${'word '.repeat(1_100_000)}the very end`;
    const source = mail('Long', [text(long)]);
    const id = world.mailbox.importMessage(source);
    const first = (await read(id)) as { body: { text: string; totalChars: number; truncated: boolean } };
    expect(first.body).toMatchObject({ truncated: true, text: expect.stringMatching(/^Begin word/) });
    const end = (await read(id, { offset: first.body.totalChars - 120 })) as typeof first;
    expect(end.body.text).toContain('Format "raw" has all of it.');
    const full = (await read(id, { format: 'full' })) as { payload: { body: object } };
    expect(full.payload.body).toMatchObject({ truncated: true });
    // As Gmail gives it, padded.
    const sourceText = source.toString('base64').replaceAll('+', '-').replaceAll('/', '_');
    const offset = sourceText.length - 40;
    const last = (await read(id, { format: 'raw', max_chars: 1000, offset })) as { raw: string };
    expect(last).toMatchObject({ raw: sourceText.slice(offset), totalChars: sourceText.length });
    expect(last).not.toHaveProperty('nextOffset');
  });

  it('of three thousand parts in one another is answered in full by what fits', async () => {
    const depth = 3000;
    const lines = Array.from({ length: depth }, (_, level) => {
      const next = `Content-Type: multipart/mixed; boundary=b${level + 1}\r\n\r\n`;
      return `--b${level}\r\n${next}`;
    });
    const head = 'From: a@example.org\r\nSubject: Deep\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\n';
    const id = world.mailbox.importMessage(
      Buffer.from(`${head}${lines.join('')}--b${depth}\r\n\r\nInside\r\n--b${depth}--`),
    );
    for (const format of ['readable', 'full']) expect(await read(id, { format })).toMatchObject({ id });
  });

  it('comes out of a list as it comes by itself, larger than is parsed at once', async () => {
    const id = world.mailbox.importMessage(mail('Large', [html('<p>Some words</p>'.repeat(8000))]));
    const { body } = (await read(id, { max_chars: 2000 })) as { body: object };
    const { structured } = await world.ask('gmail_fetch_mails', { format: 'readable' });
    expect(structured.messages).toMatchObject([{ id, body }]);
  });
});

const fetched = (data: string, mimeType: string) => ({
  answer: {
    skeleton: { value: { id: '1', payload: { mimeType, body: { size: data.length, data: '0' } } } },
    bodies: [{ bytes: new Uint8Array(Buffer.from(data)) }],
  },
  text: async () => ok({ bytes: new Uint8Array() }),
});

describe('What is read in a thread', () => {
  it('is the same as what is read at once', async () => {
    const pool = createPool({ clock: handClock(), log: () => undefined });
    const samples = [
      'Hello',
      'Привет, 世界',
      `<p>One<p>${'two '.repeat(3000)}<a href="https://example.com/">three</a>`,
    ];
    for (const sample of samples)
      for (const format of ['readable', 'full', 'links'] as const) {
        const input = () => ({ answer: fetched(sample, 'text/html').answer, format, texts: new Map(), page: whole });
        const here = jobOf('message').run(input());
        const there = await pool.run('a', 'message', input(), [], { signal: new AbortController().signal });
        expect(there).toEqual({ kind: 'done', output: here });
      }
    await pool.close();
  });
});

describe('What cannot be read in time', () => {
  /** Gives up on bodies of more bytes than this. */
  const upTo = (bytes: number): JobRunner => ({
    run: async (name, input) => {
      const { maxBodyBytes = Number.POSITIVE_INFINITY } = input as { maxBodyBytes?: number };
      if (name === 'message' && maxBodyBytes > bytes) return { kind: 'ended' };
      return { kind: 'done', output: jobOf(name).run(input) };
    },
  });
  const long = 'word '.repeat(50_000);
  const wanted = { format: 'readable', page } as const;

  it('is read by the beginnings of its bodies, and says that they are', async () => {
    const read = await readMessage(fetched(long, 'text/plain'), wanted, upTo(64 * 1024));
    expect(read).toMatchObject({
      ok: true,
      value: { body: { truncated: true, text: expect.stringMatching(/^word word/) } },
    });
  });

  it('else by everything but its bodies, and says so', async () => {
    const read = await readMessage(fetched(long, 'text/plain'), wanted, upTo(0));
    expect(read).toMatchObject({
      ok: true,
      value: { id: '1', attachments: [], body: { truncated: true, text: expect.stringContaining('left out') } },
    });
  });

  it('else is named as what it is', async () => {
    const read = await readMessage(fetched(long, 'text/plain'), wanted, upTo(-1));
    expect(read).toEqual({ ok: false, problem: { kind: 'too_costly', what: 'This message' } });
  });

  it('loses no character to the cut: the last one is whole or left out', () => {
    const answer = fetched('é'.repeat(10), 'text/plain').answer;
    expect(contentOf(answer, 5).payload?.body).toMatchObject({ cut: true });
    const { body } = jobOf('message').run({
      answer: fetched('é'.repeat(10), 'text/plain').answer,
      format: 'readable',
      texts: new Map(),
      page,
      maxBodyBytes: 5,
    });
    expect(body?.text).toMatch(/^éé\n/);
  });
});
