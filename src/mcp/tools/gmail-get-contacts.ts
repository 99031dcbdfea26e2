// gmail_get_contacts: the address book, page by page.

import { z } from 'zod';
import { failed, ok, type Result } from '../../model/result.ts';
import { defineTool } from '../define-tool.ts';
import { firstRows, largestListChars } from '../size-limit.ts';
import {
  clippedPeople,
  clippedPeopleNote,
  notesOf,
  type PersonRow,
  personOutput,
  personShape,
  visiblePerson,
} from './outputs.ts';
import { defaultPersonFields, pageToken, personFields } from './parameters.ts';

const defaultPageSize = 100;

export const gmailGetContacts = defineTool({
  name: 'gmail_get_contacts',
  title: 'List contacts',
  description: 'List the whole address book. To find one person use gmail_search_people.',
  input: z.object({
    max_results: z.exactOptional(z.int().min(1).max(1000)).meta({ default: defaultPageSize }),
    page_token: pageToken,
    person_fields: z.exactOptional(personFields).describe(`Google's names; default ${defaultPersonFields.join(', ')}`),
  }),
  output: z.object({
    people: z.array(personOutput),
    nextPageToken: z.exactOptional(z.string()),
    totalPeople: z.exactOptional(z.int()),
  }),
  maxResultChars: largestListChars,
  requires: ['contacts'],
  optional: [],
  run: async ({ max_results, page_token, person_fields }, { google }) => {
    const fields = person_fields?.length ? person_fields : undefined;
    const first: ContactsPage = {
      pageSize: max_results ?? defaultPageSize,
      personFields: fields ?? defaultPersonFields,
    };
    const asked =
      page_token === undefined
        ? ok(first)
        : unwrapPageToken(page_token, { pageSize: max_results, personFields: fields });
    if (!asked.ok) return asked;
    const { token, shown: before = 0, last, ...page } = asked.value;
    const thisPage = { ...page, ...(token === undefined ? {} : { token }) };
    const found = await google.people.connections({ ...page, ...(token === undefined ? {} : { pageToken: token }) });
    if (!found.ok) return found;
    const { people, nextPageToken, totalPeople } = found.value;
    const rows: PersonRow[] = people.map((person) => visiblePerson(personShape(person)));
    // The last one who was shown says where to go on, also where others came or went meanwhile.
    const place = rows.findIndex(({ resourceName }) => resourceName === last);
    const start = place < 0 ? before : place + 1;
    const shown = firstRows(rows.slice(start), clippedPeople);
    const end = start + shown.length;
    const lastShown = shown.at(-1)?.resourceName;
    const next =
      end < rows.length
        ? wrapPageToken({ ...thisPage, shown: end, ...(lastShown ? { last: lastShown } : {}) })
        : nextPageToken && wrapPageToken({ ...page, token: nextPageToken });
    return ok({
      ...notesOf(clippedPeopleNote(shown)),
      people: shown,
      ...(next === undefined ? {} : { nextPageToken: next }),
      ...(totalPeople === undefined ? {} : { totalPeople }),
    });
  },
});

// Our page_token for contacts: Google's, with the parameters it was issued for, because Google demands that they stay
// the same (https://developers.google.com/people/api/rest/v1/people.connections/list); and how many people of Google's
// page were shown, where an answer had no room for all. Not a secret; hostile input.

const contents = z.strictObject({
  token: z.exactOptional(z.string().min(1).max(2000)),
  pageSize: z.int().min(1).max(1000),
  personFields,
  shown: z.exactOptional(z.int().min(1).max(1000)),
  last: z.exactOptional(z.string().min(1).max(200)),
});

interface ContactsPage {
  /** Google's own; absent for the first page. */
  readonly token?: string;
  readonly pageSize: number;
  readonly personFields: z.infer<typeof personFields>;
  /** People of this page that were shown already, and the resource name of the last one. */
  readonly shown?: number;
  readonly last?: string;
}

const wrapPageToken = (page: ContactsPage): string => Buffer.from(JSON.stringify(page)).toString('base64url');

const decoded = (pageToken: string): unknown => {
  try {
    return JSON.parse(Buffer.from(pageToken, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
};

/**
 * The page a token stands for. Parameters that are given must be those it was issued for; those that are not are taken
 * from it. `page_token_invalid` otherwise.
 */
const unwrapPageToken = (
  pageToken: string,
  given: { readonly pageSize: number | undefined; readonly personFields: readonly string[] | undefined },
): Result<ContactsPage> => {
  const parsed = contents.safeParse(decoded(pageToken));
  if (!parsed.success) return failed({ kind: 'page_token_invalid' });
  const page = parsed.data;
  const sameSize = given.pageSize === undefined || given.pageSize === page.pageSize;
  const asSet = (fields: readonly string[]) => [...new Set(fields)].sort().join();
  const sameFields = given.personFields === undefined || asSet(given.personFields) === asSet(page.personFields);
  return sameSize && sameFields ? ok(page) : failed({ kind: 'page_token_invalid' });
};
