import { expect, test } from 'vitest';
import { createFairSemaphore, type FairSemaphore, type Lease, type Waiter } from '../../src/lib/semaphore.ts';

const any = () => ({ signal: new AbortController().signal });
const unlimited = Number.POSITIVE_INFINITY;

/** Asks for a lease and writes down when it is there. */
const asker = (slots: FairSemaphore) => {
  const served: string[] = [];
  const leases = new Map<string, Lease>();
  const ask = (name: string, amount = 1, waiter: Waiter = any()) =>
    slots.lease(name.slice(0, 1), amount, waiter).then((got) => {
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
  void ask('b1', 1, { signal: leaving.signal });
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

test('of one account, whose call began first is served first', async () => {
  const slots = createFairSemaphore({ total: 1, accountAtOnce: 1, accountWaiting: unlimited });
  const { served, ask, giveBack } = asker(slots);
  for (const [name, since] of Object.entries({ a1: 1, a3: 3, a2: 2, a4: 3 })) void ask(name, 1, { ...any(), since });
  for (const name of ['a1', 'a2', 'a3', 'a4']) {
    await giveBack('');
    expect(served.at(-1)).toBe(name);
    await giveBack(name);
  }
});

test('where too many wait, the one whose call began last is refused', async () => {
  const slots = createFairSemaphore({ total: 1, accountAtOnce: 1, accountWaiting: 2 });
  const { served, ask, giveBack } = asker(slots);
  for (const [name, since] of Object.entries({ a1: 1, a4: 4, a3: 3, a2: 2, a5: 5 }))
    void ask(name, 1, { ...any(), since });
  await giveBack('');
  expect(served).toEqual(['a1', 'a4 busy', 'a5 busy']);
  await giveBack('a1');
  await giveBack('a2');
  expect(served.slice(3)).toEqual(['a2', 'a3']);
});

test('whose patience is at its end is refused at once, and gets only what is free', async () => {
  const slots = createFairSemaphore({ total: 1, accountAtOnce: 1, accountWaiting: unlimited });
  const { served, ask, giveBack } = asker(slots);
  const patience = new AbortController();
  const impatient = { ...any(), patience: patience.signal };
  void ask('a1', 1, impatient);
  void ask('a2', 1, impatient);
  void ask('b1', 1, impatient);
  await giveBack('');
  patience.abort();
  await giveBack('');
  expect(served).toEqual(['a1', 'a2 busy', 'b1 busy']);
  void ask('a3', 1, impatient);
  await giveBack('a1');
  void ask('a4', 1, impatient);
  await giveBack('');
  expect(served.slice(3)).toEqual(['a3 busy', 'a4']);
  await giveBack('a4');
  expect(slots.inUse).toBe(0);
});

test('what is taken without waiting overtakes nobody who waits', async () => {
  const slots = createFairSemaphore({ total: 10, accountAtOnce: 5, accountWaiting: unlimited });
  const first = slots.tryLease('a', 6);
  expect(first).toBeDefined();
  void slots.lease('b', 6, any());
  expect(slots.tryLease('c', 1)).toBeUndefined();
  first?.release();
  expect(slots.tryLease('c', 1)).toBeDefined();
  expect(slots.inUse).toBe(7);
});
