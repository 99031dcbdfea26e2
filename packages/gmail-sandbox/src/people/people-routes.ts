// The People API v1 as far as contacts can be read: connections, search of contacts, of other contacts and of the directory.
// Source: https://developers.google.com/people/api/rest
import type { people_v1 } from '@googleapis/people';
import { type Context, Hono } from 'hono';
import type { GoogleAccount } from '../accounts.ts';
import {
  applyFields,
  failedPrecondition,
  GoogleError,
  googleErrorResponse,
  googleJson,
  invalidArgument,
  statusError,
} from '../google-answers.ts';
import { contactFields, otherFields, personMatches, type StoredPerson } from './contacts.ts';
import {
  bindingOf,
  otherContactFields,
  pageOf,
  personFields,
  readFieldMask,
  readPageSize,
  withFields,
} from './request-parameters.ts';

/** The account a request may act for, or Google's 401 or 403. */
export type AuthorizePeople = (request: Request, acceptedScopes: readonly string[]) => GoogleAccount | Response;

const auth = 'https://www.googleapis.com/auth/';
const contactScopes = [`${auth}contacts.readonly`, `${auth}contacts`, 'https://www.google.com/m8/feeds'];
const otherContactScopes = [`${auth}contacts.other.readonly`];
const directoryScopes = [`${auth}directory.readonly`];

interface Call {
  readonly account: GoogleAccount;
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Both kinds of contacts are searched alike: an empty query warms the cache up, any other reads the cache. */
const searchCache = (
  { account, query }: Call,
  kind: 'contacts' | 'otherContacts',
): people_v1.Schema$SearchResponse | Response => {
  const fields = readFieldMask(query.get('readMask'), {
    parameter: 'readMask',
    method: kind === 'contacts' ? 'people/searchContacts' : 'otherContacts/search',
    valid: kind === 'contacts' ? personFields : otherContactFields,
  });
  if (fields instanceof Response) return fields;
  const pageSize = readPageSize(query.get('pageSize'), { fallback: 10, maximum: 30, tooLarge: 'cap' });
  if (pageSize instanceof Response) return pageSize;
  const text = (query.get('query') ?? '').trim();
  if (text === '') {
    account.contacts.warmUp(kind);
    return {};
  }
  const matched = kind === 'contacts' ? contactFields : otherFields;
  const found = account.contacts.cached(kind).filter(({ person }) => personMatches(person, text, matched));
  if (found.length === 0) return {};
  return { results: found.slice(0, pageSize).map(({ person }) => ({ person: withFields(person, fields) })) };
};

const directorySources = ['DIRECTORY_SOURCE_TYPE_DOMAIN_CONTACT', 'DIRECTORY_SOURCE_TYPE_DOMAIN_PROFILE'];

const searchDirectory = ({ account, path, query }: Call): people_v1.Schema$SearchDirectoryPeopleResponse | Response => {
  const entries = account.contacts.directoryEntries;
  if (entries === undefined) return failedPrecondition('Must be a G Suite domain user.');
  const fields = readFieldMask(query.get('readMask'), {
    parameter: 'readMask',
    method: 'people/searchDirectoryPeople',
    valid: personFields,
  });
  if (fields instanceof Response) return fields;
  const sources = query.getAll('sources');
  if (sources.length === 0) return invalidArgument('Must specify at least one source.');
  const unknown = sources.find((source) => !directorySources.includes(source));
  if (unknown !== undefined) return invalidArgument(`Invalid value at 'sources' (TYPE_ENUM), "${unknown}"`);
  const pageSize = readPageSize(query.get('pageSize'), { fallback: 100, maximum: 500, tooLarge: 'refuse' });
  if (pageSize instanceof Response) return pageSize;
  const text = (query.get('query') ?? '').trim();
  if (text === '') return invalidArgument('Query must be set.');
  const profiles = sources.includes('DIRECTORY_SOURCE_TYPE_DOMAIN_PROFILE') ? entries : [];
  const found = profiles.filter(({ person }) => personMatches(person, text, contactFields));
  const binding = bindingOf(account.sub, path, query);
  const page = pageOf(found, { pageToken: query.get('pageToken'), pageSize, binding });
  if (page instanceof Response) return page;
  if (found.length === 0) return {};
  return {
    people: page.items.map(({ person }) => withFields(person, fields)),
    nextPageToken: page.nextPageToken,
    totalSize: found.length,
  };
};

type Order = (a: StoredPerson, b: StoredPerson) => number;

const byName =
  (part: 'givenName' | 'familyName'): Order =>
  (a, b) =>
    (a.person.names?.[0]?.[part] ?? '').localeCompare(b.person.names?.[0]?.[part] ?? '', 'en');

const orders: Record<string, Order> = {
  LAST_MODIFIED_ASCENDING: (a, b) => a.modifiedAt - b.modifiedAt,
  LAST_MODIFIED_DESCENDING: (a, b) => b.modifiedAt - a.modifiedAt,
  FIRST_NAME_ASCENDING: byName('givenName'),
  LAST_NAME_ASCENDING: byName('familyName'),
};

const listConnections = ({ account, path, query }: Call): people_v1.Schema$ListConnectionsResponse | Response => {
  const fields = readFieldMask(query.get('personFields'), {
    parameter: 'personFields',
    method: 'people.connections/list',
    valid: personFields,
  });
  if (fields instanceof Response) return fields;
  const pageSize = readPageSize(query.get('pageSize'), { fallback: 100, maximum: 1000, tooLarge: 'refuse' });
  if (pageSize instanceof Response) return pageSize;
  const sortOrder = query.get('sortOrder') ?? 'LAST_MODIFIED_ASCENDING';
  const order = orders[sortOrder];
  if (order === undefined) return invalidArgument(`Invalid value at 'sort_order' (TYPE_ENUM), "${sortOrder}"`);
  const all = [...account.contacts.all].sort(order);
  const binding = bindingOf(account.sub, path, query);
  const page = pageOf(all, { pageToken: query.get('pageToken'), pageSize, binding });
  if (page instanceof Response) return page;
  if (all.length === 0) return {};
  return {
    connections: page.items.map(({ person }) => withFields(person, fields)),
    nextPageToken: page.nextPageToken,
    totalPeople: all.length,
    totalItems: all.length,
  };
};

/** @returns a Hono app with the paths under `/v1/`, to be mounted at the root */
export const peopleRoutes = (authorize: AuthorizePeople): Hono => {
  const app = new Hono();
  const route = (path: string, scopes: readonly string[], answer: (call: Call) => object | Response) =>
    app.get(path, (context: Context) => {
      const account = authorize(context.req.raw, scopes);
      if (account instanceof Response) return account;
      const url = new URL(context.req.url);
      const body = answer({ account, path: url.pathname, query: url.searchParams });
      return body instanceof Response
        ? body
        : googleJson(applyFields(body, url.searchParams.get('fields') ?? undefined));
    });
  route('/v1/people:searchContacts', contactScopes, (call) => searchCache(call, 'contacts'));
  route('/v1/otherContacts:search', otherContactScopes, (call) => searchCache(call, 'otherContacts'));
  route('/v1/people:searchDirectoryPeople', directoryScopes, searchDirectory);
  route('/v1/people/:personId/connections', contactScopes, (call) =>
    call.path === '/v1/people/me/connections'
      ? listConnections(call)
      : invalidArgument('Resource name must be "people/me".'),
  );
  app.all('/v1/*', () => statusError(404));
  app.onError((error) => {
    if (error instanceof GoogleError) return googleErrorResponse(error);
    throw error;
  });
  return app;
};
