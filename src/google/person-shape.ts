// A person of the People API → what a tool returns: Google's camelCase names without its bookkeeping.
import type { people_v1 } from '@googleapis/people';

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
