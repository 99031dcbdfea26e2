// Which database: of settings, for whoever opens it.

/** How the server's certificate is checked (https://www.postgresql.org/docs/current/libpq-ssl.html). */
export interface PostgresTls {
  /** `require`: encrypted, whoever answers; `verify-full`: only a server with a valid certificate for this host name. */
  readonly mode: 'require' | 'verify-full';
  /** PEM of the authority that signed the certificate; undefined: those that Node.js trusts. */
  readonly authority?: string;
}

export interface PostgresLocation {
  readonly engine: 'postgres';
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** Undefined: the server asks for none. */
  readonly password?: string;
  /** Undefined: not encrypted. */
  readonly tls?: PostgresTls;
  /** The schema that holds the tables. */
  readonly schema: string;
  /** Connections of one process. */
  readonly poolSize: number;
}

interface SqliteLocation {
  readonly engine: 'sqlite';
  /** A file path, or `:memory:`. */
  readonly path: string;
}

export type DatabaseLocation = SqliteLocation | PostgresLocation;

/** What messages call a database; holds no credentials. */
export const databaseName = (location: DatabaseLocation): string =>
  location.engine === 'sqlite'
    ? location.path
    : `postgres://${location.host}:${location.port}/${location.database} (schema ${location.schema})`;
