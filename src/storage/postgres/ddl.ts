// Migrations are written once, in SQL that SQLite takes (migrations.ts), and translated here: PostgreSQL's `integer` is too
// short for milliseconds, its texts compare as bytes only where they are told to, and all its tables are strict.

/**
 * Tables of what may be forgotten when the server crashes or a standby takes over, which then finds them empty: writing to
 * them waits for no disk.
 */
const unlogged = ['rate_limits'];

/** @param migration statements of migrations.ts. @returns the same for PostgreSQL */
export const toPostgres = (migration: string): string =>
  migration
    .replace(/\bcreate table (?=(\w+))/g, (create, name) =>
      unlogged.includes(name) ? 'create unlogged table ' : create,
    )
    .replace(/\binteger\b/g, 'bigint')
    .replace(/\btext\b/g, 'text collate "C"')
    .replace(/\)\s*strict\b/g, ')');
