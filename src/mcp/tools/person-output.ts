// What a person looks like in an answer: Google's own field names, as many fields as were asked for.

import { withoutInvisible } from '@postern/mail-text/invisible';
import { z } from 'zod';
import type { ShownPerson } from '../../google/person-shape.ts';

export const personOutput = z.object({
  resourceName: z.string(),
  /** The person did not fit into the result with all fields; ask for fewer people or fewer fields. */
  clipped: z.exactOptional(z.literal(true)),
});

/** Found by a search, and where. */
export const foundPersonOutput = personOutput.extend({ source: z.exactOptional(z.string()) });

export type PersonRow = z.infer<typeof foundPersonOutput> & ShownPerson;

const visible = (value: unknown): unknown => {
  if (typeof value === 'string') return withoutInvisible(value).text;
  if (Array.isArray(value)) return value.map(visible);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, visible(field)]));
};

/** A person's fields without what nobody can see: names of contacts may come from outside, as mail does. */
export const visiblePerson = ({ resourceName, ...fields }: ShownPerson): ShownPerson => ({
  resourceName,
  ...Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, visible(field)])),
});

/** What a list says of people that it had no room for. */
export const clippedPeopleNote = (people: readonly PersonRow[]): string | undefined =>
  people.some(({ clipped }) => clipped)
    ? 'people marked clipped had no room here; ask for fewer of them, or for fewer person_fields'
    : undefined;

/** Ever shorter forms of a person who does not fit; the last is a few bytes. */
export const clippedPeople = (person: PersonRow): PersonRow[] => {
  const { resourceName, source, names, emailAddresses } = person;
  const least = { resourceName, ...(source === undefined ? {} : { source }), clipped: true as const };
  const first = (field: unknown) => (Array.isArray(field) ? field.slice(0, 1) : undefined);
  return [{ ...least, names: first(names), emailAddresses: first(emailAddresses) }, least];
};
