// What a product may know of the connections that concern its realm. Those of others are other customers' affair.
import type { AccountsOptions } from '../grants/options.ts';
import { type Capability, capabilities } from '../model/capability.ts';
import { defaultConnection } from '../model/connection.ts';

export interface ConnectionView {
  readonly name: string;
  readonly clientId: string;
  /** What its links may ask for. */
  readonly capabilities: readonly Capability[];
  /** Whether new accounts get it. */
  readonly forNewAccounts: boolean;
}

type Options = Pick<AccountsOptions, 'storage' | 'clients'>;

const viewOf = async ({ storage, clients }: Options, name: string | undefined) => {
  if (name === undefined)
    return { name: defaultConnection, clientId: clients.environment.oauth.clientId, capabilities };
  const found = await storage.connections.find(name);
  return found && { name, clientId: found.clientId, capabilities: found.capabilities ?? capabilities };
};

/** By name. @param ofKey the connection that the API key names, if it does */
export const connectionsOf = async (
  options: Options,
  realm: string,
  ofKey: string | undefined,
): Promise<ConnectionView[]> => {
  const { used, ofNewAccounts } = await options.storage.connections.inRealm(realm, ofKey);
  const names = [...new Set([ofNewAccounts, ...used])];
  const views = await Promise.all(names.map((name) => viewOf(options, name)));
  return views
    .filter((view) => view !== undefined)
    .map((view) => ({ ...view, forNewAccounts: view.name === (ofNewAccounts ?? defaultConnection) }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
};
