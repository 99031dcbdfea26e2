// The OAuth clients of the connections, and which of them is whose: an account is asked for through its own connection, and
// a grant is renewed and revoked through the client that it was made with, or not at all. What is known of a client's
// answers (bulk refusals among them) is known of that client alone.
//
// A connection is read from the store at each use, so that one that was added, got another secret or is gone counts in every
// process from then on; what was made of its row is kept for as long as the row is the same. Nobody who has none reads any.
import type { GoogleIdentity } from '../model/account.ts';
import type { AccountKey } from '../model/account-key.ts';
import { failed, ok, type Result } from '../model/result.ts';
import type { GoogleOAuth } from '../oauth/google-oauth.ts';
import type { OAuthClient } from '../oauth/token-client.ts';
import type { FoundConnection, Storage, StoredGrant } from '../storage/index.ts';

/** A grant that the token endpoint refused without a named reason. */
interface RefusedGrant {
  readonly key: AccountKey;
  readonly grantVersion: number;
  readonly google: GoogleIdentity;
  /** `RefusedGrants.successCount` before Google was asked. */
  readonly successesBefore: number;
}

/** Whether a refused grant of a client is over (refused-grants.ts). */
export interface RefusedGrants {
  /** How often Google gave tokens to somebody in this process. Read before a request, it tells whether Google accepted anybody since. */
  successCount(): number;
  /** Google gave tokens to somebody in this process: for a grant, or for the code of a new authorization. */
  noteAccepted(what: 'grant' | 'code'): Promise<void>;
  /** Notes an `invalid_grant` without a better explanation, and judges it. */
  judge(refused: RefusedGrant): Promise<'ended' | 'suspended'>;
}

/** Asks Google again for the grants of a client that it refused (retry-refused.ts). */
export interface RetryRefused {
  /**
   * Asks for every suspended and retained grant. Returns at once; what is wanted while a round runs begins another one
   * after it, twice a minute at most.
   */
  all(): void;
  /** Asks for some of them, chosen by chance, to see whether Google accepts again. */
  sample(): Promise<void>;
}

/** What belongs to one client. */
export interface ClientParts {
  readonly oauth: GoogleOAuth;
  readonly refusedGrants: RefusedGrants;
  readonly retryRefused: RetryRefused;
}

export interface Client extends ClientParts {
  /** The connection it is the client of; undefined: it is the environment's. */
  readonly connection: string | undefined;
}

export interface Clients {
  readonly environment: Client;
  /** That of an account: `connection_unavailable` where its connection is gone, or its row does not count. */
  of(account: { readonly connection?: string }): Promise<Result<Client>>;
  /** That of a grant, if it is the one that the grant was made with, at the same token endpoint; else `operator_client_changed`. */
  ofGrant(grant: Pick<StoredGrant, 'clientId' | 'tokenEndpoint' | 'connection'>): Promise<Result<Client>>;
  /** The environment's first. */
  all(): Promise<Client[]>;
}

export interface ClientsOptions {
  readonly storage: Pick<Storage, 'connections'>;
  /** With the client of the environment. */
  readonly oauth: GoogleOAuth;
  /** With another client, at the same endpoints. */
  readonly oauthFor: (client: OAuthClient) => GoogleOAuth;
  readonly partsOf: (oauth: GoogleOAuth, clients: Clients) => ClientParts;
}

export const createClients = ({ storage, oauth, oauthFor, partsOf }: ClientsOptions): Clients => {
  /** By name; no more than were ever added while this process runs. */
  const made = new Map<string, { readonly version: string; readonly client: Client }>();
  let environment: Client | undefined;

  const clientOf = (found: FoundConnection): Client | undefined => {
    const { name, clientId, version } = found;
    const known = made.get(name);
    if (known?.version === version) return known.client;
    const secret = found.openSecret();
    if (secret === undefined) return undefined;
    const client = { ...partsOf(oauthFor({ id: clientId, secret }), clients), connection: name };
    made.set(name, { version, client });
    return client;
  };

  const clients: Clients = {
    get environment() {
      environment ??= { ...partsOf(oauth, clients), connection: undefined };
      return environment;
    },
    of: async ({ connection }) => {
      if (connection === undefined) return ok(clients.environment);
      const found = await storage.connections.find(connection);
      const client = found && clientOf(found);
      return client === undefined ? failed({ kind: 'connection_unavailable', connection }) : ok(client);
    },
    ofGrant: async (grant) => {
      const client = await clients.of(grant);
      if (!client.ok || isOf(grant, client.value.oauth)) return client;
      return failed({ kind: 'operator_client_changed', connection: grant.connection });
    },
    all: async () => [
      clients.environment,
      ...(await storage.connections.list()).map(clientOf).filter((client) => client !== undefined),
    ],
  };
  return clients;
};

/** Whether a grant was made with this client and token endpoint: no other may be shown it. */
const isOf = (grant: Pick<StoredGrant, 'clientId' | 'tokenEndpoint'>, oauth: GoogleOAuth): boolean =>
  grant.clientId === oauth.clientId && grant.tokenEndpoint === oauth.tokenEndpoint;
