import { expect, it } from 'vitest';
import type { AuthorizationKey } from '../../src/storage/index.ts';
import { aWorld, minute, sealerWith, start } from './support.ts';

const aKey = (id: string, change: Partial<AuthorizationKey> = {}): AuthorizationKey => ({
  id,
  purpose: 'signing',
  key: `secret of ${id}`,
  createdAt: start,
  ...change,
});

it('lists the keys of one purpose, newest first', async () => {
  const { storage } = await aWorld();
  const keys = storage.authorizationKeys;
  expect(await keys.list('signing')).toEqual([]);
  const [first, second] = [aKey('first'), aKey('second', { createdAt: start + minute })];
  const cookies = aKey('cookies', { purpose: 'cookies', createdAt: start + 2 * minute });
  expect(await keys.addUnlessNewer(first, start - 1)).toEqual([first]);
  expect(await keys.addUnlessNewer(cookies, start - 1)).toEqual([cookies]);
  expect(await keys.addUnlessNewer(second, start)).toEqual([second, first]);
  expect(await keys.list('signing')).toEqual([second, first]);
  expect(await keys.list('cookies')).toEqual([cookies]);
});

it('takes one new key from many processes that find at once that one is due', async () => {
  const { storage, open } = await aWorld();
  const other = await open();
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      (n % 2 ? storage : other).authorizationKeys.addUnlessNewer(aKey(`key ${n}`), start - 1),
    ),
  );
  expect(answers[0]).toHaveLength(1);
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  const due = Array.from({ length: 20 }, (_, n) =>
    (n % 2 ? storage : other).authorizationKeys.addUnlessNewer(aKey(`new ${n}`, { createdAt: start + minute }), start),
  );
  await Promise.all(due);
  expect(await storage.authorizationKeys.list('signing')).toHaveLength(2);
});

it('leaves out keys that the sealing key does not open, and does not let them keep a new one away', async () => {
  const { storage, open } = await aWorld();
  await storage.authorizationKeys.addUnlessNewer(aKey('first'), start - 1);
  const withOtherKey = (await open(sealerWith(9))).authorizationKeys;
  expect(await withOtherKey.list('signing')).toEqual([]);
  expect(await withOtherKey.addUnlessNewer(aKey('second'), start - 1)).toEqual([aKey('second')]);
  expect(await storage.authorizationKeys.list('signing')).toEqual([aKey('first')]);
});

it('does not open a key that was made for another purpose or under another id', async () => {
  const { storage, raw } = await aWorld();
  await storage.authorizationKeys.addUnlessNewer(aKey('first'), start - 1);
  await raw.run("update authorization_keys set purpose = 'cookies'");
  expect(await storage.authorizationKeys.list('cookies')).toEqual([]);
  await raw.run("update authorization_keys set purpose = 'signing', id = 'second'");
  expect(await storage.authorizationKeys.list('signing')).toEqual([]);
  await raw.run("update authorization_keys set id = 'first'");
  expect(await storage.authorizationKeys.list('signing')).toEqual([aKey('first')]);
});

it('removes the older keys of one purpose', async () => {
  const { storage } = await aWorld();
  const keys = storage.authorizationKeys;
  const second = aKey('second', { createdAt: start + minute });
  const cookies = aKey('cookies', { purpose: 'cookies' });
  await keys.addUnlessNewer(aKey('first'), start - 1);
  await keys.addUnlessNewer(second, start);
  await keys.addUnlessNewer(cookies, start - 1);
  await keys.removeOlder('signing', start + minute);
  expect(await keys.list('signing')).toEqual([second]);
  expect(await keys.list('cookies')).toEqual([cookies]);
});
