// How a connection ended → its page. Exhaustive: a new ending does not compile without one.
import type { Finish } from '../../../connect/accounts.ts';
import { connectedPage } from './connected.ts';
import { adminBlockedPage } from './for-admin.ts';
import type { Page } from './layout.ts';
import {
  declinedPage,
  expiredLinkPage,
  foreignCallbackPage,
  googleUnavailablePage,
  noRefreshTokenPage,
  operatorFaultPage,
  unverifiablePage,
  usedLinkPage,
} from './notices.ts';
import { scopeMissingPage } from './scope-missing.ts';
import { verifyingPage } from './verifying.ts';
import { wrongMailboxPage } from './wrong-mailbox.ts';

/** `again` is no ending: the browser goes back to Google instead. */
export const finishPage = (finish: Exclude<Finish, { kind: 'again' }>): Page => {
  switch (finish.kind) {
    case 'connected':
      return connectedPage(finish.account, finish.google, finish.missing);
    case 'awaiting_verification':
      return verifyingPage(finish.url);
    case 'declined':
      return declinedPage;
    case 'expired':
      return expiredLinkPage;
    case 'used':
      return usedLinkPage;
    case 'unknown':
      return foreignCallbackPage;
    case 'wrong_mailbox':
      return wrongMailboxPage(finish.expected, finish.got);
    case 'scope_missing':
      return scopeMissingPage(finish.missing);
    case 'unverifiable':
      return unverifiablePage;
    case 'admin_blocked':
      return adminBlockedPage(finish);
    case 'google_unavailable':
      return googleUnavailablePage;
    case 'no_refresh_token':
      return noRefreshTokenPage;
    case 'operator_fault':
      return operatorFaultPage;
  }
};
