// The routes with which a product confirms connections, described.
import { authRequestAnswer, confirmedAnswer } from '../answers.ts';
import { confirmInput } from '../input.ts';
import { connectedExample } from './accounts.ts';
import { problem, type RouteDescription } from './description.ts';

const common = {
  group: 'Connections to confirm',
  credentials: ['service_key'],
  pathParameters: { auth_request_id: 'From the address with which the browser came back.' },
} as const;

const notFound = problem('not_found', 'There is none with this id, or another key made its link.');

export const authRequestDescriptions: readonly RouteDescription[] = [
  {
    ...common,
    method: 'get',
    path: '/auth-requests/{auth_request_id}',
    operationId: 'getAuthRequest',
    summary: 'Read a connection that waits',
    details: 'Show the person the mailbox before you confirm: somebody else may have sent them the address.',
    answers: [
      {
        status: 200,
        meaning: 'How it stands.',
        schema: authRequestAnswer,
        example: {
          status: 'waiting',
          google_email: 'kim@example.com',
          created_at: '2026-01-15T12:00:00.000Z',
          expires_at: '2026-01-15T12:10:00.000Z',
        },
      },
    ],
    errors: [notFound],
  },
  {
    ...common,
    method: 'post',
    path: '/auth-requests/{auth_request_id}/confirm',
    operationId: 'confirmAuthRequest',
    summary: 'Say who completed the link',
    details:
      "Name the person from the product's own session, never from the address. It works once: another person than the link was made for ends the connection.",
    body: confirmInput,
    bodyExample: { identifier: 'user_42' },
    answers: [
      {
        status: 200,
        meaning: 'It is connected.',
        schema: confirmedAnswer,
        example: { ...connectedExample, return_url: null },
      },
    ],
    errors: [
      notFound,
      {
        status: 409,
        error: 'identifier_mismatch',
        when: 'The link was made for another person. Nothing was connected.',
      },
      { status: 409, error: 'account_changed', when: 'The account changed meanwhile and the connection does not fit.' },
      {
        status: 410,
        error: 'auth_request_over',
        when: 'It was confirmed, refused or ended already, or ten minutes are over. Confirmed before, the account may be connected: look at it first.',
      },
    ],
  },
];
