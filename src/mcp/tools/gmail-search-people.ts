// gmail_search_people: find a person in contacts, the organisation's directory and, on request, other contacts.
import { z } from 'zod';
import type { PeopleSource } from '../../google/ports.ts';
import { capabilities } from '../../model/capability.ts';
import { explainProblem } from '../../model/problem.ts';
import { ok } from '../../model/result.ts';
import { defineTool } from '../define-tool.ts';
import { fitRows } from '../size-limit.ts';
import {
  clippedPeople,
  clippedPeopleNote,
  foundPersonOutput,
  notesOf,
  type PersonRow,
  personShape,
  visiblePerson,
} from './outputs.ts';
import { defaultPersonFields, personFields, searchText } from './parameters.ts';

export const gmailSearchPeople = defineTool({
  name: 'gmail_search_people',
  title: 'Find people',
  description:
    "Find a person's e-mail addresses and phone numbers by the start of a name or address, e.g. before searching their mail.",
  input: z.object({
    query: searchText,
    other_contacts: z.boolean().default(false).describe('Also people only written to; may need one more permission'),
    page_size: z.int().min(1).max(30).default(10),
    person_fields: z.exactOptional(personFields).describe("Google's names"),
  }),
  output: z.object({
    people: z.array(foundPersonOutput),
    skipped: z.array(
      z.object({
        source: z.string(),
        reason: z.string(),
        /** Not granted: a link for it is beside the people. */
        missing: z.exactOptional(z.array(z.enum(capabilities))),
      }),
    ),
  }),
  requires: ['contacts'],
  optional: ['directory'],
  stepUp: { capabilities: ['other_contacts'], isWanted: ({ other_contacts }) => other_contacts },
  missingCapabilities: ({ skipped }) => skipped.flatMap(({ missing = [] }) => missing),
  run: async ({ query, other_contacts, page_size, person_fields }, { google }) => {
    const sources: PeopleSource[] = ['contacts', 'directory', ...(other_contacts ? (['other_contacts'] as const) : [])];
    const found = await google.people.search({
      text: query,
      sources,
      pageSize: page_size,
      personFields: person_fields?.length ? person_fields : defaultPersonFields,
    });
    if (!found.ok) return found;
    const { people, skipped } = found.value;
    const rows: PersonRow[] = people.map(({ source, person }) => ({ ...visiblePerson(personShape(person)), source }));
    const shown = fitRows(rows, clippedPeople);
    return ok({
      ...notesOf(clippedPeopleNote(shown)),
      people: shown,
      skipped: skipped.map(({ source, problem }) => ({
        source,
        reason: explainProblem(problem).what,
        ...(problem.kind === 'authorization_required' && problem.missing ? { missing: problem.missing } : {}),
      })),
    });
  },
});
