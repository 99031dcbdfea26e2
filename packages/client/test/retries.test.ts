// When a request is sent again, how long is waited before, and what every failure becomes.
import { describe, expect, it } from 'vitest';
import {
  AuthenticationError,
  ConflictError,
  ConnectionError,
  InvalidInputError,
  NotFoundError,
  PosternError,
  RateLimitedError,
  ServerError,
  TemporaryError,
  TimeoutError,
} from '../src/errors.ts';
import { type ApiRequest, type CallOptions, createSend } from '../src/http.ts';

const problem = (error: string, who: string) => ({ error, message: 'What happened.', who, next: 'The next step.' });
const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers });

type Answer = Response | Error | ((signal: AbortSignal) => Promise<Response>);

/** Answers one after the other; the last again and again. */
const played = (answers: readonly Answer[], timeoutMs?: number) => {
  const sent: Request[] = [];
  const waits: number[] = [];
  const send = createSend(
    {
      url: 'https://postern.test/under/',
      key: 'pst_service_key',
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      fetch: async (input, init) => {
        const request = new Request(input, init);
        const next = answers[Math.min(sent.length, answers.length - 1)];
        sent.push(request);
        if (next instanceof Error) throw next;
        if (typeof next === 'function') return next(init?.signal as AbortSignal);
        return next?.clone() ?? answer(200, {});
      },
    },
    {
      sleep: async (milliseconds) => void waits.push(milliseconds),
      random: () => 0.5,
      uuid: () => `key ${sent.length}`,
    },
  );
  return { sent, waits, call: (request: ApiRequest, options?: CallOptions) => send(request, options) };
};

const post: ApiRequest = { method: 'POST', path: '/accounts', body: { identifier: 'user_42' } };

describe('A request', () => {
  it('goes to the address under its path, with the key, and does not follow redirects', async () => {
    const { sent, call } = played([answer(302, '', { location: 'https://elsewhere.test/' })]);
    await expect(call({ method: 'GET', path: '/tools', query: { format: 'openai', none: undefined } })).rejects.toThrow(
      ServerError,
    );
    expect(sent.map(({ url, redirect }) => [url, redirect])).toEqual([
      ['https://postern.test/under/api/v1/tools?format=openai', 'manual'],
    ]);
    expect(sent[0]?.headers.get('authorization')).toBe('Bearer pst_service_key');
  });

  it.each([
    ['no answer', new TypeError('fetch failed')],
    ['a limit', answer(429, problem('rate_limited', 'nobody, wait'))],
    [
      'a limit of the caller that says when',
      answer(429, problem('too_many_calls', 'the caller'), { 'retry-after': '3' }),
    ],
    ['a busy server', answer(503, problem('busy', 'nobody, wait'))],
    ['a proxy without the server', answer(502, '<h1>Bad gateway</h1>')],
    [
      'the same request still running',
      answer(409, problem('idempotency_in_progress', 'the caller'), { 'retry-after': '1' }),
    ],
  ])('is sent again after %s, a POST with the same Idempotency-Key', async (_, first) => {
    const { sent, call } = played([first, answer(201, { identifier: 'user_42' })]);
    await expect(call(post)).resolves.toEqual({ identifier: 'user_42' });
    expect(sent.map(({ headers }) => headers.get('idempotency-key'))).toEqual(['key 0', 'key 0']);
    expect(await sent[1]?.json()).toEqual({ identifier: 'user_42' });
  });

  it.each([
    ['bad input', answer(400, problem('invalid_input', 'the caller')), InvalidInputError],
    ['a bad key', answer(401, problem('invalid_token', 'the caller')), AuthenticationError],
    ['what there is not', answer(404, problem('not_found', 'the caller')), NotFoundError],
    ['a conflict', answer(409, problem('account_differs', 'the caller')), ConflictError],
    ['what is over', answer(410, problem('auth_request_over', 'the caller')), ConflictError],
    ['a key used for another body', answer(422, problem('idempotency_key_reused', 'the caller')), InvalidInputError],
    ['links that only the person can use up', answer(429, problem('too_many_links', 'the person')), RateLimitedError],
    ['what the operator has to mend', answer(503, problem('storage_full', 'the operator')), TemporaryError],
    ['a defect', answer(500, problem('internal', 'the operator')), ServerError],
    ['an answer that is no JSON', answer(200, '<h1>Welcome</h1>'), ServerError],
    ['JSON that is no object', answer(200, '[1]'), ServerError],
  ])('is not sent again after %s', async (_, first, kind) => {
    const { sent, call } = played([first]);
    await expect(call(post)).rejects.toThrow(kind);
    expect(sent).toHaveLength(1);
  });

  it('waits longer from try to try, and at least as long as Retry-After says', async () => {
    const { waits, call } = played([
      answer(503, problem('busy', 'nobody, wait')),
      answer(503, problem('busy', 'nobody, wait'), { 'retry-after': '7' }),
      answer(200, {}),
    ]);
    await call(post);
    expect(waits).toEqual([375, 7750]);
  });

  it('is given up at once where Retry-After is longer than a minute, and says how long', async () => {
    const { sent, waits, call } = played([
      answer(429, problem('rate_limited', 'nobody, wait'), { 'retry-after': '61' }),
    ]);
    const error = await call(post).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: 'RateLimitedError',
      retryAfterSeconds: 61,
      error: 'rate_limited',
      status: 429,
    });
    expect([sent.length, waits]).toEqual([1, []]);
  });

  it('ends after two retries with the last error, in the words of Postern', async () => {
    const { sent, call } = played([answer(409, { ...problem('busy', 'nobody, wait'), differences: [1] })]);
    const error = await call(post).catch((thrown: unknown) => thrown);
    expect(sent).toHaveLength(3);
    expect(error).toBeInstanceOf(PosternError);
    expect(error).toMatchObject({ message: 'What happened.', next: 'The next step.', details: { differences: [1] } });
    expect(JSON.stringify(error)).not.toContain('pst_service_key');
  });

  it('that deletes counts as done where the first answer was lost and the second finds nothing', async () => {
    const gone = answer(404, problem('not_found', 'the caller'));
    await expect(
      played([new TypeError('broken'), gone]).call({ method: 'DELETE', path: '/accounts/a' }),
    ).resolves.toBeUndefined();
    await expect(played([gone]).call({ method: 'DELETE', path: '/accounts/a' })).rejects.toThrow(NotFoundError);
  });

  const hanging = (signal: AbortSignal) =>
    new Promise<Response>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

  it('ends with TimeoutError when its time is over, and is not sent again', async () => {
    const { sent, call } = played([hanging], 5);
    await expect(call(post)).rejects.toThrow(TimeoutError);
    expect(sent).toHaveLength(1);
  });

  it('ends with the reason of the signal that aborted it', async () => {
    const abort = new AbortController();
    const { call } = played([hanging]);
    const ended = call(post, { signal: abort.signal });
    abort.abort(new Error('the user left'));
    await expect(ended).rejects.toThrow('the user left');
    await expect(call(post, { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
  });

  it('tells that nobody answered, with the cause', async () => {
    const cause = new TypeError('fetch failed');
    const error = await played([cause])
      .call(post)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ error: 'no_answer', cause });
  });
});

it.each([
  ['no address', 'postern.test'],
  ['another protocol', 'file:///etc/passwd'],
  ['a query', 'https://postern.test/?a=b'],
  ['a user name', 'https://user@postern.test/'],
])('An address that is %s is refused', (_, url) => {
  expect(() => createSend({ url, key: 'k' })).toThrow(InvalidInputError);
});

it.each(['', 'two words', 'line\nbreak', 'kéy'])(
  'A key that no header can carry is refused without being repeated (%j)',
  (key) => {
    expect(() => createSend({ url: 'https://postern.test', key })).toThrow(
      'key must be a key or session token of Postern.',
    );
  },
);
