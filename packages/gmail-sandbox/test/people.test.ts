// The fake People API: contacts page by page, searches with their warm-up, the directory, field masks.
import { people } from '@googleapis/people';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NewContact, personMatches } from '../src/people/contacts.ts';
import {
  contactsReadonly,
  directoryReadonly,
  type GoogleWorld,
  gmailReadonly,
  googleWorld,
  minute,
  otherContactsReadonly,
} from './google-world.ts';

const allScopes = [contactsReadonly, otherContactsReadonly, directoryReadonly].join(' ');

/** Google's own client library against the sandbox. */
const peopleClient = async (world: GoogleWorld, email = 'alex@example.com', scope = allScopes) => {
  const { access_token } = await world.connect({ scope, login_hint: email });
  const fetchImplementation = async (url: string | URL | Request, init?: RequestInit) =>
    world.sandbox.fetch(new Request(url, init));
  return people({
    version: 'v1',
    rootUrl: `${world.sandbox.origin}/`,
    retry: false,
    fetchImplementation: fetchImplementation as typeof fetch,
    headers: { Authorization: `Bearer ${access_token}` },
  });
};

const contactsOf = (world: GoogleWorld, email = 'alex@example.com') => world.sandbox.account(email).contacts;

const failure = async (call: Promise<unknown>) => {
  const error = (await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )) as { status?: number; response?: { data: { error: { status: string; message: string } } } } | undefined;
  return { code: error?.status, ...error?.response?.data.error };
};

const priya: NewContact = {
  name: 'Priya Raman',
  emails: ['priya.raman@example.org'],
  phones: ['+44 20 7946 0018'],
  organization: 'Lantern Studio',
  title: 'Producer',
};

describe('searching contacts', () => {
  it('finds nothing until the app has sent Google’s empty warm-up query', async () => {
    const world = googleWorld();
    const api = await peopleClient(world);
    contactsOf(world).add(priya);
    const search = async (query: string) =>
      (await api.people.searchContacts({ query, readMask: 'names' })).data.results?.map(
        ({ person }) => person?.names?.[0]?.displayName,
      );
    expect(await search('Priya')).toBeUndefined();
    expect(await search('')).toBeUndefined();
    expect(await search('Priya')).toEqual(['Priya Raman']);
  });

  it('does not see a newer contact before the next warm-up', async () => {
    const world = googleWorld();
    const api = await peopleClient(world);
    await api.people.searchContacts({ query: '', readMask: 'names' });
    contactsOf(world).add(priya);
    const search = async () => (await api.people.searchContacts({ query: 'Priya', readMask: 'names' })).data.results;
    expect(await search()).toBeUndefined();
    await api.people.searchContacts({ query: '', readMask: 'names' });
    expect(await search()).toHaveLength(1);
  });

  it('gives the asked fields only, and the resource name', async () => {
    const world = googleWorld();
    const api = await peopleClient(world);
    const resourceName = contactsOf(world).add(priya);
    await api.people.searchContacts({ query: '', readMask: 'names' });
    const { data } = await api.people.searchContacts({ query: 'raman', readMask: 'emailAddresses,phoneNumbers' });
    const person = data.results?.[0]?.person;
    expect(Object.keys(person ?? {}).sort()).toEqual(['emailAddresses', 'etag', 'phoneNumbers', 'resourceName']);
    expect(person?.resourceName).toBe(resourceName);
    expect(person?.emailAddresses?.[0]).toMatchObject({
      value: 'priya.raman@example.org',
      metadata: { primary: true, source: { type: 'CONTACT' } },
    });
  });

  it('never gives more than 30, whatever is asked for', async () => {
    const world = googleWorld();
    const api = await peopleClient(world);
    for (let index = 0; index < 40; index++) contactsOf(world).add({ name: `Person ${index}` });
    await api.people.searchContacts({ query: '', readMask: 'names' });
    const count = async (pageSize?: number) =>
      (await api.people.searchContacts({ query: 'person', readMask: 'names', ...(pageSize ? { pageSize } : {}) })).data
        .results?.length;
    expect(await count()).toBe(10);
    expect(await count(25)).toBe(25);
    expect(await count(500)).toBe(30);
  });

  it('needs a readMask, of known fields, and its scope', async () => {
    const world = googleWorld();
    const api = await peopleClient(world);
    expect(await failure(api.people.searchContacts({ query: 'x' }))).toMatchObject({
      code: 400,
      status: 'INVALID_ARGUMENT',
      message: expect.stringContaining('readMask mask is required'),
    });
    expect(await failure(api.people.searchContacts({ query: 'x', readMask: 'names,shoeSize' }))).toMatchObject({
      code: 400,
      message: expect.stringContaining('"shoeSize"'),
    });
    const mailOnly = await peopleClient(world, 'alex@example.com', gmailReadonly);
    expect(await failure(mailOnly.people.searchContacts({ query: 'x', readMask: 'names' }))).toMatchObject({
      code: 403,
    });
  });

  it('keeps two people’s contacts and warm-ups apart', async () => {
    const world = googleWorld();
    world.sandbox.addAccount({ email: 'robin@example.org' });
    contactsOf(world).add(priya);
    contactsOf(world, 'robin@example.org').add({ name: 'Prince' });
    const [alex, robin] = [await peopleClient(world), await peopleClient(world, 'robin@example.org')];
    await alex.people.searchContacts({ query: '', readMask: 'names' });
    expect((await robin.people.searchContacts({ query: 'pri', readMask: 'names' })).data.results).toBeUndefined();
    expect((await alex.people.searchContacts({ query: 'pri', readMask: 'names' })).data.results).toHaveLength(1);
  });
});

describe('what a query matches', () => {
  const person = {
    names: [{ displayName: 'Tomás foo name' }],
    emailAddresses: [{ value: 'tomas.ibanez@example.org' }],
    phoneNumbers: [{ value: '+44 20 7946 0018' }],
    organizations: [{ name: 'Lantern Studio' }],
  };
  const fields = ['names', 'emailAddresses', 'phoneNumbers', 'organizations'] as const;
  it.each([
    'f',
    'fo',
    'foo',
    'foo n',
    'nam',
    'TOMAS',
    'tomás',
    'tomas.ib',
    'ibanez',
    'lant',
    '+44 20',
    '4420',
    ' Foo  name ',
  ])('"%s" is found', (query) => expect(personMatches(person, query, fields)).toBe(true));
  it.each(['oo n', 'ame', 'antern', 'foo x', '0018', 'banez'])('"%s" is not', (query) =>
    expect(personMatches(person, query, fields)).toBe(false),
  );

  it('every beginning of a name finds the person', () => {
    const words = fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(words, fc.nat(20), (parts, cut) => {
        const name = parts.join(' ');
        const beginning = [...name].slice(0, cut + 1).join('');
        fc.pre(beginning.trim() !== '' && name.startsWith(beginning.trim()));
        expect(personMatches({ names: [{ displayName: name }] }, beginning, ['names'])).toBe(true);
      }),
    );
  });
});

describe('searching other contacts', () => {
  it('has its own scope, its own warm-up and fewer fields', async () => {
    const world = googleWorld();
    contactsOf(world).other({ name: 'Parcel Desk', emails: ['parcels@example.net'] });
    const narrow = await peopleClient(world, 'alex@example.com', contactsReadonly);
    expect(await failure(narrow.otherContacts.search({ query: 'p', readMask: 'names' }))).toMatchObject({ code: 403 });
    const api = await peopleClient(world);
    await api.people.searchContacts({ query: '', readMask: 'names' });
    const search = async () => (await api.otherContacts.search({ query: 'parcel', readMask: 'names' })).data.results;
    expect(await search()).toBeUndefined();
    await api.otherContacts.search({ query: '', readMask: 'names' });
    expect((await search())?.[0]?.person?.resourceName).toMatch(/^otherContacts\/c\d+$/);
    expect(await failure(api.otherContacts.search({ query: 'p', readMask: 'organizations' }))).toMatchObject({
      code: 400,
    });
  });
});

describe('searching the directory', () => {
  const request = {
    query: 'mei',
    readMask: 'names,emailAddresses',
    sources: ['DIRECTORY_SOURCE_TYPE_DOMAIN_PROFILE', 'DIRECTORY_SOURCE_TYPE_DOMAIN_CONTACT'],
  };

  it('finds colleagues of the same domain without any warm-up', async () => {
    const world = googleWorld();
    world.sandbox
      .addAccount({ email: 'ida@example.com', hostedDomain: 'example.com' })
      .contacts.directory({ name: 'Mei' });
    const { data } = await (await peopleClient(world)).people.searchDirectoryPeople(request);
    expect(data.people?.[0]?.names?.[0]?.displayName).toBe('Mei');
    expect(data.totalSize).toBe(1);
  });

  it('refuses a consumer account as Google does', async () => {
    const world = googleWorld();
    const robin = world.sandbox.addAccount({ email: 'robin@example.org' });
    const api = await peopleClient(world, 'robin@example.org');
    expect(await failure(api.people.searchDirectoryPeople(request))).toMatchObject({
      code: 400,
      status: 'FAILED_PRECONDITION',
      message: 'Must be a G Suite domain user.',
    });
    expect(() => robin.contacts.directory({ name: 'Nobody' })).toThrow('hostedDomain');
  });

  it('needs sources and a query, and goes on page by page', async () => {
    const world = googleWorld();
    const api = await peopleClient(world);
    for (let index = 0; index < 5; index++) contactsOf(world).directory({ name: `Mei ${index}` });
    const search = (change: object) => api.people.searchDirectoryPeople({ ...request, ...change });
    expect(await failure(search({ sources: [] }))).toMatchObject({ code: 400 });
    expect(await failure(search({ query: '' }))).toMatchObject({ code: 400 });
    expect(await failure(search({ pageSize: 501 }))).toMatchObject({ code: 400 });
    const first = (await search({ pageSize: 3 })).data;
    const second = (await search({ pageSize: 3, pageToken: first.nextPageToken })).data;
    expect([first.people?.length, second.people?.length, second.nextPageToken]).toEqual([3, 2, undefined]);
  });
});

describe('listing contacts', () => {
  const list = { resourceName: 'people/me', personFields: 'names' };

  it('says nothing but {} for an empty address book', async () => {
    const world = googleWorld();
    expect((await (await peopleClient(world)).people.connections.list(list)).data).toEqual({});
  });

  it('gives every contact exactly once over the pages, with the total on each', async () => {
    const world = googleWorld();
    const api = await peopleClient(world);
    const added = Array.from({ length: 23 }, (_, index) => contactsOf(world).add({ name: `Person ${index}` }));
    const seen: (string | null | undefined)[] = [];
    let pageToken: string | undefined;
    do {
      const { data } = await api.people.connections.list({
        ...list,
        pageSize: 10,
        ...(pageToken ? { pageToken } : {}),
      });
      expect(data).toMatchObject({ totalPeople: 23, totalItems: 23 });
      seen.push(...(data.connections ?? []).map(({ resourceName }) => resourceName));
      pageToken = data.nextPageToken ?? undefined;
    } while (pageToken !== undefined);
    expect(seen).toEqual(added);
  });

  it('refuses a page token with other parameters, of another person, or broken', async () => {
    const world = googleWorld();
    const api = await peopleClient(world);
    world.sandbox.addAccount({ email: 'robin@example.org' });
    for (const email of ['alex@example.com', 'robin@example.org'])
      for (let index = 0; index < 3; index++) contactsOf(world, email).add({ name: `Person ${index}` });
    const first = { ...list, pageSize: 2 };
    const pageToken = (await api.people.connections.list(first)).data.nextPageToken as string;
    const robin = await peopleClient(world, 'robin@example.org');
    for (const call of [
      api.people.connections.list({ ...first, pageToken, personFields: 'names,emailAddresses' }),
      api.people.connections.list({ ...first, pageToken, pageSize: 1 }),
      api.people.connections.list({ ...first, pageToken: `${pageToken}x` }),
      robin.people.connections.list({ ...first, pageToken }),
    ])
      expect(await failure(call)).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' });
    expect((await api.people.connections.list({ ...first, pageToken })).data.connections).toHaveLength(1);
  });

  it('needs personFields, people/me and a page size up to 1000', async () => {
    const world = googleWorld();
    const api = await peopleClient(world);
    const { personFields: _, ...without } = list;
    expect(await failure(api.people.connections.list(without))).toMatchObject({
      code: 400,
      message: expect.stringContaining('personFields mask is required'),
    });
    expect(await failure(api.people.connections.list({ ...list, pageSize: 1001 }))).toMatchObject({ code: 400 });
    expect(await failure(api.people.connections.list({ ...list, resourceName: 'people/c1' }))).toMatchObject({
      code: 400,
    });
    expect(await failure(api.people.connections.list({ ...list, sortOrder: 'BY_MOOD' }))).toMatchObject({ code: 400 });
  });

  it('sorts as asked', async () => {
    const world = googleWorld();
    const api = await peopleClient(world);
    for (const name of ['Grace Okafor', 'Ada Young', 'Mei Castellanos']) {
      contactsOf(world).add({ name });
      await world.clock.advance(minute);
    }
    const order = async (sortOrder: string) =>
      (await api.people.connections.list({ ...list, sortOrder })).data.connections?.map(
        ({ names }) => names?.[0]?.givenName,
      );
    expect(await order('LAST_MODIFIED_DESCENDING')).toEqual(['Mei', 'Ada', 'Grace']);
    expect(await order('FIRST_NAME_ASCENDING')).toEqual(['Ada', 'Grace', 'Mei']);
    expect(await order('LAST_NAME_ASCENDING')).toEqual(['Mei', 'Grace', 'Ada']);
  });

  it('honours partial responses', async () => {
    const world = googleWorld();
    contactsOf(world).add(priya);
    const { data } = await (await peopleClient(world)).people.connections.list({
      ...list,
      fields: 'connections/names/displayName',
    });
    expect(data).toEqual({ connections: [{ names: [{ displayName: 'Priya Raman' }] }] });
  });
});
