// The routes of what acts for a person in MCP clients, described.
import { clientListAnswer } from '../answers.ts';
import { problem, type RouteDescription } from './description.ts';

const common = { group: 'Accounts', credentials: ['service_key'] } as const;

export const clientDescriptions: readonly RouteDescription[] = [
  {
    ...common,
    method: 'get',
    path: '/accounts/{identifier}/clients',
    operationId: 'listClients',
    summary: 'List what acts for a person in MCP clients',
    answers: [
      {
        status: 200,
        meaning: 'Session tokens and user keys that are in force, oldest first.',
        schema: clientListAnswer,
        example: {
          clients: [
            {
              client: 'session_5f0c9d2e7b41a8c3',
              kind: 'session_token',
              label: null,
              created_at: '2026-01-15T12:00:00.000Z',
              expires_at: '2026-01-15T13:00:00.000Z',
              last_used_at: null,
            },
          ],
        },
      },
    ],
    errors: [problem('not_found', "There is no account with this identifier in the key's realm.")],
  },
  {
    ...common,
    method: 'delete',
    path: '/accounts/{identifier}/clients/{client}',
    operationId: 'endClient',
    summary: 'End one of them',
    details: 'Its credential is refused from now on.',
    pathParameters: { client: 'Its name from the list.' },
    answers: [{ status: 204, meaning: 'It is ended.' }],
    errors: [problem('not_found', 'There is no such account, or nothing of this name acts for this person.')],
  },
];
