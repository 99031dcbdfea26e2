// Pages of a list by opaque tokens, each good for the list that it was given for and no other.
import { createHash } from 'node:crypto';
import { type Answer, answered, invalid } from './failure.ts';

const usualSize = 20;
const mostSize = 100;

export interface Page<T> {
  readonly rows: readonly T[];
  readonly nextPageToken: string;
  readonly totalSize: number;
}

/**
 * @param of everything that the list depends on beside its rows: realm and filter
 * @param rows in the order of `nameOf`, which no two of them share
 */
export const pageOf = <T>(
  rows: readonly T[],
  nameOf: (row: T) => string,
  { pageSize, pageToken, of }: { readonly pageSize: number; readonly pageToken: string; readonly of: unknown },
): Answer<Page<T>> => {
  const list = createHash('sha256').update(JSON.stringify(of)).digest('hex').slice(0, 16);
  const [, given, encoded = ''] = /^([0-9a-f]{16})\.([\w-]+)$/.exec(pageToken) ?? [];
  if (pageToken !== '' && given !== list)
    return invalid('The page token was not given for this list.', 'Ask for the first page, without a page token.');
  const after = Buffer.from(encoded, 'base64url').toString('utf8');
  const size = Math.min(pageSize === 0 ? usualSize : pageSize, mostSize);
  const left = pageToken === '' ? rows : rows.filter((row) => nameOf(row) > after);
  const shown = left.slice(0, size);
  const last = shown.at(-1);
  const nextPageToken =
    last === undefined || shown.length === left.length
      ? ''
      : `${list}.${Buffer.from(nameOf(last)).toString('base64url')}`;
  return answered({ rows: shown, nextPageToken, totalSize: rows.length });
};
