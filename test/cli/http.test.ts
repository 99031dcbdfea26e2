// A server that runs for months does not keep every link it ever made.

import { pino } from 'pino';
import { expect, it } from 'vitest';
import { hourly } from '../../src/cli/http.ts';
import { createWorld } from '../support/world.ts';

it('deletes links and downloads a day after they ran out, also after a sweep that failed', async () => {
  const world = await createWorld();
  const { accounts, storage } = world.postern;
  const ending = new AbortController();
  let failures = 1;
  const sweep = {
    failed: 'sweep_failed',
    run: () =>
      failures-- > 0 ? Promise.reject(new Error('the database is busy')) : storage.operations.sweep(world.clock.now()),
  };
  const sweeping = hourly(sweep, world.clock, pino({ level: 'silent' }), ending.signal);
  const key = { realm: 'default', identifier: 'user_42' };
  const caller = { key, credential: 'service_key', linkPolicy: 'unverified' } as const;
  const link = await accounts.link(caller, { capabilities: [] });
  const view = async () => {
    const opened = link.ok ? await accounts.connection.open(link.value.ticket) : undefined;
    return (await opened?.view())?.kind ?? 'unknown';
  };
  await world.clock.advance(24 * 60 * 60_000);
  expect(await view()).toBe('expired');
  await world.clock.advance(2 * 60 * 60_000);
  expect(await view()).toBe('unknown');
  ending.abort();
  await sweeping;
  await world.close();
});
