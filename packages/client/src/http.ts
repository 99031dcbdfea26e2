// One request to the API with its retries. A POST is sent with an Idempotency-Key, the same in every try: Postern does
// what it says once, however often it arrives. A try is repeated only where waiting helps: no answer came, Postern says
// `nobody, wait`, or a proxy in front of it answered for it.
import {
  ConnectionError,
  errorOf,
  type Failure,
  InvalidInputError,
  PosternError,
  ServerError,
  TimeoutError,
} from './errors.ts';

export interface PosternOptions {
  /** Postern's address, with the path it is served under if there is one. */
  readonly url: string;
  /** A service key, or the session token of one person. */
  readonly key: string;
  /** Milliseconds that one call may take, its retries included; two minutes when not said. */
  readonly timeoutMs?: number;
  /** How often a request is sent again at most; 2 when not said. */
  readonly retries?: number;
  /** Sends the requests; the global `fetch` when not said. */
  readonly fetch?: typeof fetch;
}

/** What every method takes beside what it is about. */
export interface CallOptions {
  /** Ends the call; it then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Instead of the client's. */
  readonly timeoutMs?: number;
  /** Of a POST, instead of one made for this call: the same request with the same key is done once within a day. */
  readonly idempotencyKey?: string;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Under /api/v1. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: object;
}

/** @returns the JSON of the answer; undefined where it has no body. Throws the errors of errors.ts. */
export type Send = (request: ApiRequest, options?: CallOptions) => Promise<unknown>;

/** What is the surroundings' and not a setting; turned by hand in tests. */
export interface Surroundings {
  /** Throws the signal's reason when it is aborted. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** At least 0, less than 1. */
  random(): number;
  uuid(): string;
}

const systemSurroundings: Surroundings = {
  sleep: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', end);
        resolve();
      }, milliseconds);
      if (signal.aborted) end();
      else signal.addEventListener('abort', end, { once: true });
    }),
  random: () => Math.random(),
  uuid: () => crypto.randomUUID(),
};

/** Nobody waits longer than this for one retry: what asks for more is an error at once, and says how long. */
const longestWaitSeconds = 60;
const firstWaitMs = 500;

/** @returns milliseconds: half of it fixed, half by chance, so that many clients do not come back at the same moment. */
const backoff = (tries: number, random: number): number => firstWaitMs * 2 ** tries * (0.5 + random / 2);

const invalid = (message: string, next: string): InvalidInputError =>
  new InvalidInputError({ error: 'invalid_input', message, who: 'the caller', next });

/** One part of a path. Throws where no URL can carry it: the request would reach another address than the one meant. */
export const pathPart = (name: string, value: unknown): string => {
  const isText = typeof value === 'string' && value !== '' && value !== '.' && value !== '..';
  // What is not well-formed UTF-16 has no percent-encoding.
  if (isText && !/\p{Surrogate}/u.test(value)) return encodeURIComponent(value);
  throw invalid(`${name} must be a text that is not empty, "." or "..".`, `Check what is given as ${name}.`);
};

const baseOf = (url: unknown): string => {
  const base = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined;
  if (base === undefined || !/^https?:$/.test(base.protocol) || base.username !== '' || base.search + base.hash !== '')
    throw invalid('url must be the http(s) address of Postern, without a query.', 'Give `new Postern` that address.');
  return `${base.origin}${base.pathname.replace(/\/+$/, '')}/api/v1`;
};

const headerOf = (key: unknown): string => {
  if (typeof key === 'string' && /^[\x21-\x7e]+$/.test(key)) return `Bearer ${key}`;
  throw invalid('key must be a key or session token of Postern.', 'Make one: `postern api-keys create --service`.');
};

/** Seconds, of the number or the date that the header is (RFC 9110 §10.2.3). */
const retryAfterOf = (headers: Headers): number | undefined => {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, Math.ceil(seconds));
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isOurs = (json: unknown): json is Failure & Record<string, unknown> =>
  isObject(json) && ['error', 'message', 'who', 'next'].every((field) => typeof json[field] === 'string');

const notOurs = (status: number): Failure & { status: number } => ({
  status,
  error: 'unexpected_answer',
  message: `Something answered with HTTP ${status}, but not as Postern does.`,
  who: status >= 502 && status <= 504 ? 'nobody, wait' : 'the operator',
  next: 'Check the address of Postern, and the proxy in front of it.',
});

const failureOf = (status: number, json: unknown, retryAfterSeconds: number | undefined): PosternError => {
  if (!isOurs(json)) return errorOf({ ...notOurs(status), retryAfterSeconds });
  const { error, message, who, next, ...details } = json;
  return errorOf({ status, error, message, who, next, details, retryAfterSeconds });
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const answerOf = async (response: Response): Promise<unknown> => {
  const text = await response.text();
  if (response.ok && text === '') return undefined;
  const json = parsed(text);
  if (response.ok && isObject(json)) return json;
  // A redirect is not followed: the key is for this address alone.
  throw failureOf(response.status, json, retryAfterOf(response.headers));
};

/** Whether the same request may do better a little later. */
const isWorthAnotherTry = (error: unknown): error is PosternError =>
  error instanceof PosternError &&
  !(error instanceof TimeoutError) &&
  (error.who === 'nobody, wait' || (error.retryAfterSeconds !== undefined && error.status !== 500));

/** @param surroundings the system's, but in tests */
export const createSend = (options: PosternOptions, surroundings: Surroundings = systemSurroundings): Send => {
  const base = baseOf(options.url);
  const authorization = headerOf(options.key);
  const { retries = 2, timeoutMs: usualTimeoutMs = 120_000 } = options;
  // Called as a function of nothing: browsers and workers refuse a fetch that is called as a method of something else.
  const { fetch: sendRequest = globalThis.fetch } = options;

  const addressOf = ({ path, query = {} }: ApiRequest): string => {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value));
    return `${base}${path}${parameters.size === 0 ? '' : `?${parameters}`}`;
  };

  const once = async (address: string, init: RequestInit): Promise<unknown> => {
    try {
      return await answerOf(await sendRequest(address, init));
    } catch (error) {
      if (error instanceof PosternError || init.signal?.aborted) throw error;
      throw new ConnectionError(
        {
          error: 'no_answer',
          message: 'Postern did not answer.',
          who: 'nobody, wait',
          next: 'Check that Postern runs at this address and can be reached from here.',
        },
        { cause: error },
      );
    }
  };

  const withRetries = async (request: ApiRequest, init: RequestInit & { signal: AbortSignal }): Promise<unknown> => {
    for (let tries = 0; ; tries += 1) {
      try {
        return await once(addressOf(request), init);
      } catch (error) {
        // The try before may have deleted it and its answer been lost.
        if (request.method === 'DELETE' && tries > 0 && error instanceof PosternError && error.status === 404) return;
        if (tries >= retries || !isWorthAnotherTry(error)) throw error;
        const { retryAfterSeconds = 0 } = error;
        if (retryAfterSeconds > longestWaitSeconds) throw error;
        const wait = Math.max(retryAfterSeconds * 1000, 0) + backoff(tries, surroundings.random());
        await surroundings.sleep(wait, init.signal);
      }
    }
  };

  return async (request, { signal, timeoutMs = usualTimeoutMs, idempotencyKey } = {}) => {
    signal?.throwIfAborted();
    const { method, body } = request;
    const timeout = AbortSignal.timeout(timeoutMs);
    const headers = {
      authorization,
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(method === 'POST' ? { 'idempotency-key': idempotencyKey ?? surroundings.uuid() } : {}),
    };
    try {
      return await withRetries(request, {
        method,
        headers,
        redirect: 'manual',
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (error) {
      if (error instanceof PosternError) throw error;
      signal?.throwIfAborted();
      if (!timeout.aborted) throw error;
      throw new TimeoutError({
        error: 'timeout',
        message: `Postern did not answer within ${timeoutMs} milliseconds.`,
        who: 'nobody, wait',
        next: 'Try again, or give the call a longer timeoutMs.',
      });
    }
  };
};

/** An answer that has to be there. Its fields are Postern's promise (docs/api.md), not looked at again here. */
export const answerAs = async <T>(sent: Promise<unknown>): Promise<T> => {
  const answer = await sent;
  if (answer !== undefined) return answer as T;
  throw new ServerError(notOurs(204));
};
