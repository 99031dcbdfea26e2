// Lists of the connected accounts of a key's realm, and of its connections, as the hosted product's clients ask for them.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Accounts } from '../../connect/accounts.ts';
import type { ServiceKey } from '../../identity/service-tokens.ts';
import { anyConnection, isProvider, listedAccount, provider } from './account-message.ts';
import { type Answer, answered, invalid } from './failure.ts';
import { wantedPage } from './pages.ts';
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
  readonly accounts: Pick<Accounts, 'page' | 'count'>;
  readonly connectionOfKey: (service: ServiceKey) => Promise<string>;
}

type AccountsAnswer = Promise<Answer<MessageInitShape<typeof ListConnectedAccountsResponseSchema>>>;

const contains = (text: string | undefined, part: string): boolean =>
  text?.toLowerCase().includes(part.toLowerCase()) === true;

/** What a request for accounts says; what is empty is as good as absent. */
interface Filter {
  /** One of them; none: every connection. */
  readonly connections: readonly string[];
  readonly identifier: string;
  readonly query: string;
  readonly provider: string;
}

/** As the store has it. */
const storeFilter = ({ connections, identifier, query }: Filter) => ({
  connections: connections.length === 0 || connections.includes(anyConnection) ? undefined : connections,
  identifier: identifier || undefined,
  text: query || undefined,
});

export const createLists = ({ accounts, connectionOfKey }: ListsOptions) => {
  const list = async (
    { realm }: ServiceKey,
    wanted: Filter,
    request: { readonly pageSize: number; readonly pageToken: string },
  ): AccountsAnswer => {
    const page = wantedPage(request, ['accounts', realm, wanted]);
    if (!page.ok) return page;
    if (!isProvider(wanted.provider)) return answered({ connectedAccounts: [], totalSize: 0, nextPageToken: '' });
    const { limit, after, tokenFor } = page.value;
    const filter = storeFilter(wanted);
    const { accounts: shown, next } = await accounts.page(realm, { filter, limit, after });
    const [connector = ''] = wanted.connections;
    return answered({
      connectedAccounts: shown.map((account) => listedAccount(account, connector)),
      totalSize: await accounts.count(realm, filter),
      nextPageToken: tokenFor(next),
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
