// Query parameters as Google reads them, with its errors for values it cannot read. Knows nothing of what they are for.
import { GoogleError } from './google-errors.ts';

export const FORMATS = ['minimal', 'full', 'raw', 'metadata'] as const;
export type Format = (typeof FORMATS)[number];

/** A count: `fallback` when absent or 0, never more than `maximum`. */
export const countParameter = (query: URLSearchParams, name: string, fallback: number, maximum: number): number => {
  const text = query.get(name);
  if (text === null) return fallback;
  if (!/^\d{1,10}$/.test(text)) throw unreadable(name, 'TYPE_UINT32', text);
  return Math.min(Number(text) || fallback, maximum);
};

/** `format`, in any case; `full` when absent. */
export const formatParameter = (query: URLSearchParams): Format => {
  const text = query.get('format') ?? 'full';
  const format = FORMATS.find((known) => known === text.toLowerCase());
  if (format === undefined) throw unreadable('format', 'type.googleapis.com/google.gmail.v1.Format', text);
  return format;
};

export const booleanParameter = (query: URLSearchParams, name: string): boolean => {
  const text = query.get(name);
  if (text === null || text === 'false' || text === '0') return false;
  if (text === 'true' || text === '1' || text === '') return true;
  throw unreadable(name, 'TYPE_BOOL', text);
};

const unreadable = (name: string, type: string, text: string): GoogleError => {
  const protoName = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return new GoogleError('invalidArgument', `Invalid value at '${protoName}' (${type}), ${JSON.stringify(text)}`);
};
