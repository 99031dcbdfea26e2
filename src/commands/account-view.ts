// An account in a terminal and as JSON. Knows nothing of tokens: an Account holds none.
import type { Account } from '../model/account.ts';
import { stateText } from '../model/problem.ts';
import { plain, say, shortTime } from './terminal.ts';

export const accountRow = (account: Account): string[] => [
  account.key.identifier,
  account.key.realm,
  account.state.status,
  account.google?.email ?? '–',
  shortTime(account.lastUsedAt),
  account.state.status === 'ACTIVE' ? '' : stateText(account.state),
];

export const accountHeading = ['IDENTIFIER', 'REALM', 'STATE', 'GOOGLE ACCOUNT', 'LAST USED', 'WHY'];

const pinsText = ({ pins }: Account): string =>
  [
    pins.expectedEmail,
    pins.expectedDomain && `domain ${pins.expectedDomain}`,
    pins.expectedSub && `sub ${pins.expectedSub}`,
  ]
    .filter((pin) => pin !== undefined)
    .join(', ') || 'none';

/** All there is to say about one account, a line each. */
export const sayAccount = (account: Account): void => {
  const { state, google } = account;
  const why = state.status === 'ACTIVE' ? '' : ` — ${stateText(state)}`;
  const lines: readonly [string, string][] = [
    ['identifier', account.key.identifier],
    ['realm', account.key.realm],
    ['state', `${state.status} since ${shortTime(account.stateSince)}${why}`],
    ['Google account', google ? `${google.email} (sub ${google.sub})` : 'not known yet'],
    ['permissions', account.grantedScopes.join(' ') || 'none'],
    ['pinned to', pinsText(account)],
    ['connected', shortTime(account.connectedAt)],
    ['last used', shortTime(account.lastUsedAt)],
    ['checked', shortTime(account.checkedAt)],
  ];
  for (const [name, value] of lines) say(`${name.padEnd(16)}${plain(value)}`);
};
