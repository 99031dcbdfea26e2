// Every secret of a whole run is collected where it arises and then searched for in everything that leaves the process.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { handClock } from '../support/hand-clock.ts';
import { alex, createWorld, newSandbox, sam, type World } from '../support/world.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-'));
});
afterEach(() => rm(folder, { recursive: true }));

const encryptionKey = Buffer.alloc(32, 'k').toString('base64');

interface Secrets {
  /** Google's and the operator's: leave towards Google only. */
  readonly google: Set<string>;
  /** Postern's own: leave once, to the party they were made for; never into a log or the database. */
  readonly own: Set<string>;
}

/** A sandbox whose every token, code and verifier is noted as it passes. */
const watched = (sandbox: ReturnType<typeof newSandbox>, secrets: Secrets): typeof fetch => {
  return async (input, init) => {
    const request = new Request(input, init);
    const form = request.method === 'POST' ? new URLSearchParams(await request.clone().text()) : new URLSearchParams();
    for (const name of ['code', 'code_verifier', 'refresh_token', 'client_secret', 'token'])
      if (form.has(name)) secrets.google.add(form.get(name) ?? '');
    const response = await sandbox.fetch(request);
    if (new URL(request.url).pathname === '/token' && response.ok) {
      const tokens = (await response.clone().json()) as Record<string, string>;
      for (const name of ['access_token', 'refresh_token', 'id_token'])
        if (tokens[name]) secrets.google.add(tokens[name]);
    }
    return response;
  };
};

/** A secret as it is, and in the disguises in which it is carelessly passed on. */
const disguises = (secret: string): string[] => [
  secret,
  encodeURIComponent(secret),
  Buffer.from(secret).toString('base64url'),
  Buffer.from(secret).toString('hex'),
];

const found = (secrets: Iterable<string>, haystack: string): string[] =>
  [...secrets].filter((secret) => disguises(secret).some((text) => haystack.includes(text)));

it('No secret leaves the process or lies in the database, whatever happens', async () => {
  const secrets: Secrets = { google: new Set([encryptionKey]), own: new Set() };
  const clock = handClock();
  const sandbox = newSandbox(clock);
  const world = await createWorld({
    clock,
    sandbox,
    encryptionKey,
    databasePath: join(folder, 'postern.db'),
    fetch: watched(sandbox, secrets),
  });
  const left: string[] = [];
  await wholeStory(world, secrets, left);
  await world.postern.storage.operations.sweep(clock.now());

  expect(secrets.google.size).toBeGreaterThan(15);
  expect(secrets.own.size).toBeGreaterThan(6);
  expect(world.logged.length).toBeGreaterThan(20);
  expect(found(secrets.google, left.join('\n'))).toEqual([]);
  const logs = world.logged.join('\n');
  expect(found(secrets.google, logs)).toEqual([]);
  expect(found(secrets.own, logs)).toEqual([]);
  for (const name of [alex, sam, 'user_42', 'user_43']) expect(logs).not.toContain(name);

  for (const file of await readdir(folder)) {
    const bytes = (await readFile(join(folder, file))).toString('latin1');
    expect(found(secrets.google, bytes), file).toEqual([]);
    expect(found(secrets.own, bytes), file).toEqual([]);
  }
  await world.close();
});

/** Connecting, reading, refusing, failing, revoking: every answer goes into `left`. */
const wholeStory = async (world: World, secrets: Secrets, left: string[]): Promise<void> => {
  const { sandbox, clock } = world;
  const keep = (value: unknown): void =>
    void left.push(typeof value === 'string' ? value : inspect(value, { depth: 9 }));
  const service = await world.serviceKey({ unverifiedLinks: true });
  const user = await world.userKey('user_43', { unverifiedLinks: true });
  secrets.own.add(service).add(user);
  const tool = async (name: string, input: Record<string, unknown>, who: { key: string; as?: string }) => {
    const answer = await world.call(name, input, who);
    keep(answer);
    const { url } = (answer.structured.authorizationRequired ?? answer.structured) as { url?: string };
    if (url !== undefined) secrets.own.add(url.split('/').at(-1) ?? '');
    return { ...answer, url: String(url) };
  };
  const page = async (url: string, options: Parameters<World['approve']>[1]) => {
    const shown = await world.approve(url, options);
    // The sandbox's pages are Google's, not ours.
    if (new URL(shown.url).origin !== sandbox.origin) keep(shown.html + inspect([...shown.headers]));
    return shown;
  };

  const alexCalls = { key: service, as: 'user_42' };
  await page((await tool('gmail_fetch_mails', {}, alexCalls)).url, { decision: 'deny' });
  await page((await tool('gmail_fetch_mails', {}, alexCalls)).url, {});
  await page((await tool('gmail_fetch_mails', {}, { key: user })).url, { email: sam });
  const listed = await tool(
    'gmail_fetch_mails',
    { query: 'has:attachment', format: 'full', max_results: 3 },
    alexCalls,
  );
  const id = (listed.structured.messages as { id: string }[])[0]?.id;
  await tool('gmail_get_message_by_id', { message_id: id, format: 'raw' }, alexCalls);
  const message = await tool('gmail_get_message_by_id', { message_id: id }, alexCalls);
  const [attachment] = message.structured.attachments as { attachmentId: string }[];
  const input = { message_id: id, attachment_id: attachment?.attachmentId, delivery: 'link' };
  const download = await tool('gmail_get_attachment_by_id', input, alexCalls);
  keep(await (await world.http(new URL(download.url).pathname)).text());
  await tool('gmail_search_people', { query: 'a' }, alexCalls);
  await tool('gmail_get_contacts', { nonsense: 1 }, alexCalls);

  for (const fault of [{ status: 500 }, { kind: 'reset' }, { kind: 'html' }, { kind: 'half' }] as const) {
    await clock.advance(2 * 3_600_000);
    sandbox.fault({ path: '/token', times: 1 }, fault);
    await tool('gmail_list_drafts', {}, alexCalls);
    sandbox.fault({ path: /gmail/, times: 1 }, { status: 400 });
    await tool('gmail_list_drafts', {}, alexCalls);
  }
  for (const path of [
    '/api/v1/accounts/user_42',
    '/readyz',
    '/nowhere',
    '/connect/x',
    '/oauth/callback?code=1&state=2',
  ]) {
    const answer = await world.http(path, { key: service });
    keep((await answer.text()) + inspect([...answer.headers]));
  }
  sandbox.changePassword(alex);
  await clock.advance(2 * 3_600_000);
  await tool('gmail_fetch_mails', {}, alexCalls);
  const ended = await world.http('/api/v1/accounts/user_43/disconnect', { method: 'POST', key: service });
  keep(await ended.text());
};
