// The two tools that read people, on an address book made for each test.
import { afterEach, describe, expect, it } from 'vitest';
import { type Answer, createToolWorld, type ToolWorld } from './mails.ts';

let world: ToolWorld;
afterEach(() => world.close());

type Person = { resourceName: string; source?: string; names?: { displayName: string }[]; clipped?: true };
const namesOf = (structured: Record<string, unknown>): (string | undefined)[] =>
  (structured.people as Person[]).map(({ names }) => names?.[0]?.displayName);
const expectToFit = ({ blocks, structured }: Answer): void => {
  expect(Buffer.byteLength(blocks[0]?.text ?? '')).toBeLessThan(62_000);
  expect(Buffer.byteLength(JSON.stringify(structured))).toBeLessThan(62_000);
};
const add = (name: string) =>
  world.contacts.add({ name, emails: [`${name.toLowerCase().replace(' ', '.')}@example.org`] });

describe('gmail_search_people', () => {
  it('finds contacts and colleagues at once, each with its source', async () => {
    world = await createToolWorld({ hostedDomain: 'example.com' });
    add('Robin Quill');
    world.contacts.directory({ name: 'Robin Marsh', emails: ['robin.marsh@example.com'] });
    const { structured } = await world.ask('gmail_search_people', { query: 'robin' });
    const found = (structured.people as Person[]).map(({ names, source }) => [names?.[0]?.displayName, source]);
    expect(found.sort()).toEqual([
      ['Robin Marsh', 'directory'],
      ['Robin Quill', 'contacts'],
    ]);
    expect(structured.skipped).toEqual([]);
  });

  it('leaves out the directory that a consumer account does not have, and says so', async () => {
    world = await createToolWorld();
    add('Robin Quill');
    const { structured, isError } = await world.ask('gmail_search_people', { query: 'robin' });
    expect(isError).toBe(false);
    expect(namesOf(structured)).toEqual(['Robin Quill']);
    expect(structured.skipped).toEqual([{ source: 'directory', reason: expect.stringContaining('directory') }]);
  });

  it('gives contacts and colleagues where other contacts were not allowed, with the link for those beside them', async () => {
    world = await createToolWorld({ hostedDomain: 'example.com' });
    add('Robin Quill');
    world.contacts.directory({ name: 'Robin Marsh', emails: ['robin.marsh@example.com'] });
    world.contacts.other({ name: 'Robin Other', emails: ['other@example.org'] });
    const wanted = { query: 'robin', other_contacts: true };
    const first = await world.ask('gmail_search_people', wanted);
    expect(first.isError).toBe(false);
    expect(namesOf(first.structured).sort()).toEqual(['Robin Marsh', 'Robin Quill']);
    expect(first.structured.skipped).toEqual([
      {
        source: 'other_contacts',
        reason: 'One more permission is needed: to see the people you have written to ("Other contacts").',
        missing: ['other_contacts'],
      },
    ]);
    const link = first.structured.authorizationRequired as { url: string };
    expect(link).toEqual({
      url: expect.stringMatching(/\/connect\//),
      expiresAt: expect.stringMatching(/Z$/),
      reason: 'scope_missing',
      missing: ['other_contacts'],
      account: { identifier: 'user_42', status: 'ACTIVE' },
    });
    // Clients that read only the text see the people and the link as well.
    const texts = first.blocks.map(({ text }) => text ?? '');
    expect(texts[0]).toContain('Robin Quill');
    expect(texts.at(-1)).toContain(link.url);
    expect(texts.at(-1)).toContain('Other contacts');
    expect(world.sandbox.requests.filter(({ path }) => path.includes('otherContacts'))).toEqual([]);

    await world.approve(link.url);
    const second = await world.ask('gmail_search_people', wanted);
    expect(namesOf(second.structured).sort()).toEqual(['Robin Marsh', 'Robin Other', 'Robin Quill']);
    expect(second.structured.authorizationRequired).toBeUndefined();
    expect((await world.ask('gmail_fetch_mails')).structured.messages).toEqual([]);
  });

  const scope = (name: string) => `https://www.googleapis.com/auth/${name}`;
  it.each([
    ['contacts', 'contacts.readonly', ['Robin Marsh']],
    ['directory', 'directory.readonly', ['Robin Quill']],
  ])(
    'goes on without %s that were taken back, and puts the link for them beside what it found',
    async (source, lost, names) => {
      world = await createToolWorld({ hostedDomain: 'example.com' });
      add('Robin Quill');
      world.contacts.directory({ name: 'Robin Marsh', emails: ['robin.marsh@example.com'] });
      world.sandbox.removeScope('alex@example.com', scope(lost));
      for (const known of [false, true]) {
        world.sandbox.clearRequests();
        const { structured } = await world.ask('gmail_search_people', { query: 'robin' });
        expect(namesOf(structured)).toEqual(names);
        expect(structured.skipped).toEqual([expect.objectContaining({ source, missing: [source] })]);
        expect(structured.authorizationRequired).toMatchObject({ missing: [source], url: expect.any(String) });
        // What a renewal left out is not asked for any more.
        if (known) expect(world.sandbox.requests.filter(({ status }) => status === 403)).toEqual([]);
        await world.clock.advance(2 * 3_600_000);
      }
    },
  );

  it('asks nobody without an organisation for a directory', async () => {
    world = await createToolWorld();
    add('Robin Quill');
    world.sandbox.removeScope('alex@example.com', scope('directory.readonly'));
    await world.clock.advance(2 * 3_600_000);
    const { structured } = await world.ask('gmail_search_people', { query: 'robin' });
    expect(namesOf(structured)).toEqual(['Robin Quill']);
    expect(structured.skipped).toEqual([expect.objectContaining({ source: 'directory' })]);
    expect(structured.authorizationRequired).toBeUndefined();
  });

  it('needs the person first where nothing that was asked is allowed, and says all that is missing', async () => {
    world = await createToolWorld({ hostedDomain: 'example.com' });
    for (const lost of ['contacts.readonly', 'directory.readonly'])
      world.sandbox.removeScope('alex@example.com', scope(lost));
    const { structured } = await world.ask('gmail_search_people', { query: 'robin', other_contacts: true });
    expect(structured.people).toBeUndefined();
    expect(structured.authorizationRequired).toMatchObject({ missing: ['contacts', 'directory', 'other_contacts'] });
  });

  it('answers without a link where none can be made just now', async () => {
    world = await createToolWorld();
    add('Robin Quill');
    const caller = {
      key: { realm: 'default', identifier: 'user_42' },
      credential: 'service_key',
      linkPolicy: 'unverified',
    } as const;
    for (let links = 0; links < 20; links++) await world.postern.accounts.link(caller, { capabilities: [] });
    const { structured, isError } = await world.ask('gmail_search_people', { query: 'robin', other_contacts: true });
    expect(isError).toBe(false);
    expect(namesOf(structured)).toEqual(['Robin Quill']);
    expect(structured.skipped).toContainEqual(expect.objectContaining({ missing: ['other_contacts'] }));
    expect(structured.authorizationRequired).toBeUndefined();
  });

  it('shows the fields that were asked for, under Google’s names and without its bookkeeping', async () => {
    world = await createToolWorld();
    world.contacts.add({ name: 'Robin Quill', phones: ['+44 20 7946 0000'], organization: 'Quill Ltd' });
    const { structured } = await world.ask('gmail_search_people', { query: 'robin', person_fields: 'phoneNumbers' });
    const [person] = structured.people as Record<string, unknown>[];
    expect(Object.keys(person ?? {}).sort()).toEqual(['phoneNumbers', 'resourceName', 'source']);
    expect(JSON.stringify(person)).not.toContain('metadata');
  });
});

describe('A search that finds more than clients take of one result', () => {
  it('clips the later people, and says how to get them', async () => {
    world = await createToolWorld();
    const biographies = [{ value: 'word '.repeat(2000) }];
    for (let index = 0; index < 30; index++)
      world.contacts.add({ name: `Robin ${index}`, emails: [`r${index}@example.org`], more: { biographies } });
    const wanted = { query: 'robin', page_size: 50, person_fields: 'names,biographies' };
    const answer = await world.ask('gmail_search_people', wanted);
    expectToFit(answer);
    const people = answer.structured.people as Person[];
    expect(people).toHaveLength(30);
    expect([people[0]?.clipped, people.at(-1)?.clipped]).toEqual([undefined, true]);
    expect(answer.structured.notes).toEqual([
      'page_size is at most 30: that was used instead of 50',
      expect.stringContaining('clipped'),
    ]);
  });
});

describe('gmail_get_contacts', () => {
  it('names the permission that it lacks beside the link', async () => {
    world = await createToolWorld();
    world.sandbox.removeScope('alex@example.com', 'https://www.googleapis.com/auth/contacts.readonly');
    const { structured } = await world.ask('gmail_get_contacts');
    expect(structured.authorizationRequired).toMatchObject({ reason: 'scope_missing', missing: ['contacts'] });
  });

  it('pages through the whole address book, each person once', async () => {
    world = await createToolWorld();
    for (let index = 0; index < 7; index++) add(`Person ${index}`);
    const seen: (string | undefined)[] = [];
    let page_token: unknown;
    do {
      const { structured } = await world.ask('gmail_get_contacts', { max_results: 3, page_token });
      expect(structured.totalPeople).toBe(7);
      seen.push(...namesOf(structured));
      page_token = structured.nextPageToken;
    } while (page_token !== undefined);
    expect([...seen].sort()).toEqual(Array.from({ length: 7 }, (_, index) => `Person ${index}`));
  });

  it('continues with the token alone, because it knows what it was issued for', async () => {
    world = await createToolWorld();
    for (let index = 0; index < 5; index++) add(`Person ${index}`);
    const first = await world.ask('gmail_get_contacts', { max_results: 2, person_fields: ['names'] });
    const second = await world.ask('gmail_get_contacts', { page_token: first.structured.nextPageToken });
    expect(second.structured.people).toHaveLength(2);
    expect(Object.keys((second.structured.people as object[])[0] ?? {}).sort()).toEqual(['names', 'resourceName']);
  });

  it('refuses a token together with other parameters than it was issued for, and an invented one', async () => {
    world = await createToolWorld();
    for (let index = 0; index < 5; index++) add(`Person ${index}`);
    const { structured } = await world.ask('gmail_get_contacts', { max_results: 2 });
    const page_token = structured.nextPageToken;
    world.sandbox.clearRequests();
    const forged = Buffer.from('{"token":"../x","pageSize":5000,"personFields":["names"]}').toString('base64url');
    for (const wrong of [
      { page_token, max_results: 3 },
      { page_token, person_fields: ['photos'] },
      { page_token: 'invented' },
      { page_token: forged },
    ]) {
      const answer = await world.ask('gmail_get_contacts', wrong);
      expect(answer.structured.problem).toMatchObject({ kind: 'page_token_invalid' });
    }
    expect(world.sandbox.requests).toEqual([]);
  });

  it('gives no more people than clients take of one result, each whole, and goes on with the next one', async () => {
    world = await createToolWorld();
    const biographies = [{ value: 'word '.repeat(400) }];
    for (let index = 0; index < 120; index++)
      world.contacts.add({ name: `Person ${index}`, emails: [`p${index}@example.org`], more: { biographies } });
    const asked: object = { max_results: 100, person_fields: ['names', 'emailAddresses', 'biographies'] };
    const seen: (string | undefined)[] = [];
    let page_token: unknown;
    do {
      const answer = await world.ask('gmail_get_contacts', page_token === undefined ? { ...asked } : { page_token });
      expectToFit(answer);
      const people = answer.structured.people as Person[];
      expect(people.length).toBeGreaterThan(0);
      expect(people.every(({ clipped }) => clipped === undefined)).toBe(true);
      seen.push(...namesOf(answer.structured));
      page_token = answer.structured.nextPageToken;
      // Somebody who comes or goes meanwhile makes nobody else come twice or be missed.
      if (seen.length < 100) world.contacts.remove(people[0]?.resourceName ?? '');
    } while (page_token !== undefined);
    expect([...seen].sort()).toEqual(Array.from({ length: 120 }, (_, index) => `Person ${index}`).sort());
  });

  it('gives a person who is too large alone in a shorter form, and says so', async () => {
    world = await createToolWorld();
    world.contacts.add({ name: 'Person 0', more: { biographies: [{ value: 'word '.repeat(20_000) }] } });
    add('Person 1');
    const answer = await world.ask('gmail_get_contacts', { person_fields: ['names', 'biographies'] });
    expectToFit(answer);
    const [first] = answer.structured.people as Person[];
    expect(first).toMatchObject({ clipped: true, names: [{ displayName: 'Person 0' }] });
    expect(answer.structured.notes).toEqual([expect.stringContaining('person_fields')]);
    const { structured } = await world.ask('gmail_get_contacts', { page_token: answer.structured.nextPageToken });
    expect(namesOf(structured)).toEqual(['Person 1']);
  });

  it('names an unknown field with the ones there are', async () => {
    world = await createToolWorld();
    const { structured } = await world.ask('gmail_get_contacts', { person_fields: ['email'] });
    expect(structured.problem).toMatchObject({ message: expect.stringContaining('emailAddresses') });
  });
});
