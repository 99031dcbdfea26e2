// What doctor says of webhook endpoints: those that get nothing any more, and events that none of their tries brought there.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { databaseFindings } from '../../../src/cli/doctor/database.ts';
import { openRaw } from '../../support/database.ts';
import { createWorld } from '../../support/world.ts';

const secret = `whsec_${Buffer.alloc(32).toString('base64')}`;

const aWorld = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-doctor-'));
  const world = await createWorld({
    databasePath: join(folder, 'postern.db'),
    encryptionKey: randomBytes(32).toString('base64'),
    env: { POSTERN_DATA_DIR: folder },
  });
  onTestFinished(async () => {
    await world.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const { webhookEndpoints, accounts } = world.postern.storage;
  const endpoint = {
    realm: 'default',
    url: 'https://shop.example/',
    allowPrivate: false,
    createdAt: world.clock.now(),
  };
  return {
    ...world,
    add: (id: string) => webhookEndpoints.add({ ...endpoint, id }, secret, 10),
    make: (identifier: string) => accounts.getOrCreate({ realm: 'default', identifier }),
    said: async () => (await databaseFindings(world.config)).filter(({ text }) => text.includes('Webhook endpoint')),
  };
};

it('says nothing of an endpoint for which events wait', async () => {
  const { add, make, said } = await aWorld();
  await add('whe_waits');
  await make('ada');
  expect(await said()).toEqual([]);
});

it('warns of an endpoint that is gone, and of its dead letters with how many there are, until they are sent again', async () => {
  const { add, make, said, postern, clock } = await aWorld();
  const { webhookEndpoints, webhookDeliveries } = postern.storage;
  await add('whe_takes');
  await add('whe_gone');
  for (const name of ['ada', 'ben']) await make(name);
  await webhookEndpoints.disable('whe_gone', 'gone', clock.now());
  expect(await said()).toEqual([
    { verdict: 'warning', text: expect.stringMatching(/whe_gone \(realm default\).*postern webhooks test whe_gone$/) },
    { verdict: 'warning', text: expect.stringMatching(/whe_gone .* 2 events.*postern webhooks list --dead$/) },
  ]);
  await webhookEndpoints.enable('whe_gone');
  await webhookDeliveries.redeliver('whe_gone', undefined, 1);
  expect(await said()).toEqual([{ verdict: 'warning', text: expect.stringContaining('did not take 1 event,') }]);
  await webhookDeliveries.redeliver('whe_gone', undefined, 1);
  expect(await said()).toEqual([]);
});

it('warns of an endpoint for which more than half of what may wait waits', async () => {
  const { add, said, config } = await aWorld();
  await add('whe_slow');
  const raw = await openRaw(config.database);
  onTestFinished(() => raw.close());
  const wait = (from: number, to: number) =>
    raw.run(`with recursive n(i) as (select ${from} union all select i + 1 from n where i < ${to})
      insert into webhook_deliveries (sequence, event_id, endpoint_id, realm, identifier, type, payload, created_at, attempts)
      select i, cast(i as text), 'whe_slow', 'default', cast(i as text), 'account.created', '', 0, 0 from n`);
  await wait(1, 50_000);
  expect(await said()).toEqual([]);
  await wait(50_001, 50_001);
  expect(await said()).toEqual([
    { verdict: 'warning', text: expect.stringMatching(/whe_slow .* 50001 events waiting; of more than 100000/) },
  ]);
});
