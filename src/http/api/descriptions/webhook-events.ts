// What is sent to the webhook endpoints of products, described. The tests hold every payload that they get against it.
import { z } from 'zod';
import { identifierSchema, realmSchema } from '../../../model/account-key.ts';
import { capabilities } from '../../../model/capability.ts';
import { type WebhookEventType, webhookEventTypes } from '../../../model/webhook-event.ts';
import { accountAnswer } from '../answers.ts';

const time = z.iso.datetime();
const id = z.string().describe('`evt_…`, the same at every attempt to deliver it, which may come more than once.');

const isOfLink = (type: WebhookEventType): boolean => type.startsWith('link.');

const common = {
  id,
  created_at: time.describe('When the change was made.'),
  realm: realmSchema,
  identifier: identifierSchema,
  account: accountAnswer.nullable().describe('As it was right after the change, or before it was deleted.'),
};

export const accountEvent = z
  .strictObject({
    type: z.enum(webhookEventTypes.filter((type) => !isOfLink(type))),
    ...common,
    previous_status: z
      .enum(['PENDING', 'ACTIVE', 'REVOKED'])
      .nullable()
      .describe('The status before; null where there was no account.'),
    reason: z.string().nullable().describe("Why: the account's `reason`."),
    data: z.strictObject({
      mailbox: z
        .string()
        .nullable()
        .describe('Whose mailbox it is about, also where the account has just forgotten it.'),
      changed_capabilities: z.array(z.enum(capabilities)).describe('Those that stand otherwise than before.'),
    }),
  })
  .meta({ id: 'AccountEvent', description: 'Something changed with an account.' });

export const linkEvent = z
  .strictObject({
    type: z.enum(webhookEventTypes.filter(isOfLink)),
    ...common,
    previous_status: z.null(),
    reason: z
      .enum(['declined', 'refused', 'failed', 'not_completed', 'not_confirmed'])
      .nullable()
      .describe('How the link ended without a connection; null where it was made.'),
    data: z.strictObject({
      link_id: z.string().describe('`lnk_…`, the same in each event of the link.'),
      link_expires_at: time,
    }),
  })
  .meta({ id: 'LinkEvent', description: 'Something happened with a link.' });

export const testEvent = z
  .strictObject({
    type: z.literal('webhook.test'),
    id,
    created_at: time,
    realm: realmSchema,
    identifier: z.null(),
    account: z.null(),
    previous_status: z.null(),
    reason: z.null(),
    data: z.strictObject({}),
  })
  .meta({ id: 'TestEvent', description: 'A test that somebody asked for; it is about nobody.' });

export interface EventDescription {
  readonly type: WebhookEventType | 'webhook.test';
  /** When it is sent; one sentence. */
  readonly when: string;
  readonly schema: typeof accountEvent | typeof linkEvent | typeof testEvent;
}

const when: Readonly<Record<WebhookEventType, string>> = {
  'account.created': 'An account was made.',
  'account.connected': 'An account can be used: connected, connected again, or Google accepts it again.',
  'account.capability_changed': 'An account can be used for something more or less.',
  'account.ended': 'An account became `REVOKED`, or is so for another reason.',
  'account.disconnected': 'An account was disconnected, or its pins now want another mailbox.',
  'account.deleted': 'An account was deleted.',
  'link.made': 'A link was made for an account.',
  'link.declined': 'A link was declined by the person, refused by Postern, or failed at Google.',
  'link.expired': 'Nobody completed a link in time, or the product did not confirm it in time.',
};

export const eventDescriptions: readonly EventDescription[] = [
  ...webhookEventTypes.map((type) => ({ type, when: when[type], schema: isOfLink(type) ? linkEvent : accountEvent })),
  { type: 'webhook.test', when: 'Somebody tests an endpoint.', schema: testEvent },
];
