// A sign-in does not know whose it will be until Google says so, and so cannot be ended with the account as a ticket is.
// Instead disconnecting and deleting leave a note, and sign-ins begun before it bring nothing.

import type { AccountsOptions } from '../../grants/options.ts';
import { type AccountKey, accountKeyText } from '../../model/account-key.ts';
import { signInLifetimeMs } from './round.ts';

/** The notes lie among the authorization server's records: found by a hash, sealed, and gone when they expire. */
const model = 'PosternSignInsEnded';
const attempts = 5;

type EndOptions = Pick<AccountsOptions, 'storage' | 'clock'>;

/**
 * Ends what signing in gave to MCP clients, which otherwise would go on with a mailbox that is connected again later,
 * and the sign-ins of this person that are under way. What one of them saved before this returns is there to be read
 * afterwards; later it saves nothing.
 * @returns false where the account was written to so often that this cannot be said; then it has to be tried again
 */
export const endSignIns = async ({ storage, clock }: EndOptions, key: AccountKey): Promise<boolean> => {
  const at = clock.now();
  await storage.authorizationRecords.put({
    model,
    id: accountKeyText(key),
    payload: JSON.stringify(at),
    expiresAt: at + signInLifetimeMs,
  });
  await storage.authorizationRecords.removeOf(key);
  for (let attempt = 0; attempt < attempts; attempt++) {
    const account = await storage.accounts.find(key);
    if (account === undefined) return true;
    // Changes nothing but the version: a sign-in that looked before the note was there cannot save any more.
    if (await storage.accounts.setPins(key, account.version, account.pins)) return true;
  }
  return false;
};

/** Whether a sign-in begun at `createdAt` (milliseconds) was ended since. */
export const wasEnded = async (
  { storage }: Pick<EndOptions, 'storage'>,
  key: AccountKey,
  createdAt: number,
): Promise<boolean> => {
  const note = await storage.authorizationRecords.find(model, accountKeyText(key));
  return note !== undefined && createdAt < Number(note.payload);
};
