// When a refresh token that was used may be used once more. Each use brings a new token, and a used one that comes again
// is a sign of theft (RFC 9700 §4.14.2), unless an answer was lost on its way, or two windows of one client renewed at
// the same moment: so the last one of a chain stays good for a minute. Each answer then has a token of its own, so that
// the windows do not meet again at their next renewal. Knows no endpoint.
import Provider, { type AdapterPayload } from 'oidc-provider';
import type { Clock } from '../lib/clock.ts';
import type { AccountKey } from '../model/account-key.ts';
import type { AuthorizationRecordStore, FoundRecord } from '../storage/index.ts';

/** Milliseconds from its first use in which a refresh token may come again. */
export const graceMs = 60_000;

/** What is kept of a refresh token: beside the library's members, the token in whose place it was given. */
export interface RefreshTokenPayload extends AdapterPayload {
  /** An id of a refresh token: a credential, which only ever stands in a sealed payload. */
  readonly follows?: string;
}

type Records = Pick<AuthorizationRecordStore, 'find' | 'put'>;

/** A record that says of a used refresh token that one given in its place was used as well: it is the last no more. */
const followed = 'FollowedRefreshToken';

/** For the payload of a refresh token that is saved while a request is answered; empty for the first one of a grant. */
export const predecessorOfNew = (): Pick<RefreshTokenPayload, 'follows'> => {
  const used = Provider.ctx?.oidc.entities.RotatedRefreshToken?.jti;
  return used === undefined ? {} : { follows: used };
};

/** Whether this used refresh token was used a moment ago, and none given in its place was. */
export const mayComeAgain = async (
  records: Records,
  clock: Clock,
  id: string,
  { consumedAt }: FoundRecord,
): Promise<boolean> =>
  consumedAt !== undefined && clock.now() - consumedAt <= graceMs && (await records.find(followed, id)) === undefined;

/**
 * To be called when a refresh token is used for the first time: the one before it has arrived in the client's hands, or
 * in those of a thief, and is the last no more. The note is needed no longer than that one could have come again.
 */
export const closePredecessor = async (
  records: Records,
  clock: Clock,
  { follows, grantId }: RefreshTokenPayload,
  owner: AccountKey | undefined,
): Promise<void> => {
  if (follows === undefined) return;
  await records.put({
    model: followed,
    id: follows,
    payload: '{}',
    ...(grantId === undefined ? {} : { grantId }),
    ...(owner === undefined ? {} : { owner }),
    expiresAt: clock.now() + graceMs + 1,
  });
};

/**
 * Whether another client asks for tokens with a used refresh token: it was stolen, however short a time ago it was used.
 * The library only refuses such a request. A token that nobody used yet is left to its owner.
 */
export const isStolen = ({ clientId }: RefreshTokenPayload, { consumedAt }: FoundRecord): boolean => {
  const { route, client } = Provider.ctx?.oidc ?? {};
  return consumedAt !== undefined && route === 'token' && client !== undefined && client.clientId !== clientId;
};
