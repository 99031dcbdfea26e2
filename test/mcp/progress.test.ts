// Progress as a client sees it, whatever a tool reports: it only grows, it is not too much, and it ends with the answer.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NotifyProgress, type Progress, reportingProgress } from '../../src/mcp/progress.ts';
import { handClock } from '../support/hand-clock.ts';

/** Let everything that can go on without time do so. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

const recorder = () => {
  const seen: Progress[] = [];
  const notify: NotifyProgress = async (progress) => void seen.push(progress);
  return { seen, notify };
};

describe('1. What is shown', () => {
  it('grows with every notification, never passes a total, and is a few steps, whatever is reported', async () => {
    const reports = fc.array(
      fc.oneof(fc.record({ done: fc.nat(60), total: fc.nat(60) }), fc.constant('five seconds' as const)),
      { maxLength: 80 },
    );
    await fc.assert(
      fc.asyncProperty(reports, async (walk) => {
        const clock = handClock();
        const { seen, notify } = recorder();
        await reportingProgress(clock, notify, async (report) => {
          for (const step of walk) {
            if (step === 'five seconds') await clock.advance(5000);
            else report(step.done, step.total);
          }
        });
        expect(seen[0]).toEqual({ progress: 0 });
        for (const [index, { progress, total }] of seen.entries()) {
          if (index > 0) expect(progress).toBeGreaterThan(seen[index - 1]?.progress ?? Infinity);
          if (total !== undefined) expect(progress).toBeLessThanOrEqual(total);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('is at most ten steps of one piece of work, the last one among them', async () => {
    const { seen, notify } = recorder();
    await reportingProgress(handClock(), notify, async (report) => {
      for (let done = 1; done <= 1003; done++) report(done, 1003);
    });
    expect(seen.length).toBeLessThanOrEqual(11);
    expect(seen.at(-1)).toEqual({ progress: 1003, total: 1003 });
  });

  it('between two steps is a heartbeat every five seconds, which the next step exceeds', async () => {
    const clock = handClock();
    const { seen, notify } = recorder();
    await reportingProgress(clock, notify, async (report) => {
      await clock.advance(10_000);
      report(1, 3);
      await clock.advance(10_000);
      report(3, 3);
      await clock.advance(5000);
    });
    const of3 = { total: 3 };
    expect(seen).toEqual([
      { progress: 0 },
      { progress: 1 / 2 },
      { progress: 2 / 3 },
      { progress: 1, ...of3 },
      { progress: 1 + 1 / 2, ...of3 },
      { progress: 1 + 2 / 3, ...of3 },
      { progress: 3, ...of3 },
      { progress: 3 + 1 / 2 },
    ]);
  });

  it('catches up with a small step at the next heartbeat', async () => {
    const clock = handClock();
    const { seen, notify } = recorder();
    await reportingProgress(clock, notify, async (report) => {
      report(3, 100);
      await clock.advance(5000);
    });
    expect(seen).toEqual([{ progress: 0 }, { progress: 3, total: 100 }]);
  });

  it('never goes back when a request begins anew', async () => {
    const { seen, notify } = recorder();
    await reportingProgress(handClock(), notify, async (report) => {
      for (const done of [20, 40, 60, 20, 40, 60, 80, 100]) report(done, 100);
    });
    expect(seen.map(({ progress }) => progress)).toEqual([0, 20, 40, 60, 80, 100]);
  });
});

describe('2. Who is told', () => {
  it('nobody who did not ask; the work runs all the same, without a timer', async () => {
    const clock = handClock();
    const done = await reportingProgress(clock, undefined, async (report) => {
      report(1, 2);
      expect(clock.sleeping).toBe(0);
      return 'done';
    });
    expect(done).toBe('done');
  });

  it('everything that was said before the answer, before the answer', async () => {
    const sent: string[] = [];
    const slowly: NotifyProgress = async ({ progress }) => {
      await settle();
      sent.push(`progress ${progress}`);
    };
    await reportingProgress(handClock(), slowly, async (report) => {
      report(1, 2);
      report(2, 2);
    });
    sent.push('answer');
    expect(sent).toEqual(['progress 0', 'progress 1', 'progress 2', 'answer']);
  });

  it('nothing after the answer or the error, also by work that was given up and goes on', async () => {
    const clock = handClock();
    const { seen, notify } = recorder();
    let later: (done: number, total: number) => void = () => undefined;
    await expect(
      reportingProgress(clock, notify, async (report) => {
        later = report;
        throw new Error('broken');
      }),
    ).rejects.toThrow('broken');
    later(1, 1);
    await clock.advance(20_000);
    await settle();
    expect(seen).toEqual([{ progress: 0 }]);
    expect(clock.sleeping).toBe(0);
  });

  it('nobody who has disconnected: a notification that fails is not sent again and does not fail the call', async () => {
    const clock = handClock();
    let tries = 0;
    const gone: NotifyProgress = () => {
      tries += 1;
      throw new Error('Connection closed');
    };
    const answer = await reportingProgress(clock, gone, async (report) => {
      await clock.advance(20_000);
      report(1, 1);
      return 'answer';
    });
    expect([answer, tries, clock.sleeping]).toEqual(['answer', 1, 0]);
  });
});
