import { expect, test } from 'vitest';
import { createLimiter } from '../../src/google/limiter.ts';

const never = new AbortController().signal;
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A task that ends when told. */
const task = () => {
  const started = { yes: false };
  const { promise, resolve } = Promise.withResolvers<void>();
  const run = async () => {
    started.yes = true;
    await promise;
  };
  return { started, run, finish: resolve };
};

test('slots are given in the order they were asked for', async () => {
  const limiter = createLimiter(1);
  const order: number[] = [];
  await Promise.all(
    [1, 2, 3, 4, 5].map((number) =>
      limiter.run('a', never, async () => {
        await settle();
        order.push(number);
      }),
    ),
  );
  expect(order).toEqual([1, 2, 3, 4, 5]);
});

test('one account waits, another does not', async () => {
  const limiter = createLimiter(2);
  const tasks = [task(), task(), task(), task()];
  const [one, two, three, other] = tasks as [
    ReturnType<typeof task>,
    ReturnType<typeof task>,
    ReturnType<typeof task>,
    ReturnType<typeof task>,
  ];
  const all = [one, two, three].map(({ run }) => limiter.run('a', never, run));
  all.push(limiter.run('b', never, other.run));
  await settle();
  expect(tasks.map(({ started }) => started.yes)).toEqual([true, true, false, true]);
  one.finish();
  await settle();
  expect(three.started.yes).toBe(true);
  for (const { finish } of tasks) finish();
  await Promise.all(all);
  expect(limiter.busyAccounts).toBe(0);
});

test('failing and cancelled tasks give their slots back and leave nothing behind', async () => {
  const limiter = createLimiter(1);
  const cancel = new AbortController();
  const first = task();
  const running = limiter.run('a', never, first.run);
  const waiting = limiter.run('a', cancel.signal, async () => 'ran without a slot');
  const failing = limiter.run('a', never, async () => {
    throw new Error('no');
  });
  cancel.abort();
  expect(await waiting).toBe('ran without a slot');
  first.finish();
  await running;
  await expect(failing).rejects.toThrow('no');
  expect(limiter.busyAccounts).toBe(0);
});
