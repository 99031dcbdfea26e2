import { describe, expect, test } from 'vitest';
import { contactsReadonly } from '../../packages/gmail-sandbox/test/google-world.ts';
import { mergePeople } from '../../src/google/people-reader.ts';
import { personShape } from '../../src/mcp/tools/outputs.ts';
import type { FreshToken } from '../../src/model/fresh-token.ts';
import { aToken, person, readingWorld } from './reading-world.ts';

const fields = ['names', 'emailAddresses', 'organizations'];
const ask = { text: 'Robin', sources: ['contacts'] as const, pageSize: 10, personFields: fields };
const everywhere = { ...ask, sources: ['contacts', 'directory', 'other_contacts'] as const };

describe('searching people', () => {
  test('contacts, directory and other contacts are asked, each after its warm-up', async () => {
    const world = await readingWorld();
    const { contacts } = world.sandbox.account('alex@example.com');
    contacts.add({ name: 'Robin Field', emails: ['robin@example.org'] });
    contacts.directory({ name: 'Robin Stone', emails: ['robin.stone@example.com'] });
    contacts.other({ name: 'Robin Lake', emails: ['lake@example.net'] });
    const found = await world.google.people.search(everywhere);
    expect(found.ok && found.value.skipped).toEqual([]);
    expect(
      found.ok && found.value.people.map(({ source, person: { names } }) => [source, names?.[0]?.displayName]),
    ).toEqual([
      ['contacts', 'Robin Field'],
      ['directory', 'Robin Stone'],
      ['other_contacts', 'Robin Lake'],
    ]);
    const asked = world.arrived().map(({ path, query }) => `${path} ${query.get('query')}`);
    expect(asked.sort()).toEqual([
      '/v1/otherContacts:search ',
      '/v1/otherContacts:search Robin',
      '/v1/people:searchContacts ',
      '/v1/people:searchContacts Robin',
      '/v1/people:searchDirectoryPeople Robin',
    ]);
  });

  test('the warm-up is sent once per grant, also by two searches at once', async () => {
    const world = await readingWorld();
    await Promise.all([world.call().people.search(ask), world.call().people.search(ask)]);
    await world.google.people.search(ask);
    expect(world.arrived().filter(({ query }) => query.get('query') === '')).toHaveLength(1);
  });

  test('a new grant and a changed account are warmed up again', async () => {
    const world = await readingWorld();
    const { access_token: token } = await world.connect({ scope: contactsReadonly, login_hint: 'alex@example.com' });
    const secondGrant: FreshToken = async () => aToken(token, {}, 2);
    world.sandbox.clearRequests();
    const warmUps = () => world.arrived().filter(({ query }) => query.get('query') === '').length;
    await world.google.people.search(ask);
    await world.call({ freshToken: secondGrant }).people.search(ask);
    expect(warmUps()).toBe(2);
    world.services.forget(person);
    await world.google.people.search(ask);
    expect(warmUps()).toBe(3);
  });

  test('a failed warm-up is repeated by the next search', async () => {
    const world = await readingWorld();
    world.sandbox.fault({ path: /searchContacts/, times: 1 }, { status: 418 });
    expect(await world.google.people.search(ask)).toMatchObject({ ok: false });
    expect(await world.google.people.search(ask)).toMatchObject({ ok: true });
    expect(world.arrived().map(({ query }) => query.get('query'))).toEqual(['', '', 'Robin']);
  });

  test('a consumer account has no directory: it is skipped, and that is no error', async () => {
    const world = await readingWorld(undefined, 'someone@gmail.example');
    world.sandbox.account('someone@gmail.example').contacts.add({ name: 'Robin Field', emails: ['robin@example.org'] });
    const found = await world.google.people.search({ ...ask, sources: ['contacts', 'directory'] });
    expect(found).toMatchObject({
      ok: true,
      value: {
        people: [{ source: 'contacts' }],
        skipped: [{ source: 'directory', problem: { kind: 'no_directory' } }],
      },
    });
  });

  test('a source that was not granted is skipped and named; where none was, the answer is all that is missing', async () => {
    const world = await readingWorld(`openid email ${contactsReadonly}`);
    const missing = (capability: string) => ({
      kind: 'authorization_required',
      reason: 'scope_missing',
      missing: [capability],
    });
    const found = await world.google.people.search({ ...ask, sources: ['contacts', 'directory'] });
    expect(found).toEqual({
      ok: true,
      value: { people: [], skipped: [{ source: 'directory', problem: missing('directory') }] },
    });
    expect(await world.google.people.search(everywhere)).toMatchObject({
      ok: true,
      value: { people: [], skipped: [{ source: 'directory' }, { source: 'other_contacts' }] },
    });
    expect(await world.google.people.search({ ...everywhere, sources: ['directory', 'other_contacts'] })).toEqual({
      ok: false,
      problem: { kind: 'authorization_required', reason: 'scope_missing', missing: ['directory', 'other_contacts'] },
    });
  });

  test('other contacts are asked only for the fields Google knows of them', async () => {
    const world = await readingWorld();
    await world.google.people.search({ ...ask, sources: ['other_contacts'] });
    expect(world.arrived()[1]?.query.get('readMask')).toBe('names,emailAddresses');
  });

  test('duplicates are one person: by resource name, by e-mail whatever its case, gaining what the other one knows', () => {
    const merged = mergePeople([
      { source: 'contacts', person: { resourceName: 'people/c1', emailAddresses: [{ value: 'Robin@Example.org' }] } },
      { source: 'contacts', person: { resourceName: 'people/c2', names: [{ displayName: 'Nobody Else' }] } },
      {
        source: 'directory',
        person: {
          resourceName: 'people/7',
          emailAddresses: [{ value: 'robin@example.org' }, { value: 'r@example.org' }],
          organizations: [{ name: 'Example Org' }],
        },
      },
      {
        source: 'other_contacts',
        person: { resourceName: 'otherContacts/3', emailAddresses: [{ value: 'r@example.org' }] },
      },
      { source: 'directory', person: { resourceName: 'people/c2', phoneNumbers: [{ value: '555' }] } },
    ]);
    expect(merged).toEqual([
      {
        source: 'contacts',
        person: {
          resourceName: 'people/c1',
          emailAddresses: [{ value: 'Robin@Example.org' }],
          organizations: [{ name: 'Example Org' }],
        },
      },
      {
        source: 'contacts',
        person: {
          resourceName: 'people/c2',
          names: [{ displayName: 'Nobody Else' }],
          phoneNumbers: [{ value: '555' }],
        },
      },
    ]);
  });
});

describe('listing contacts', () => {
  test('pages follow each other and say how many people there are', async () => {
    const world = await readingWorld();
    const { contacts } = world.sandbox.account('alex@example.com');
    for (const name of ['Ada One', 'Ben Two', 'Cem Three']) contacts.add({ name });
    const first = await world.google.people.connections({ pageSize: 2, personFields: fields });
    expect(first).toMatchObject({ ok: true, value: { totalPeople: 3, nextPageToken: expect.any(String) } });
    const pageToken = first.ok ? (first.value.nextPageToken ?? '') : '';
    const second = await world.google.people.connections({ pageSize: 2, personFields: fields, pageToken });
    const names = [first, second]
      .flatMap((page) => (page.ok ? page.value.people : []))
      .map(({ names: n }) => n?.[0]?.displayName);
    expect(names).toEqual(['Ada One', 'Ben Two', 'Cem Three']);
  });

  test('a page token of other parameters is refused as such', async () => {
    const world = await readingWorld();
    const found = await world.google.people.connections({ pageSize: 2, personFields: fields, pageToken: 'foreign' });
    expect(found).toEqual({ ok: false, problem: { kind: 'page_token_invalid' } });
  });

  test('an error of the People API names the People API', async () => {
    const world = await readingWorld();
    world.sandbox.fault(
      { path: /connections/ },
      { status: 403, body: { error: { details: [{ reason: 'SERVICE_DISABLED' }] } } },
    );
    const found = await world.google.people.connections({ pageSize: 2, personFields: fields });
    expect(found).toEqual({ ok: false, problem: { kind: 'api_not_enabled', api: 'People API' } });
  });
});

test("a person is shown with Google's field names and without its metadata", () => {
  const shown = personShape({
    resourceName: 'people/c1',
    etag: '%Eg',
    metadata: { objectType: 'PERSON' },
    names: [{ displayName: 'Robin Field', metadata: { primary: true } }],
    emailAddresses: [],
    birthdays: [{ date: { year: 1990, month: 2, day: 3 }, metadata: { primary: true } }],
  });
  expect(shown).toEqual({
    resourceName: 'people/c1',
    names: [{ displayName: 'Robin Field' }],
    birthdays: [{ date: { year: 1990, month: 2, day: 3 } }],
  });
});

test('of several values the one that Google calls primary comes first and says so', () => {
  const secondary = { metadata: { source: { type: 'CONTACT' } } };
  const shown = personShape({
    resourceName: 'people/c1',
    names: [
      { displayName: 'R. Field', ...secondary },
      { displayName: 'Robin Field', metadata: { primary: true } },
    ],
    phoneNumbers: [
      { value: '1', ...secondary },
      { value: '2', ...secondary },
      { value: '3', metadata: { primary: true, sourcePrimary: true } },
    ],
  });
  expect(shown).toEqual({
    resourceName: 'people/c1',
    names: [{ displayName: 'Robin Field', primary: true }, { displayName: 'R. Field' }],
    phoneNumbers: [{ value: '3', primary: true }, { value: '1' }, { value: '2' }],
  });
});
