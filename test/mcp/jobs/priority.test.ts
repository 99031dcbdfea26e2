// Threads that read mail are behind the one that answers calls, when the processor is short.
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { expect, test } from 'vitest';
import { createPool } from '../../../src/mcp/jobs/worker-pool.ts';
import { handClock } from '../../support/hand-clock.ts';

/** The niceness of every thread of this process, as the kernel says it: the 19th field, the 17th behind the name. */
const ofThreads = (): number[] =>
  readdirSync('/proc/self/task').map((thread) => {
    const behindName = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8').split(') ').at(-1) ?? '';
    return Number(behindName.split(' ')[16]);
  });

test.runIf(process.platform === 'linux')(
  'a thread that reads mail has a lower priority than all others of the process',
  async () => {
    const usual = getPriority();
    const pool = createPool({ clock: handClock(), log: () => undefined });
    const bytes = new TextEncoder().encode('hello');
    const file = {
      bytes,
      mimeType: 'text/plain',
      fileName: 'a.txt',
      charset: undefined,
      page: { offset: 0, maxChars: 9 },
    };
    const outcome = await pool.run('a', 'textFile', file, [], { signal: new AbortController().signal });
    expect(outcome).toMatchObject({ kind: 'done', output: { text: 'hello' } });
    expect(ofThreads().filter((niceness) => niceness > usual)).toHaveLength(1);
    expect(getPriority()).toBe(usual);
    await pool.close();
  },
);
