// Why a person has to visit a link before a call can go on, and the sentence about it. Claims no more than is known.
import type { AccountState, PendingReason, RevokedEvidence, RevokedReason } from './account.ts';
import { type Capability, capabilityText } from './capability.ts';

/** Why a person has to visit a link before a call can go on. */
export type AuthorizationReason = PendingReason | RevokedReason | 'scope_missing';

/** Why access is missing, as a sentence for the person; claims no more than is known. */
export const authorizationText = (
  reason: AuthorizationReason,
  missing: readonly Capability[] = [],
  evidence: RevokedEvidence = {},
): string => {
  switch (reason) {
    case 'never_connected':
      return 'Gmail is not connected yet.';
    case 'consent_declined':
      return 'Gmail is not connected: the request for access was declined.';
    case 'link_expired':
      return 'Gmail is not connected: the last link ran out before it was used. If Google showed a page saying that access is blocked, a Workspace admin has to allow this app first.';
    case 'awaiting_verification':
      return 'Gmail is not connected: the last connection has not been confirmed by the app that asked for it.';
    case 'disconnected':
      return 'Gmail was disconnected.';
    case 'admin_blocked':
      return "Gmail is not connected: the Workspace admin's policy does not allow this app. The admin can trust it in the admin console under Security → API controls; connecting works only after that.";
    case 'pins_changed':
      return 'Gmail is not connected: another mailbox is expected now than the one that was connected.';
    case 'revoked_or_password_changed':
      return 'Google ended the access: usually the password was changed, the app was removed in the Google account, or that account was closed. Connecting again mends it, unless the account is gone.';
    case 'testing_mode_expired':
      return testingModeText(evidence);
    case 'idle_six_months':
      return `Google ended the access, probably because it was not used ${unusedText(evidence)}: Google ends what is not used for six months. Connecting again mends it.`;
    case 'token_cap_reached':
      return `Google ended the access, probably because this Google account was connected ${issuedText(evidence)}: Google keeps the newest 100 connections of one account alive. Connecting again mends it, and ends the next oldest; the operator should remove accounts that nobody needs.`;
    case 'admin_policy':
      return "The Workspace admin's policy does not allow this app. The admin can trust it in the admin console under Security → API controls; connecting again works only after that.";
    case 'session_policy':
      return "The Workspace's session policy asks for a new sign-in: connecting again is one. The admin sets how often under Security → Google Cloud session control, and can exempt trusted apps.";
    case 'account_deleted':
      return 'The Google account no longer exists.';
    case 'scope_missing':
      return `One more permission is needed: to ${[...new Set(missing.map(capabilityText))].join(' and to ')}.`;
  }
};

/** Why an account that is not ACTIVE is not. */
export const stateText = (state: Exclude<AccountState, { readonly status: 'ACTIVE' }>): string =>
  authorizationText(state.reason, [], state.status === 'REVOKED' ? state.evidence : undefined);

const testingModeText = ({ ageInDays = 7, announced = false }: RevokedEvidence): string => {
  const days = ageInDays === 1 ? '1 day' : `${ageInDays} days`;
  const why = announced
    ? `Google ended the access ${days} after it was given, as it had announced: it does so while the operator's app is in testing mode.`
    : `Google ended the access about ${days} after it was given, probably because the operator's app is in testing mode.`;
  return `${why} Connecting again helps for as long; the operator ends this by publishing the app, or making it Internal, on the Google Auth Platform page "Audience".`;
};

const unusedText = ({ unusedSince }: RevokedEvidence): string =>
  unusedSince === undefined ? 'for six months' : `since ${new Date(unusedSince).toISOString().slice(0, 10)}`;

const issuedText = ({ issuedSince }: RevokedEvidence): string =>
  issuedSince === undefined ? 'more often than Google allows' : `${issuedSince} times since`;
