// Page sizes and page tokens of the People API: a token only goes on with the very parameters it was issued for.
import { createHash } from 'node:crypto';
import { invalidArgument } from '../api-errors.ts';

/**
 * The page size Google would use, or its 400.
 * @param options.tooLarge whether a larger number is capped or refused
 */
export const readPageSize = (
  text: string | null,
  options: { fallback: number; maximum: number; tooLarge: 'cap' | 'refuse' },
): number | Response => {
  if (text === null || text === '' || text === '0') return options.fallback;
  if (!/^-?\d{1,9}$/.test(text)) return invalidArgument(`Invalid value at 'page_size' (TYPE_INT32), "${text}"`);
  const size = Number(text);
  if (size < 0) return invalidArgument('Page size must be greater than or equal to 0.');
  if (size > options.maximum && options.tooLarge === 'refuse')
    return invalidArgument(`Page size must be less than or equal to ${options.maximum}.`);
  return Math.min(size, options.maximum);
};

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextPageToken?: string;
}

/**
 * One page of all items, or Google's 400 for a token that is broken or was issued for other parameters.
 * @param binding everything that has to stay the same from page to page, the account among it
 */
export const pageOf = <T>(
  all: readonly T[],
  options: { pageToken: string | null; pageSize: number; binding: string },
): Page<T> | Response => {
  const seal = createHash('sha256').update(options.binding).digest('base64url').slice(0, 16);
  const tokenFor = (offset: number) => Buffer.from(`${offset}/${seal}`).toString('base64url');
  let start = 0;
  if (options.pageToken !== null && options.pageToken !== '') {
    start = Number.parseInt(Buffer.from(options.pageToken, 'base64url').toString(), 10);
    if (tokenFor(start) !== options.pageToken) return invalidArgument();
  }
  const end = start + options.pageSize;
  const items = all.slice(start, end);
  return end >= all.length ? { items } : { items, nextPageToken: tokenFor(end) };
};

/** Everything about a request but the page token, in a fixed order. */
export const bindingOf = (account: string, path: string, query: URLSearchParams): string =>
  JSON.stringify([
    account,
    path,
    ...[...query]
      .filter(([name]) => name !== 'pageToken')
      .map((pair) => pair.join('='))
      .sort(),
  ]);
