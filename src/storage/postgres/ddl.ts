// Migrations are written once, in SQL that SQLite takes (migrations.ts), and translated here: PostgreSQL's `integer` is too
// short for milliseconds, its texts compare as bytes only where they are told to, and all its tables are strict.

/** @param migration statements of migrations.ts. @returns the same for PostgreSQL */
export const toPostgres = (migration: string): string =>
  migration
    .replace(/\binteger\b/g, 'bigint')
    .replace(/\btext\b/g, 'text collate "C"')
    .replace(/\)\s*strict\b/g, ')');
