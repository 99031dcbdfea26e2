// Connections: OAuth clients that the operator added beside the environment's, each with its secret sealed, and which of
// them the accounts of a realm get. An account keeps its connection for life, so a connection that one has cannot go.
import type { RawBuilder, SqlBool } from 'kysely';
import { sql } from 'kysely';
import { googleRealm } from '../model/account-key.ts';
import type { Capability } from '../model/capability.ts';
import { defaultConnection } from '../model/connection.ts';
import { distinctValues } from './distinct-values.ts';
import type { LockName } from './engine.ts';
import type { Rows } from './protected-rows.ts';
import type { ConnectionsTable } from './schema.ts';
import type { SealedPlace, Sealer } from './sealer.ts';
import { connectionMissing } from './storage-error.ts';

/** What may be shown of a connection. `createdAt` in milliseconds since the epoch. */
export interface ConnectionRecord {
  readonly name: string;
  readonly clientId: string;
  readonly kind: 'desktop' | 'web';
  /** As registered, when the console's file said so. */
  readonly redirectUris?: readonly string[];
  /** What its links may ask for; undefined: everything. */
  readonly capabilities?: readonly Capability[];
  readonly createdAt: number;
}

export interface FoundConnection extends ConnectionRecord {
  /** Another one after every change, so that what was made of the record can be kept until then. */
  readonly version: string;
  /** Undefined where no sealing key that we have opens it. */
  openSecret(): string | undefined;
}

interface NewConnection extends ConnectionRecord {
  readonly secret: string;
}

/** Who names a connection, and so keeps it from being removed. */
export interface ConnectionUse {
  readonly accounts: number;
  /** API keys that were not revoked. */
  readonly apiKeys: number;
  /** Realms whose new accounts get it; an empty one stands for every other realm. */
  readonly realms: readonly string[];
}

export interface ConnectionStore {
  add(connection: NewConnection): Promise<'added' | 'name_taken' | 'client_taken'>;
  /** Another secret, redirect URIs or capabilities for the same client; its accounts follow in the same transaction. */
  replace(connection: NewConnection): Promise<'replaced' | 'unknown' | 'other_client'>;
  find(name: string): Promise<FoundConnection | undefined>;
  /** By name. */
  list(): Promise<FoundConnection[]>;
  use(name: string): Promise<ConnectionUse>;
  /** The names that accounts have beside the environment's client, whether there are such connections or not. */
  ofAccounts(): Promise<string[]>;
  /**
   * Of a realm: what its accounts have, and what a new one gets where an API key names `wanted`; undefined stands for the
   * environment's client.
   */
  inRealm(
    realm: string,
    wanted?: string,
  ): Promise<{ readonly used: readonly (string | undefined)[]; readonly ofNewAccounts: string | undefined }>;
  /** Removes it unless somebody uses it: then says who. */
  remove(name: string): Promise<'removed' | 'unknown' | ConnectionUse>;
  /** From now on new accounts of this realm, or of every realm that has none of its own, get this connection. */
  setDefault(name: string, realm?: string): Promise<'set' | 'unknown'>;
  /** The name of the connection that new accounts of this realm get. */
  ofRealm(realm: string): Promise<string>;
}

type Bound = Pick<ConnectionsTable, 'name' | 'client_id'>;

/** Bound to the client's id: a secret of another client does not open. */
export const placeInConnections = ({ name, client_id }: Bound): SealedPlace => ({
  table: 'connections',
  column: 'sealed_secret',
  key: { realm: '', identifier: name },
  grantVersion: 0,
  row: client_id,
});

/** Whoever changes a connection is alone; whoever makes what names one only keeps those away. */
const connectionsChange: LockName = { of: ['connections'] };
export const connectionsInUse: LockName = { ...connectionsChange, shared: true };

/** In `connection_defaults`: every realm that has no row of its own. */
const everyOtherRealm = '';

const toList = <T>(json: string | null): T[] | undefined => (json === null ? undefined : JSON.parse(json));

const toFound = (row: ConnectionsTable, sealer: Sealer): FoundConnection => ({
  name: row.name,
  clientId: row.client_id,
  kind: row.kind,
  redirectUris: toList<string>(row.redirect_uris),
  capabilities: toList<Capability>(row.capabilities),
  createdAt: row.created_at,
  version: row.mac ?? '',
  openSecret: () => sealer.open(row.sealed_secret, placeInConnections(row)),
});

const columnsOf = ({ name, clientId, secret, kind, redirectUris, capabilities }: NewConnection, sealer: Sealer) => ({
  kind,
  sealed_secret: sealer.seal(secret, placeInConnections({ name, client_id: clientId })),
  redirect_uris: redirectUris === undefined ? null : JSON.stringify(redirectUris),
  capabilities: capabilities === undefined ? null : JSON.stringify(capabilities),
});

/** What new accounts of a realm get: the realm's connection, else everybody's. */
const connectionOfRealm = async (rows: Rows, realm: string): Promise<string> => {
  const defaultOf = async (of: string) => (await rows.find('connection_defaults', { realm: of }))?.connection;
  return (await defaultOf(realm)) ?? (await defaultOf(everyOtherRealm)) ?? defaultConnection;
};

/**
 * The row of a connection; undefined for the client of the environment, which has none.
 * @throws StorageError where there is no such connection
 */
export const rowOfConnection = async (rows: Rows, name: string): Promise<ConnectionsTable | undefined> => {
  if (name === defaultConnection) return undefined;
  const row = await rows.find('connections', { name });
  if (row === undefined) throw connectionMissing(name);
  return row;
};

/**
 * The columns of a new account that say which connection it has: the wanted one, else its realm's.
 * People who sign in with Google here do so through the client of the environment, and so have that one.
 * @throws StorageError where there is no such connection
 */
export const connectionOfNewAccount = async (
  rows: Rows,
  realm: string,
  wanted: string | undefined,
): Promise<{ readonly connection: string | null; readonly allowed_capabilities: string | null }> => {
  const ofDefault = { connection: null, allowed_capabilities: null };
  if (realm === googleRealm) return ofDefault;
  const row = await rowOfConnection(rows, wanted ?? (await connectionOfRealm(rows, realm)));
  return row === undefined ? ofDefault : { connection: row.name, allowed_capabilities: row.capabilities };
};

/** The names that accounts have, whether there are such connections or not. */
const ofAccounts = ({ db }: Rows): Promise<string[]> => distinctValues(db, 'accounts', sql.ref('connection'));

const isUsedIn = async ({ db }: Rows, realm: string, name: string | undefined): Promise<boolean> => {
  const found = await db
    .selectFrom('accounts')
    .select('realm')
    .where('connection', name === undefined ? 'is' : '=', name ?? null)
    .where('realm', '=', realm)
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
};

export const createConnectionStore = (rows: Rows, sealer: Sealer): ConnectionStore => {
  const use = async ({ db }: Rows, name: string): Promise<ConnectionUse> => {
    const count = async (table: 'accounts' | 'api_keys', where: RawBuilder<SqlBool>): Promise<number> =>
      (
        await db
          .selectFrom(table)
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .where(where)
          .executeTakeFirstOrThrow()
      ).count;
    const defaults = await db
      .selectFrom('connection_defaults')
      .select('realm')
      .where('connection', '=', name)
      .execute();
    return {
      accounts: await count(
        'accounts',
        name === defaultConnection ? sql<SqlBool>`connection is null` : sql<SqlBool>`connection = ${name}`,
      ),
      apiKeys: await count('api_keys', sql<SqlBool>`connection = ${name} and revoked_at is null`),
      realms: defaults.map(({ realm }) => realm).sort(),
    };
  };

  const exists = async (of: Rows, name: string): Promise<boolean> =>
    name === defaultConnection || (await of.find('connections', { name })) !== undefined;

  return {
    add: (connection) =>
      rows.transaction(connectionsChange, async (transaction) => {
        const { name, clientId, createdAt } = connection;
        // Whatever is there counts, genuine or not: an insert would fail at it.
        const taken = await transaction.db
          .selectFrom('connections')
          .select(['name', 'client_id'])
          .where(({ or, eb }) => or([eb('name', '=', name), eb('client_id', '=', clientId)]))
          .execute();
        if (taken.some((row) => row.name === name)) return 'name_taken';
        if (taken.length > 0) return 'client_taken';
        await transaction.insert('connections', {
          name,
          client_id: clientId,
          ...columnsOf(connection, sealer),
          created_at: createdAt,
        });
        return 'added';
      }),
    replace: async (connection) => {
      const replaced = await rows.transaction(connectionsChange, async (transaction) => {
        const { name, clientId } = connection;
        const present = await transaction.find('connections', { name });
        if (present === undefined) return 'unknown';
        if (present.client_id !== clientId) return 'other_client';
        const changed = columnsOf(connection, sealer);
        await transaction.change('connections', { name }, () => changed);
        const { capabilities: allowed_capabilities } = changed;
        await transaction.changeAll('accounts', { connection: name }, ({ version, allowed_capabilities: before }) =>
          before === allowed_capabilities ? undefined : { allowed_capabilities, version: version + 1 },
        );
        return 'replaced';
      });
      // The former secret.
      rows.hooks.erased();
      return replaced;
    },
    find: async (name) => {
      const row = await rows.find('connections', { name });
      return row && toFound(row, sealer);
    },
    list: async () => (await rows.list('connections', {}, ['name'])).map((row) => toFound(row, sealer)),
    use: (name) => use(rows, name),
    inRealm: async (realm, wanted) => {
      const used: (string | undefined)[] = [];
      for (const name of [undefined, ...(await ofAccounts(rows))])
        if (await isUsedIn(rows, realm, name)) used.push(name);
      const { connection } = await connectionOfNewAccount(rows, realm, wanted);
      return { used, ofNewAccounts: connection ?? undefined };
    },
    ofAccounts: () => ofAccounts(rows),
    remove: async (name) => {
      const removed = await rows.transaction(connectionsChange, async (transaction) => {
        if (!(await exists(transaction, name))) return 'unknown';
        const used = await use(transaction, name);
        if (used.accounts + used.apiKeys + used.realms.length > 0) return used;
        await transaction.db.deleteFrom('connections').where('name', '=', name).execute();
        return 'removed';
      });
      rows.hooks.erased();
      return removed;
    },
    setDefault: (name, realm = everyOtherRealm) =>
      rows.transaction(connectionsChange, async (transaction) => {
        if (!(await exists(transaction, name))) return 'unknown';
        // A row that was there before says nothing more, whoever wrote it.
        await transaction.db.deleteFrom('connection_defaults').where('realm', '=', realm).execute();
        const isInitial = name === defaultConnection && realm === everyOtherRealm;
        if (!isInitial) await transaction.insert('connection_defaults', { realm, connection: name });
        return 'set';
      }),
    ofRealm: (realm) => connectionOfRealm(rows, realm),
  };
};
