import { expect, test } from 'vitest';
import { createFairSemaphore, type FairSemaphore, type Lease } from '../../src/lib/semaphore.ts';

const any = () => new AbortController().signal;
const unlimited = Number.POSITIVE_INFINITY;

/** Asks for a lease and writes down when it is there. */
const asker = (slots: FairSemaphore) => {
  const served: string[] = [];
  const leases = new Map<string, Lease>();
  const ask = (name: string, amount = 1, signal = any()) =>
    slots.lease(name.slice(0, 1), amount, signal).then((got) => {
      served.push(typeof got === 'string' ? `${name} ${got}` : name);
      if (typeof got !== 'string') leases.set(name, got);
    });
  const giveBack = async (name: string) => {
    leases.get(name)?.release();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { served, ask, giveBack };
};

test('accounts take turns, however many requests one of them has waiting', async () => {
  const { served, ask, giveBack } = asker(
    createFairSemaphore({ total: 1, accountAtOnce: 1, accountWaiting: unlimited }),
  );
  for (const name of ['a1', 'a2', 'a3', 'b1', 'c1']) void ask(name);
  for (const name of ['a1', 'b1', 'c1', 'a2', 'a3']) {
    await giveBack('');
    expect(served.at(-1)).toBe(name);
    await giveBack(name);
  }
});

test('one account never has more than its share, also where all the rest is free', async () => {
  const slots = createFairSemaphore({ total: 10, accountAtOnce: 2, accountWaiting: unlimited });
  const { served, ask, giveBack } = asker(slots);
  for (const name of ['a1', 'a2', 'a3', 'b1']) void ask(name);
  await giveBack('');
  expect(served).toEqual(['a1', 'a2', 'b1']);
  await giveBack('a1');
  expect(served).toEqual(['a1', 'a2', 'b1', 'a3']);
});

test('an account with too many waiting is refused, and nobody else', async () => {
  const { served, ask, giveBack } = asker(createFairSemaphore({ total: 1, accountAtOnce: 1, accountWaiting: 1 }));
  for (const name of ['a1', 'a2', 'a3', 'b1']) void ask(name);
  await giveBack('');
  expect(served.toSorted()).toEqual(['a1', 'a3 busy']);
  await giveBack('a1');
  expect(served.at(-1)).toBe('b1');
});

test('a large wish is not overtaken by small ones, and one above the total is all of it', async () => {
  const slots = createFairSemaphore({ total: 10, accountAtOnce: 5, accountWaiting: unlimited });
  const { served, ask, giveBack } = asker(slots);
  void ask('a1', 6);
  void ask('b1', 50);
  void ask('c1', 1);
  await giveBack('');
  expect(served).toEqual(['a1']);
  await giveBack('a1');
  expect(served).toEqual(['a1', 'b1']);
  expect(slots.inUse).toBe(10);
  await giveBack('b1');
  expect(served).toEqual(['a1', 'b1', 'c1']);
});

test('who stops waiting leaves its place to others; what is given back twice counts once', async () => {
  const slots = createFairSemaphore({ total: 1, accountAtOnce: 1, accountWaiting: unlimited });
  const { served, ask, giveBack } = asker(slots);
  const leaving = new AbortController();
  void ask('a1');
  void ask('b1', 1, leaving.signal);
  void ask('c1');
  await giveBack('');
  leaving.abort();
  await giveBack('a1');
  await giveBack('a1');
  expect(served).toEqual(['a1', 'b1 cancelled', 'c1']);
  expect(slots.inUse).toBe(1);
  await giveBack('c1');
  expect(slots.inUse).toBe(0);
});
