// One attempt to deliver an event: signed as Standard Webhooks says (https://www.standardwebhooks.com), sent to an address
// that somebody outside named, and judged by the status of the answer alone.
import type { Clock } from '../lib/clock.ts';
import type { OutsideFetch } from '../lib/outside-fetch.ts';
import type { WebhookEndpoint } from '../storage/index.ts';

/** A `fetch` for addresses that somebody outside named, under `trustedOrigin` for the operator's own. */
export type Outside = (trustedOrigin?: string, bodies?: 'ignored') => OutsideFetch;

export interface Message {
  /** The same at every attempt, so that a receiver can tell that it has it. */
  readonly id: string;
  readonly payload: string;
}

/** `error` is a word of ours, without anything of the receiver's. */
export type Attempt =
  | { readonly kind: 'delivered'; readonly httpStatus: number }
  /** 410: the receiver wants no more. */
  | { readonly kind: 'gone'; readonly httpStatus: number }
  | { readonly kind: 'failed'; readonly error: string; readonly httpStatus?: number };

const judge = (httpStatus: number): Attempt => {
  if (httpStatus >= 200 && httpStatus < 300) return { kind: 'delivered', httpStatus };
  return httpStatus === 410
    ? { kind: 'gone', httpStatus }
    : { kind: 'failed', error: `http_${httpStatus}`, httpStatus };
};

const errorOf = async (error: unknown): Promise<string> => {
  const { OutsideRequestError } = await import('../lib/outside-fetch.ts');
  if (error instanceof OutsideRequestError) return error.reason;
  return error instanceof Error && error.name === 'AbortError' ? 'timed_out' : 'not_reachable';
};

/** The library is loaded at the first attempt: most processes make none. */
const signatures = async (secrets: readonly string[], { id, payload }: Message, at: Date): Promise<string> => {
  const { Webhook } = await import('standardwebhooks');
  return secrets.map((secret) => new Webhook(secret).sign(id, at, payload)).join(' ');
};

/**
 * Sends a message once; ends within the deadline of requests to the outside. Never rejects for what the receiver does.
 * @param secrets each of them signs
 */
export const attempt = async (
  { outside, clock }: { readonly outside: Outside; readonly clock: Clock },
  { url, allowPrivate }: Pick<WebhookEndpoint, 'url' | 'allowPrivate'>,
  secrets: readonly string[],
  message: Message,
): Promise<Attempt> => {
  if (secrets.length === 0) return { kind: 'failed', error: 'secret_unreadable' };
  const at = new Date(clock.now());
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'Postern-Webhooks/1',
    'webhook-id': message.id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': await signatures(secrets, message, at),
  };
  const send = outside(allowPrivate ? new URL(url).origin : undefined, 'ignored');
  try {
    return judge((await send(url, { method: 'POST', headers, body: message.payload })).status);
  } catch (error) {
    return { kind: 'failed', error: await errorOf(error) };
  }
};
