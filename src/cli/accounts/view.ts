// An account in a terminal, as a row of a table and in full.
import { type Account, accountStatus, accountStatusSince } from '../../model/account.ts';
import { accountText, lackText, notAllowedText, refusalAdvice } from '../../model/account-text.ts';
import { type Capability, type CapabilityState, capabilities, livingScopes } from '../../model/capability.ts';
import { defaultConnection } from '../../model/connection.ts';
import { plain, printLine, shortTime } from '../terminal.ts';

export const accountRow = (account: Account): string[] => [
  account.key.identifier,
  account.key.realm,
  accountStatus(account).status,
  account.google?.email ?? '–',
  ready(account).join(' ') || '–',
  shortTime(account.lastUsedAt),
  accountStatus(account).status === 'ACTIVE' ? lackText(account) : accountText(account),
];

export const accountHeading = ['IDENTIFIER', 'REALM', 'STATUS', 'GOOGLE ACCOUNT', 'READY', 'LAST USED', 'WHY'];

const ready = ({ capabilities: states }: Account): Capability[] =>
  capabilities.filter((capability) => states[capability].status === 'ready');

const capabilityText = (capability: Capability, state: CapabilityState): string => {
  switch (state.status) {
    case 'ready':
      return 'ready';
    case 'not_granted':
      return state.reason === undefined ? 'not granted' : `not granted — ${notAllowedText}`;
    case 'refused':
      return `refused since ${shortTime(state.since)} — ${refusalAdvice(capability, state.reason)}`;
  }
};

const pinsText = ({ pins }: Account): string =>
  [
    pins.expectedEmail,
    pins.expectedDomain && `domain ${pins.expectedDomain}`,
    pins.expectedSub && `sub ${pins.expectedSub}`,
  ]
    .filter((pin) => pin !== undefined)
    .join(', ') || 'none';

/** All there is to say about one account, a line each. */
export const printAccount = (account: Account): void => {
  const { google, capabilities: states } = account;
  const lines: readonly [string, string][] = [
    ['identifier', account.key.identifier],
    ['realm', account.key.realm],
    ['connection', account.connection ?? defaultConnection],
    [
      'status',
      `${accountStatus(account).status} since ${shortTime(accountStatusSince(account))} — ${accountText(account)}`,
    ],
    ['Google account', google ? `${google.email} (sub ${google.sub})` : 'not known yet'],
    ...capabilities.map((name): [string, string] => [name, capabilityText(name, states[name])]),
    ['permissions', livingScopes(account.grantedScopes, states).join(' ') || 'none'],
    ['also asked for', account.extraCapabilities.join(' ') || 'nothing'],
    ['pinned to', pinsText(account)],
    ['connected', shortTime(account.connectedAt)],
    ['last used', shortTime(account.lastUsedAt)],
    ['checked', shortTime(account.checkedAt)],
  ];
  for (const [name, value] of lines) printLine(`${name.padEnd(16)}${plain(value)}`);
};
