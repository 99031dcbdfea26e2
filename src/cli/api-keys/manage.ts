// `postern api-keys list` and `revoke`. The secrets are not stored, so they cannot be shown.
import { systemClock } from '../../lib/clock.ts';
import type { ApiKeyRecord } from '../../storage/index.ts';
import { CommandError } from '../command-error.ts';
import { note, plain, say, sayJson, sayTable, shortTime } from '../terminal.ts';
import { withStorage } from '../with-storage.ts';

const heading = ['ID', 'KIND', 'REALM', 'PERSON', 'LABEL', 'LINKS', 'MADE', 'LAST USED', 'REVOKED'];

const linksOf = ({ unverifiedLinks, verifyUrl }: ApiKeyRecord): string => {
  if (unverifiedLinks) return 'unverified';
  return verifyUrl === undefined ? 'pinned' : plain(verifyUrl);
};

/** Prints every key. */
export const list = (options: { json?: boolean }): Promise<void> =>
  withStorage(async ({ storage }) => {
    const keys = await storage.apiKeys.list();
    if (options.json) {
      return sayJson(
        keys.map((key) => ({
          id: key.id,
          kind: key.kind,
          realm: key.realm,
          identifier: key.identifier,
          label: key.label,
          unverified_links: key.unverifiedLinks,
          verify_url: key.verifyUrl,
          created_at: new Date(key.createdAt).toISOString(),
          last_used_at: key.lastUsedAt === undefined ? undefined : new Date(key.lastUsedAt).toISOString(),
          revoked_at: key.revokedAt === undefined ? undefined : new Date(key.revokedAt).toISOString(),
        })),
      );
    }
    if (keys.length === 0) return note('No key yet. Make one with: postern api-keys create --service');
    sayTable(
      heading,
      keys.map((key) => [
        key.id,
        key.kind,
        key.realm,
        key.identifier ?? '–',
        key.label ?? '',
        linksOf(key),
        shortTime(key.createdAt),
        shortTime(key.lastUsedAt),
        shortTime(key.revokedAt),
      ]),
    );
  });

/** Revokes a key by its id; exit code 1 when there is none. */
export const revoke = (id: string): Promise<void> =>
  withStorage(async ({ storage }) => {
    if (!(await storage.apiKeys.revoke(id, systemClock.now()))) {
      throw new CommandError('There is no such key, or it is revoked already.', { fix: 'See: postern api-keys list' });
    }
    say(`Revoked ${id}.`);
  });
