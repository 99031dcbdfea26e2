// What doctor finds in the database: whether it opens, rows that do not count, what needs somebody of its accounts and keys,
// and what every process on it was answered by Google's token endpoint.
import { randomBytes } from 'node:crypto';
import type { Config } from '../../config/config.ts';
import { authorizationFails, refusesEverybody } from '../../connect/accounts.ts';
import { type Account, refreshTokenWarning } from '../../model/account.ts';
import { accountKeyText } from '../../model/account-key.ts';
import { databaseName } from '../../model/database-location.ts';
import {
  createSealer,
  mostWaiting,
  openStorage,
  type RefusedRow,
  type Storage,
  StorageError,
} from '../../storage/index.ts';
import { connectionFindings } from './connections.ts';
import { type Finding, finding } from './finding.ts';

/** Google counts for the Google account: several accounts here that use one have one warning. */
const crowdedMailboxFindings = (accounts: readonly Account[]): Finding[] => {
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
const testingModeFindings = async (storage: Storage): Promise<Finding[]> => {
  const isActive = ({ state }: Account) => state.status === 'ACTIVE';
  for (const { key } of await storage.operations.listAccounts({ most: samples, fits: isActive })) {
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

/** Endpoints that get nothing any more, and events that none of their tries brought there. */
const webhookFindings = async ({ webhookEndpoints, webhookDeliveries }: Storage): Promise<Finding[]> => {
  const findings: Finding[] = [];
  for (const { id, realm, disabledAt } of await webhookEndpoints.list()) {
    const { waiting, dead } = await webhookDeliveries.count(id);
    if (waiting > mostWaiting / 2)
      findings.push(
        finding(
          'warning',
          `Webhook endpoint ${id} (realm ${realm}) has ${waiting} events waiting; of more than ${mostWaiting} the oldest become dead letters. See that it answers 200–299, and that an http process runs.`,
        ),
      );
    if (disabledAt !== undefined)
      findings.push(
        finding(
          'warning',
          `Webhook endpoint ${id} (realm ${realm}) answered that it is gone, and gets nothing. Remove it, or try it with: postern webhooks test ${id}`,
        ),
      );
    if (dead > 0)
      findings.push(
        finding(
          'warning',
          `Webhook endpoint ${id} (realm ${realm}) did not take ${dead} ${dead === 1 ? 'event' : 'events'}, kept for a week. See: postern webhooks list --dead`,
        ),
      );
  }
  return findings;
};

/** Beyond this somebody's clock is wrong. Milliseconds. */
const noticeableSkewMs = 5_000;

/** @param ahead how far the database's clock is ahead of this machine's; milliseconds */
export const clockFindings = (ahead: number): Finding[] =>
  Math.abs(ahead) < noticeableSkewMs
    ? []
    : [
        finding(
          'warning',
          `The database's clock is ${Math.round(Math.abs(ahead) / 1000)} seconds ${ahead > 0 ? 'ahead of' : 'behind'} this machine's. Postern goes by the database's, which has to be right, or what Google and issuers say of times is refused: synchronize both (NTP).`,
        ),
      ];

/** What is in a database that is there. */
export const databaseFindings = async (config: Config): Promise<Finding[]> => {
  const sealer = createSealer(config.keys, randomBytes);
  try {
    const storage = await openStorage({ location: config.database, sealer, random: randomBytes });
    try {
      const counts = await storage.operations.countsByStatus();
      const keys = (await storage.apiKeys.list()).filter((key) => key.revokedAt === undefined);
      const crowded = await storage.operations.manyRefreshTokens(refreshTokenWarning);
      const weak = keys.filter((key) => key.unverifiedLinks);
      return [
        finding(
          'ok',
          `Database: ${databaseName(config.database)}; accounts: ${counts.ACTIVE} active, ${counts.PENDING} pending, ${counts.REVOKED} revoked`,
        ),
        finding('ok', `API keys: ${keys.length}`),
        ...(await refusedRowFindings(storage)),
        ...clockFindings(storage.clock.now() - Date.now()),
        ...(await connectionFindings(storage, config)),
        ...crowdedMailboxFindings(crowded),
        ...(await testingModeFindings(storage)),
        ...(await tokenEndpointFindings(storage, config)),
        ...(await webhookFindings(storage)),
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

const causes: Readonly<Record<RefusedRow['cause'], string>> = {
  no_mac: 'was put there by something else than Postern',
  altered: 'was changed by something else than Postern',
  unknown_key: 'was written under a sealing key that is not configured',
};

const nameOf = ({ table, key }: RefusedRow): string => `${table} ${Object.values(key).join(' / ')}`;

const remedy = (cause: RefusedRow['cause']): string =>
  cause === 'unknown_key'
    ? 'Bring that key back, or delete it'
    : 'Find out who can write to the database, then delete it';

const refusedRowFinding = (row: RefusedRow): Finding =>
  finding(
    'fault',
    `The row ${nameOf(row)} ${causes[row.cause]}, and is not used. ${remedy(row.cause)} with: postern encryption discard-unreadable`,
  );

const isWrongKey = (error: unknown): error is StorageError =>
  error instanceof StorageError && error.kind === 'wrong_key';

/** A fault for a key that is not that of the database, else one for each row that is not used. */
const refusedRowFindings = async (storage: Storage): Promise<Finding[]> => {
  try {
    await storage.demandKey();
  } catch (error) {
    if (isWrongKey(error)) return [finding('fault', error.message)];
    throw error;
  }
  return (await storage.operations.refusedRows()).map(refusedRowFinding);
};

const time = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** An OAuth client, and how its operator compares it; `whose` ends a phrase such as "the OAuth client". */
interface KnownClient {
  readonly clientId: string;
  readonly whose: string;
  readonly compare: string;
}

const clientsOf = async ({ connections }: Storage, { google }: Config): Promise<KnownClient[]> => [
  {
    clientId: google.client.id,
    whose: '',
    compare: 'compare GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET with the Google Cloud console',
  },
  ...(await connections.list()).map(({ name, clientId }) => ({
    clientId,
    whose: ` of the connection ${name}`,
    compare: `compare it with its Google Cloud console (postern connections add ${name} --replace gives it another secret)`,
  })),
];

/** What the token endpoint said of each client. */
export const tokenEndpointFindings = async (storage: Storage, config: Config): Promise<Finding[]> => {
  const findings: Finding[] = [];
  for (const client of await clientsOf(storage, config))
    findings.push(...(await standingFindings(storage, config, client)));
  return findings;
};

const standingFindings = async (
  { tokenEndpoint }: Storage,
  { google }: Config,
  { clientId, whose, compare }: KnownClient,
): Promise<Finding[]> => {
  const standing = await tokenEndpoint.standing({ clientId, tokenEndpoint: google.tokenEndpoint });
  const { googleAccounts, since, acceptedAt = 0, clientRefusedAt = 0, codeRefusedAt = 0 } = standing;
  const findings: Finding[] = [];
  if (clientRefusedAt > acceptedAt)
    findings.push(
      finding(
        'warning',
        `Google refused the OAuth client${whose} at ${time(clientRefusedAt)} (invalid_client) and gave it no token since: ${compare}. Nobody is disconnected by this.`,
      ),
    );
  if (refusesEverybody(standing) && since !== undefined) {
    const authorization = authorizationFails(standing)
      ? `it refused a new authorization too, at ${time(codeRefusedAt)}: this is an accident. Look for a change of the OAuth client, ${compare}, and GOOGLE_TOKEN_ENDPOINT`
      : 'if they really all left, one of them who connects again shows it; else look for a change of the OAuth client in the Google Cloud console';
    findings.push(
      finding(
        'warning',
        `Google refuses the stored access of ${googleAccounts} unrelated Google accounts${whose === '' ? '' : ` through the client${whose}`}, the first since ${time(since)}, and accepts nobody; ${authorization}. They stay connected here, and each gets a link.`,
      ),
    );
  }
  return findings;
};
