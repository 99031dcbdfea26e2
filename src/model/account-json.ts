// An account as programs see it: snake_case, ISO 8601 times, one plain sentence. Used by the API, by `--json` and by events.
import { type Account, accountStatus, accountStatusSince, refreshTokenWarning } from './account.ts';
import { accountText, notAllowedText, refusalAdvice } from './account-text.ts';
import { type Capability, type CapabilityState, livingScopes } from './capability.ts';
import { defaultConnection } from './connection.ts';

const isoTime = (milliseconds: number | undefined): string | null =>
  milliseconds === undefined ? null : new Date(milliseconds).toISOString();

/** Something that will go wrong unless somebody acts. */
const hint = ({ state, refreshTokensIssued = 0 }: Account): string | null =>
  state.status === 'ACTIVE' && refreshTokensIssued >= refreshTokenWarning
    ? `Google gave ${refreshTokensIssued} refresh tokens for this Google account and ends the oldest beyond 100: remove accounts that nobody needs.`
    : null;

const capabilityJson = (capability: Capability, state: CapabilityState) => {
  switch (state.status) {
    case 'ready':
      return { status: state.status, reason: null, since: null, message: null };
    case 'not_granted': {
      const { status, reason = null } = state;
      return { status, reason, since: null, message: reason === null ? null : notAllowedText };
    }
    case 'refused': {
      const { status, reason, since } = state;
      return { status, reason, since: isoTime(since), message: refusalAdvice(capability, reason) };
    }
  }
};

/** Every field is always there; what is unknown is null. Holds no secret. */
export const accountJson = (account: Account) => {
  const current = accountStatus(account);
  const { capabilities } = account;
  return {
    realm: account.key.realm,
    identifier: account.key.identifier,
    connection: account.connection ?? defaultConnection,
    status: current.status,
    reason: current.status === 'ACTIVE' ? null : current.reason,
    message: accountText(account),
    hint: hint(account),
    capabilities: {
      mail: capabilityJson('mail', capabilities.mail),
      contacts: capabilityJson('contacts', capabilities.contacts),
      directory: capabilityJson('directory', capabilities.directory),
      other_contacts: capabilityJson('other_contacts', capabilities.other_contacts),
    },
    google_email: account.google?.email ?? null,
    google_sub: account.google?.sub ?? null,
    granted_scopes: livingScopes(account.grantedScopes, capabilities),
    asked_capabilities: [...account.extraCapabilities],
    expected_email: account.pins.expectedEmail ?? null,
    expected_domain: account.pins.expectedDomain ?? null,
    expected_sub: account.pins.expectedSub ?? null,
    created_at: new Date(account.createdAt).toISOString(),
    status_since: new Date(accountStatusSince(account)).toISOString(),
    connected_at: isoTime(account.connectedAt),
    last_used_at: isoTime(account.lastUsedAt),
    checked_at: isoTime(account.checkedAt),
  };
};
