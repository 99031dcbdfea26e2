// Our page_token for contacts: Google's, with the parameters it was issued for, because Google demands that they stay
// the same (https://developers.google.com/people/api/rest/v1/people.connections/list); and how many people of Google's
// page were shown, where an answer had no room for all. Not a secret; hostile input.
import { z } from 'zod';
import { failed, ok, type Result } from '../../model/result.ts';
import { personFields } from './parameters.ts';

const contents = z.strictObject({
  token: z.exactOptional(z.string().min(1).max(2000)),
  pageSize: z.int().min(1).max(1000),
  personFields,
  shown: z.exactOptional(z.int().min(1).max(1000)),
  last: z.exactOptional(z.string().min(1).max(200)),
});

export interface ContactsPage {
  /** Google's own; absent for the first page. */
  readonly token?: string;
  readonly pageSize: number;
  readonly personFields: z.infer<typeof personFields>;
  /** People of this page that were shown already, and the resource name of the last one. */
  readonly shown?: number;
  readonly last?: string;
}

export const wrapPageToken = (page: ContactsPage): string => Buffer.from(JSON.stringify(page)).toString('base64url');

const decoded = (pageToken: string): unknown => {
  try {
    return JSON.parse(Buffer.from(pageToken, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
};

/**
 * The page a token stands for. Parameters that are given must be those it was issued for; those that are not are taken
 * from it. `page_token_invalid` otherwise.
 */
export const unwrapPageToken = (
  pageToken: string,
  given: { readonly pageSize: number | undefined; readonly personFields: readonly string[] | undefined },
): Result<ContactsPage> => {
  const parsed = contents.safeParse(decoded(pageToken));
  if (!parsed.success) return failed({ kind: 'page_token_invalid' });
  const page = parsed.data;
  const sameSize = given.pageSize === undefined || given.pageSize === page.pageSize;
  const asSet = (fields: readonly string[]) => [...new Set(fields)].sort().join();
  const sameFields = given.personFields === undefined || asSet(given.personFields) === asSet(page.personFields);
  return sameSize && sameFields ? ok(page) : failed({ kind: 'page_token_invalid' });
};
