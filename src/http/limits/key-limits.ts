// Rate limits per API key, whichever accounts its requests are about: one product's loop must not fill the database, nor
// use up Google's quota, for all the others.
import type { Context, MiddlewareHandler } from 'hono';
import type { CreateLimit, Rate } from '../../lib/rate-limit.ts';
import type { ServiceVariables } from '../api/service.ts';
import { errorResponse } from '../errors.ts';

export type KeyAction =
  | 'requests'
  | 'accounts'
  | 'links'
  | 'sessions'
  | 'confirmations'
  | 'endings'
  | 'checks'
  | 'webhooks';

export type KeyRates = Readonly<Record<KeyAction, Rate>>;

const minuteMs = 60_000;

/** An import of 10,000 people takes a quarter of an hour, and a whole company may come on one morning. */
export const defaultKeyRates: KeyRates = {
  requests: { times: 3000, perMs: minuteMs },
  accounts: { times: 1000, perMs: 100_000 },
  links: { times: 600, perMs: minuteMs },
  sessions: { times: 1200, perMs: minuteMs },
  confirmations: { times: 600, perMs: minuteMs },
  endings: { times: 300, perMs: minuteMs },
  checks: { times: 120, perMs: minuteMs },
  webhooks: { times: 60, perMs: minuteMs },
};

const actionTexts: Readonly<Record<KeyAction, string>> = {
  requests: 'send %n requests',
  accounts: 'create %n accounts',
  links: 'make %n links',
  sessions: 'make %n session tokens',
  confirmations: 'ask for or confirm %n connections',
  endings: 'disconnect or delete %n accounts',
  checks: 'check %n accounts',
  webhooks: 'send %n requests about webhooks',
};

/** A limit that a key has reached. */
export interface KeyLimitReached {
  readonly kind: 'too_many_requests';
  readonly message: string;
  readonly retryAfterSeconds: number;
}

export interface KeyLimits {
  /** Counts one of this key where it is allowed; else says why not. */
  count(keyId: string, action: KeyAction): Promise<KeyLimitReached | undefined>;
  /** Counts one of this key where it is allowed. @returns undefined, or the answer that says how long to wait */
  take(c: Context, keyId: string, action: KeyAction): Promise<Response | undefined>;
  /** The same before a route of /api/v1. */
  before(action: KeyAction): MiddlewareHandler<ServiceVariables>;
}

export const createKeyLimits = (createLimit: CreateLimit, rates: KeyRates): KeyLimits => {
  const limits = Object.fromEntries(
    Object.entries(rates).map(([action, rate]) => [action, createLimit(`key_${action}`, rate)]),
  );

  const count: KeyLimits['count'] = async (keyId, action) => {
    const seconds = (await limits[action]?.take(keyId)) ?? 0;
    return seconds === 0 ? undefined : reached(action, rates[action], seconds);
  };
  const take: KeyLimits['take'] = async (c, keyId, action) => {
    const limit = await count(keyId, action);
    return limit && tooMany(c, limit);
  };
  return {
    count,
    take,
    before: (action) => async (c, next) => (await take(c, c.get('service').keyId, action)) ?? next(),
  };
};

const reached = (action: KeyAction, { times, perMs }: Rate, seconds: number): KeyLimitReached => {
  const number = times.toLocaleString('en-US');
  const aMinute = Math.floor((times * minuteMs) / perMs).toLocaleString('en-US');
  const message = `This key may ${actionTexts[action].replace('%n', number)} at once, and ${aMinute} a minute after that.`;
  return { kind: 'too_many_requests', message, retryAfterSeconds: seconds };
};

const tooMany = (c: Context, { kind, message, retryAfterSeconds: seconds }: KeyLimitReached): Response => {
  c.header('Retry-After', String(seconds));
  return errorResponse(c, {
    status: 429,
    error: kind,
    message,
    who: 'the caller',
    next: `Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`,
  });
};
