import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { releasedMigrations } from '../../src/storage/released-migrations.ts';

/** Of each released migration, as it was released. */
const released: readonly string[] = ['5f73674028f67f33', 'b6388df99863343d'];

it('A migration that was released is never changed: databases out there have run it', () => {
  const hashes = releasedMigrations.map((migration) =>
    createHash('sha256').update(migration).digest('hex').slice(0, 16),
  );
  expect(hashes).toEqual(released);
});
