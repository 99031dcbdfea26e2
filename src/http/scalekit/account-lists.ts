// Lists of the connected accounts of a key's realm, and of its connections, as the hosted product's clients ask for them.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Accounts } from '../../connect/accounts.ts';
import type { ServiceKey } from '../../identity/service-tokens.ts';
import type { Account } from '../../model/account.ts';
import { anyConnection, hasConnection, listedAccount, provider } from './account-message.ts';
import { type Answer, answered, invalid } from './failure.ts';
import { pageOf } from './pages.ts';
import type {
  ListConnectedAccountsRequest,
  ListConnectedAccountsResponseSchema,
  SearchConnectedAccountsRequest,
} from './wire/connected_accounts_pb.ts';
import {
  ConnectionStatus,
  ConnectionType,
  type ListAppConnectionsRequest,
  type ListAppConnectionsResponseSchema,
} from './wire/connections_pb.ts';

export interface ListsOptions {
  readonly accounts: Pick<Accounts, 'list'>;
  readonly connectionOfKey: (service: ServiceKey) => Promise<string>;
}

type AccountsAnswer = Promise<Answer<MessageInitShape<typeof ListConnectedAccountsResponseSchema>>>;

interface Filter {
  /** One of them; none: every connection. */
  readonly connections: readonly string[];
  readonly identifier: string;
  readonly query: string;
  readonly provider: string;
}

const isProvider = (name: string): boolean => name === '' || name.toUpperCase() === provider;

const contains = (text: string | undefined, part: string): boolean =>
  text?.toLowerCase().includes(part.toLowerCase()) === true;

const fits =
  ({ connections, identifier, query, provider: wanted }: Filter) =>
  (account: Account): boolean =>
    isProvider(wanted) &&
    (connections.length === 0 || connections.some((name) => hasConnection(account, name))) &&
    (identifier === '' || account.key.identifier === identifier) &&
    (query === '' || contains(account.key.identifier, query) || contains(account.google?.email, query));

export const createLists = ({ accounts, connectionOfKey }: ListsOptions) => {
  const list = async (
    { realm }: ServiceKey,
    filter: Filter,
    { pageSize, pageToken }: { readonly pageSize: number; readonly pageToken: string },
  ): AccountsAnswer => {
    const all = (await accounts.list({ realm })).filter(fits(filter));
    const nameOf = ({ key }: Account) => key.identifier;
    all.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
    const page = pageOf(all, nameOf, { pageSize, pageToken, of: [realm, filter] });
    if (!page.ok) return page;
    const { rows, nextPageToken, totalSize } = page.value;
    const [connector = ''] = filter.connections;
    return answered({
      connectedAccounts: rows.map((account) => listedAccount(account, connector)),
      totalSize,
      nextPageToken,
    });
  };

  return {
    accounts: async (service: ServiceKey, request: ListConnectedAccountsRequest): AccountsAnswer => {
      const { connector = '', identifier = '', connectionNames, organizationId, userId } = request;
      if (organizationId || userId)
        return invalid('Postern knows no organizations and no users of one: accounts have an identifier alone.');
      const connections = [connector, ...connectionNames].filter((name) => name !== '');
      const { query, provider: wanted } = request;
      return list(service, { connections, identifier, query, provider: wanted }, request);
    },
    search: async (service: ServiceKey, request: SearchConnectedAccountsRequest): AccountsAnswer => {
      const connections = request.connectionId === '' ? [] : [request.connectionId];
      return list(service, { connections, identifier: '', query: request.query, provider: '' }, request);
    },
    /** The one connection that the key's people use. */
    connections: async (
      service: ServiceKey,
      request: ListAppConnectionsRequest,
    ): Promise<Answer<MessageInitShape<typeof ListAppConnectionsResponseSchema>>> => {
      if (request.pageToken !== '') return invalid('There is one page.', 'Ask for it without a page token.');
      const name = await connectionOfKey(service);
      const { query = '' } = request;
      if (!isProvider(request.provider ?? '') || !(contains(name, query) || contains(anyConnection, query)))
        return answered({ connections: [], totalSize: 0 });
      const connection = {
        id: name,
        type: ConnectionType.OAUTH,
        status: ConnectionStatus.COMPLETED,
        enabled: true,
        providerKey: provider,
        keyId: name,
      };
      return answered({ connections: [connection], totalSize: 1 });
    },
  };
};
