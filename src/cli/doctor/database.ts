// What doctor says of the database: whether it opens, whose rows count, and what of its accounts and keys needs somebody.
import { randomBytes } from 'node:crypto';
import type { Config } from '../../config/config.ts';
import { refreshTokenWarning } from '../../connect/accounts.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Account } from '../../model/account.ts';
import { accountKeyText } from '../../model/account-key.ts';
import { createSealer, openStorage, type Storage, StorageError } from '../../storage/index.ts';
import { type Finding, finding } from './finding.ts';
import { aboutRows } from './refused-rows.ts';
import { aboutTokenEndpoint } from './token-endpoint.ts';

/** Google counts for the Google account: several accounts here that use one have one warning. */
const aboutCrowdedMailboxes = (accounts: readonly Account[]): Finding[] => {
  const mailboxes = new Map<string, Account[]>();
  for (const account of accounts) {
    const mailbox = account.google?.sub ?? accountKeyText(account.key);
    mailboxes.set(mailbox, [...(mailboxes.get(mailbox) ?? []), account]);
  }
  return [...mailboxes.values()].map((sharing) => {
    const names = sharing.map(({ key }) => `${key.identifier} (realm ${key.realm})`).join(', ');
    const issued = Math.max(...sharing.map(({ refreshTokensIssued = 0 }) => refreshTokensIssued));
    return finding(
      'warning',
      `${names}: Google gave ${issued} refresh tokens for this mailbox and ends the oldest beyond 100. Remove accounts that nobody needs.`,
    );
  });
};

/** So many accesses are looked at. */
const samples = 50;

/** Google says of an access that it will end by itself only where the app is in testing. */
const aboutTesting = async (storage: Storage): Promise<Finding[]> => {
  const active = (await storage.operations.listAccounts()).filter(({ state }) => state.status === 'ACTIVE');
  for (const { key } of active.slice(0, samples)) {
    const reading = await storage.accounts.readGrant(key);
    if (reading.kind === 'grant' && reading.grant.refreshTokenExpiresAt !== undefined)
      return [
        finding(
          'warning',
          `Google ends the access of ${key.identifier} by itself at ${new Date(reading.grant.refreshTokenExpiresAt).toISOString()}: the OAuth consent screen is in “Testing”, which gives 7 days. Publish the app, or make it Internal.`,
        ),
      ];
  }
  return [];
};

/** What is in a database that is there. */
export const aboutDatabase = async (config: Config): Promise<Finding[]> => {
  const path = config.databasePath;
  const sealer = createSealer(config.keys, randomBytes);
  try {
    const storage = await openStorage({ path, sealer, clock: systemClock, random: randomBytes });
    try {
      const counts = await storage.operations.countsByStatus();
      const keys = (await storage.apiKeys.list()).filter((key) => key.revokedAt === undefined);
      const crowded = await storage.operations.manyRefreshTokens(refreshTokenWarning);
      const weak = keys.filter((key) => key.unverifiedLinks);
      return [
        finding(
          'ok',
          `Database: ${path}; accounts: ${counts.ACTIVE} active, ${counts.PENDING} pending, ${counts.REVOKED} revoked`,
        ),
        finding('ok', `API keys: ${keys.length}`),
        ...(await aboutRows(storage)),
        ...aboutCrowdedMailboxes(crowded),
        ...(await aboutTesting(storage)),
        ...(await aboutTokenEndpoint(storage, config)),
        ...weak.map((key) =>
          finding(
            'warning',
            `API key ${key.id}${key.label ? ` (${key.label})` : ''} has --unverified-links, which is weaker: whoever opens its links may complete them.`,
          ),
        ),
      ];
    } finally {
      await storage.close();
    }
  } catch (error) {
    if (error instanceof StorageError) return [finding('fault', error.message)];
    throw error;
  }
};
