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
  .transform((names, context): WebhookEventType[] => {
    const wrong = names.findIndex((name) => !isEventType(name));
    if (wrong >= 0) context.addIssue({ code: 'custom', message: eventFault(names[wrong], wrong) });
    return webhookEventTypes.filter((type) => names.includes(type));
  });

export const webhookInput = z.strictObject({
  url: z.string('must be a URL'),
  events: z.union([z.null().transform(() => undefined), eventList]).optional(),
});

/** Without `event_id` all dead letters of the endpoint. */
export const redeliverInput = z.strictObject({ event_id: z.string('must be the id of an event').nullish() });

const time = z.iso.datetime();

const webhookAnswer = z.object({
  id: z.string(),
  realm: z.string(),
  url: z.string(),
  events: z.array(z.enum(webhookEventTypes)),
  status: z.enum(['enabled', 'disabled']),
  disabled_at: time.nullable(),
  disabled_reason: z.string().nullable(),
  former_secret_until: time.nullable(),
  created_at: time,
  waiting: z.int(),
  dead: z.int(),
});
export const newWebhookAnswer = webhookAnswer.extend({ secret: z.string() });
const webhookListAnswer = z.object({ webhooks: z.array(webhookAnswer) });
const rotatedAnswer = z.object({ secret: z.string(), former_secret_until: time });
const testedAnswer = z.object({
  delivered: z.boolean(),
  http_status: z.int().nullable(),
  reason: z.string().nullable(),
  enabled_again: z.boolean(),
});
const deadLetterAnswer = z.object({
  event_id: z.string(),
  type: z.string(),
  realm: z.string(),
  identifier: z.string(),
  created_at: time,
  dead_at: time,
  attempts: z.int(),
  last_error: z.string(),
});
const deadLettersAnswer = z.object({ dead: z.int(), events: z.array(deadLetterAnswer) });
const redeliveredAnswer = z.object({ redelivered: z.int() });

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
