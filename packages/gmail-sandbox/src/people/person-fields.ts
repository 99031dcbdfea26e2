// Field masks over a Person: `personFields` and `readMask`, with Google's errors for absent and unknown paths.
// Knows nothing of where people come from.
import type { people_v1 } from '@googleapis/people';
import { invalidArgument } from '../api-errors.ts';

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
