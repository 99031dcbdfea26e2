// What a request to the People API asks for: field masks over a Person (`personFields`, `readMask`), page sizes and page
// tokens, with Google's errors for values it does not take.
import { createHash } from 'node:crypto';
import type { people_v1 } from '@googleapis/people';
import { invalidArgument } from '../google-answers.ts';

/** https://developers.google.com/people/api/rest/v1/people.connections/list: the valid values of `personFields`. */
export const personFields = [
  'addresses',
  'ageRanges',
  'biographies',
  'birthdays',
  'calendarUrls',
  'clientData',
  'coverPhotos',
  'emailAddresses',
  'events',
  'externalIds',
  'genders',
  'imClients',
  'interests',
  'locales',
  'locations',
  'memberships',
  'metadata',
  'miscKeywords',
  'names',
  'nicknames',
  'occupations',
  'organizations',
  'phoneNumbers',
  'photos',
  'relations',
  'sipAddresses',
  'skills',
  'urls',
  'userDefined',
] as const satisfies readonly (keyof people_v1.Schema$Person)[];

/** "Other contacts" have only these. */
export const otherContactFields = ['emailAddresses', 'metadata', 'names', 'phoneNumbers'] as const;

export type PersonField = (typeof personFields)[number];

/**
 * The fields a mask names, or Google's 400.
 * @param parameter the mask's name in the error, `personFields` or `readMask`
 * @param method the documentation page the error points to, e.g. `people/searchContacts`
 */
export const readFieldMask = (
  mask: string | null,
  options: { parameter: string; method: string; valid: readonly PersonField[] },
): PersonField[] | Response => {
  const documented = `Valid paths are documented at https://developers.google.com/people/api/rest/v1/${options.method}.`;
  const paths = (mask ?? '')
    .split(',')
    .map((path) => path.trim())
    .filter((path) => path !== '');
  if (paths.length === 0)
    return invalidArgument(
      `${options.parameter} mask is required. Please specify one or more valid paths. ${documented}`,
    );
  const unknown = paths.find((path) => !(options.valid as readonly string[]).includes(path));
  if (unknown !== undefined)
    return invalidArgument(`Invalid ${options.parameter} mask path: "${unknown}". ${documented}`);
  return paths as PersonField[];
};

/** The person with the named fields only; the resource name and etag always come along. */
export const withFields = (
  person: people_v1.Schema$Person,
  fields: readonly PersonField[],
): people_v1.Schema$Person => {
  const kept: people_v1.Schema$Person = {};
  if (person.resourceName !== undefined) kept.resourceName = person.resourceName;
  if (person.etag !== undefined) kept.etag = person.etag;
  return Object.assign(
    kept,
    Object.fromEntries(fields.flatMap((field) => (field in person ? [[field, person[field]]] : []))),
  );
};

/**
 * The page size Google would use, or its 400.
 * @param options.tooLarge whether a larger number is capped or refused
 */
export const readPageSize = (
  text: string | null,
  options: { fallback: number; maximum: number; tooLarge: 'cap' | 'refuse' },
): number | Response => {
  if (text === null || text === '' || text === '0') return options.fallback;
  if (!/^-?\d{1,9}$/.test(text)) return invalidArgument(`Invalid value at 'page_size' (TYPE_INT32), "${text}"`);
  const size = Number(text);
  if (size < 0) return invalidArgument('Page size must be greater than or equal to 0.');
  if (size > options.maximum && options.tooLarge === 'refuse')
    return invalidArgument(`Page size must be less than or equal to ${options.maximum}.`);
  return Math.min(size, options.maximum);
};

interface Page<T> {
  readonly items: readonly T[];
  readonly nextPageToken?: string;
}

/**
 * One page of all items, or Google's 400 for a token that is broken or was issued for other parameters.
 * @param binding everything that has to stay the same from page to page, the account among it
 */
export const pageOf = <T>(
  all: readonly T[],
  options: { pageToken: string | null; pageSize: number; binding: string },
): Page<T> | Response => {
  const seal = createHash('sha256').update(options.binding).digest('base64url').slice(0, 16);
  const tokenFor = (offset: number) => Buffer.from(`${offset}/${seal}`).toString('base64url');
  let start = 0;
  if (options.pageToken !== null && options.pageToken !== '') {
    start = Number.parseInt(Buffer.from(options.pageToken, 'base64url').toString(), 10);
    if (tokenFor(start) !== options.pageToken) return invalidArgument();
  }
  const end = start + options.pageSize;
  const items = all.slice(start, end);
  return end >= all.length ? { items } : { items, nextPageToken: tokenFor(end) };
};

/** Everything about a request but the page token, in a fixed order. */
export const bindingOf = (account: string, path: string, query: URLSearchParams): string =>
  JSON.stringify([
    account,
    path,
    ...[...query]
      .filter(([name]) => name !== 'pageToken')
      .map((pair) => pair.join('='))
      .sort(),
  ]);
