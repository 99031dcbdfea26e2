// Whoever can write to the database, and has keys of their own here, reads nobody else's mail with it.
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRaw, type RawDatabase } from '../support/database.ts';
import { createWorld, sam, type World } from '../support/world.ts';

let folder: string;
let world: World;
let raw: RawDatabase;
/** The thief's own: a person and a product's backend. */
let mine: { user: string; service: string; session: string };
/** Of the victim, who is connected in another realm. */
let theirs: { user: string; service: string };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-'));
  world = await createWorld({ databasePath: join(folder, 'postern.db') });
  await world.connect('victim', { realm: 'shop', pins: { expectedEmail: 'alex@example.com' } });
  await world.connect('thief', { email: sam, realm: 'club', pins: { expectedEmail: sam } });
  const service = await world.serviceKey({ realm: 'club' });
  const made = await world.http('/api/v1/accounts/thief/sessions', { method: 'POST', key: service });
  const session = String(((await made.json()) as { token?: string }).token);
  mine = { user: await world.userKey('thief', { realm: 'club' }), service, session };
  theirs = {
    user: await world.userKey('victim', { realm: 'shop' }),
    service: await world.serviceKey({ realm: 'shop' }),
  };
  raw = await openRaw(world.config.database);
  await raw.ignoreConstraints();
});
afterEach(async () => {
  await raw.close();
  await world.close();
  await rm(folder, { recursive: true });
});

const idOf = (key: string): string => key.split('_')[2] ?? '';
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What a call with this key says: whose mail came, or the status that refused it. */
const reads = async (key: string, as?: string): Promise<string> => {
  const who = as === undefined ? { key } : { key, as };
  try {
    const { text } = await world.call('gmail_fetch_mails', { max_results: 100 }, who);
    return text.includes('alex@example.com') ? 'the mail of the victim' : text;
  } catch (error) {
    return String((error as { status?: number }).status ?? error);
  }
};

const rowOf = async (table: string, key: string) =>
  (await raw.all(`select * from ${table} where id = ?`, idOf(key)))[0] ?? {};

describe('A row that was written into the database by hand', () => {
  it('was the way to somebody else’s mail: with their own keys both read their own', async () => {
    expect(await reads(theirs.user)).toBe('the mail of the victim');
    expect(await reads(theirs.service, 'victim')).toBe('the mail of the victim');
    expect(await reads(mine.user)).not.toContain('the mail of the victim');
    expect(await reads(mine.session)).not.toContain('the mail of the victim');
  });

  it('is no API key', async () => {
    const made = mine.service.replace(/[0-9a-f]{16}/, '0123456789abcdef');
    const row = { ...(await rowOf('api_keys', theirs.service)), id: idOf(made), secret_hash: sha256(made) };
    const names = Object.keys(row);
    await raw.run(`insert into api_keys (${names}) values (${names.map(() => '?')})`, ...Object.values(row));
    expect(await reads(made, 'victim')).toBe('401');
  });

  it('sends no browser to another address: neither a link nor a key that was given one is good any more', async () => {
    const done = 'https://club.example/done';
    const key = await world.serviceKey({ realm: 'club', unverifiedLinks: true, returnUrls: [done] });
    const link = async (return_url: string) => {
      const body = JSON.stringify({ return_url });
      const answer = await world.http('/api/v1/accounts/thief/link', { method: 'POST', key, body });
      return { status: answer.status, url: String(((await answer.json()) as { url?: string }).url) };
    };
    const { url } = await link(done);
    await raw.run('update tickets set return_url = ?', 'https://evil.example/');
    const page = await world.browser().open(url);
    expect([page.status, page.url]).toEqual([404, url]);
    await raw.run('update api_keys set return_urls = ? where id = ?', '["https://evil.example/"]', idOf(key));
    expect((await link('https://evil.example/')).status).toBe(401);
  });

  it('gives a key no other realm', async () => {
    await raw.run("update api_keys set realm = 'shop' where id = ?", idOf(mine.service));
    expect(await reads(mine.service, 'victim')).toBe('401');
  });

  it('gives a key no other person', async () => {
    await raw.run("update api_keys set realm = 'shop', identifier = 'victim' where id = ?", idOf(mine.user));
    expect(await reads(mine.user)).toBe('401');
  });

  it('gives a key no other secret', async () => {
    const chosen = theirs.user.replace(/.{43}$/, 'A'.repeat(43));
    await raw.run('update api_keys set secret_hash = ? where id = ?', sha256(chosen), idOf(theirs.user));
    expect(await reads(chosen)).toBe('401');
  });

  it('gives a session no other person', async () => {
    const change = "update sessions set realm = 'shop', identifier = 'victim', api_key_id = ? where id = ?";
    await raw.run(change, idOf(theirs.service), idOf(mine.session));
    expect(await reads(mine.session)).toBe('401');
  });

  it('brings no revoked key back', async () => {
    await world.postern.storage.apiKeys.revoke(idOf(theirs.user), world.clock.now());
    await raw.run('update api_keys set revoked_at = null');
    expect(await reads(theirs.user)).toBe('401');
  });

  it('makes one person’s account no other’s, whatever of it is copied', async () => {
    await raw.run("delete from accounts where identifier = 'thief'");
    await raw.run("update accounts set realm = 'club', identifier = 'thief'");
    const said = await reads(mine.user);
    expect(said).toContain('changed by something else than Postern');
    expect(said).toContain('postern doctor');
  });

  it('pins nobody to another mailbox', async () => {
    await raw.run("update accounts set expected_email = 'mallory@example.org' where identifier = 'victim'");
    expect(await reads(theirs.user)).toContain('changed by something else than Postern');
    const link = await world.http('/api/v1/accounts', {
      ...{ method: 'POST', key: theirs.service },
      ...{ headers: { 'content-type': 'application/json' }, body: JSON.stringify({ identifier: 'victim' }) },
    });
    expect([link.status, await link.json()]).toEqual([500, expect.objectContaining({ error: 'row_refused' })]);
  });

  it('is logged once, without a name, however often it is used', async () => {
    await raw.run("update accounts set expected_email = 'mallory@example.org' where identifier = 'victim'");
    for (let times = 0; times < 3; times++) await reads(theirs.user);
    const lines = world.logged.filter((line) => line.includes('"row_refused"') && line.includes('"table"'));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      table: 'accounts',
      cause: 'altered',
      account: expect.stringMatching(/^[0-9a-f]{12}$/),
    });
    expect(lines[0]).not.toContain('victim');
  });
});
