// A page of a realm's accounts, in the order of their identifiers. What an account shows to the outside is decided by the model
// (accountStatus), so a condition in SQL only leaves out what surely does not fit.
import { type RawBuilder, type SqlBool, sql } from 'kysely';
import { type Account, type AccountStatus, accountStatus } from '../model/account.ts';
import { scopesFor } from '../model/capability.ts';
import { defaultConnection } from '../model/connection.ts';
import { toAccount } from './account-rows.ts';
import type { Dialect } from './engine.ts';
import type { Rows } from './protected-rows.ts';

/** What a row itself says. All of it has to fit. */
export interface RowFilter {
  readonly identifier?: string | undefined;
  /** One of these. */
  readonly connections?: readonly string[] | undefined;
  /** A part of the identifier or the mailbox; ASCII letters in any case. */
  readonly text?: string | undefined;
}

/** All of them have to fit. */
interface AccountFilter extends RowFilter {
  /** As it is shown to the outside. */
  readonly status?: AccountStatus['status'] | undefined;
  readonly reason?: string | undefined;
  /** The whole address, in any case. */
  readonly mailbox?: string | undefined;
  /** Milliseconds since the epoch; accounts that were never used fit too. */
  readonly lastUsedBefore?: number | undefined;
}

export interface AccountPage {
  readonly accounts: readonly Account[];
  /** Where the next page begins: behind this identifier. Undefined: there is none. */
  readonly next: string | undefined;
}

export interface AccountPageRequest {
  readonly filter: AccountFilter;
  readonly limit: number;
  /** The identifier behind which the page begins. */
  readonly after?: string | undefined;
}

/** Rows that are read at once: a page's, and the one that says that there are more. */
const leastChunk = 50;

const narrowestMailScope = scopesFor(['mail']).at(-1) ?? '';

/** ACTIVE rows of which mail may not be readable: they may be shown as REVOKED. */
const mayBeRefused = ({ contains }: Dialect) => sql<SqlBool>`status = 'ACTIVE' and (refused_capabilities is not null
  or allowed_capabilities is not null or not (${contains(sql.ref('granted_scopes'), narrowestMailScope)}))`;

/** ASCII letters alone, as of a stored address; of a parameter PostgreSQL would go by the language of the database (in Turkish ı is the small I). */
const inLowerCase = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());

const rowConditions = (dialect: Dialect, { identifier, connections, text }: RowFilter): RawBuilder<SqlBool>[] => [
  ...(identifier === undefined ? [] : [sql<SqlBool>`identifier = ${identifier}`]),
  ...(connections === undefined ? [] : [dialect.isOneOf(sql`coalesce(connection, ${defaultConnection})`, connections)]),
  ...(text === undefined
    ? []
    : [
        sql<SqlBool>`(${dialect.contains(sql.ref('identifier'), text)}
          or ${dialect.contains(sql.ref('google_email'), text)})`,
      ]),
];

const conditionsOf = (
  dialect: Dialect,
  { status, reason, mailbox, lastUsedBefore, ...row }: AccountFilter,
): RawBuilder<SqlBool>[] => [
  ...(status === undefined
    ? []
    : status === 'REVOKED'
      ? [sql<SqlBool>`(status = 'REVOKED' or (${mayBeRefused(dialect)}))`]
      : [sql<SqlBool>`status = ${status}`]),
  ...(reason === undefined ? [] : [sql<SqlBool>`(reason = ${reason} or (${mayBeRefused(dialect)}))`]),
  ...(mailbox === undefined ? [] : [sql<SqlBool>`lower(google_email) = ${inLowerCase(mailbox)}`]),
  ...(lastUsedBefore === undefined ? [] : [sql<SqlBool>`coalesce(last_used_at, 0) < ${lastUsedBefore}`]),
  ...rowConditions(dialect, row),
];

const fits = (account: Account, { status, reason }: AccountFilter): boolean => {
  const shown = accountStatus(account);
  if (status !== undefined && shown.status !== status) return false;
  return reason === undefined || (shown.status !== 'ACTIVE' && shown.reason === reason);
};

/** Keyset pagination: an account that comes or goes meanwhile moves no other one to another page. */
export const pageOfAccounts = async (
  rows: Rows,
  realm: string,
  { filter, limit, after: first = '' }: AccountPageRequest,
): Promise<AccountPage> => {
  const conditions = conditionsOf(rows.dialect, filter);
  const within = (from: string, to?: string) =>
    sql<SqlBool>`${sql.join(
      [
        sql`realm = ${realm}`,
        sql`identifier > ${from}`,
        ...(to === undefined ? [] : [sql`identifier <= ${to}`]),
        ...conditions,
      ],
      sql` and `,
    )}`;
  const chunk = Math.max(limit + 1, leastChunk);
  const found: Account[] = [];
  let after: string | undefined = first;
  while (after !== undefined && found.length <= limit) {
    // Names first, also of rows that do not count, so that those end no list.
    const names: { rows: { identifier: string }[] } = await sql<{ identifier: string }>`
      select identifier from accounts where ${within(after)} order by identifier limit ${chunk}`.execute(rows.db);
    const last = names.rows.at(-1)?.identifier;
    if (last === undefined) break;
    const read = await rows.list('accounts', within(after, last), ['identifier']);
    found.push(
      ...read
        .filter((row) => row.realm === realm)
        .map(toAccount)
        .filter((account) => fits(account, filter)),
    );
    after = names.rows.length < chunk ? undefined : last;
  }
  const accounts = found.slice(0, limit);
  return { accounts, next: found.length > limit ? accounts.at(-1)?.key.identifier : undefined };
};

/** How many accounts of a realm fit. Nothing is read of them, so rows that do not count are counted too. */
export const countOfAccounts = async ({ db, dialect }: Rows, realm: string, filter: RowFilter): Promise<number> => {
  const where = sql.join([sql`realm = ${realm}`, ...rowConditions(dialect, filter)], sql` and `);
  const { rows } = await sql<{ found: number }>`select count(*) as found from accounts where ${where}`.execute(db);
  return rows[0]?.found ?? 0;
};
