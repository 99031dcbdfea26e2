// The routes of webhook endpoints, described.
import { noInput } from '../input.ts';
import {
  deadLettersAnswer,
  newWebhookAnswer,
  redeliveredAnswer,
  redeliverInput,
  rotatedAnswer,
  testedAnswer,
  webhookAnswer,
  webhookInput,
  webhookListAnswer,
} from '../webhook-schemas.ts';
import { problem, type RouteDescription } from './description.ts';

const list = { group: 'Webhooks', credentials: ['service_key'] } as const;
const one = { ...list, pathParameters: { id: 'The id of the endpoint.' } } as const;

const notFound = problem('not_found', "There is no endpoint with this id in the key's realm.");

const example = {
  id: 'whe_3Vq8mJtK1pXs',
  realm: 'default',
  url: 'https://app.example.com/hooks/postern',
  events: ['account.connected', 'account.ended'],
  status: 'enabled',
  disabled_at: null,
  disabled_reason: null,
  former_secret_until: null,
  created_at: '2026-01-15T12:00:00.000Z',
  waiting: 0,
  dead: 0,
};

const deadLetterExample = {
  event_id: 'evt_fJ0aQ2mX7c',
  type: 'account.ended',
  realm: 'default',
  identifier: 'user_42',
  created_at: '2026-01-14T12:00:00.000Z',
  dead_at: '2026-01-15T12:00:00.000Z',
  attempts: 14,
  last_error: 'http_500',
};

const resources: readonly RouteDescription[] = [
  {
    ...list,
    method: 'get',
    path: '/webhooks',
    operationId: 'listWebhooks',
    summary: 'List webhook endpoints',
    answers: [
      {
        status: 200,
        meaning: "Those of the key's realm.",
        schema: webhookListAnswer,
        example: { webhooks: [example] },
      },
    ],
  },
  {
    ...list,
    method: 'post',
    path: '/webhooks',
    operationId: 'addWebhook',
    summary: 'Add a webhook endpoint',
    details: 'The answer is the only one with the secret.',
    body: webhookInput,
    bodyExample: { url: example.url, events: example.events },
    answers: [
      {
        status: 201,
        meaning: 'The endpoint.',
        schema: newWebhookAnswer,
        example: { ...example, secret: 'whsec_…' },
      },
    ],
    errors: [{ status: 409, error: 'too_many_webhooks', when: 'The realm has ten endpoints.' }],
  },
  {
    ...one,
    method: 'get',
    path: '/webhooks/{id}',
    operationId: 'getWebhook',
    summary: 'Read a webhook endpoint',
    answers: [{ status: 200, meaning: 'The endpoint.', schema: webhookAnswer, example }],
    errors: [notFound],
  },
  {
    ...one,
    method: 'delete',
    path: '/webhooks/{id}',
    operationId: 'removeWebhook',
    summary: 'Remove a webhook endpoint',
    details: 'What waits for it is not sent any more.',
    answers: [{ status: 204, meaning: 'It is gone.' }],
    errors: [notFound],
  },
];

const deliveries: readonly RouteDescription[] = [
  {
    ...one,
    method: 'post',
    path: '/webhooks/{id}/rotate-secret',
    operationId: 'rotateWebhookSecret',
    summary: 'Replace the secret of a webhook endpoint',
    details: 'For 24 hours both secrets sign.',
    body: noInput,
    answers: [
      {
        status: 200,
        meaning: 'The new secret.',
        schema: rotatedAnswer,
        example: { secret: 'whsec_…', former_secret_until: '2026-01-16T12:00:00.000Z' },
      },
    ],
    errors: [notFound],
  },
  {
    ...one,
    method: 'post',
    path: '/webhooks/{id}/test',
    operationId: 'testWebhook',
    summary: 'Send a test event now',
    details: 'Once, without retries. A disabled endpoint that takes it is enabled.',
    body: noInput,
    answers: [
      {
        status: 200,
        meaning: 'What came back; also where nothing did.',
        schema: testedAnswer,
        example: { delivered: true, http_status: 204, reason: null, enabled_again: false },
      },
    ],
    errors: [notFound],
  },
  {
    ...one,
    method: 'get',
    path: '/webhooks/{id}/dead',
    operationId: 'listDeadLetters',
    summary: 'List events that were given up',
    answers: [
      {
        status: 200,
        meaning: 'How many, and the oldest hundred.',
        schema: deadLettersAnswer,
        example: { dead: 1, events: [deadLetterExample] },
      },
    ],
    errors: [notFound],
  },
  {
    ...one,
    method: 'post',
    path: '/webhooks/{id}/redeliver',
    operationId: 'redeliverDeadLetters',
    summary: 'Send events again that were given up',
    body: redeliverInput,
    answers: [{ status: 200, meaning: 'How many.', schema: redeliveredAnswer, example: { redelivered: 1 } }],
    errors: [
      problem('not_found', 'There is no such endpoint, or it has no dead letter of this event.'),
      { status: 409, error: 'webhook_disabled', when: 'The endpoint is disabled: test it first.' },
    ],
  },
];

export const webhookDescriptions: readonly RouteDescription[] = [...resources, ...deliveries];
