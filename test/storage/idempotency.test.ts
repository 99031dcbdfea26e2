// How many requests with an Idempotency-Key are remembered. What they do is tried over HTTP (test/http/api/idempotency.test.ts).
import { beforeEach, describe, expect, it } from 'vitest';
import { aWorld, start, type World } from './support.ts';

const most = 100_000;
let world: World;
beforeEach(async () => {
  world = await aWorld();
  // Each of a hundred thousand rows would be checked by itself.
  await world.raw.ignoreConstraints();
  for (const id of ['busy', 'quiet'])
    await world.raw.run(`insert into api_keys (id, kind, realm, secret_hash, unverified_links, created_at)
      values ('${id}', 'service', 'default', 'hash', 1, 1)`);
});

const requestOf = (apiKeyId: string, name: string) => ({
  ...{ hash: `${apiKeyId} ${name}`, apiKeyId, bodyHash: 'body', holder: 'holder' },
  ...{ now: start, leaseUntil: start + 1000, expiresAt: start + 2000 },
});
const answer = (apiKeyId: string, name: string) =>
  world.storage.idempotencyKeys.finish(
    requestOf(apiKeyId, name),
    { status: 201, contentType: null, body: name },
    undefined,
  );
const begin = async (apiKeyId: string, name: string) =>
  (await world.storage.idempotencyKeys.begin(requestOf(apiKeyId, name))).kind;
const send = async (apiKeyId: string, name: string): Promise<void> => {
  await begin(apiKeyId, name);
  await answer(apiKeyId, name);
};
const countOf = (apiKeyId: string) =>
  world.raw.value('select count(*) from idempotency_keys where api_key_id = ?', apiKeyId);
/** As many as others sent meanwhile; only their number matters. */
const sendMany = (apiKeyId: string, many: number) =>
  world.raw.run(`
    insert into idempotency_keys (hash, api_key_id, body_hash, holder, lease_until, created_at, expires_at, sequence)
    with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${many}),
      latest (sequence) as (select max(sequence) from idempotency_keys where api_key_id = '${apiKeyId}')
    select 'many ' || n, '${apiKeyId}', 'body', 'holder', 0, 0, ${start + 2000}, sequence + n from numbers, latest`);

describe('Of requests with an Idempotency-Key', () => {
  it('the latest 100,000 of an API key are remembered: the oldest are forgotten, and none of another key', async () => {
    await send('quiet', 'only');
    await send('busy', 'first');
    await send('busy', 'second');
    await sendMany('busy', most - 2);
    expect(await begin('busy', 'first')).toBe('answered');
    expect(await begin('busy', 'latest')).toBe('begun');
    expect(await countOf('busy')).toBe(most);
    expect(await begin('busy', 'second')).toBe('answered');
    expect(await begin('quiet', 'only')).toBe('answered');
    expect(await begin('busy', 'first')).toBe('begun');
    expect(await countOf('busy')).toBe(most);
    expect(await begin('busy', 'latest')).toBe('in_progress');
  });

  it('one that is forgotten while it is under way ends as it would, and its answer is not kept', async () => {
    await begin('busy', 'slow');
    await sendMany('busy', most);
    await begin('busy', 'latest');
    await answer('busy', 'slow');
    expect(await world.storage.idempotencyKeys.find('busy slow', start)).toBeUndefined();
  });

  it('those of a former schema, which had no order, are answered, and go first', async () => {
    await send('busy', 'former');
    await world.raw.run('update idempotency_keys set sequence = 0');
    expect(await begin('busy', 'former')).toBe('answered');
    await send('busy', 'first');
    await sendMany('busy', most - 1);
    await begin('busy', 'latest');
    expect(await world.storage.idempotencyKeys.find('busy former', start)).toBeUndefined();
  });
});
