// gmail_get_contacts: the address book, page by page.
import { z } from 'zod';
import { personShape } from '../../google/person-shape.ts';
import { ok } from '../../model/result.ts';
import { defineTool } from '../define-tool.ts';
import { firstRows, largestListChars } from '../size-limit.ts';
import { type ContactsPage, unwrapPageToken, wrapPageToken } from './contacts-page-token.ts';
import { defaultPersonFields, notesOf, pageToken, personFields } from './parameters.ts';
import { clippedPeople, clippedPeopleNote, type PersonRow, personOutput, visiblePerson } from './person-output.ts';

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
