// A person of the People API → what a tool returns: Google's own field names without its metadata, as many fields as were
// asked for.

import type { people_v1 } from '@googleapis/people';
import { withoutInvisible } from '@postern/mail-text/invisible';
import { z } from 'zod';

/** `resourceName` and the fields that were asked for, as Google names them. */
export interface ShownPerson {
  readonly resourceName: string;
  readonly [field: string]: unknown;
}

const withoutMetadata = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutMetadata);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([name, inner]) => name !== 'metadata' && inner !== null));
};

/** https://developers.google.com/people/api/rest/v1/people#fieldmetadata: at most one value of a field is the primary. */
const isPrimary = (value: unknown): boolean =>
  (value as { metadata?: { primary?: unknown } | null } | null)?.metadata?.primary === true;

/** The values of a field, the primary one first and marked `primary`; a single value is that without saying so. */
const shownValues = (values: readonly unknown[]): unknown[] => {
  const primaryFirst = [...values.filter(isPrimary), ...values.filter((value) => !isPrimary(value))];
  return primaryFirst.map((value) => {
    const shown = withoutMetadata(value);
    return values.length > 1 && isPrimary(value) ? { ...Object(shown), primary: true } : shown;
  });
};

/** Drops `metadata` but for the primary flag, `etag` and empty fields; keeps everything else. */
export const personShape = (person: people_v1.Schema$Person): ShownPerson => {
  const { resourceName, etag: _etag, metadata: _metadata, ...fields } = person;
  const shown = Object.entries(fields).filter(([, value]) => Array.isArray(value) && value.length > 0);
  return {
    resourceName: resourceName ?? '',
    ...Object.fromEntries(shown.map(([name, values]) => [name, shownValues(values as unknown[])])),
  };
};

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
