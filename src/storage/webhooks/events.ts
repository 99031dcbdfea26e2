// Which events a written row means, from the row before and after the write: of accounts, of their links, and of grants that
// a product did not confirm. protected-rows.ts asks at every write, so that no status changes without its event.
import { createHash } from 'node:crypto';
import { type Account, type AccountStatus, accountStatus, type PendingReason } from '../../model/account.ts';
import { capabilities } from '../../model/capability.ts';
import type { WebhookEvent, WebhookEventType } from '../../model/webhook-event.ts';
import { toAccount } from '../account-rows.ts';
import type { RowChange } from '../protected-rows.ts';
import type { ProtectedTable } from '../protected-tables.ts';
import type { AccountsTable, PendingGrantsTable, TicketsTable } from '../schema.ts';

/** An event of a link knows its account by name alone; whoever sends it looks the account up. */
export type RowEvent = Omit<WebhookEvent, 'account'> & { readonly account?: Account };

/** A whole row before and after a write; undefined where there is none. */
interface Change<R> {
  readonly before: R | undefined;
  readonly after: R | undefined;
}

/** Names a link in its events: the same in each, and of no use for anything else. */
const linkId = (ticketHash: string): string =>
  `lnk_${createHash('sha256').update(`link ${ticketHash}`).digest('hex').slice(0, 24)}`;

const reasonOf = (status: AccountStatus): string | null => (status.status === 'ACTIVE' ? null : status.reason);

const capabilityTexts = (account: Account): Record<string, string> =>
  Object.fromEntries(
    capabilities.map((name) => {
      const state = account.capabilities[name];
      return [name, state.status === 'refused' ? `refused:${state.reason}` : state.status];
    }),
  );

/** Names of capabilities that stand otherwise than before. */
const changedCapabilities = (was: Account, is: Account): string[] => {
  const [before, after] = [capabilityTexts(was), capabilityTexts(is)];
  return capabilities.filter((name) => before[name] !== after[name]);
};

/** Reasons for which access was taken from an account that had it, or might have come back. */
const ending: readonly string[] = ['disconnected', 'pins_changed'] satisfies PendingReason[];

const typeOfChange = (was: Account, is: Account): WebhookEventType | undefined => {
  const [from, to] = [accountStatus(was), accountStatus(is)];
  if (to.status === 'PENDING')
    return from.status === 'ACTIVE' || (from.status === 'REVOKED' && ending.includes(to.reason))
      ? 'account.disconnected'
      : undefined;
  // A new grant is a new connection, also of an account that was connected.
  if (from.status !== to.status || was.grantVersion !== is.grantVersion || reasonOf(from) !== reasonOf(to))
    return to.status === 'ACTIVE' ? 'account.connected' : 'account.ended';
  return changedCapabilities(was, is).length > 0 ? 'account.capability_changed' : undefined;
};

const accountEvents = ({ before, after }: Change<AccountsTable>): RowEvent[] => {
  const [was, is] = [before && toAccount(before), after && toAccount(after)];
  const account = is ?? was;
  if (account === undefined) return [];
  const type = was === undefined ? 'account.created' : is === undefined ? 'account.deleted' : typeOfChange(was, is);
  if (type === undefined) return [];
  return [
    {
      type,
      key: account.key,
      account,
      previousStatus: was === undefined ? null : accountStatus(was).status,
      reason: is === undefined ? null : reasonOf(accountStatus(is)),
      data: {
        // The account itself forgets whose mailbox it was when it is disconnected.
        mailbox: account.google?.email ?? was?.google?.email ?? null,
        changed_capabilities: was !== undefined && is !== undefined ? changedCapabilities(was, is) : [],
      },
    },
  ];
};

const linkEvent = (
  type: WebhookEventType,
  reason: string | null,
  { hash, realm, identifier, expires_at }: Pick<TicketsTable, 'hash' | 'realm' | 'identifier' | 'expires_at'>,
): RowEvent => ({
  type,
  key: { realm, identifier },
  previousStatus: null,
  reason,
  data: { link_id: linkId(hash), link_expires_at: new Date(expires_at).toISOString() },
});

const unsuccessful: readonly string[] = ['declined', 'refused', 'failed'] satisfies TicketsTable['status'][];

const linkEvents = ({ before, after }: Change<TicketsTable>): RowEvent[] => {
  if (after === undefined) return [];
  if (before === undefined) return [linkEvent('link.made', null, after)];
  if (before.status !== after.status && unsuccessful.includes(after.status))
    return [linkEvent('link.declined', after.status, after)];
  return before.expiry_noted_at === null && after.expiry_noted_at !== null
    ? [linkEvent('link.expired', 'not_completed', after)]
    : [];
};

const pendingGrantEvents = ({ before, after }: Change<PendingGrantsTable>): RowEvent[] =>
  before?.status === 'waiting' && after?.status === 'expired'
    ? [linkEvent('link.expired', 'not_confirmed', { ...after, hash: after.ticket_hash })]
    : [];

/** What a write of one row means; nothing for most. */
export const rowEvents = (table: ProtectedTable, change: RowChange): readonly RowEvent[] => {
  switch (table) {
    case 'accounts':
      return accountEvents(change as Change<AccountsTable>);
    case 'tickets':
      return linkEvents(change as Change<TicketsTable>);
    case 'pending_grants':
      return pendingGrantEvents(change as Change<PendingGrantsTable>);
    default:
      return [];
  }
};
