// What doctor says without asking anybody: what was not tried has no tick, and a mailbox has one warning.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { clientFindings, folderFindings } from '../../../src/cli/doctor/configuration.ts';
import { clockFindings, databaseFindings } from '../../../src/cli/doctor/database.ts';
import { alex, createWorld, sam } from '../../support/world.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-doctor-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const aWorld = (env: Record<string, string> = {}) =>
  createWorld({
    databasePath: join(folder, 'postern.db'),
    encryptionKey: randomBytes(32).toString('base64'),
    env: { POSTERN_DATA_DIR: folder, ...env },
  });

it('marks the OAuth client and its consent screen as untried while Google was not asked', async () => {
  const world = await aWorld();
  const findings = clientFindings(world.config, {}, []).filter(({ verdict }) => verdict !== 'warning');
  expect(findings.map(({ verdict }) => verdict)).toEqual(['untried', 'untried']);
  for (const word of ['restricted scope', 'Testing', '7 days', '100', 'verification'])
    expect(findings[1]?.text).toContain(word);
  await world.close();
});

it('warns once of the refresh-token cap of a mailbox, naming all accounts that share it', async () => {
  const world = await aWorld();
  for (const identifier of ['user_1', 'user_2', 'user_3']) await world.connect(identifier);
  const { storage, clock } = world.postern;
  const { sub } = world.sandbox.account(alex);
  for (let n = 0; n < 90; n += 1)
    await storage.refreshTokenCount.issued(sub, world.config.google.client.id, clock.now());
  const said = (await databaseFindings(world.config)).filter(({ text }) => text.includes('refresh tokens'));
  expect(said).toHaveLength(1);
  expect(said[0]).toMatchObject({
    verdict: 'warning',
    text: expect.stringMatching(/user_1.*user_2.*user_3.*9\d refresh/),
  });
  await world.close();
});

it('recognizes an app in testing by the expiry that Google set for its refresh tokens', async () => {
  const world = await aWorld();
  await world.connect('user_1');
  const said = async () => (await databaseFindings(world.config)).filter(({ text }) => text.includes('“Testing”'));
  expect(await said()).toEqual([]);
  world.sandbox.setTestingMode(true);
  await world.connect('user_2', { email: sam });
  expect(await said()).toMatchObject([{ verdict: 'warning', text: expect.stringContaining('user_2') }]);
  await world.close();
});

it('marks a folder as tried after writing into it, and gives the reason where that failed', async () => {
  const world = await aWorld({ POSTERN_DOWNLOAD_DIR: '/dev/null/x' });
  const database = { engine: 'sqlite', path: join(folder, 'postern.db') } as const;
  expect(folderFindings({ ...world.config, database })).toMatchObject([
    { verdict: 'ok', text: expect.stringContaining(folder) },
    { verdict: 'warning', text: expect.stringContaining('no folder') },
  ]);
  await world.close();
});

it('warns where the clock of the database and that of this machine differ by more than an answer takes', () => {
  expect(clockFindings(900)).toEqual([]);
  expect(clockFindings(-120_000)[0]).toMatchObject({
    verdict: 'warning',
    text: expect.stringContaining("120 seconds behind this machine's"),
  });
  expect(clockFindings(60_000)[0]?.text).toContain("60 seconds ahead of this machine's");
});
