// `postern connections add`, `list`, `default` and `remove`: OAuth clients beside the environment's. A running Postern
// notices each of them without a restart. Secrets are sealed in the database and never shown.
import { type GoogleClient, readCredentialsFile, readEnvironmentClient } from '../config/google.ts';
import { redirectFault } from '../config/listening.ts';
import { googleRealm } from '../model/account-key.ts';
import type { Capability } from '../model/capability.ts';
import { connectionNameSchema, defaultConnection } from '../model/connection.ts';
import type { ConnectionRecord, ConnectionUse, Storage } from '../storage/index.ts';
import { parseCapabilities, parseRealm } from './accounts/options.ts';
import { forHttp, withStorage } from './settings.ts';
import { CommandError, plain, printJson, printLine, printNote, printTable, shortTime } from './terminal.ts';

/** A checked name; throws CommandError. */
export const parseConnection = (text: string): string => {
  const name = connectionNameSchema.safeParse(text);
  if (name.success) return name.data;
  throw new CommandError(`The name of a connection ${name.error.issues[0]?.message ?? 'is not valid'}.`, {
    exitCode: 2,
  });
};

const noSuchConnection = (name: string): CommandError =>
  new CommandError(`There is no connection ${name}.`, { fix: 'See which there are with: postern connections list' });

/** Throws CommandError unless there is a connection of this name. */
export const requireConnection = async (storage: Storage, name: string): Promise<void> => {
  if (name !== defaultConnection && (await storage.connections.find(name)) === undefined) throw noSuchConnection(name);
};

/** A realm whose accounts have a choice; throws CommandError. */
const parseRealmWithChoice = (text: string): string => {
  const realm = parseRealm(text);
  if (realm !== googleRealm) return realm;
  throw new CommandError(
    `People of the realm ${googleRealm} sign in with Google, through the client of the environment.`,
    {
      fix: 'Choose another realm: one of API keys, or that of your identity provider.',
      exitCode: 2,
    },
  );
};

const readClient = (path: string): GoogleClient => {
  const file = readCredentialsFile(path);
  if (file.kind === 'client') return file.client;
  throw new CommandError(`--credentials-file ${file.problem}.`, { fix: file.fix, exitCode: 2 });
};

/** A client that cannot work under POSTERN_PUBLIC_URL is refused, and what has to be registered is said. */
const checkRedirects = (client: GoogleClient): void => {
  const publicUrl = URL.parse(process.env.POSTERN_PUBLIC_URL?.trim() ?? '');
  if (publicUrl === null) {
    if (client.kind === 'web')
      printNote('Register POSTERN_PUBLIC_URL/oauth/callback as a redirect URI of this client, if it is not yet.');
    return;
  }
  const { origin } = publicUrl;
  switch (redirectFault(client, publicUrl)) {
    case 'desktop':
      throw new CommandError(
        `--credentials-file is a "Desktop app" client, which Google only lets return to this machine, not to ${origin}.`,
        { fix: `Create a "Web application" client with the redirect URI ${origin}/oauth/callback.`, exitCode: 2 },
      );
    case 'not_registered':
      printNote(
        `warning: the file does not list ${origin}/oauth/callback among its redirect URIs: unless you registered it since, Google refuses everybody (redirect_uri_mismatch). Register it in the Google Cloud console.`,
      );
      return;
    case undefined:
      return;
  }
};

/** What a connection allows; undefined within: everything. Throws CommandError. */
const parseAllowed = (text: string): { readonly capabilities: Capability[] | undefined } =>
  text.trim() === 'all' ? { capabilities: undefined } : { capabilities: parseCapabilities(text) };

interface AddOptions {
  readonly credentialsFile: string;
  readonly capabilities?: string;
  readonly realm?: string;
  readonly replace?: boolean;
}

const failures = {
  name_taken: 'There is a connection of this name already.',
  client_taken: 'Another connection has this OAuth client already.',
  other_client: 'The connection has another OAuth client, and what was granted to one is of no use to another.',
  unknown: 'There is no connection of this name that could get another secret.',
} as const;

const fixes = {
  name_taken: 'With --replace it gets another secret or other capabilities; another client needs another name.',
  client_taken: 'Use that one: postern connections list',
  other_client: 'Add the other client under another name.',
  unknown: 'Leave --replace out to add it.',
} as const;

const save = (storage: Storage, connection: Parameters<Storage['connections']['add']>[0], replace: boolean) =>
  replace ? storage.connections.replace(connection) : storage.connections.add(connection);

/** Adds a connection, or gives one another secret; exit code 2 for a file that is no OAuth client's. */
export const add = (name: string, options: AddOptions): Promise<void> => {
  parseConnection(name);
  if (name === defaultConnection)
    throw new CommandError(`${defaultConnection} is the name of the client of the environment.`, {
      fix: 'Choose another name, or set GOOGLE_CREDENTIALS_FILE.',
      exitCode: 2,
    });
  const { id: clientId, ...client } = readClient(options.credentialsFile);
  if (readEnvironmentClient(process.env)?.id === clientId)
    throw new CommandError('This is the OAuth client of the environment, which has the name default already.', {
      exitCode: 2,
    });
  const wanted = options.capabilities === undefined ? undefined : parseAllowed(options.capabilities);
  const realm = options.realm === undefined ? undefined : parseRealmWithChoice(options.realm);
  checkRedirects({ id: clientId, ...client });
  return withStorage(async ({ storage }) => {
    const replace = options.replace === true;
    const before = replace ? (await storage.connections.find(name))?.capabilities : undefined;
    const { capabilities } = wanted ?? { capabilities: before };
    const record = { name, clientId, ...client, capabilities, createdAt: storage.clock.now() };
    const saved = await save(storage, record, replace);
    if (saved !== 'added' && saved !== 'replaced') throw new CommandError(failures[saved], { fix: fixes[saved] });
    if (realm !== undefined) await storage.connections.setDefault(name, realm);
    printLine(`${replace ? 'Replaced' : 'Added'} ${name} (${plain(clientId)}).`);
    if (realm !== undefined)
      printNote(`New accounts of the realm ${realm} get it. Accounts that exist stay as they are.`);
    else if (!replace)
      printNote(
        `Nobody uses it yet: postern api-keys create --connection ${name}, or postern connections default ${name} --realm REALM`,
      );
  }, forHttp);
};

interface Listed extends Omit<ConnectionRecord, 'clientId' | 'kind' | 'createdAt'> {
  readonly clientId: string | undefined;
  readonly kind: ConnectionRecord['kind'] | undefined;
  readonly createdAt?: number;
  readonly use: ConnectionUse;
}

const everything = async ({ connections }: Storage): Promise<Listed[]> => {
  const added = await connections.list();
  const environment = readEnvironmentClient(process.env);
  const use = await connections.use(defaultConnection);
  return [
    { name: defaultConnection, clientId: environment?.id, kind: environment?.kind, use },
    ...(await Promise.all(added.map(async (each) => ({ ...each, use: await connections.use(each.name) })))),
  ];
};

const isForOthers = (listed: readonly Listed[], { name, use }: Listed): boolean =>
  use.realms.includes('') || (name === defaultConnection && !listed.some((each) => each.use.realms.includes('')));

/** Prints every connection, the client of the environment first. */
export const list = (options: { json?: boolean }): Promise<void> =>
  withStorage(async ({ storage }) => {
    const listed = await everything(storage);
    const realmsOf = (each: Listed) => each.use.realms.filter((realm) => realm !== '');
    if (options.json)
      return printJson(
        listed.map((each) => ({
          name: each.name,
          client_id: each.clientId ?? null,
          kind: each.kind ?? null,
          capabilities: each.capabilities ?? null,
          default: isForOthers(listed, each),
          realms: realmsOf(each),
          accounts: each.use.accounts,
          api_keys: each.use.apiKeys,
          created_at: each.createdAt === undefined ? null : new Date(each.createdAt).toISOString(),
        })),
      );
    printTable(
      ['NAME', 'CLIENT ID', 'KIND', 'CAPABILITIES', 'NEW ACCOUNTS OF', 'ACCOUNTS', 'KEYS', 'ADDED'],
      listed.map((each) => [
        each.name,
        each.clientId ?? '(not set here)',
        each.kind ?? '–',
        each.capabilities?.join(' ') ?? 'all',
        [...realmsOf(each), ...(isForOthers(listed, each) ? ['(every other realm)'] : [])].join(' ') || '–',
        String(each.use.accounts),
        String(each.use.apiKeys),
        each.createdAt === undefined ? 'environment' : shortTime(each.createdAt),
      ]),
    );
  });

/** Chooses what new accounts get; accounts that exist keep what they have. */
export const setDefault = (name: string, options: { realm?: string }): Promise<void> => {
  parseConnection(name);
  const realm = options.realm === undefined ? undefined : parseRealmWithChoice(options.realm);
  return withStorage(async ({ storage }) => {
    if ((await storage.connections.setDefault(name, realm)) === 'unknown') throw noSuchConnection(name);
    const whose = realm === undefined ? 'every realm that has none of its own' : `the realm ${realm}`;
    printLine(`New accounts of ${whose} get ${name}.`);
    printNote('Accounts that exist stay as they are; people who sign in with Google here have the default one.');
  }, forHttp);
};

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** Removes a connection that nobody uses; exit code 1 where somebody does, with what to do. */
export const remove = (name: string): Promise<void> => {
  parseConnection(name);
  if (name === defaultConnection)
    throw new CommandError('default is the client of the environment, which is removed there.', { exitCode: 2 });
  return withStorage(async ({ storage }) => {
    const removed = await storage.connections.remove(name);
    if (removed === 'unknown') throw noSuchConnection(name);
    if (removed === 'removed') return printLine(`Removed ${name}.`);
    const { accounts, apiKeys, realms } = removed;
    const users = [
      ...(accounts > 0 ? [counted(accounts, 'account')] : []),
      ...(apiKeys > 0 ? [counted(apiKeys, 'API key')] : []),
      ...(realms.length > 0
        ? [`new accounts of ${realms.map((realm) => realm || 'every other realm').join(', ')}`]
        : []),
    ];
    const steps = [
      ...(accounts > 0 ? ['delete the accounts (postern accounts list, postern accounts delete)'] : []),
      ...(apiKeys > 0 ? ['revoke the keys (postern api-keys list, postern api-keys revoke)'] : []),
      ...(realms.length > 0 ? ['choose another for those realms (postern connections default)'] : []),
    ];
    throw new CommandError(`${name} is used by ${users.join(', ')}, so it was not removed.`, {
      fix: `First ${steps.join('; ')}.`,
    });
  }, forHttp);
};
