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

/** The file may not grow by one page more, as on a full disk. The answer makes room again. */
export const fillDisk = (database: BetterSqlite3.Database): (() => void) => {
  const pages = database.pragma('page_count', { simple: true });
  database.pragma(`max_page_count = ${pages}`);
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
