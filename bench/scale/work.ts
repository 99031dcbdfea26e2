// What Postern does with its database beside the calls themselves, one thing at a time: how long each takes.
import { randomBytes } from 'node:crypto';
import type { Grant, Storage } from '../../src/storage/index.ts';
import { genuineKey, signUp } from './accounts.ts';

export interface Work {
  readonly name: string;
  /** How often it happens: what is of each call or person has to stay flat. */
  readonly of: 'person' | 'process' | 'operator';
  run(number: number): Promise<unknown>;
}

export const refresh = async (storage: Storage, number: number, grant: Grant): Promise<void> => {
  const key = genuineKey(number);
  const account = await storage.accounts.find(key);
  if (account === undefined) throw new Error(`${key.identifier} is not there`);
  const { version: accountVersion, grantVersion } = account;
  const at = { accountVersion, grantVersion, holder: 'bench' };
  const expires = { accessToken: grant.accessToken, accessTokenExpiresAt: grant.accessTokenExpiresAt };
  const done =
    (await storage.refreshes.takeLease(key, at, 10_000)) && (await storage.refreshes.saveRefreshed(key, at, expires));
  if (!done) throw new Error(`${key.identifier} was not refreshed`);
};

/** @param retaining the same database, opened with a time after which accounts without a grant are deleted */
export const workOn = (storage: Storage, retaining: Storage, grant: Grant, people: number): Work[] => {
  const { accounts, operations, checks, tokenEndpoint, connections, apiKeys, refreshTokenCount } = storage;
  const of = { clientId: grant.clientId, tokenEndpoint: grant.tokenEndpoint };
  const realm = genuineKey(0).realm;
  const middle = genuineKey(0).identifier.slice(0, -1);
  const now = () => storage.clock.now();
  const page = (filter: Parameters<typeof operations.pageOfAccounts>[1]['filter'], after?: string) =>
    operations.pageOfAccounts(realm, { filter, limit: 50, after });
  const newcomer = (): ReturnType<typeof genuineKey> => ({
    realm,
    identifier: `new-${randomBytes(8).toString('hex')}`,
  });
  return [
    { name: 'read a grant', of: 'person', run: (number) => accounts.readGrant(genuineKey(number % people)) },
    { name: 'refresh a token', of: 'person', run: (number) => refresh(storage, number % people, grant) },
    { name: 'sign up: account, link, grant', of: 'person', run: () => signUp(storage, newcomer(), grant) },
    {
      name: 'sign up and be deleted',
      of: 'person',
      run: async () => {
        const key = newcomer();
        await signUp(storage, key, grant);
        await accounts.remove(key);
      },
    },
    {
      name: 'others with the same mailbox',
      of: 'person',
      run: () => operations.othersWithGrantOf(grant.google.sub, genuineKey(0), now()),
    },
    {
      name: 'refresh tokens of a mailbox',
      of: 'person',
      run: () => refreshTokenCount.issuedSince(grant.google.sub, grant.clientId, 0),
    },
    { name: 'API keys of a person', of: 'person', run: (number) => apiKeys.listOf(genuineKey(number % people)) },
    { name: 'page of accounts', of: 'person', run: () => page({}, middle) },
    { name: 'page of accounts, ACTIVE', of: 'person', run: () => page({ status: 'ACTIVE' }, middle) },
    { name: 'page of a mailbox', of: 'person', run: () => page({ mailbox: grant.google.email }) },
    { name: 'connections of a realm', of: 'person', run: () => connections.inRealm(realm) },
    { name: 'Google refuses a grant: standing', of: 'person', run: () => tokenEndpoint.standing(of) },
    { name: '… whose else it may ask for', of: 'person', run: () => tokenEndpoint.others(of, grant.google, 10) },
    {
      name: '… ACTIVE ones that stand refused',
      of: 'process',
      run: () => tokenEndpoint.refused(of, 'ACTIVE', { size: 100 }),
    },
    {
      name: '… REVOKED ones that are retained',
      of: 'process',
      run: () => tokenEndpoint.refused(of, 'REVOKED', { size: 100 }),
    },
    { name: 'daily checks: how many', of: 'process', run: () => checks.count(of, 43_200) },
    { name: 'daily checks: who is due', of: 'process', run: () => checks.due(of, now(), 300) },
    { name: 'sweep', of: 'process', run: () => operations.sweep(now()) },
    { name: 'sweep, with a retention time', of: 'process', run: () => retaining.operations.sweep(now()) },
    { name: 'start: whether the keys are right', of: 'process', run: () => storage.demandKey() },
    { name: 'accounts by status', of: 'operator', run: () => operations.countsByStatus() },
    { name: 'crowded mailboxes', of: 'operator', run: () => operations.manyRefreshTokens(50) },
    { name: 'count of accounts', of: 'operator', run: () => operations.countOfAccounts(realm, {}) },
    {
      name: 'search for a part of a name',
      of: 'operator',
      run: () => operations.countOfAccounts(realm, { text: 'zzz' }),
    },
    { name: 'rotation: anything left', of: 'operator', run: () => operations.reseal(0) },
  ];
};

export interface Taken {
  /** Milliseconds; median. */
  readonly p50: number;
  readonly failed?: string;
}

const mostTimes = 25;
const leastTimes = 3;

/** A few times, after once for nothing. @param enoughMs after that no further one is begun */
export const time = async ({ run }: Work, enoughMs: number): Promise<Taken> => {
  const taken: number[] = [];
  const begin = performance.now();
  for (let number = 0; number <= mostTimes; number++) {
    const at = performance.now();
    try {
      await run(number);
    } catch (error) {
      return { p50: performance.now() - at, failed: error instanceof Error ? error.message : String(error) };
    }
    if (number > 0) taken.push(performance.now() - at);
    if (number >= leastTimes && performance.now() - begin > enoughMs) break;
  }
  taken.sort((one, other) => one - other);
  return { p50: taken[Math.floor(taken.length / 2)] ?? Number.NaN };
};
