// The statements that run with every call, every second or for everybody, as the stores make them: each is answered by an
// index, however many rows there are.
import BetterSqlite3 from 'better-sqlite3';
import pg from 'pg';
import { expect, it, vi } from 'vitest';
import type { Storage } from '../../src/storage/index.ts';
import { grantHashOf } from '../../src/storage/index.ts';
import { engine } from '../support/database.ts';
import { ada, aGrant, aRecord, aRound, aTicket, aWorld, connect, minute, start, type World } from './support.ts';
import { endpoint, secret } from './webhooks/support.ts';

interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

const isOfInterest = (text: string): boolean =>
  /^\s*(with|select|update|delete|insert)\b/i.test(text) && /\b(from|update|into)\b/i.test(text);

/** What runs on the connections to the database while `work` does. */
const statementsOf = async (work: () => Promise<unknown>): Promise<Statement[]> => {
  const found: Statement[] = [];
  const { query } = pg.Client.prototype;
  const ofPostgres = vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (
    this: pg.Client,
    ...asked: unknown[]
  ) {
    const [text, values] = asked;
    if (typeof text === 'string' && isOfInterest(text))
      found.push({ text, values: Array.isArray(values) ? values : [] });
    return Reflect.apply(query, this, asked);
  });
  const { prepare } = BetterSqlite3.prototype;
  const ofSqlite = vi.spyOn(BetterSqlite3.prototype, 'prepare').mockImplementation(function (
    this: BetterSqlite3.Database,
    text: string,
  ) {
    if (isOfInterest(text)) found.push({ text, values: [] });
    return Reflect.apply(prepare, this, [text]);
  });
  try {
    await work();
  } finally {
    ofPostgres.mockRestore();
    ofSqlite.mockRestore();
  }
  return found;
};

/**
 * Indexes that may be read as a whole, as they hold a bounded part of their table: grants that Google refuses or that ended
 * within a day, and what waits or is dead. PostgreSQL takes any of those that it has where tables are empty.
 */
const small: readonly string[] = [
  ...['accounts_refused', 'accounts_standing_refused', 'accounts_retained', 'accounts_just_ended'],
  ...['webhook_deliveries_dead', 'webhook_deliveries_of_account'],
  ...(engine === 'postgres' ? ['accounts_by_check', 'accounts_by_refresh', 'accounts_without_grant'] : []),
];

type Plan = Readonly<Record<string, unknown>> & { readonly Plans?: readonly Plan[] };

const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

/** What of a statement's plan reads a whole table, or a whole index of a whole table. */
const readsAll = async ({ raw, location }: World, { text, values }: Statement): Promise<string[]> => {
  if (location.engine === 'sqlite') {
    const steps = await raw.explain(text, []);
    return steps
      .map(({ detail }) => String(detail))
      .filter((step) => /^SCAN (?!\(|constant|CONSTANT)/.test(step))
      .filter(
        (step) =>
          !small.some((index) => step.endsWith(`INDEX ${index}`)) &&
          !/^SCAN (living|counted|found|json_each|webhook_endpoints)/.test(step),
      );
  }
  const [row] = await raw.explain(text, values);
  const plans = row?.['QUERY PLAN'] as readonly { readonly Plan: Plan }[];
  return nodesOf(plans[0]?.Plan ?? {})
    .filter((node) => /Seq Scan|Index.* Scan/.test(String(node['Node Type'])))
    .filter((node) => node['Index Cond'] === undefined && !small.includes(String(node['Index Name'])))
    .map((node) => `${node['Node Type']} ${node['Relation Name'] ?? ''} ${node['Index Name'] ?? ''}`);
};

const client = { clientId: 'client.example', tokenEndpoint: 'https://token.example/token' };
const lease = { holder: 'me', now: start, until: start + minute };

const hot: Readonly<Record<string, (storage: Storage) => Promise<unknown>>> = {
  'an account by its key': ({ accounts }) => accounts.readGrant(ada),
  'that it was used': ({ accounts }) => accounts.markUsed(ada, start + 2 * minute),
  'an API key': ({ apiKeys }) => apiKeys.find('service'),
  'the keys of a person': ({ apiKeys }) => apiKeys.listOf(ada),
  'a session': ({ sessions }) => sessions.find('session'),
  'the sessions of a person': ({ sessions }) => sessions.list(ada),
  'the lease of a refresh': async ({ refreshes, accounts }) => {
    const { version: accountVersion, grantVersion } = await accounts.getOrCreate(ada);
    const at = { accountVersion, grantVersion, holder: 'me' };
    await refreshes.takeLease(ada, at, minute);
    await refreshes.saveRefreshed(ada, at, { accessToken: 'new', accessTokenExpiresAt: start });
  },
  'the refresh tokens of a Google account': ({ refreshTokenCount }) =>
    refreshTokenCount.issued(aGrant().google.sub, client.clientId, start),
  'another account with the same mailbox': ({ operations }) =>
    operations.othersWithGrantOf(aGrant().google.sub, ada, start),
  'a link': async ({ tickets }) => {
    await tickets.open(aTicket('another'), 20);
    await tickets.find('another');
    await tickets.take('another', { stateHash: 'another' }, start);
    await tickets.connected(ada, 'another');
    await tickets.wasAbandoned(ada, start, start);
  },
  'a round': async ({ authorizationRounds }) => {
    await authorizationRounds.add(aRound());
    await (await authorizationRounds.find('state'))?.redeem(start);
  },
  'a record of the authorization server': async ({ authorizationRecords: records }) => {
    await records.put(aRecord({ owner: ada, uid: 'uid', grantId: 'grant' }));
    await records.findByUid('RefreshToken', 'uid');
    await records.consume('RefreshToken', aRecord().id);
    await records.grantIsLive(grantHashOf('grant'), ada);
    await records.count('Client');
    await records.makeRoom('Client', start);
    await records.removeGrant('grant');
    await records.removeOf(ada);
  },
  'a download': async ({ downloads }) => {
    const file = { grantVersion: 1, messageId: 'm', partId: '1', fileName: 'a', mimeType: 'text/plain', size: 1 };
    await downloads.add({ hash: 'download', key: ada, ...file, expiresAt: start + minute }, 1);
    await downloads.claim('download', start, start + minute);
  },
  'a pending grant': async ({ pendingGrants }) => {
    await pendingGrants.open('pending', start);
    await pendingGrants.voidAll(ada);
    await pendingGrants.eraseExpired(start);
  },
  'a signed-in browser': ({ browserSessions }) => browserSessions.find('browser', start),
  'an idempotent request': async ({ idempotencyKeys }) => {
    const request = { hash: 'request', apiKeyId: 'service', bodyHash: 'body', holder: 'me', now: start };
    await idempotencyKeys.begin({ ...request, leaseUntil: start + minute, expiresAt: start + minute });
  },
  'what waits for an endpoint': async ({ webhookDeliveries }) => {
    await webhookDeliveries.endpointsDue(start);
    const [delivery] = await webhookDeliveries.claim(endpoint.id, lease, 10);
    if (delivery !== undefined) await webhookDeliveries.delivered(delivery, 'me');
    await webhookDeliveries.count(endpoint.id);
    await webhookDeliveries.deadLetters(endpoint.id, 10);
  },
  'accounts to be checked': async ({ checks }) => {
    await checks.due(client, start, 10);
    await checks.count(client, 100);
    await checks.isDue(ada, start);
    await checks.note(ada, { dueAt: start });
    await checks.takeLease('work', 'me', start, start + minute);
  },
  'grants that stand refused': async ({ tokenEndpoint }) => {
    await tokenEndpoint.standing(client);
    await tokenEndpoint.noteAnswer(client, 'accepted', start);
    await tokenEndpoint.noteRefused(ada, 1, start);
    await tokenEndpoint.others(client, aGrant().google, 10);
    await tokenEndpoint.refused(client, 'ACTIVE', { size: 10, after: ada });
    await tokenEndpoint.refused(client, 'REVOKED', { size: 10 });
  },
  'the start of a process': ({ demandKey }) => demandKey(),
  'the connections of a realm': ({ connections }) => connections.inRealm('default'),
  'the accounts of a realm': ({ operations }) => operations.listAccounts({ realm: 'default' }),
  'a page of accounts': ({ operations }) => operations.pageOfAccounts('default', { filter: {}, limit: 50, after: 'a' }),
  'a page of accounts of one status': ({ operations }) =>
    operations.pageOfAccounts('default', { filter: { status: 'PENDING' }, limit: 50 }),
  'a page of accounts of one mailbox': ({ operations }) =>
    operations.pageOfAccounts('default', { filter: { mailbox: 'ada@example.com' }, limit: 50 }),
  'what is swept': ({ operations }) => operations.sweep(start),
  'an account that is deleted': ({ accounts }) => accounts.remove(ada),
};

it.each(Object.entries(hot))('%s: found by an index', async (_, ask) => {
  const world = await aWorld();
  const { storage, raw } = world;
  // Forgets what the server found out of these tables for tests that had the schema before.
  if (engine === 'postgres') await raw.run(`truncate ${(await raw.tables()).join(', ')}`);
  await connect(storage, ada);
  await storage.webhookEndpoints.add(endpoint, secret, 10);
  const service = { id: 'service', kind: 'service', realm: 'default', secretHash: 'hash' } as const;
  await storage.apiKeys.add({ ...service, unverifiedLinks: false, createdAt: start });
  // One that has prepared nothing yet.
  const process = await world.open(undefined, { retentionMs: 30 * 24 * 60 * minute });
  const statements = await statementsOf(() => ask(process));
  expect(statements.length).toBeGreaterThan(0);
  for (const statement of statements) {
    // Swept once an hour, and kept without an index that every count would have to write (rate-limit-store.ts).
    if (/^\s*delete from "rate_limits"/.test(statement.text)) continue;
    // So few endpoints, connections and API keys that nobody looks for an index; names of ours alone.
    if (
      /from "?(webhook_endpoints(?!" where exists)|authorization_keys|sealing_key_in_use|connection_defaults|connections|leases|processes|postern_schema)\b/.test(
        statement.text,
      )
    )
      continue;
    expect(await readsAll(world, statement), statement.text).toEqual([]);
    // An index of everybody would be taken before that of the few who stand refused.
    if (engine === 'sqlite' && /^select.*"refused_since" is not null/.test(statement.text))
      expect(JSON.stringify(await world.raw.explain(statement.text, [])), statement.text).toMatch(
        /INDEX accounts_(standing_)?refused\b/,
      );
  }
});
