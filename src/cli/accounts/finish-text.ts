// Why a connection did not come about, as the error of a command.
import type { Finish } from '../../connect/accounts.ts';
import { capabilityText } from '../../model/scope.ts';
import { CommandError } from '../command-error.ts';
import { plain } from '../terminal.ts';

const again = 'Run the command again.';

/** @param finish undefined: nobody completed a link in time. */
export const describeFinish = (finish: Exclude<Finish, { kind: 'connected' }> | undefined): CommandError => {
  if (finish === undefined) {
    return new CommandError('Not connected: no link was completed.', {
      fix: 'Run the command again. If Google showed "access blocked", an admin has to allow the app first.',
    });
  }
  switch (finish.kind) {
    case 'declined':
      return new CommandError('Not connected: the request for access was declined.', { fix: again });
    case 'wrong_mailbox':
      return new CommandError(
        `Not connected: ${plain(finish.got)} was chosen, but ${plain(finish.expected)} is expected.`,
        {
          fix: 'Run the command again and choose that account, or add --replace.',
        },
      );
    case 'scope_missing':
      return new CommandError(
        `Not connected: without permission to ${finish.missing.map(capabilityText).join(' and to ')} nothing works.`,
        {
          fix: 'Run the command again and leave the boxes ticked.',
        },
      );
    case 'awaiting_verification':
    case 'unverifiable':
      return new CommandError('Not connected: nothing proves who completed the link.', {
        fix: 'Add --expected-email.',
      });
    case 'admin_blocked':
      return new CommandError("Not connected: the Workspace admin's policy blocks the app.", {
        fix: 'Ask the admin to trust its client ID under Security → API controls.',
      });
    case 'google_unavailable':
      return new CommandError('Not connected: Google did not answer.', { fix: again });
    case 'no_refresh_token':
      return new CommandError(
        'Not connected: Google answered twice without a refresh token, so access would have ended within the hour.',
        {
          fix: 'Remove the app at https://myaccount.google.com/connections, then run the command again.',
        },
      );
    case 'operator_fault':
      return new CommandError("Not connected: Google does not accept Postern's OAuth client.", {
        fix: 'Compare GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET with the Google Cloud console.',
      });
    case 'again':
    case 'used':
    case 'expired':
    case 'unknown':
      return new CommandError('Not connected: the link is no longer valid.', { fix: again });
  }
};
