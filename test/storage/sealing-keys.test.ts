// Which processes run on a database, so that none seals with a key that another does not know.
import { describe, expect, it } from 'vitest';
import { aWorld, minute, sealerWith } from './support.ts';

describe('Processes on a database', () => {
  it('are those that said so within three minutes, with the keys that they know', async () => {
    const { storage, open, clock } = await aWorld();
    await storage.sealingKeys.follow();
    await storage.sealingKeys.announce('one', true);
    const other = await open(sealerWith(1, 2));
    await other.sealingKeys.announce('two', false);
    const asked = clock.now();
    const running = await storage.sealingKeys.running(asked);
    expect(running.map(({ keyIds, rereadsKeys, answers }) => [keyIds.length, rereadsKeys, answers]).sort()).toEqual([
      [1, true, true],
      [2, false, true],
    ]);
    clock.turn(2 * minute);
    await storage.sealingKeys.announce('one', true);
    clock.turn(2 * minute);
    expect(await storage.sealingKeys.running(asked)).toHaveLength(1);
    await storage.sealingKeys.leave('one');
    expect(await storage.sealingKeys.running(asked)).toEqual([]);
  });

  it('hear that they are asked, and one that does not answer is told apart', async () => {
    const { storage, open, clock } = await aWorld();
    const [one, two] = [await open(), await open()];
    for (const [name, { sealingKeys }] of [
      ['one', one],
      ['two', two],
    ] as const) {
      expect(await sealingKeys.follow()).toBeUndefined();
      await sealingKeys.announce(name, true);
    }
    clock.turn(1);
    const asked = await storage.sealingKeys.ask();
    expect(await one.sealingKeys.follow()).toBe(asked);
    clock.turn(1);
    expect(await one.sealingKeys.announce('one', true)).toBeGreaterThanOrEqual(asked);
    const answers = (await storage.sealingKeys.running(asked)).map((process) => process.answers);
    expect(answers.sort()).toEqual([false, true]);
  });

  it('of a former version, which cannot be asked, count as before', async () => {
    const { storage, raw, clock } = await aWorld();
    await storage.sealingKeys.follow();
    await storage.sealingKeys.announce('former', true);
    await raw.run('update processes set answers = 0');
    clock.turn(minute);
    const asked = await storage.sealingKeys.ask();
    expect(await storage.sealingKeys.running(asked)).toMatchObject([{ answers: true }]);
  });
});
