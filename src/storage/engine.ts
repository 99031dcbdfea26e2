// What differs between the databases that Postern can be kept in. Each has a folder of its own; stores and everything above
// them know only this.
import type { RawBuilder, SqlBool } from 'kysely';
import type { AccountKey } from '../model/account-key.ts';
import type { Database, Schema } from './schema.ts';

/**
 * Names what only one transaction may decide on at a time. Where one database has one writer, every transaction is alone
 * anyway; elsewhere it is a lock that ends with the transaction. Names are never shown.
 */
export interface LockName {
  readonly of: readonly [what: string, ...which: string[]];
  /** Others that ask for it shared have it at the same time. */
  readonly shared?: boolean;
}

/** SQL that the databases write differently. */
export interface Dialect {
  /** Whether a text holds another one; ASCII letters in any case. */
  contains(column: RawBuilder<unknown>, part: string): RawBuilder<SqlBool>;
  /** Whether a column has one of these values: one parameter, however many they are, since their number is limited. */
  isOneOf(column: RawBuilder<unknown>, values: readonly string[]): RawBuilder<SqlBool>;
  /** `select` of these columns of rows that are given whole: one parameter. For insert, and for `in`. */
  givenRows(
    table: keyof Schema,
    columns: readonly string[],
    rows: readonly Readonly<Record<string, unknown>>[],
  ): RawBuilder<unknown>;
  /** The place of a row in its table, as long as nobody writes to it: of rows that SQL cannot tell apart otherwise. */
  readonly rowAddress: RawBuilder<unknown>;
  /** Whether a row's address is among those that a query selects. */
  isAddressIn(selected: RawBuilder<unknown>): RawBuilder<SqlBool>;
}

export interface Engine {
  readonly db: Database;
  /** What messages call the database; without credentials. */
  readonly place: string;
  readonly dialect: Dialect;
  /**
   * Runs `work` in one transaction, and again from its beginning where the database says that others were in its way: it
   * may have no effect but on `db`. Everything it reads was committed, and what it decides under its lock nobody else does.
   * @throws StorageError `busy` where it cannot be run in time
   */
  transaction<R>(lock: LockName | undefined, work: (db: Database) => Promise<R>): Promise<R>;
  /** Takes one more lock in a transaction. */
  lock(db: Database, name: LockName): Promise<void>;
  /** A number higher than every one before: of deliveries, in the order of their events. In a transaction. */
  nextDelivery(db: Database): Promise<number>;
  /** Milliseconds since the epoch on the database's clock; undefined where it has none but ours. */
  readonly readClock?: () => Promise<number>;
  /** Whether it answers and can be written. @throws StorageError where it does not answer */
  ready(): Promise<boolean>;
  /** To be called after tables were filled past the stores: numbers of deliveries go on behind the highest one. */
  filled(): Promise<void>;
  /** To be called after something was erased for good: nothing of it stays where the database keeps what it wrote. */
  erased(): void;
  close(): Promise<void>;
}

/** A database of the newest schema as it was at one moment, for reading. Nobody who writes to it waits for who reads. */
export interface Snapshot {
  readonly db: Database;
  /** See Engine. */
  readonly place: string;
}

/** Whatever is decided on of one account. */
export const accountLock = ({ realm, identifier }: AccountKey): LockName => ({ of: ['account', realm, identifier] });
