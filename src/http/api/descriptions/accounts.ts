// The routes of accounts and their session tokens, described.
import { accountListQuery } from '../account-list.ts';
import {
  accountAnswer,
  accountListAnswer,
  connectionsAnswer,
  disconnectedAnswer,
  linkAnswer,
  sessionAnswer,
} from '../answers.ts';
import { accountChangeInput, accountInput, linkInput, noInput, sessionInput } from '../input.ts';
import { problem, type RouteDescription } from './description.ts';

const notFound = problem('not_found', "There is no account with this identifier in the key's realm.");

const unreadable = problem('sealing_key_missing', 'The grant was sealed with another encryption key.');

const connectionUnavailable = problem(
  'connection_unavailable',
  "The account's OAuth client (its `connection`) is missing here or cannot be opened.",
);

const noCapability = { status: 'not_granted', reason: null, since: null, message: null };

const accountExample = {
  realm: 'default',
  identifier: 'user_42',
  connection: 'default',
  status: 'PENDING',
  reason: 'never_connected',
  message: 'Gmail is not connected yet.',
  hint: null,
  capabilities: {
    mail: noCapability,
    contacts: noCapability,
    directory: noCapability,
    other_contacts: noCapability,
  },
  google_email: null,
  google_sub: null,
  granted_scopes: [],
  asked_capabilities: [],
  expected_email: 'kim@example.com',
  expected_domain: null,
  expected_sub: null,
  created_at: '2026-01-15T12:00:00.000Z',
  status_since: '2026-01-15T12:00:00.000Z',
  connected_at: null,
  last_used_at: null,
  checked_at: null,
};

const ready = { ...noCapability, status: 'ready' };

export const connectedExample = {
  ...accountExample,
  status: 'ACTIVE',
  reason: null,
  message: 'Gmail is connected: kim@example.com.',
  capabilities: { ...accountExample.capabilities, mail: ready, contacts: ready },
  google_email: 'kim@example.com',
  google_sub: '108204268033311374519',
  granted_scopes: [
    'openid',
    'https://www.googleapis.com/auth/userinfo.email',
    'https://www.googleapis.com/auth/gmail.readonly',
    'https://www.googleapis.com/auth/contacts.readonly',
  ],
  status_since: '2026-01-15T12:01:00.000Z',
  connected_at: '2026-01-15T12:01:00.000Z',
};

const disconnectedExample = {
  ...accountExample,
  reason: 'disconnected',
  message: 'Gmail was disconnected here.',
  google_email: connectedExample.google_email,
  google_sub: connectedExample.google_sub,
  status_since: '2026-01-15T12:05:00.000Z',
};

const common = { group: 'Accounts', credentials: ['service_key'] } as const;
const forSessionsToo = { ...common, credentials: ['service_key', 'session_token'] } as const;

const resources: readonly RouteDescription[] = [
  {
    ...common,
    method: 'post',
    path: '/accounts',
    operationId: 'ensureAccount',
    summary: 'Create an account, or get the one that there is',
    details:
      'Call it at every start of a session. Pins (`expected_…`) say whose mailbox it has to be, so that a link that was passed on connects nobody else. An account that exists is not changed: where it differs from what the request says, the answer is `account_differs`.',
    body: accountInput,
    bodyExample: { identifier: 'user_42', expected_email: 'kim@example.com' },
    answers: [
      { status: 201, meaning: 'It was created.', schema: accountAnswer, example: accountExample },
      { status: 200, meaning: 'It was there.', schema: accountAnswer, example: accountExample },
    ],
    errors: [problem('account_differs', 'It is there with other pins or capabilities; `differences` lists them.')],
  },
  {
    ...common,
    method: 'get',
    path: '/accounts',
    operationId: 'listAccounts',
    summary: 'List accounts',
    details: "Those of the key's realm, in the order of their identifiers. All filters that are given have to fit.",
    query: accountListQuery,
    answers: [
      {
        status: 200,
        meaning: 'A page of them.',
        schema: accountListAnswer,
        example: { accounts: [accountExample], next_cursor: null },
      },
    ],
    errors: [
      problem('invalid_input', 'A parameter is unknown or not as described.'),
      { status: 400, error: 'cursor_invalid', when: 'The cursor belongs to another list.' },
    ],
  },
  {
    ...forSessionsToo,
    method: 'get',
    path: '/accounts/{identifier}',
    operationId: 'getAccount',
    summary: 'Read an account',
    answers: [{ status: 200, meaning: 'The account.', schema: accountAnswer, example: accountExample }],
    errors: [notFound],
  },
  {
    ...common,
    method: 'patch',
    path: '/accounts/{identifier}',
    operationId: 'changeAccount',
    summary: 'Change pins and capabilities',
    details:
      'What is left out stays; null takes it away. Where the connected mailbox contradicts the new pins, its access is erased (`pins_changed`).',
    body: accountChangeInput,
    bodyExample: { expected_domain: 'example.com' },
    answers: [
      {
        status: 200,
        meaning: 'The account as it is now.',
        schema: accountAnswer,
        example: { ...accountExample, expected_domain: 'example.com' },
      },
    ],
    errors: [notFound],
  },
  {
    ...common,
    method: 'delete',
    path: '/accounts/{identifier}',
    operationId: 'deleteAccount',
    summary: 'Disconnect and delete an account',
    details: 'Its session tokens, links and downloads end with it.',
    answers: [{ status: 204, meaning: 'It is gone.' }],
    errors: [notFound],
  },
];

const connections: readonly RouteDescription[] = [
  {
    ...common,
    method: 'post',
    path: '/accounts/{identifier}/link',
    operationId: 'makeLink',
    summary: 'Make a link for the person to connect Gmail',
    details:
      'A tool call that needs a link brings one by itself. [links.md](links.md) tells how the browser comes back to the product.',
    body: linkInput,
    bodyExample: { login_hint: 'kim@example.com', expires_in: 600 },
    answers: [
      {
        status: 200,
        meaning: 'The link.',
        schema: linkAnswer,
        example: {
          url: 'https://postern.example.com/connect/8Jx2Q0e3b1mYpT5uVn7sKcWdZfGhRaLiXoEqBtUjMyk',
          expires_at: '2026-01-15T12:10:00.000Z',
        },
      },
    ],
    errors: [
      notFound,
      problem('return_url_not_registered', 'The key was not made with this `return_url`.'),
      problem('link_not_verifiable', 'Nothing would prove that the right person completes it: pin the account.'),
      problem('too_many_links', 'Twenty links of this person are open.'),
      problem('capability_not_allowed', "The account's OAuth client is not set up for what the link would ask for."),
      connectionUnavailable,
    ],
  },
  {
    ...common,
    method: 'post',
    path: '/accounts/{identifier}/disconnect',
    operationId: 'disconnectAccount',
    summary: 'End the access and keep the account',
    details: 'Postern erases its copy in any case; `revoked_at_google` says whether Google ended the grant as well.',
    body: noInput,
    answers: [
      {
        status: 200,
        meaning: 'The access ended.',
        schema: disconnectedAnswer,
        example: { revoked_at_google: true, not_revoked_because: null, account: disconnectedExample },
      },
    ],
    errors: [notFound, unreadable],
  },
  {
    ...forSessionsToo,
    method: 'post',
    path: '/accounts/{identifier}/check',
    operationId: 'checkAccount',
    summary: 'Ask Google now what works of an account',
    details: 'Postern does it by itself once a day. For somebody who is not connected it only answers the account.',
    body: noInput,
    answers: [
      {
        status: 200,
        meaning: 'The account as Google answered.',
        schema: accountAnswer,
        example: { ...connectedExample, checked_at: '2026-01-15T12:03:00.000Z' },
      },
    ],
    errors: [
      notFound,
      unreadable,
      problem('google_unavailable', 'Google did not answer properly; what is known stays.'),
      problem('rate_limited', 'Google limits how fast this mailbox can be read.'),
      problem('deadline_exceeded', 'Google took too long.'),
      problem('many_grants_refused', 'Google refuses the access of many unrelated people at once.'),
      problem('client_invalid', "Google does not accept Postern's OAuth client."),
      problem('operator_client_changed', 'It was connected through another OAuth client.'),
      connectionUnavailable,
    ],
  },
];

const sessionsOf = { group: 'Session tokens', credentials: ['service_key'] } as const;

const sessions: readonly RouteDescription[] = [
  {
    ...sessionsOf,
    method: 'post',
    path: '/accounts/{identifier}/sessions',
    operationId: 'makeSessionToken',
    summary: 'Make a session token',
    details: 'It ends at its time, with the key that made it, with the account, or when it is ended.',
    body: sessionInput,
    bodyExample: { expires_in: 900 },
    answers: [
      {
        status: 201,
        meaning: 'The token.',
        schema: sessionAnswer,
        example: { token: 'pst_session_…', expires_at: '2026-01-15T12:15:00.000Z' },
      },
    ],
    errors: [notFound],
  },
  {
    ...sessionsOf,
    method: 'delete',
    path: '/accounts/{identifier}/sessions',
    operationId: 'endSessionTokens',
    summary: 'End all session tokens of a person',
    answers: [{ status: 204, meaning: 'There are none any more.' }],
    errors: [notFound],
  },
];

const oauthClients: readonly RouteDescription[] = [
  {
    ...common,
    method: 'get',
    path: '/connections',
    operationId: 'listConnections',
    summary: "List the OAuth clients that the realm's people are connected through",
    details: 'They are added by the operator: `postern connections add`.',
    answers: [
      {
        status: 200,
        meaning: "Those that the key's realm can use.",
        schema: connectionsAnswer,
        example: {
          connections: [
            {
              name: 'default',
              client_id: '1234567890-abc.apps.googleusercontent.com',
              capabilities: ['mail', 'contacts', 'directory', 'other_contacts'],
              for_new_accounts: true,
            },
          ],
        },
      },
    ],
  },
];

export const accountDescriptions: readonly RouteDescription[] = [
  ...resources,
  ...connections,
  ...oauthClients,
  ...sessions,
];
