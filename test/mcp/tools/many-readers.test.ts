// One account that reads much at once: whose turn comes is answered, and who would wait too long is told so.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFairSemaphore } from '../../../src/lib/semaphore.ts';
import { jobOf } from '../../../src/mcp/jobs/jobs.ts';
import type { Pool } from '../../../src/mcp/jobs/worker-pool.ts';
import { createToolWorld, mail, type ToolWorld, text } from './mails.ts';

describe('Many readers of one account', () => {
  let world: ToolWorld;
  let oneMore: () => void;
  let begun: number;
  beforeEach(async () => {
    const thread = createFairSemaphore({ total: 1, accountAtOnce: 1, accountWaiting: 120 });
    begun = 0;
    const waiting: (() => void)[] = [];
    oneMore = () => waiting.shift()?.();
    /** Its one thread is done with a job when the test says so. */
    const workers: Pool = {
      run: async (account, name, input, _moved, waiter) => {
        const turn = await thread.lease(account, 1, waiter);
        if (typeof turn === 'string') return { kind: turn };
        begun += 1;
        await new Promise<void>((resolve) => waiting.push(resolve));
        turn.release();
        return { kind: 'done', output: jobOf(name as 'message').run(input as never) };
      },
      close: async () => undefined,
    };
    world = await createToolWorld({ workers });
  });
  afterEach(() => world.close());

  const untilBegun = async (jobs: number) => {
    while (begun < jobs) await new Promise((resolve) => setImmediate(resolve));
  };

  it('are answered one after the other; who waited half a minute is told that it is busy, and what to do', async () => {
    const id = world.mailbox.importMessage(mail('Long', [text('word '.repeat(50_000))]));
    const answers = Array.from({ length: 4 }, () => world.ask('gmail_get_message_by_id', { message_id: id }));
    await untilBegun(1);
    oneMore();
    await untilBegun(2);
    await world.clock.advance(30_000);
    const late = await Promise.all(answers.slice(2));
    for (const { isError, structured } of late) {
      expect(isError).toBe(true);
      expect(structured).toMatchObject({ problem: { kind: 'busy', next: expect.stringContaining('Try again') } });
    }
    oneMore();
    for (const answer of await Promise.all(answers.slice(0, 2)))
      expect(answer.structured).toMatchObject({ id, body: { text: expect.stringMatching(/^word/) } });
  });

  it('of lists get what was read in time, and the rest is named', async () => {
    const ids = [0, 1, 2].map((minute) =>
      world.mailbox.importMessage(mail('Long', [text('word '.repeat(50_000))], minute)),
    );
    const list = world.ask('gmail_fetch_mails', { format: 'full' });
    const other = world.ask('gmail_fetch_mails', { format: 'full' });
    await untilBegun(1);
    oneMore();
    await untilBegun(2);
    await world.clock.advance(30_000);
    oneMore();
    const { structured } = await list;
    const { messages, failures } = structured as { messages: object[]; failures: { id: string; problem: string }[] };
    expect([messages.length, failures.length]).toEqual([2, 1]);
    expect(ids).toContain(failures[0]?.id);
    expect((await other).structured).toMatchObject({ problem: { kind: 'busy' } });
  });
});
