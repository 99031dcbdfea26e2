// How long what is left of a person stays, and what a backup is worth with its key and without it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copyDatabase } from '../support/database.ts';
import { handClock } from '../support/hand-clock.ts';
import { createWorld, newSandbox, sam, type World } from '../support/world.ts';

const day = 24 * 3_600_000;

describe('An account without a grant', () => {
  let world: World;
  afterEach(() => world.close());
  const find = (identifier: string) => world.postern.accounts.find({ realm: 'default', identifier });
  const sweep = () => world.postern.storage.operations.sweep(world.clock.now());

  it('is deleted once its retention time is over; one that is connected, or being connected, stays', async () => {
    world = await createWorld({ env: { POSTERN_RETENTION_DAYS: '90' } });
    for (const identifier of ['gone', 'connected', 'returning']) await world.connect(identifier);
    for (const identifier of ['gone', 'returning'])
      await world.postern.accounts.disconnect({ realm: 'default', identifier });
    await world.clock.advance(89 * day);
    await sweep();
    expect(await find('gone')).toBeDefined();
    await world.clock.advance(2 * day);
    const caller = {
      key: { realm: 'default', identifier: 'returning' },
      credential: 'service_key',
      linkPolicy: 'unverified',
    } as const;
    expect((await world.postern.accounts.link(caller, { capabilities: [] })).ok).toBe(true);
    await sweep();
    expect(await find('gone')).toBeUndefined();
    expect((await find('connected'))?.state.status).toBe('ACTIVE');
    expect(await find('returning')).toBeDefined();
  });

  it('stays where no retention time is set', async () => {
    world = await createWorld();
    await world.connect('gone', { email: sam });
    await world.postern.accounts.disconnect({ realm: 'default', identifier: 'gone' });
    await world.clock.advance(4000 * day);
    await sweep();
    expect(await find('gone')).toBeDefined();
  });
});

describe('A backup restored on another machine', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'postern-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('works with the sealing key, and with another one is not served, loses nothing and says both ways out', async () => {
    const clock = handClock();
    const sandbox = newSandbox(clock);
    const encryptionKey = Buffer.alloc(32, 9).toString('base64');
    const first = await createWorld({ clock, sandbox, encryptionKey, databasePath: join(folder, 'a.db') });
    await first.connect('user_42');
    const who = { key: await first.serviceKey(), as: 'user_42' };
    await first.close();
    await copyDatabase(first.config.database, join(folder, 'b.db'));

    const shared = { clock, sandbox, databasePath: join(folder, 'b.db') };
    const withoutKey = createWorld({ ...shared, encryptionKey: Buffer.alloc(32, 1).toString('base64') });
    await expect(withoutKey).rejects.toMatchObject({
      kind: 'wrong_key',
      message: expect.stringMatching(/1 account, 1 API key .*POSTERN_ENCRYPTION_KEY.*discard-unreadable/),
    });

    const withKey = await createWorld({ ...shared, encryptionKey });
    expect((await withKey.call('gmail_fetch_mails', { max_results: 1 }, who)).structured.messages).toHaveLength(1);
    await withKey.close();
  });
});
