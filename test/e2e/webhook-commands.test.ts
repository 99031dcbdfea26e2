// `postern webhooks` against a real receiver on this machine: what each command says, prints as JSON and refuses.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { testEvent } from '../../src/http/api/descriptions/webhook-events.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createSealer, openStorage } from '../../src/storage/index.ts';
import { aReceiver, type Got, verify } from '../webhooks/support.ts';
import { settingsIn, temporaryFolder } from './built.ts';
import { runHere } from './run-here.ts';

const key = new Uint8Array(32).fill(6);

/** The commands on a database of their own. */
const anOperator = () => {
  const folder = temporaryFolder();
  const settings = settingsIn(folder, { POSTERN_ENCRYPTION_KEY: Buffer.from(key).toString('base64') });
  const path = join(folder, 'data', 'postern.db');
  return {
    webhooks: (...args: string[]) => runHere(['webhooks', ...args], settings),
    /** Makes an account, whose event no endpoint takes; 410 makes it a dead letter. */
    leaveDeadLetter: async (id: string) => {
      const sealer = createSealer({ current: key, retired: [] }, randomBytes);
      const storage = await openStorage({
        location: { engine: 'sqlite', path },
        sealer,
        clock: systemClock,
        random: randomBytes,
      });
      await storage.accounts.getOrCreate({ realm: 'default', identifier: 'user_42' });
      await storage.webhookEndpoints.disable(id, 'gone', systemClock.now());
      await storage.close();
    },
  };
};

it('Postern’s operator adds, tests, lists, enables, redelivers, rotates and removes an endpoint', async () => {
  const { webhooks, leaveDeadLetter } = anOperator();
  const receiver = await aReceiver();
  expect(await webhooks('list')).toMatchObject({
    code: 0,
    stdout: '',
    stderr: expect.stringContaining('webhooks add'),
  });
  const added = JSON.parse((await webhooks('add', receiver.url, '--allow-private', '--json')).stdout);
  const { id, secret, ...shown } = added;
  expect(shown).toMatchObject({ realm: 'default', url: receiver.url, status: 'enabled', waiting: 0, dead: 0 });
  expect(await webhooks('test', id)).toMatchObject({ code: 0, stdout: expect.stringContaining('answered 200') });
  verify(secret, receiver.got[0] as Got);
  testEvent.parse(JSON.parse(receiver.got[0]?.body ?? ''));

  const rotated = await webhooks('rotate-secret', id);
  expect(rotated).toMatchObject({ code: 0, stderr: expect.stringContaining('24 hours') });
  await webhooks('test', id);
  for (const signing of [secret, rotated.stdout.trim()]) verify(signing, receiver.got[1] as Got);

  await leaveDeadLetter(id);
  const [letter] = JSON.parse((await webhooks('list', '--dead', '--json')).stdout);
  expect(letter).toMatchObject({ webhook_id: id, type: 'account.created', identifier: 'user_42', last_error: 'gone' });
  expect((await webhooks('list', '--dead')).stdout).toContain(letter.event_id);
  expect(await webhooks('redeliver', id)).toMatchObject({ code: 1, stderr: expect.stringContaining(`test ${id}`) });
  receiver.react = () => 500;
  expect(await webhooks('test', id, '--json')).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('"http_status": 500'),
    stderr: expect.stringContaining('http_500. It has to answer'),
  });
  receiver.react = () => 200;
  expect((await webhooks('test', id)).stderr).toContain('enabled again');
  expect(JSON.parse((await webhooks('redeliver', id, '--event', letter.event_id, '--json')).stdout)).toEqual({
    redelivered: 1,
  });
  expect(await webhooks('redeliver', id)).toMatchObject({ code: 0, stderr: 'No dead letter.\n' });
  expect(JSON.parse((await webhooks('list', '--json')).stdout)).toMatchObject([{ id, waiting: 1, dead: 0 }]);
  const listed = await webhooks('list');
  expect(listed.stdout).toContain(receiver.url);
  expect(listed.stdout + rotated.stderr).not.toContain('whsec_');

  expect(await webhooks('remove', id)).toMatchObject({ code: 0, stdout: expect.stringContaining(id) });
  for (const args of [['remove'], ['test'], ['redeliver'], ['rotate-secret']])
    expect(await webhooks(...args, id)).toMatchObject({ code: 1, stderr: expect.stringContaining('webhooks list') });
});

it.each([
  ['http://10.0.0.7/', [], /must begin with https.*--allow-private/],
  ['https://10.0.0.7/', [], /private network.*--allow-private/],
  ['nonsense', [], /absolute URL of at most 2048 characters\.$/],
  ['https://a:b@shop.example/', [], /user name or a password\.$/],
  ['ftp://10.0.0.7/', ['--allow-private'], /must begin with http:\/\/ or https:\/\/\.$/],
  ['https://shop.example/', ['--events', 'account.endd'], /account\.ended"\?/],
  ['https://shop.example/', ['--realm', 'A B'], /realm must be/],
])('Adding %s %j is refused with what would do', async (url, more, said) => {
  const { code, stdout, stderr } = await anOperator().webhooks('add', url, ...more);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr.trim()).toMatch(said);
});
