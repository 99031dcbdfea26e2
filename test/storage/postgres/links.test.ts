// Links that end while what they brought is being saved, which SQLite's one writer does one after the other.
import { describe, expect, it } from 'vitest';
import { ada, aGrant, aTicket, aWorld, start } from '../support.ts';

describe('Whoever ends the links of an account', () => {
  it('reads afterwards what one of them brought before it ended', async () => {
    const { storage, raw } = await aWorld();
    const { version } = await storage.accounts.getOrCreate(ada);
    await storage.tickets.open(aTicket('ticket'), 4);
    await storage.tickets.take('ticket', { stateHash: 'state' }, start);
    await storage.tickets.redeem('ticket', 'state', start);
    await raw.run('begin; update accounts set last_used_at = 1');
    const saved = storage.accounts.saveGrant(ada, version, aGrant(), 'ticket');
    const waits = 'select pid from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))';
    const until = async (isSo: () => Promise<boolean>) => {
      while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve));
    };
    await until(async () => (await raw.value(waits)) !== undefined);
    let isOver = false;
    const read = storage.tickets.voidAll(ada).then(() => {
      isOver = true;
      return storage.accounts.readGrant(ada);
    });
    const waitsForThat = `select 1 from pg_locks where not granted and pg_blocking_pids(pid) && array(${waits})`;
    await until(async () => isOver || (await raw.value(waitsForThat)) !== undefined);
    await raw.run('commit');
    expect(await saved).toMatchObject({ state: { status: 'ACTIVE' } });
    expect(await read).toHaveProperty('kind', 'grant');
  });
});
