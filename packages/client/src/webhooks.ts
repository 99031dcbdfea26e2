// Checks that a webhook is Postern's and new: signatures as Standard Webhooks says
// (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md), by web crypto.
import type { Account } from './types.ts';

export type WebhookEventType =
  | 'account.created'
  | 'account.connected'
  | 'account.capability_changed'
  | 'account.ended'
  | 'account.disconnected'
  | 'account.deleted'
  | 'link.made'
  | 'link.declined'
  | 'link.expired';

interface EventFields {
  /** The same at every delivery of the event, which may come more than once. */
  readonly id: string;
  /** ISO 8601. */
  readonly created_at: string;
  readonly realm: string;
  readonly previous_status: string | null;
  readonly reason: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What happened to an account or a link; or a test that the operator asked for, which is about nobody. */
export type WebhookEvent = EventFields &
  (
    | {
        readonly type: WebhookEventType;
        readonly identifier: string;
        /** As it is after the event, or was before it was deleted. */
        readonly account: Account | null;
      }
    | { readonly type: 'webhook.test'; readonly identifier: null; readonly account: null }
  );

/** Somebody else's webhook, an altered or an old one: answer 400 and do nothing. */
export class WebhookVerificationError extends Error {
  override get name(): string {
    return 'WebhookVerificationError';
  }
}

/** As `fetch` or Node's http give them. */
export type WebhookHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>;

const toleranceSeconds = 5 * 60;
/** More than a rotation needs; each costs work. */
const mostSignatures = 16;

const refuse = (message: string): never => {
  throw new WebhookVerificationError(message);
};

const headerOf = (headers: WebhookHeaders, name: string): string => {
  const value =
    headers instanceof Headers
      ? headers.get(name)
      : Object.entries(headers).find(([given]) => given.toLowerCase() === name)?.[1];
  return typeof value === 'string' && value !== '' ? value : refuse(`The header ${name} is missing.`);
};

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> | undefined => {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
};

const keyOf = (secret: string) => {
  const bytes = bytesOf(secret.replace(/^whsec_/, ''));
  // A key that anybody knows would let everything pass.
  if (bytes === undefined || bytes.length < 16)
    throw new TypeError('secret must be as `postern webhooks add` printed it.');
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
};

const join = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  parts.reduce((at, part) => {
    joined.set(part, at);
    return at + part.length;
  }, 0);
  return joined;
};

/**
 * @param body exactly as it came; parsed and written again it is another text
 * @param secrets one, or several while they are rotated
 * @param now milliseconds since the epoch
 * @returns the event. Throws WebhookVerificationError for what is not Postern's, TypeError for a secret that is none.
 */
const verify = async (
  body: string | Uint8Array,
  headers: WebhookHeaders,
  secrets: string | readonly string[],
  now: number = Date.now(),
): Promise<WebhookEvent> => {
  const id = headerOf(headers, 'webhook-id');
  const timestamp = headerOf(headers, 'webhook-timestamp');
  const signatures = headerOf(headers, 'webhook-signature').split(' ').slice(0, mostSignatures);
  if (!/^\d{1,12}$/.test(timestamp)) refuse('The header webhook-timestamp is no time.');
  if (Math.abs(now / 1000 - Number(timestamp)) > toleranceSeconds) refuse('The webhook is too old, or of the future.');
  const encoder = new TextEncoder();
  const bytes = typeof body === 'string' ? encoder.encode(body) : body;
  const signed = join(encoder.encode(`${id}.${timestamp}.`), bytes);
  for (const key of await Promise.all([secrets].flat().map(keyOf))) {
    for (const signature of signatures) {
      const given = signature.startsWith('v1,') ? bytesOf(signature.slice(3)) : undefined;
      // `subtle.verify` compares in constant time.
      if (given !== undefined && (await crypto.subtle.verify('HMAC', key, given, signed)))
        return JSON.parse(new TextDecoder().decode(bytes));
    }
  }
  return refuse('No signature of the webhook fits.');
};

export const webhooks = { verify };
