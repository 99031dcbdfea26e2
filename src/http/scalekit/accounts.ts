// What the hosted product's clients do with connected accounts, on the services that the API has. A request is about the realm
// of its key, and names an account by identifier or by an id of that realm.
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Code } from '@connectrpc/connect';
import type { Accounts, Confirmed } from '../../connect/accounts.ts';
import type { ServiceKey } from '../../identity/service-tokens.ts';
import type { Account } from '../../model/account.ts';
import { type AccountKey, identifierSchema } from '../../model/account-key.ts';
import type { Caller } from '../../model/caller.ts';
import type { KeyLimits } from '../limits/key-limits.ts';
import { anyConnection, connectedAccount, connectionOf, hasConnection, keyOfId } from './account-message.ts';
import { type Answer, answered, failureOf, failureOfLimit, invalid, notFound, refusedWith } from './failure.ts';
import type {
  AccountIdRequest,
  AccountRequest,
  ConnectedAccountResponseSchema,
  CreateConnectedAccountRequest,
  GetMagicLinkForConnectedAccountRequest,
  GetMagicLinkForConnectedAccountResponseSchema,
  VerifyConnectedAccountUserRequest,
  VerifyConnectedAccountUserResponseSchema,
} from './wire/connected_accounts_pb.ts';

/** How a request names an account; what is empty is as good as absent. */
export interface AccountReference {
  readonly id?: string;
  readonly identifier?: string;
  readonly connector?: string;
  readonly organizationId?: string;
  readonly userId?: string;
}

export interface AccountCallsOptions {
  readonly accounts: Pick<Accounts, 'find' | 'ensure' | 'link' | 'remove' | 'disconnect' | 'verification'>;
  readonly keyLimits: KeyLimits;
  /** The connection that new accounts of a key get. */
  readonly connectionOfKey: (service: ServiceKey) => Promise<string>;
}

type AccountAnswer = Promise<Answer<MessageInitShape<typeof ConnectedAccountResponseSchema>>>;

/** The caller that a service key speaks as when it asks for something of one of its people. */
export const callerOf = ({ keyId, linkPolicy, connection }: ServiceKey, key: AccountKey): Caller => ({
  key,
  credential: 'service_key',
  linkPolicy,
  connection,
  apiKeyId: keyId,
});

const unknownAccount = notFound(
  'There is no connected account with this identifier, id and connection in the realm of this key.',
  'Create it with createConnectedAccount or getOrCreateConnectedAccount.',
);

/** Which account a request means, whether there is one or not. */
const keyOf = ({ realm }: ServiceKey, reference: AccountReference): Answer<AccountKey> => {
  if (reference.organizationId || reference.userId)
    return invalid(
      'Postern knows accounts by their identifier alone: two organizations or users with the same one would share an account.',
      'Leave organizationId and userId out and make them part of the identifier, or use a key of another realm for each.',
    );
  if (reference.id) {
    const key = keyOfId(realm, reference.id);
    const differs = reference.identifier && reference.identifier !== key?.identifier;
    return key === undefined || differs ? unknownAccount : answered(key);
  }
  if (!reference.identifier) return invalid('The request names no account.', 'Send an identifier or an account id.');
  const identifier = identifierSchema.safeParse(reference.identifier);
  if (identifier.success) return answered({ realm, identifier: identifier.data });
  return invalid(`The identifier ${identifier.error.issues[0]?.message ?? 'is not valid'}.`);
};

/** The account that a request names, in the realm of its key. */
export const findAccount = async (
  { accounts }: { readonly accounts: Pick<Accounts, 'find'> },
  service: ServiceKey,
  reference: AccountReference,
): Promise<Answer<Account>> => {
  const key = keyOf(service, reference);
  if (!key.ok) return key;
  const account = await accounts.find(key.value);
  return account !== undefined && hasConnection(account, reference.connector ?? '')
    ? answered(account)
    : unknownAccount;
};

const shown = (account: Account, connector = ''): MessageInitShape<typeof ConnectedAccountResponseSchema> => ({
  connectedAccount: connectedAccount(account, connector),
});

/** Whether a request brings tokens or keys: those are got by the person's consent, and from nobody else. */
const bringsCredentials = ({ connectedAccount }: CreateConnectedAccountRequest): boolean => {
  const details = connectedAccount?.authorizationDetails?.details;
  if (details?.case !== 'oauthToken') return details?.case !== undefined;
  return details.value.accessToken !== '' || details.value.refreshToken !== '';
};

const unknownConnection = notFound(
  'This key has no connection of this name.',
  `Use "${anyConnection}", which is whatever connection the key has, or the name that the operator gave the key's.`,
);

/** Whether the connection of a key's people is meant by a name; without one it is. */
export const isConnectionOfKey = async (
  { connectionOfKey }: Pick<AccountCallsOptions, 'connectionOfKey'>,
  service: ServiceKey,
  name: string,
): Promise<boolean> => name === '' || name === anyConnection || name === (await connectionOfKey(service));

const createAccount = async (
  options: AccountCallsOptions,
  service: ServiceKey,
  request: CreateConnectedAccountRequest,
): AccountAnswer => {
  if (bringsCredentials(request))
    return invalid(
      'Postern takes no tokens and no keys: access comes from the person, who approves at Google.',
      'Leave authorizationDetails out and show the person the authorization link.',
    );
  const { accounts, keyLimits } = options;
  const key = keyOf(service, request);
  if (!key.ok) return key;
  const { connector = '' } = request;
  const present = await accounts.find(key.value);
  if (present !== undefined)
    return hasConnection(present, connector) ? answered(shown(present, connector)) : unknownConnection;
  if (!(await isConnectionOfKey(options, service, connector))) return unknownConnection;
  const limit = await keyLimits.count(service.keyId, 'accounts');
  if (limit) return refusedWith(failureOfLimit(limit));
  const ensured = await accounts.ensure(key.value, undefined, service.connection);
  return ensured.ok ? answered(shown(ensured.value.account, connector)) : refusedWith(failureOf(ensured.problem));
};

/** What a link is to do after Google: go to the key's own verify_url, or to an address that the key is registered for. */
const afterGoogle = ({ verifyUrl }: ServiceKey, { userVerifyUrl, state }: GetMagicLinkForConnectedAccountRequest) => {
  const isOwn = verifyUrl !== undefined && URL.parse(userVerifyUrl ?? '')?.href === verifyUrl;
  if (!userVerifyUrl || isOwn) return { verifyState: state || undefined };
  return { returnTo: { url: userVerifyUrl, state: state || undefined } };
};

const maxStateLength = 500;

const makeLink = async (
  options: AccountCallsOptions,
  service: ServiceKey,
  request: GetMagicLinkForConnectedAccountRequest,
): Promise<Answer<MessageInitShape<typeof GetMagicLinkForConnectedAccountResponseSchema>>> => {
  const { state = '' } = request;
  if (state.length > maxStateLength || !state.isWellFormed() || state.includes('\0'))
    return invalid(`state must be well-formed Unicode of at most ${maxStateLength} characters, without NUL.`);
  const account = await findAccount(options, service, request);
  if (!account.ok) return account;
  const limit = await options.keyLimits.count(service.keyId, 'links');
  if (limit) return refusedWith(failureOfLimit(limit));
  const caller = callerOf(service, account.value.key);
  const link = await options.accounts.link(caller, { capabilities: [], ...afterGoogle(service, request) });
  if (!link.ok) return refusedWith(failureOf(link.problem));
  return answered({ link: link.value.url, expiry: timestampFromMs(link.value.expiresAt) });
};

const newLink = 'Make a new link for the person with getAuthorizationLink.';
const lookFirst =
  'Look at the account first with getConnectedAccount: where its status is ACTIVE it is connected, and only otherwise needs a new link.';

const failureOfConfirmed = (confirmed: Exclude<Confirmed, { kind: 'connected' }>): Answer<never> => {
  const precondition = (error: string, message: string, next: string) =>
    refusedWith({ code: Code.FailedPrecondition, error, message, who: 'the caller', next });
  switch (confirmed.kind) {
    case 'unknown':
      return notFound(
        'There is no such auth_request_id of this key.',
        'Use the auth_request_id from the address that the browser came with, and the key that made the link.',
      );
    case 'ended':
      return precondition(
        'auth_request_over',
        `This connection is over already: ${confirmed.status}.`,
        // As over /api/v1: the account may be connected.
        confirmed.status === 'confirmed' || confirmed.status === 'void' ? lookFirst : newLink,
      );
    case 'identifier_mismatch':
      return precondition(
        'identifier_mismatch',
        'The link was made for another person, so nothing was connected and the new grant was erased.',
        'Tell the person that this link was not theirs; links must not be passed on.',
      );
    case 'account_changed':
      return precondition(
        'account_changed',
        'The account changed while this connection waited, and it does not fit any more. It was erased.',
        newLink,
      );
    case 'raced':
      return refusedWith(failureOf({ kind: 'storage_busy' }));
  }
};

const verifyUser = async (
  { accounts, keyLimits }: AccountCallsOptions,
  { keyId }: ServiceKey,
  { authRequestId, identifier }: VerifyConnectedAccountUserRequest,
): Promise<Answer<MessageInitShape<typeof VerifyConnectedAccountUserResponseSchema>>> => {
  const limit = await keyLimits.count(keyId, 'confirmations');
  if (limit) return refusedWith(failureOfLimit(limit));
  const confirmed = await accounts.verification.confirm(authRequestId, { apiKeyId: keyId, identifier });
  if (confirmed.kind !== 'connected') return failureOfConfirmed(confirmed);
  return answered({ postUserVerifyRedirectUrl: confirmed.returnUrl ?? '' });
};

export const createAccountCalls = (options: AccountCallsOptions) => {
  const { accounts, keyLimits } = options;

  /** What ends something, for the account that a request names. */
  const ending = async (service: ServiceKey, reference: AccountReference): Promise<Answer<Account>> => {
    const account = await findAccount(options, service, reference);
    const limit = account.ok ? await keyLimits.count(service.keyId, 'endings') : undefined;
    return limit ? refusedWith(failureOfLimit(limit)) : account;
  };

  return {
    create: (service: ServiceKey, request: CreateConnectedAccountRequest) => createAccount(options, service, request),
    get: async (service: ServiceKey, request: AccountRequest | AccountIdRequest): AccountAnswer => {
      const { connector = '' }: AccountReference = request;
      const account = await findAccount(options, service, request);
      return account.ok ? answered(shown(account.value, connector)) : account;
    },
    remove: async (service: ServiceKey, request: AccountRequest): Promise<Answer<Record<never, never>>> => {
      const account = await ending(service, request);
      if (!account.ok) return account;
      return (await accounts.remove(account.value.key)) ? answered({}) : unknownAccount;
    },
    disconnect: async (service: ServiceKey, request: AccountIdRequest): AccountAnswer => {
      const account = await ending(service, request);
      if (!account.ok) return account;
      const { key } = account.value;
      const outcome = await accounts.disconnect(key);
      if (!outcome.ok) return refusedWith(failureOf(outcome.problem));
      const after = await accounts.find(key);
      return after === undefined ? unknownAccount : answered(shown(after, connectionOf(after)));
    },
    link: (service: ServiceKey, request: GetMagicLinkForConnectedAccountRequest) => makeLink(options, service, request),
    verify: (service: ServiceKey, request: VerifyConnectedAccountUserRequest) => verifyUser(options, service, request),
  };
};
