// /api/v1/webhooks in JSON: what requests hold, and what answers show; `--json` of the command line shows the same. A secret
// is in the answer that makes it and in no other.
import { z } from 'zod';
import { nearestName } from '../../lib/nearest-name.ts';
import { type WebhookEventType, webhookEventTypes } from '../../model/webhook-event.ts';
import { type CountedEndpoint, type DeadLetter, secretOverlapMs, type Tested } from '../../webhooks/endpoints.ts';

const isEventType = (name: unknown): name is WebhookEventType => webhookEventTypes.some((known) => known === name);

const known = `Known are ${webhookEventTypes.join(', ')}`;

const eventFault = (name: unknown, at: number): string => {
  const near = typeof name === 'string' ? nearestName(name, webhookEventTypes) : undefined;
  return `has something unknown at place ${at + 1}.${near === undefined ? '' : ` Did you mean "${near}"?`} ${known}`;
};

/** Types of events, each once; wherever they come from. */
export const eventList = z
  .array(z.unknown(), `must be a list. ${known}`)
  .min(1, `must not be empty: leave it out for all. ${known}`)
  .max(50, `must have at most 50 names. ${known}`)
  .meta({ override: { items: { type: 'string', enum: [...webhookEventTypes] } } })
  .transform((names, context): WebhookEventType[] => {
    const wrong = names.findIndex((name) => !isEventType(name));
    if (wrong >= 0) context.addIssue({ code: 'custom', message: eventFault(names[wrong], wrong) });
    return webhookEventTypes.filter((type) => names.includes(type));
  });

export const webhookInput = z.strictObject({
  url: z.string('must be a URL').describe('Where events are sent: https, and a public address.'),
  events: z
    .union([z.null().transform(() => undefined), eventList])
    .optional()
    .describe('The types of events that are sent; all of them unless said.'),
});

export const redeliverInput = z.strictObject({
  event_id: z
    .string('must be the id of an event')
    .nullish()
    .describe('One dead letter; all of the endpoint unless said.'),
});

const time = z.iso.datetime();

export const webhookAnswer = z
  .strictObject({
    id: z.string().describe('`whe_…`'),
    realm: z.string(),
    url: z.string(),
    events: z.array(z.enum(webhookEventTypes)),
    status: z.enum(['enabled', 'disabled']),
    disabled_at: time.nullable(),
    disabled_reason: z.string().nullable(),
    former_secret_until: time.nullable().describe('Until when the replaced secret signs too.'),
    created_at: time,
    waiting: z.int().describe('Events that are still to be delivered.'),
    dead: z.int().describe('Events that were given up.'),
  })
  .meta({ id: 'Webhook', description: 'An endpoint of the product to which events are sent.' });
export const newWebhookAnswer = webhookAnswer
  .extend({ secret: z.string().describe('`whsec_…`. Shown this once.') })
  .meta({ id: 'NewWebhook', description: 'The endpoint, and the secret that signs what is sent to it.' });
export const webhookListAnswer = z.strictObject({ webhooks: z.array(webhookAnswer) }).meta({ id: 'Webhooks' });
export const rotatedAnswer = z
  .strictObject({
    secret: z.string().describe('`whsec_…`. Shown this once.'),
    former_secret_until: time.describe('Until then the former secret signs too.'),
  })
  .meta({ id: 'RotatedSecret' });
export const testedAnswer = z
  .strictObject({
    delivered: z.boolean(),
    http_status: z.int().nullable().describe('What the endpoint answered.'),
    reason: z.string().nullable().describe('Why it was not delivered, in a word.'),
    enabled_again: z.boolean().describe('It was disabled, and is not any more.'),
  })
  .meta({ id: 'TestedWebhook' });
const deadLetterAnswer = z
  .strictObject({
    event_id: z.string(),
    type: z.string(),
    realm: z.string(),
    identifier: z.string(),
    created_at: time,
    dead_at: time,
    attempts: z.int(),
    last_error: z.string(),
  })
  .meta({ id: 'DeadLetter', description: 'An event that was given up.' });
export const deadLettersAnswer = z
  .strictObject({
    dead: z.int().describe('How many there are.'),
    events: z.array(deadLetterAnswer).describe('The oldest hundred of them.'),
  })
  .meta({ id: 'DeadLetters' });
export const redeliveredAnswer = z
  .strictObject({ redelivered: z.int().describe('How many are sent again.') })
  .meta({ id: 'Redelivered' });

const isoTime = (milliseconds: number | undefined): string | null =>
  milliseconds === undefined ? null : new Date(milliseconds).toISOString();

export const webhookJson = (endpoint: CountedEndpoint): z.infer<typeof webhookAnswer> => ({
  id: endpoint.id,
  realm: endpoint.realm,
  url: endpoint.url,
  events: [...(endpoint.events ?? webhookEventTypes)],
  status: endpoint.disabledAt === undefined ? 'enabled' : 'disabled',
  disabled_at: isoTime(endpoint.disabledAt),
  disabled_reason: endpoint.disabledBecause ?? null,
  former_secret_until: isoTime(endpoint.formerSecretUntil),
  created_at: new Date(endpoint.createdAt).toISOString(),
  waiting: endpoint.waiting,
  dead: endpoint.dead,
});

export const newWebhookJson = (endpoint: CountedEndpoint, secret: string): z.infer<typeof newWebhookAnswer> => ({
  ...webhookJson(endpoint),
  secret,
});

export const webhookListJson = (endpoints: readonly CountedEndpoint[]): z.infer<typeof webhookListAnswer> => ({
  webhooks: endpoints.map(webhookJson),
});

export const rotatedJson = (rotated: {
  readonly secret: string;
  readonly formerUntil: number;
}): z.infer<typeof rotatedAnswer> => ({
  secret: rotated.secret,
  former_secret_until: new Date(rotated.formerUntil).toISOString(),
});

export const testedJson = (tested: Tested): z.infer<typeof testedAnswer> => ({
  delivered: tested.delivered,
  http_status: tested.httpStatus ?? null,
  reason: tested.error ?? null,
  enabled_again: tested.enabledAgain,
});

export const deadLetterJson = (letter: DeadLetter): z.infer<typeof deadLetterAnswer> => ({
  event_id: letter.eventId,
  type: letter.type,
  realm: letter.key.realm,
  identifier: letter.key.identifier,
  created_at: new Date(letter.createdAt).toISOString(),
  dead_at: new Date(letter.deadAt).toISOString(),
  attempts: letter.attempts,
  last_error: letter.lastError,
});

/** `dead`: how many there are; the oldest of them are shown. */
export const deadLettersJson = (dead: number, letters: readonly DeadLetter[]): z.infer<typeof deadLettersAnswer> => ({
  dead,
  events: letters.map(deadLetterJson),
});

export const redeliveredJson = (redelivered: number): z.infer<typeof redeliveredAnswer> => ({ redelivered });

/** How long a replaced secret signs too, in words. */
export const overlapText = `${secretOverlapMs / (60 * 60_000)} hours`;
