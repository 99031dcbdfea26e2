// Machines whose clocks differ by minutes, on one PostgreSQL.
import { describe, expect, it } from 'vitest';
import { createDatabaseClock } from '../../src/storage/database-clock.ts';

const minute = 60_000;

/** A machine whose clock was set wrong by so much, and a database that is right. */
const machineAt = (wrongBy: number) => {
  let now = 1_000_000_000;
  let setBy = wrongBy;
  let answers = true;
  return {
    machine: { now: () => now + setBy, steady: () => now - 999_000_000 },
    database: async () => {
      if (!answers) throw new Error('the database does not answer');
      return now;
    },
    time: () => now,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
    set: (by: number) => {
      setBy = by;
    },
    loseDatabase: () => {
      answers = false;
    },
  };
};

describe("The database's clock", () => {
  it.each([0, 7 * minute, -7 * minute])('is the same on a machine whose own is wrong by %d ms', async (wrongBy) => {
    const { machine, database, time, pass } = machineAt(wrongBy);
    const clock = await createDatabaseClock(database, machine);
    expect(clock.now()).toBe(time());
    pass(3 * minute);
    expect(clock.now()).toBe(time());
    clock.stop();
  });

  it('does not follow a machine whose clock is set while it runs', async () => {
    const { machine, database, time, set, pass } = machineAt(0);
    const clock = await createDatabaseClock(database, machine);
    set(-10 * minute);
    expect(clock.now()).toBe(time());
    await clock.synchronize();
    pass(5);
    expect(clock.now()).toBe(time());
    clock.stop();
  });

  it('takes what the database says for the middle between question and answer', async () => {
    const { machine, time, pass } = machineAt(0);
    const slow = async () => {
      pass(40);
      const said = time();
      pass(60);
      return said;
    };
    const clock = await createDatabaseClock(slow, machine);
    expect(Math.abs(clock.now() - time())).toBeLessThanOrEqual(50);
    clock.stop();
  });

  it.each([0, 4_000])(
    'is not moved by an answer that took long, where the database looked at the time after %d ms',
    async (after) => {
      const { machine, time, pass } = machineAt(0);
      let waits = [0, 0];
      const slow = async () => {
        pass(waits[0] ?? 0);
        const said = time();
        pass(waits[1] ?? 0);
        return said;
      };
      const clock = await createDatabaseClock(slow, machine);
      waits = [after, 4_000 - after];
      await clock.synchronize();
      expect(clock.now()).toBe(time());
      clock.stop();
    },
  );

  it('is corrected by an answer that took long where that proves it wrong', async () => {
    const { machine, time, pass } = machineAt(0);
    let wait = 0;
    let ahead = 0;
    const slow = async () => {
      pass(wait);
      return time() + ahead;
    };
    const clock = await createDatabaseClock(slow, machine);
    wait = 4_000;
    ahead = 10 * minute;
    await clock.synchronize();
    expect(clock.now() - time()).toBe(ahead);
    clock.stop();
  });

  it('goes on while the database does not answer, and asks again later', async () => {
    const { machine, database, time, pass, loseDatabase } = machineAt(2 * minute);
    const clock = await createDatabaseClock(database, machine);
    loseDatabase();
    await clock.synchronize();
    pass(minute);
    expect(clock.now()).toBe(time());
    clock.stop();
  });
});
