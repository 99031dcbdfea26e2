// The lease of a refresh where others read what was committed meanwhile, which SQLite's one writer lets nobody do.
import { describe, expect, it } from 'vitest';
import { ada, aWorld, connect, minute } from '../support.ts';

describe('A lease that ran out', () => {
  it('is no longer of a holder who writes at the moment at which another one takes it', async () => {
    const { storage, raw, clock } = await aWorld();
    const { version: accountVersion, grantVersion } = await connect(storage, ada);
    const at = { accountVersion, grantVersion, holder: 'first' };
    await storage.refreshes.takeLease(ada, at, minute);
    clock.turn(2 * minute);
    await raw.run(`begin; update accounts set lease_holder = 'second', lease_until = ${clock.now() + minute}`);
    const tokens = { accessToken: 'late', accessTokenExpiresAt: 1 };
    const saved = storage.refreshes.saveRefreshed(ada, at, tokens);
    const waiting = 'select 1 from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))';
    while ((await raw.value(waiting)) === undefined) await new Promise((resolve) => setImmediate(resolve));
    await raw.run('commit');
    expect(await saved).toBeUndefined();
    expect(await raw.value('select lease_holder from accounts')).toBe('second');
    expect(await storage.refreshes.saveRefreshed(ada, { ...at, holder: 'second' }, tokens)).toBeDefined();
  });
});
