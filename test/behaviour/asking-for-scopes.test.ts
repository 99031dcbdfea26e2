// Only what the enabled tools need is asked for; what the person leaves out is missed by the tools that need it, not by all.
import { afterEach, describe, expect, it } from 'vitest';
import { handClock } from '../support/hand-clock.ts';
import { createWorld, newSandbox, type World } from '../support/world.ts';

let world: World;
afterEach(() => world.close());

const scope = (name: string) => `https://www.googleapis.com/auth/${name}`;
const key = { realm: 'default', identifier: 'user_42' };

const askedScopes = () =>
  world.sandbox.requests
    .filter(({ path, method }) => path.endsWith('/auth') && method === 'GET')
    .map(({ query }) => new URLSearchParams(query).get('scope')?.split(' ') ?? []);

const start = async (env: Record<string, string> = {}) => {
  world = await createWorld({ env });
  return { key: await world.serviceKey({ unverifiedLinks: true }), as: 'user_42' };
};
const urlIn = (structured: Record<string, unknown>) => (structured.authorizationRequired as { url: string }).url;

describe('Consent', () => {
  it('asks for mail and contacts when all tools are enabled, and not for other contacts', async () => {
    const who = await start();
    await world.approve(urlIn((await world.call('gmail_fetch_mails', {}, who)).structured));
    const [asked = []] = askedScopes();
    expect(asked).toContain(scope('gmail.readonly'));
    expect(asked).toContain(scope('contacts.readonly'));
    expect(asked).not.toContain(scope('contacts.other.readonly'));
  });

  it('asks for nothing that only a disabled tool would need', async () => {
    const who = await start({ POSTERN_TOOLS: 'gmail_fetch_mails,gmail_get_message_by_id' });
    await world.approve(urlIn((await world.call('gmail_fetch_mails', {}, who)).structured));
    expect(askedScopes()[0]?.filter((item) => item.includes('contacts') || item.includes('directory'))).toEqual([]);
  });

  it('without the mail box ticked leaves contacts working, and mail answers with a link for that one permission', async () => {
    const who = await start();
    const link = urlIn((await world.call('gmail_fetch_mails', {}, who)).structured);
    const page = await world.approve(link, { untick: [scope('gmail.readonly')] });
    expect(page.text).toContain('read your e-mail');
    expect((await world.call('gmail_get_contacts', {}, who)).structured.people).toBeDefined();
    const mail = await world.call('gmail_fetch_mails', {}, who);
    expect(mail.structured.authorizationRequired).toMatchObject({ reason: 'scope_missing' });
    expect(mail.text).toContain('read your e-mail');
    await world.approve(urlIn(mail.structured));
    expect((await world.call('gmail_fetch_mails', { max_results: 1 }, who)).structured.messages).toHaveLength(1);
  });

  it('that leaves only what no tool can work with alone connects nothing', async () => {
    const who = await start();
    const link = urlIn((await world.call('gmail_fetch_mails', {}, who)).structured);
    const page = await world.approve(link, { untick: ['gmail.readonly', 'contacts.readonly'].map(scope) });
    expect(page.status).toBeGreaterThanOrEqual(400);
    expect((await world.postern.accounts.find(key))?.state.status).toBe('PENDING');
  });

  it('with every box unticked connects nothing and says so', async () => {
    const who = await start();
    const link = urlIn((await world.call('gmail_fetch_mails', {}, who)).structured);
    const untick = ['gmail.readonly', 'contacts.readonly', 'directory.readonly'].map(scope);
    const page = await world.approve(link, { untick });
    expect(page.status).toBeGreaterThanOrEqual(400);
    expect((await world.postern.accounts.find(key))?.state.status).toBe('PENDING');
  });
});

describe('Other contacts', () => {
  it('are asked for on first use; contacts work before, during and after', async () => {
    const who = await start();
    await world.connect('user_42');
    const search = (other_contacts: boolean) => world.call('gmail_search_people', { query: 'a', other_contacts }, who);
    expect((await search(false)).structured.people).toBeDefined();
    const stepUp = await search(true);
    expect(stepUp.structured.people).toBeDefined();
    expect(stepUp.structured.authorizationRequired).toMatchObject({
      reason: 'scope_missing',
      missing: ['other_contacts'],
      account: { status: 'ACTIVE' },
    });
    expect((await search(false)).structured.people).toBeDefined();
    await world.approve(urlIn(stepUp.structured));
    expect(askedScopes().at(-1)).toContain(scope('contacts.other.readonly'));
    expect(askedScopes().at(-1)).toContain(scope('gmail.readonly'));
    expect((await search(true)).structured.people).toBeDefined();
    expect((await world.call('gmail_fetch_mails', { max_results: 1 }, who)).structured.messages).toHaveLength(1);
  });
});

describe('What a product wants beyond that', () => {
  const request = async (method: string, path: string, body: object) => {
    const key = await world.serviceKey({ unverifiedLinks: true });
    const response = await world.http(`/api/v1/accounts${path}`, { method, key, body: JSON.stringify(body) });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const create = (body: object = {}) => request('POST', '', { identifier: 'user_42', ...body });
  const link = (body: object = {}) => request('POST', '/user_42/link', body);

  it('is asked for at the first link, when the link says so', async () => {
    await start();
    await create();
    await world.approve(String((await link({ capabilities: ['other_contacts', 'mail'] })).body.url));
    expect(askedScopes()[0]).toContain(scope('contacts.other.readonly'));
    expect((await world.postern.accounts.find(key))?.capabilities.other_contacts.status).toBe('ready');
  });

  it('is asked for at every link, also one of a tool call, when the account says so', async () => {
    const who = await start();
    expect((await create({ capabilities: ['other_contacts'] })).body.asked_capabilities).toEqual(['other_contacts']);
    await world.approve(urlIn((await world.call('gmail_fetch_mails', {}, who)).structured));
    expect(askedScopes()[0]).toContain(scope('contacts.other.readonly'));
  });

  it.each([
    [
      'a misspelled name',
      ['mail', 'otherContacts'],
      /^capabilities has something unknown at place 2\. Did you mean "other_contacts"\? Known are mail, contacts, directory, other_contacts\.$/,
    ],
    ['an unknown name', ['calendar'], /^capabilities has something unknown at place 1\..* Known are mail, /],
    ['a number', [1], /Known are mail, contacts, directory, other_contacts/],
    ['one name alone', 'mail', /^capabilities must be a list\. Known are mail, /],
  ])('is refused with the right names beside it: %s', async (_, capabilities, message) => {
    await start();
    await create();
    for (const answer of [
      await create({ capabilities }),
      await link({ capabilities }),
      await request('PATCH', '/user_42', { capabilities }),
    ])
      expect(answer).toMatchObject({
        status: 400,
        body: { error: 'invalid_input', message: expect.stringMatching(message) },
      });
  });

  it('is refused where no tool works with it: nobody is asked for what nothing uses', async () => {
    await start({ POSTERN_TOOLS: 'gmail_fetch_mails' });
    await create();
    for (const answer of [
      await link({ capabilities: ['contacts'] }),
      await request('PATCH', '/user_42', { capabilities: ['contacts'] }),
    ])
      expect(answer).toMatchObject({ status: 400, body: { message: expect.stringContaining('contacts') } });
  });
});

describe('A grant', () => {
  it('that loses a scope at Google sends only the tools that need it to a link', async () => {
    const who = await start();
    await world.connect('user_42');
    world.sandbox.removeScope('alex@example.com', scope('contacts.readonly'));
    await world.clock.advance(2 * 3_600_000);
    expect((await world.call('gmail_fetch_mails', { max_results: 1 }, who)).structured.messages).toHaveLength(1);
    const contacts = await world.call('gmail_get_contacts', {}, who);
    expect(contacts.structured.authorizationRequired).toMatchObject({ reason: 'scope_missing' });
    expect((await world.postern.accounts.find(key))?.state.status).toBe('ACTIVE');
  });
});

describe('What Google says it granted', () => {
  /** A Postern whose Google names the granted scopes in its own way. */
  const startWith = async (scopesInAnswer: (scopes: string[]) => string[] | undefined) => {
    const clock = handClock();
    const sandbox = newSandbox(clock);
    const renaming: typeof fetch = async (input, init) => {
      const request = new Request(input, init);
      const response = await sandbox.fetch(request);
      if (new URL(request.url).pathname !== '/token' || !response.ok) return response;
      const { scope: given, ...answer } = (await response.json()) as { scope: string };
      const scopes = scopesInAnswer(given.split(' '));
      return Response.json({ ...answer, ...(scopes === undefined ? {} : { scope: scopes.join(' ') }) });
    };
    world = await createWorld({ clock, sandbox, fetch: renaming });
    await world.connect('user_42');
    return { key: await world.serviceKey({ unverifiedLinks: true }), as: 'user_42' };
  };
  const replaced = (name: string, by: string) => (scopes: string[]) =>
    scopes.map((item) => (item === scope(name) ? by : item));

  it.each([
    ['gmail.modify', replaced('gmail.readonly', scope('gmail.modify')), 'gmail_fetch_mails', 'messages'],
    ['mail.google.com', replaced('gmail.readonly', 'https://mail.google.com/'), 'gmail_fetch_mails', 'messages'],
    ['contacts', replaced('contacts.readonly', scope('contacts')), 'gmail_get_contacts', 'people'],
    ['userinfo.email', replaced('userinfo.email', 'email'), 'gmail_fetch_mails', 'messages'],
  ])('counts by what it allows: %s will do', async (_, names, tool, field) => {
    const who = await startWith(names);
    expect((await world.call(tool, {}, who)).structured[field]).toBeDefined();
    await world.clock.advance(2 * 3_600_000);
    expect((await world.call(tool, {}, who)).structured[field]).toBeDefined();
  });

  it('and does not say means that it granted what was asked for, at first and at each renewal', async () => {
    const who = await startWith(() => undefined);
    expect((await world.postern.accounts.find(key))?.grantedScopes).toContain(scope('gmail.readonly'));
    await world.clock.advance(2 * 3_600_000);
    expect((await world.call('gmail_fetch_mails', { max_results: 1 }, who)).structured.messages).toHaveLength(1);
    expect((await world.call('gmail_get_contacts', {}, who)).structured.people).toBeDefined();
    expect((await world.postern.accounts.find(key))?.grantedScopes).toContain(scope('contacts.readonly'));
  });

  it('and was never asked for does not stand in for what is missing', async () => {
    const who = await startWith(replaced('gmail.readonly', scope('gmail.metadata')));
    const answer = await world.call('gmail_fetch_mails', {}, who);
    expect(answer.structured.authorizationRequired).toMatchObject({ reason: 'scope_missing' });
    expect((await world.call('gmail_get_contacts', {}, who)).structured.people).toBeDefined();
  });

  it('and no longer grants is asked for again by the next link, which then brings it back', async () => {
    const who = await startWith((scopes) => scopes);
    world.sandbox.removeScope('alex@example.com', scope('gmail.readonly'));
    await world.clock.advance(2 * 3_600_000);
    const missing = await world.call('gmail_fetch_mails', {}, who);
    expect(missing.structured.authorizationRequired).toMatchObject({ reason: 'scope_missing' });
    await world.approve(urlIn(missing.structured));
    expect(askedScopes().at(-1)).toContain(scope('gmail.readonly'));
    expect((await world.call('gmail_fetch_mails', { max_results: 1 }, who)).structured.messages).toHaveLength(1);
  });
});
