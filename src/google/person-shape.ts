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

/** Drops `metadata` (which value is primary is told by the order), `etag` and empty fields; keeps everything else. */
export const personShape = (person: people_v1.Schema$Person): ShownPerson => {
  const { resourceName, etag: _etag, metadata: _metadata, ...fields } = person;
  const shown = Object.entries(fields).filter(([, value]) => Array.isArray(value) && value.length > 0);
  return {
    resourceName: resourceName ?? '',
    ...Object.fromEntries(shown.map(([name, value]) => [name, withoutMetadata(value)])),
  };
};
