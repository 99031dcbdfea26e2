// Troubles with the database file that another program or a full disk makes. Postern's own connections are only noted
// as they are opened; nothing of them is replaced.
import BetterSqlite3 from 'better-sqlite3';
import { vi } from 'vitest';

/** Notes every connection that is opened from now on; the answer gives the last one to a file. */
export const noteConnections = (): ((path: string) => BetterSqlite3.Database) => {
  const opened = new Map<string, BetterSqlite3.Database>();
  const pragma = BetterSqlite3.prototype.pragma;
  vi.spyOn(BetterSqlite3.prototype, 'pragma').mockImplementation(function (this: BetterSqlite3.Database, ...args) {
    opened.set(this.name, this);
    return pragma.apply(this, args);
  });
  return (path) => {
    const database = opened.get(path);
    if (database === undefined) throw new Error(`Nobody opened ${path}.`);
    return database;
  };
};

/**
 * As on a full disk: the file may not grow, and of what it holds already nothing is free for another authorization round,
 * of which there has to be one. The answer makes room again.
 */
export const fillDisk = (database: BetterSqlite3.Database): (() => void) => {
  const count = (pragma: string) => Number(database.pragma(pragma, { simple: true }));
  const usedPages = () => count('page_count') - count('freelist_count');
  const copyRound = database.prepare(`
    insert into authorization_rounds
    select hex(randomblob(32)), realm, browser_hash, nonce, code_verifier, details, created_at, expires_at, redeemed_at, mac
    from authorization_rounds limit 1`);
  for (let full = false; !full; ) {
    const before = usedPages();
    database.exec('savepoint filling');
    copyRound.run();
    full = usedPages() > before;
    if (full) database.exec('rollback to filling');
    database.exec('release filling');
  }
  database.exec('create table filling (bytes blob)');
  const takePage = database.prepare('insert into filling values (zeroblob(4000))');
  while (count('freelist_count') > 0) takePage.run();
  database.pragma(`max_page_count = ${count('page_count')}`);
  return () => {
    database.pragma('max_page_count = 1073741823');
  };
};

/** Another program holds the write lock until the answer is called; SQLite itself does not wait for it meanwhile. */
export const lockDatabase = (database: BetterSqlite3.Database): (() => void) => {
  database.pragma('busy_timeout = 0');
  const other = new BetterSqlite3(database.name);
  other.exec('begin immediate');
  return () => {
    other.exec('rollback');
    other.close();
  };
};
