// Pages of a list as the hosted product's clients ask for them: a size, and a token, which is empty for the first page and after
// the last one.
import { listCursor } from '../list-cursor.ts';
import { type Answer, answered, invalid } from './failure.ts';

const usualSize = 20;
const mostSize = 100;

/** Which page a request asks for. */
export interface Wanted {
  readonly limit: number;
  /** The name behind which it begins; undefined: the first one. */
  readonly after: string | undefined;
  /** The token for the page behind this name; undefined: there is none. */
  tokenFor(next: string | undefined): string;
}

/** @param list everything that the list depends on beside its rows: realm and filter */
export const wantedPage = (
  { pageSize, pageToken }: { readonly pageSize: number; readonly pageToken: string },
  list: unknown,
): Answer<Wanted> => {
  const cursor = listCursor(list);
  const after = pageToken === '' ? undefined : cursor.read(pageToken);
  if (pageToken !== '' && after === undefined)
    return invalid('The page token was not given for this list.', 'Ask for the first page, without a page token.');
  return answered({
    limit: Math.min(pageSize === 0 ? usualSize : pageSize, mostSize),
    after,
    tokenFor: (next) => (next === undefined ? '' : cursor.write(next)),
  });
};

export interface Page<T> {
  readonly rows: readonly T[];
  readonly nextPageToken: string;
  readonly totalSize: number;
}

/**
 * A page of rows that are all at hand, in the order of `nameOf`, which no two of them share.
 * @param list as for `wantedPage`
 */
export const pageOf = <T>(
  rows: readonly T[],
  nameOf: (row: T) => string,
  request: { readonly pageSize: number; readonly pageToken: string },
  list: unknown,
): Answer<Page<T>> => {
  const wanted = wantedPage(request, list);
  if (!wanted.ok) return wanted;
  const { limit, after, tokenFor } = wanted.value;
  const left = after === undefined ? rows : rows.filter((row) => nameOf(row) > after);
  const shown = left.slice(0, limit);
  const last = shown.at(-1);
  const next = last === undefined || shown.length === left.length ? undefined : nameOf(last);
  return answered({ rows: shown, nextPageToken: tokenFor(next), totalSize: rows.length });
};
