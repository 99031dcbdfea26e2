// GET /api/v1/accounts: the accounts of the key's realm, filtered, page by page.
import { Hono } from 'hono';
import { z } from 'zod';
import type { Accounts } from '../../connect/accounts.ts';
import { nearestName } from '../../lib/nearest-name.ts';
import { pendingReasons, revokedReasons } from '../../model/account.ts';
import { accountJson } from '../../model/account-json.ts';
import { refusalReasons } from '../../model/capability.ts';
import { errorResponse, problemResponse, refusalResponse } from '../errors.ts';
import { listCursor } from '../list-cursor.ts';
import { checkInput, readQuery } from './input.ts';
import type { ApiContext, ServiceVariables } from './service.ts';

const usualLimit = 50;
const mostLimit = 200;
const limitFault = `must be a whole number from 1 to ${mostLimit}`;

const statuses = ['PENDING', 'ACTIVE', 'REVOKED'] as const;
const reasons = [...new Set([...pendingReasons, ...revokedReasons, ...refusalReasons])] as [string, ...string[]];

const oneOf = (names: readonly [string, ...string[]]) =>
  z.enum(names, {
    error: ({ input }) => {
      const near = typeof input === 'string' ? nearestName(input, names) : undefined;
      return near === undefined ? `must be one of ${names.join(', ')}` : `is not known, perhaps "${near}" was meant`;
    },
  });

/** The query as it stands in the address: everything is text. */
export const accountListQuery = z.strictObject({
  status: z
    .enum(statuses, `must be one of ${statuses.join(', ')}`)
    .optional()
    .describe('As it is shown.'),
  reason: oneOf(reasons).optional().describe('Why they are not `ACTIVE`.'),
  mailbox: z
    .string()
    .min(1, 'must not be empty')
    .max(320, 'must have at most 320 characters')
    .optional()
    .describe('The whole address, in any case.'),
  text: z
    .string()
    .min(1, 'must not be empty')
    .max(256, 'must have at most 256 characters')
    .optional()
    .describe('A part of the identifier or the mailbox; ASCII letters in any case.'),
  last_used_before: z.iso
    .datetime({ offset: true, error: 'must be a time such as 2026-01-15T12:00:00Z' })
    .transform((text) => Date.parse(text))
    .optional()
    .describe('Accounts that were never used fit too.'),
  limit: z
    .string()
    .regex(/^\d{1,4}$/, limitFault)
    .transform(Number)
    .refine((number) => number >= 1 && number <= mostLimit, limitFault)
    .optional()
    .describe(`Accounts of a page, 1 to ${mostLimit}; ${usualLimit} unless given.`),
  cursor: z
    .string()
    .max(4000, 'is not one of ours')
    .optional()
    .describe('`next_cursor` of the page before, with the same filter.'),
});

type ListQuery = z.infer<typeof accountListQuery>;

const cursorFor = (realm: string, { cursor: _cursor, limit: _limit, ...filter }: ListQuery) =>
  listCursor([realm, Object.entries(filter).sort(([a], [b]) => (a < b ? -1 : 1))]);

const cursorInvalid = (c: ApiContext): Response =>
  errorResponse(c, {
    status: 400,
    error: 'cursor_invalid',
    message: 'This cursor does not belong to this list.',
    who: 'the caller',
    next: 'Send next_cursor of the former page as it is, with the same filter; or begin again without cursor.',
  });

const namesOnePerson = (c: ApiContext): Response =>
  refusalResponse(c, {
    kind: 'refused',
    status: 403,
    error: 'identifier_forbidden',
    description: 'Postern-Identifier names one person, and a list is of many.',
  });

export const accountListRoutes = ({ accounts }: { readonly accounts: Pick<Accounts, 'page'> }) =>
  new Hono<ServiceVariables>().get('/accounts', async (c) => {
    const { realm, named } = c.get('service');
    if (named !== undefined) return namesOnePerson(c);
    const given = readQuery(c.req.queries());
    const query = given.ok ? checkInput(given.value, accountListQuery, 'parameter') : given;
    if (!query.ok) return problemResponse(c, query.problem);
    const { status, reason, mailbox, text, last_used_before, limit = usualLimit, cursor } = query.value;
    const list = cursorFor(realm, query.value);
    const after = cursor === undefined ? undefined : list.read(cursor);
    if (cursor !== undefined && after === undefined) return cursorInvalid(c);
    const filter = { status, reason, mailbox, text, lastUsedBefore: last_used_before };
    const page = await accounts.page(realm, { filter, limit, after });
    return c.json({
      accounts: page.accounts.map(accountJson),
      next_cursor: page.next === undefined ? null : list.write(page.next),
    });
  });
