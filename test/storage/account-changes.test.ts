// Whoever caches something of accounts hears of every change of one, whichever statement makes it.
import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import type { AccountKey } from '../../src/model/account-key.ts';
import { openStorage } from '../../src/storage/index.ts';
import { ada, aGrant, connect, handClock, minute, sealerWith, start } from './support.ts';

const world = async () => {
  const reported: AccountKey[] = [];
  const storage = await openStorage({
    location: { engine: 'sqlite', path: ':memory:' },
    sealer: sealerWith(1),
    clock: handClock(),
    random: randomBytes,
    accountChanged: (key) => reported.push(key),
  });
  onTestFinished(() => storage.close());
  await connect(storage, ada);
  const { account, grant } = await (async () => {
    const reading = await storage.accounts.readGrant(ada);
    if (reading.kind !== 'grant') throw new Error('not connected');
    return reading;
  })();
  const at = { accountVersion: account.version, grantVersion: account.grantVersion, holder: 'holder' };
  reported.length = 0;
  return { storage, reported, account, grant, at, version: account.version };
};

type World = Awaited<ReturnType<typeof world>>;
const tokens = { accessToken: 'renewed', accessTokenExpiresAt: start + 90 * minute };
const leased = async ({ storage, at }: World) => storage.refreshes.takeLease(ada, at, minute);

/** Every method of the two stores that answers with the account it made, and `remove`. */
const changes: readonly [string, (world: World) => Promise<unknown>][] = [
  ['setPins', ({ storage, version }) => storage.accounts.setPins(ada, version, { expectedSub: '1' })],
  [
    'setSettings',
    ({ storage, version }) => storage.accounts.setSettings(ada, version, { pins: {}, extraCapabilities: ['contacts'] }),
  ],
  [
    'setRefusals',
    ({ storage, at: { accountVersion, grantVersion } }) =>
      storage.accounts.setRefusals(
        ada,
        { accountVersion, grantVersion },
        { mail: { reason: 'forbidden', since: start } },
      ),
  ],
  ['saveGrant', ({ storage, version }) => storage.accounts.saveGrant(ada, version, aGrant())],
  [
    'setState',
    ({ storage, version }) => storage.accounts.setState(ada, version, { status: 'PENDING', reason: 'disconnected' }),
  ],
  ['remove', ({ storage }) => storage.accounts.remove(ada)],
  [
    'saveRefreshed with other scopes',
    async (played) => {
      await leased(played);
      return played.storage.refreshes.saveRefreshed(ada, played.at, { ...tokens, grantedScopes: ['openid'] });
    },
  ],
  [
    'endGrant',
    async (played) => {
      await leased(played);
      const end = { reason: 'revoked_or_password_changed', retain: true } as const;
      return played.storage.refreshes.endGrant(ada, played.at, end);
    },
  ],
];

test.each(changes)('reports the change of an account by %s', async (_, change) => {
  const played = await world();
  expect(await change(played)).toBeTruthy();
  expect(played.reported).toEqual([ada]);
});

test('reports an account that is reinstated', async () => {
  const { storage, at, reported } = await world();
  await storage.refreshes.takeLease(ada, at, minute);
  await storage.refreshes.endGrant(ada, at, { reason: 'revoked_or_password_changed', retain: true });
  const retained = await storage.refreshes.readRetained(ada);
  const later = { ...at, accountVersion: retained?.account.version ?? 0, holder: 'another' };
  await storage.refreshes.takeLease(ada, later, minute);
  reported.length = 0;
  expect(await storage.refreshes.reinstate(ada, later, tokens)).toBeDefined();
  expect(reported).toEqual([ada]);
});

test.each<[string, (world: World) => Promise<unknown>]>([
  [
    'a renewed token',
    async (played) => {
      await leased(played);
      const { grantedScopes } = played.grant;
      return played.storage.refreshes.saveRefreshed(ada, played.at, { ...tokens, grantedScopes });
    },
  ],
  ['a write that came too late', ({ storage }) => storage.accounts.setPins(ada, 1, { expectedSub: '1' })],
  ['pins that are set again', ({ storage, version }) => storage.accounts.setPins(ada, version, {})],
  ['a note of its last use', ({ storage }) => storage.accounts.markUsed(ada, start + minute)],
])('does not report %s', async (_, write) => {
  const played = await world();
  await write(played);
  expect(played.reported).toEqual([]);
});
