// A connected account as the hosted product's clients know it: an id, a connection's name, a status of their words. The id says
// whose account it is and of which realm, so nothing has to be stored for it. No token is ever part of it.
import { createHash } from 'node:crypto';
import type { JsonObject, MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { type Account, accountStatus, accountStatusSince } from '../../model/account.ts';
import { type AccountKey, accountKeyText, identifierSchema } from '../../model/account-key.ts';
import { accountText } from '../../model/account-text.ts';
import { livingScopes } from '../../model/capability.ts';
import { defaultConnection } from '../../model/connection.ts';
import {
  type ConnectedAccountForListSchema,
  type ConnectedAccountSchema,
  ConnectorStatus,
  ConnectorType,
} from './wire/connected_accounts_pb.ts';

/** What the hosted product calls its Gmail connection: here whatever connection an account has. */
export const anyConnection = 'gmail';
export const provider = 'GMAIL';

/** Whether Google's mail is meant by a provider's name; without one it is. */
export const isProvider = (name: string): boolean => name === '' || name.toUpperCase() === provider;

/** No secret: it keeps ids of different realms apart. */
const realmCheck = (key: AccountKey): string =>
  createHash('sha256').update(accountKeyText(key)).digest('hex').slice(0, 12);

export const idOf = (key: AccountKey): string =>
  `ca_${Buffer.from(key.identifier).toString('base64url')}.${realmCheck(key)}`;

/** Whose account an id means; undefined for what is no id, or one of another realm. */
export const keyOfId = (realm: string, id: string): AccountKey | undefined => {
  const [, encoded = ''] = /^ca_([\w-]{1,1400})\.[0-9a-f]{12}$/.exec(id) ?? [];
  const identifier = identifierSchema.safeParse(Buffer.from(encoded, 'base64url').toString('utf8'));
  if (!identifier.success) return undefined;
  const key = { realm, identifier: identifier.data };
  return idOf(key) === id ? key : undefined;
};

export const connectionOf = ({ connection }: Account): string => connection ?? defaultConnection;

/** Whether an account is meant by a connection's name; without one it is. */
export const hasConnection = (account: Account, name: string): boolean =>
  name === '' || name === anyConnection || name === connectionOf(account);

const statusOf = (account: Account): ConnectorStatus => {
  const current = accountStatus(account);
  switch (current.status) {
    case 'ACTIVE':
      return ConnectorStatus.ACTIVE;
    case 'REVOKED':
      return ConnectorStatus.EXPIRED;
    case 'PENDING':
      if (current.reason === 'disconnected') return ConnectorStatus.DISCONNECTED;
      return current.reason === 'awaiting_verification'
        ? ConnectorStatus.PENDING_VERIFICATION
        : ConnectorStatus.PENDING_AUTH;
  }
};

/** Our own words, which theirs have no place for. */
const detailsOf = (account: Account): JsonObject => {
  const current = accountStatus(account);
  return {
    status: current.status,
    reason: current.status === 'ACTIVE' ? null : current.reason,
    message: accountText(account),
    google_email: account.google?.email ?? null,
  };
};

/** @param connector the connection's name as the caller has it */
export const listedAccount = (
  account: Account,
  connector: string,
): MessageInitShape<typeof ConnectedAccountForListSchema> => ({
  id: idOf(account.key),
  identifier: account.key.identifier,
  provider,
  status: statusOf(account),
  authorizationType: ConnectorType.OAUTH,
  updatedAt: timestampFromMs(accountStatusSince(account)),
  ...(account.lastUsedAt === undefined ? {} : { lastUsedAt: timestampFromMs(account.lastUsedAt) }),
  connector: connector === '' ? anyConnection : connector,
  connectionId: connectionOf(account),
});

/** @param connector the connection's name as the caller has it */
export const connectedAccount = (
  account: Account,
  connector: string,
): MessageInitShape<typeof ConnectedAccountSchema> => {
  const { $typeName: _, ...listed } = { $typeName: undefined, ...listedAccount(account, connector) };
  const scopes = livingScopes(account.grantedScopes, account.capabilities);
  return {
    ...listed,
    authorizationDetails: { details: { case: 'oauthToken', value: { scopes: [...scopes] } } },
    apiConfig: detailsOf(account),
  };
};
