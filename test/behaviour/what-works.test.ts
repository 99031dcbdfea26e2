// An account says what works, by capability: as the person allowed it, and as Google's APIs answered since.

import { createSandbox } from '@postern/gmail-sandbox';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StorageError } from '../../src/model/storage-error.ts';
import { handClock } from '../support/hand-clock.ts';
import { alex, createWorld, type World } from '../support/world.ts';

const kim = 'kim@corp.example';
const scope = (name: string) => `https://www.googleapis.com/auth/${name}`;
const accountKey = { realm: 'default', identifier: 'kim' };

let world: World;
let key: string;
const start = async (env: Record<string, string> = {}) => {
  const clock = handClock();
  const sandbox = createSandbox({ clock });
  sandbox.addAccount({ email: alex });
  sandbox.addAccount({ email: kim, hostedDomain: 'corp.example' }).contacts.add({ name: 'Robin Quill' });
  world = await createWorld({ clock, sandbox, env });
  key = await world.serviceKey({ unverifiedLinks: true });
};
beforeEach(() => start());
afterEach(() => world.close());

interface Shown {
  readonly status: string;
  readonly reason: string | null;
  readonly message: string;
  readonly granted_scopes: string[];
  readonly status_since: string;
  readonly capabilities: Record<string, { status: string; reason: string | null; since: string | null }>;
}
const shown = async (): Promise<Shown> => (await (await world.http('/api/v1/accounts/kim', { key })).json()) as Shown;
const mail = () => world.call('gmail_fetch_mails', { max_results: 1 }, { key, as: 'kim' });
const contacts = () => world.call('gmail_get_contacts', {}, { key, as: 'kim' });
const urlIn = ({ structured }: Awaited<ReturnType<typeof mail>>) =>
  (structured.authorizationRequired as { url: string }).url;
const statuses = async () =>
  Object.fromEntries(Object.entries((await shown()).capabilities).map(([name, { status }]) => [name, status]));
/** How often an account row was written: every write grows its version. */
const writes = async () => (await world.postern.accounts.find(accountKey))?.version ?? 0;

describe('An account', () => {
  it('that was connected with everything allowed says that each of it is ready', async () => {
    await world.connect('kim', { email: kim });
    expect(await statuses()).toEqual({
      mail: 'ready',
      contacts: 'ready',
      directory: 'ready',
      other_contacts: 'not_granted',
    });
    expect(await shown()).toMatchObject({ status: 'ACTIVE', reason: null, message: `Gmail is connected: ${kim}.` });
  });

  it('with Gmail unticked is not called connected to Gmail, by the API, the page or the tool', async () => {
    const page = await world.approve(urlIn(await mail()), { email: kim, untick: [scope('gmail.readonly')] });
    expect(page.heading).toBe('Contacts are connected, mail is not');
    expect(page.text).not.toMatch(/Gmail is connected|reads your mail/);
    const account = await shown();
    expect(account).toMatchObject({ status: 'ACTIVE', message: `Contacts are connected: ${kim}. Not allowed: mail.` });
    expect(account.capabilities).toMatchObject({ mail: { status: 'not_granted' }, contacts: { status: 'ready' } });
    expect(account.granted_scopes).not.toContain(scope('gmail.readonly'));
    expect((await mail()).structured.authorizationRequired).toMatchObject({
      reason: 'scope_missing',
      missing: ['mail'],
      account: { status: 'ACTIVE' },
    });
  });

  it('that lost a scope says so from the moment on when Google refused it, before any renewal', async () => {
    await world.connect('kim', { email: kim });
    world.sandbox.removeScope(kim, scope('gmail.readonly'));
    const answer = await mail();
    expect(answer.structured.authorizationRequired).toMatchObject({ reason: 'scope_missing', missing: ['mail'] });
    const account = await shown();
    expect(account.capabilities.mail).toMatchObject({
      status: 'refused',
      reason: 'scope_missing',
      since: new Date(world.clock.now()).toISOString(),
    });
    expect(account.granted_scopes).not.toContain(scope('gmail.readonly'));
    expect(account.message).not.toContain('Gmail is connected');
    await world.approve(urlIn(answer), { email: kim });
    expect((await statuses()).mail).toBe('ready');
    expect((await mail()).structured.messages).toBeDefined();
  });

  it('that lost a scope says so after the renewal that left it out', async () => {
    await world.connect('kim', { email: kim });
    world.sandbox.removeScope(kim, scope('gmail.readonly'));
    await world.clock.advance(2 * 3_600_000);
    await contacts();
    expect(await shown()).toMatchObject({
      status: 'ACTIVE',
      message: `Contacts are connected: ${kim}. Not allowed: mail.`,
      capabilities: { mail: { status: 'not_granted' } },
    });
  });

  it('of which nothing can be read any more is not ACTIVE', async () => {
    await world.connect('kim', { email: kim });
    world.sandbox.removeScope(kim, scope('gmail.readonly'));
    world.sandbox.removeScope(kim, scope('contacts.readonly'));
    await mail();
    expect((await shown()).status).toBe('ACTIVE');
    await contacts();
    expect(await shown()).toMatchObject({ status: 'REVOKED', reason: 'scope_missing' });
    const answer = await mail();
    expect(answer.structured.authorizationRequired).toMatchObject({ account: { status: 'REVOKED' } });
    await world.approve(urlIn(answer), { email: kim });
    expect(await shown()).toMatchObject({ status: 'ACTIVE', message: `Gmail is connected: ${kim}.` });
  });
});

describe('What Google refuses', () => {
  it.each([
    [
      'Gmail switched off for the account',
      'no_mailbox',
      () => world.sandbox.disableGmail(kim),
      () => world.sandbox.enableGmail(kim),
    ],
    [
      'the admin’s policy against apps at Gmail',
      'domain_policy',
      () => world.sandbox.blockGmailByAdmin('corp.example'),
      () => world.sandbox.unblockGmailByAdmin('corp.example'),
    ],
    [
      'an API that the operator did not enable',
      'api_not_enabled',
      () => world.sandbox.disableApi('gmail.googleapis.com'),
      () => world.sandbox.enableApi('gmail.googleapis.com'),
    ],
    [
      'a refusal without a reason',
      'forbidden',
      () => world.sandbox.fault({ path: /\/gmail\/v1\// }, { status: 403 }),
      () => world.sandbox.clearFaults(),
    ],
    [
      '“Mail service not enabled” with 403',
      'no_mailbox',
      () =>
        world.sandbox.fault(
          { path: /\/gmail\/v1\// },
          {
            status: 403,
            body: {
              error: { code: 403, message: 'Mail service not enabled', errors: [{ reason: 'failedPrecondition' }] },
            },
          },
        ),
      () => world.sandbox.clearFaults(),
    ],
  ] as const)('is written down at once and until it works again: %s', async (_, reason, refuse, allow) => {
    await world.connect('kim', { email: kim });
    refuse();
    const since = new Date(world.clock.now()).toISOString();
    await mail();
    const first = await shown();
    expect(first.capabilities.mail).toMatchObject({ status: 'refused', reason, since });
    expect(first.capabilities.contacts?.status).toBe('ready');
    expect(first.granted_scopes).not.toContain(scope('gmail.readonly'));
    expect(first.status).toBe('ACTIVE');
    expect(first.message).toMatch(/^Contacts are connected: kim@corp\.example\. Google refuses mail: /);
    await world.clock.advance(3_600_000);
    const before = await writes();
    await mail();
    expect((await shown()).capabilities.mail?.since).toBe(since);
    allow();
    await mail();
    expect((await shown()).capabilities.mail).toMatchObject({ status: 'ready', reason: null, since: null });
    expect((await shown()).message).toBe(`Gmail is connected: ${kim}.`);
    expect((await shown()).granted_scopes).toContain(scope('gmail.readonly'));
    // The renewal of the token after an hour, and that mail works again.
    expect((await writes()) - before).toBeLessThanOrEqual(2);
  });

  it('is not ACTIVE where mail is all that was asked for', async () => {
    await world.close();
    await start({ POSTERN_TOOLS: 'gmail_fetch_mails,gmail_get_message_by_id' });
    await world.connect('kim', { email: kim });
    world.sandbox.disableGmail(kim);
    await world.clock.advance(60_000);
    const answer = await mail();
    expect(answer.structured.problem).toMatchObject({ kind: 'no_mailbox' });
    expect(await shown()).toMatchObject({
      status: 'REVOKED',
      reason: 'no_mailbox',
      status_since: new Date(world.clock.now()).toISOString(),
      message: `A Google account is connected, but nothing of it can be read: ${kim}. Google refuses mail: This Google account has no Gmail mailbox.`,
    });
    world.sandbox.enableGmail(kim);
    await mail();
    expect((await shown()).status).toBe('ACTIVE');
  });

  it('by an API that is not enabled is refused for all that is read through it', async () => {
    await world.connect('kim', { email: kim });
    world.sandbox.disableApi('people.googleapis.com');
    await contacts();
    expect(await statuses()).toMatchObject({ mail: 'ready', contacts: 'refused', directory: 'refused' });
    world.sandbox.enableApi('people.googleapis.com');
    await contacts();
    expect(await statuses()).toMatchObject({ mail: 'ready', contacts: 'ready', directory: 'ready' });
  });

  it('of a directory is none of a consumer account’s troubles', async () => {
    await world.connect('kim');
    await world.call('gmail_search_people', { query: 'robin' }, { key, as: 'kim' });
    const { capabilities, message } = await shown();
    expect(capabilities.directory).toMatchObject({ status: 'refused', reason: 'no_directory' });
    expect(message).toBe('Gmail is connected: alex@example.com.');
  });

  it('is forgotten with the grant: a new one begins with what was allowed', async () => {
    await world.connect('kim', { email: kim });
    world.sandbox.disableGmail(kim);
    await mail();
    world.sandbox.revokeAccess(kim);
    world.sandbox.enableGmail(kim);
    await world.connect('kim', { email: kim });
    expect((await statuses()).mail).toBe('ready');
  });

  it('through an older grant says nothing of a newer one', async () => {
    await world.connect('kim', { email: kim });
    const older = (await world.postern.accounts.find(accountKey))?.grantVersion ?? 0;
    world.sandbox.revokeAccess(kim);
    await world.connect('kim', { email: kim });
    await world.postern.accounts.recordAnswer(accountKey, {
      capability: 'mail',
      answer: 'no_mailbox',
      grantVersion: older,
    });
    expect((await statuses()).mail).toBe('ready');
  });

  it('is found out by a download too', async () => {
    const message = Buffer.from(
      'From: a@example.org\r\nSubject: One\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Disposition: attachment\r\n\r\n%PDF',
    );
    const id = world.sandbox.account(kim).mailbox.importMessage(message);
    await world.connect('kim', { email: kim });
    const wanted = { message_id: id, attachment_id: 'root', delivery: 'link' };
    const { structured, text } = await world.call('gmail_get_attachment_by_id', wanted, { key, as: 'kim' });
    const url = /https:\/\/postern\.test(\/downloads\/[\w-]+)/.exec(JSON.stringify(structured) + text)?.[1] ?? '';
    world.sandbox.removeScope(kim, scope('gmail.readonly'));
    const refused = await world.http(url);
    expect(refused.status).toBe(404);
    expect((await shown()).capabilities.mail).toMatchObject({ status: 'refused', reason: 'scope_missing' });
  });

  it('that passes is no refusal: limits, outages and a message that is not there', async () => {
    await world.connect('kim', { email: kim });
    const before = await writes();
    world.sandbox.fault({ path: /messages/ }, { status: 429, headers: { 'retry-after': '3600' } });
    await mail();
    world.sandbox.clearFaults();
    await world.call('gmail_get_message_by_id', { message_id: '18c0ffee18c0ffee' }, { key, as: 'kim' });
    expect((await statuses()).mail).toBe('ready');
    expect(await writes()).toBe(before);
  });
});

describe('A call that works', () => {
  it('writes nothing of it', async () => {
    await world.connect('kim', { email: kim });
    const before = await writes();
    for (let calls = 0; calls < 3; calls++) await mail();
    expect(await writes()).toBe(before);
  });
});

describe('The page at the end of a link', () => {
  it('does not promise mail of an account whose Gmail is switched off, and says who can change that', async () => {
    world.sandbox.disableGmail(kim);
    const page = await world.approve(urlIn(await mail()), { email: kim });
    expect(page.heading).toBe('Contacts are connected, mail is not');
    expect(page.text).not.toMatch(/Gmail is connected|reads your mail/);
    expect(page.text).toContain('This Google account has no Gmail mailbox.');
    expect((await shown()).capabilities.mail).toMatchObject({ status: 'refused', reason: 'no_mailbox' });
  });

  it('does not wait longer than three seconds for Google, nor say more than Google’s consent', async () => {
    const link = urlIn(await mail());
    world.sandbox.fault({ path: /\/profile$/ }, { kind: 'hang' });
    const walk = world.approve(link, { email: kim });
    while (!world.sandbox.requests.some(({ path }) => path.endsWith('/profile'))) await new Promise(setImmediate);
    await world.clock.advance(3_000);
    expect((await walk).heading).toBe('Gmail is connected');
  });

  it('says that Gmail is connected also where the database is busy right after Gmail was asked: the grant is saved', async () => {
    const { clock, sandbox } = world;
    await world.close();
    world = await createWorld({
      clock,
      sandbox,
      fetch: async (input, init) => {
        const request = new Request(input, init);
        const { accounts } = world.postern.storage;
        if (request.url.includes('/profile'))
          vi.spyOn(accounts, 'find').mockRejectedValueOnce(new StorageError('busy', 'The database is busy.'));
        return sandbox.fetch(request);
      },
    });
    key = await world.serviceKey({ unverifiedLinks: true });
    expect((await world.approve(urlIn(await mail()), { email: kim })).heading).toBe('Gmail is connected');
    expect(world.logged.join()).toContain('new_grant_not_probed');
  });
});
