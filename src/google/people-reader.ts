// People v1, read only, for one caller: search over contacts, directory and other contacts, and the list of contacts.
// What several sources bring is merged into one list without duplicates.
import type { people_v1 } from '@googleapis/people';
import type { AccountKey } from '../model/account-key.ts';
import type { FreshToken } from '../model/fresh-token.ts';
import type { Problem } from '../model/problem.ts';
import { failed, ok, type Result } from '../model/result.ts';
import type { WarmUps } from './account-caches.ts';
import type { Pieces } from './gmail-requests.ts';
import { firstBadId } from './ids.ts';
import type { FoundPerson, PeopleReader, PeopleSource } from './ports.ts';
import { readJson } from './read-answer.ts';
import type { GoogleClients, GoogleRequest, SendRequest } from './request.ts';

type Person = people_v1.Schema$Person;
type SearchQuery = Parameters<PeopleReader['search']>[0];

/** The only fields Google knows of other contacts (readMask of otherContacts.search). */
const otherContactFields = ['emailAddresses', 'metadata', 'names', 'phoneNumbers'];

const directorySources = ['DIRECTORY_SOURCE_TYPE_DOMAIN_PROFILE', 'DIRECTORY_SOURCE_TYPE_DOMAIN_CONTACT'];

/** A consumer account has no directory; Google says so with 400 FAILED_PRECONDITION or a plain 403. */
const noDirectory: Problem = { kind: 'no_directory' };

interface PeopleCall {
  readonly key: AccountKey;
  readonly freshToken: FreshToken;
  readonly send: SendRequest;
  readonly clients: GoogleClients;
  readonly warmUps: WarmUps;
}

type PeopleRequest = Omit<GoogleRequest<never>, 'api' | 'what' | 'send'> & {
  readonly send: (people: people_v1.People, options: SendOptions) => Promise<{ readonly data: Pieces }>;
};

interface SendOptions {
  readonly signal: AbortSignal;
  readonly responseType: 'stream';
}

const peopleRequest = <T extends object>({ send, clients }: PeopleCall, request: PeopleRequest): Promise<Result<T>> =>
  send<T>({
    ...request,
    api: 'People API',
    // Read as it arrives and no further than is taken of a list: a contact's fields may hold anything.
    send: async ({ bearer, signal, arriving }) => {
      const { data } = await request.send(await clients.people(bearer), { signal, responseType: 'stream' });
      return { data: await readJson<T>(arriving(data)) };
    },
  });

const readMaskOf = (fields: readonly string[], allowed?: readonly string[]): string => {
  const asked = allowed ? fields.filter((field) => allowed.includes(field)) : fields;
  return (asked.length > 0 ? asked : ['names', 'emailAddresses']).join(',');
};

const peopleIn = (results: readonly { person?: Person }[] | undefined): Person[] =>
  (results ?? []).flatMap(({ person }) => (person ? [person] : []));

/** One search of a source that Google answers from a cache: its empty warm-up first, then the question. */
const searchCached = async (
  call: PeopleCall,
  source: { readonly name: 'contacts' | 'other_contacts'; readonly readMask: string },
  { text, pageSize }: SearchQuery,
): Promise<Result<Person[]>> => {
  const { name, readMask } = source;
  const ask = (query: string) =>
    peopleRequest<people_v1.Schema$SearchResponse>(call, {
      method: name === 'contacts' ? 'people.searchContacts' : 'otherContacts.search',
      capability: name,
      send: (people, options) => {
        const parameters = { query, pageSize, readMask };
        return name === 'contacts'
          ? people.people.searchContacts(parameters, options)
          : people.otherContacts.search(parameters, options);
      },
    });
  const token = await call.freshToken();
  if (!token.ok) return token;
  const of = { key: call.key, grantVersion: token.value.grantVersion, source: name };
  const warm = await call.warmUps.once(of, () => ask(''));
  if (!warm.ok) return warm;
  const found = await ask(text);
  return found.ok ? ok(peopleIn(found.value.results)) : found;
};

const searchDirectory = async (call: PeopleCall, query: SearchQuery): Promise<Result<Person[]>> => {
  const found = await peopleRequest<people_v1.Schema$SearchDirectoryPeopleResponse>(call, {
    method: 'people.searchDirectoryPeople',
    capability: 'directory',
    failedPrecondition: noDirectory,
    forbidden: noDirectory,
    send: (people, options) =>
      people.people.searchDirectoryPeople(
        {
          query: query.text,
          pageSize: query.pageSize,
          readMask: readMaskOf(query.personFields),
          sources: directorySources,
        },
        options,
      ),
  });
  return found.ok ? ok(found.value.people ?? []) : found;
};

const searchSource = (call: PeopleCall, source: PeopleSource, query: SearchQuery): Promise<Result<Person[]>> => {
  switch (source) {
    case 'contacts':
      return searchCached(call, { name: 'contacts', readMask: readMaskOf(query.personFields) }, query);
    case 'other_contacts': {
      const readMask = readMaskOf(query.personFields, otherContactFields);
      return searchCached(call, { name: 'other_contacts', readMask }, query);
    }
    case 'directory':
      return searchDirectory(call, query);
  }
};

/** A permission that is missing only leaves its source out; that the access has ended is the call's answer. */
const endsTheCall = (problem: Problem): boolean =>
  problem.kind === 'cancelled' || (problem.kind === 'authorization_required' && problem.reason !== 'scope_missing');

/** Why no source could be asked: all that is missing at once, where that is the only reason somebody can mend. */
const whyNone = (problems: readonly Problem[]): Problem | undefined => {
  const toMend = problems.filter(({ kind }) => kind !== 'no_directory');
  const missing = toMend.flatMap((problem) => (problem.kind === 'authorization_required' && problem.missing) || []);
  if (toMend.length > 0 && missing.length === toMend.length)
    return { kind: 'authorization_required', reason: 'scope_missing', missing };
  return toMend.find(({ kind }) => kind !== 'authorization_required') ?? problems[0];
};

export const createPeopleReader = (call: PeopleCall): PeopleReader => ({
  search: async (query) => {
    const answers = await Promise.all(
      query.sources.map(async (source) => ({ source, result: await searchSource(call, source, query) })),
    );
    const people: FoundPerson[] = [];
    const skipped: { source: PeopleSource; problem: Problem }[] = [];
    for (const { source, result } of answers) {
      if (result.ok) people.push(...result.value.map((person) => ({ source, person })));
      else if (endsTheCall(result.problem)) return failed(result.problem);
      else skipped.push({ source, problem: result.problem });
    }
    const none = skipped.length === query.sources.length ? whyNone(skipped.map(({ problem }) => problem)) : undefined;
    if (none !== undefined) return failed(none);
    return ok({ people: mergePeople(people), skipped });
  },

  connections: async ({ pageSize, pageToken, personFields }) => {
    const bad = firstBadId([['page_token', pageToken]]);
    if (bad) return failed(bad);
    const found = await peopleRequest<people_v1.Schema$ListConnectionsResponse>(call, {
      method: 'people.connections.list',
      capability: 'contacts',
      invalidArgument: pageToken === undefined ? undefined : { kind: 'page_token_invalid' },
      send: (people, options) =>
        people.people.connections.list(
          {
            resourceName: 'people/me',
            pageSize,
            personFields: readMaskOf(personFields),
            fields: 'connections,nextPageToken,totalPeople',
            pageToken,
          },
          options,
        ),
    });
    if (!found.ok) return found;
    const { connections, nextPageToken, totalPeople } = found.value;
    return ok({
      people: connections ?? [],
      nextPageToken: nextPageToken || undefined,
      totalPeople: totalPeople ?? undefined,
    });
  },
});

const emailsOf = (person: people_v1.Schema$Person): string[] =>
  (person.emailAddresses ?? []).flatMap(({ value }) => (value ? [value.trim().toLowerCase()] : []));

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0);

/** The first person with what only the second one knows; values of one kind are never mixed. */
const completed = (first: people_v1.Schema$Person, second: people_v1.Schema$Person): people_v1.Schema$Person => {
  const known = Object.entries(first).filter(([, value]) => !isEmpty(value));
  return { ...second, ...Object.fromEntries(known) };
};

/**
 * Merges duplicates by resource name, then by a shared e-mail address; the earlier entry keeps its place, source and
 * values, and gains the fields it lacks.
 */
export const mergePeople = (found: readonly FoundPerson[]): FoundPerson[] => {
  const merged: FoundPerson[] = [];
  const placeOf = new Map<string, number>();
  for (const entry of found) {
    const name = entry.person.resourceName;
    const keys = [...(name ? [`name ${name}`] : []), ...emailsOf(entry.person).map((email) => `email ${email}`)];
    const known = keys.map((key) => placeOf.get(key)).find((place) => place !== undefined);
    const place = known ?? merged.length;
    const before = merged[place];
    merged[place] = before ? { ...before, person: completed(before.person, entry.person) } : entry;
    for (const key of keys) if (!placeOf.has(key)) placeOf.set(key, place);
  }
  return merged;
};
