// Two whole Posterns on one PostgreSQL that count their rate limits together.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseAt, engine, giveBack, urlOf } from '../support/database.ts';
import { handClock } from '../support/hand-clock.ts';
import { createWorld, newSandbox, type World } from '../support/world.ts';

const name = 'shared-limits';

describe.runIf(engine === 'postgres')('Two processes with POSTERN_LIMITS=database', () => {
  let first: World;
  let second: World;
  let key: string;

  beforeAll(async () => {
    const clock = handClock();
    const sandbox = newSandbox(clock);
    const encryptionKey = randomBytes(32).toString('base64');
    const env = { POSTERN_DATABASE_URL: urlOf(await databaseAt(name)), POSTERN_LIMITS: 'database' };
    first = await createWorld({ clock, sandbox, encryptionKey, env });
    second = await createWorld({ clock, sandbox, encryptionKey, env });
    key = await first.serviceKey();
  });
  afterAll(async () => {
    await first.close();
    giveBack(name);
  });

  const answersOf = async (times: number, ask: (world: World, n: number) => Promise<Response>) => {
    const answers: (string | number)[] = [];
    for (let n = 0; n < times; n++) {
      const answer = await ask(n % 2 === 0 ? first : second, n);
      answers.push(answer.status === 429 ? `again in ${answer.headers.get('retry-after')} s` : answer.status);
    }
    return answers;
  };

  it('allow a key together what one of them would, and again when its time has passed', async () => {
    const ask = (world: World) => world.http('/api/v1/webhooks', { key });
    expect(await answersOf(62, ask)).toEqual([...Array(60).fill(200), 'again in 1 s', 'again in 1 s']);
    await first.clock.advance(1000);
    expect(await answersOf(2, ask)).toEqual([200, 'again in 1 s']);
  });

  it('allow a key no more where its requests come to both at once', async () => {
    await first.clock.advance(60_000);
    const all = await Promise.all(
      [first, second].flatMap((world) => Array.from({ length: 50 }, () => world.http('/api/v1/webhooks', { key }))),
    );
    expect(all.filter(({ status }) => status === 200)).toHaveLength(60);
  });

  it('refuse an address that guesses keys at one of them at the other too', async () => {
    const guess = (n: number) => `pst_user_${String(n).padStart(16, '0')}_${'A'.repeat(43)}`;
    const ask = (world: World, n: number) => world.http('/api/v1/tools', { key: guess(n) });
    expect(await answersOf(62, ask)).toEqual([...Array(60).fill(401), 'again in 1 s', 'again in 1 s']);
  });

  it('count each for itself once the database is gone, and say so', async () => {
    await second.close();
    const limit = second.postern.createLimit('test', { times: 1, perMs: 60_000 });
    expect([await limit.take('ada'), await limit.take('ada'), await limit.wait('ben')]).toEqual([0, 60, 0]);
    expect(second.logged.filter((line) => line.includes('limits_in_memory'))).toHaveLength(1);
  });
});
