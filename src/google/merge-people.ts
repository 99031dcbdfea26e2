// People found in several sources → one list without duplicates.
import type { people_v1 } from '@googleapis/people';
import type { FoundPerson } from './ports.ts';

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
