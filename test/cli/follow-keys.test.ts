// A process that follows the sealing key says so in the database before it serves.
import pino from 'pino';
import { expect, it } from 'vitest';
import { followKeys } from '../../src/cli/follow-keys.ts';
import { ada, aWorld, keyOf, sealerWith } from '../storage/support.ts';

const keys = { current: keyOf(1), retired: [], source: 'environment', files: [], besides: [] } as const;

it('A process that finds a copy begun while it started does not serve it', async () => {
  const { storage, raw } = await aWorld();
  await raw.run(`insert into copied_from (only_row, source, finished) values (1, 'another database', 0)`);
  const followed = followKeys(storage, sealerWith(1), keys, pino({ level: 'silent' }));
  await expect(followed).rejects.toMatchObject({ kind: 'unfinished_copy' });
});

it('A process that cannot say which keys it knows leaves no connection open, which would keep it from ending', async () => {
  const { storage, raw } = await aWorld();
  await raw.alter('drop table processes');
  await expect(followKeys(storage, sealerWith(1), keys, pino({ level: 'silent' }))).rejects.toThrow();
  await expect(storage.accounts.find(ada)).rejects.toThrow();
});
