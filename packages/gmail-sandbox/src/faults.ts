// Faults on demand: which requests fail, how, and how often.
import type { Clock } from './clock.ts';
import { oauthError, statusError } from './google-answers.ts';

export interface FaultMatch {
  /** The whole path, or a pattern for it; every path when absent. */
  readonly path?: string | RegExp;
  readonly method?: string;
  /** How many requests it hits; every one until `clearFaults` when absent. */
  readonly times?: number;
}

export type Fault =
  /** An answer with this status; without a body, the one Google gives with that status. */
  | { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> }
  /** No answer until the client gives up or the faults are cleared. */
  | { readonly kind: 'hang' }
  /** The connection is cut before an answer. */
  | { readonly kind: 'reset' }
  /** A proxy's error page instead of JSON. */
  | { readonly kind: 'html' }
  /** The right answer, cut off in the middle of its body. */
  | { readonly kind: 'half' }
  /** The right answer, this much later. */
  | { readonly kind: 'delay'; readonly milliseconds: number };

/** Thrown by the sandbox's `fetch` where a socket would have been cut; looks like undici's error. */
export class ConnectionReset extends TypeError {
  constructor() {
    super('fetch failed', { cause: Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' }) });
  }
}

export interface Faults {
  add(match: FaultMatch, fault: Fault): void;
  clear(): void;
  /** Answers the request, through the first fault that matches it if there is one. */
  apply(request: Request, answer: () => Promise<Response>): Promise<Response>;
}

const isApi = (path: string): boolean => /^\/(gmail|v1|batch)\//.test(path);

const statusAnswer = (fault: Extract<Fault, { status: number }>, path: string): Response => {
  const { status, body, headers = {} } = fault;
  if (typeof body === 'string')
    return new Response(body, { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers } });
  if (body !== undefined) return Response.json(body, { status, headers });
  if (isApi(path)) return statusError(status, headers);
  const answer = oauthError(status, 'internal_failure');
  for (const [name, value] of Object.entries(headers)) answer.headers.set(name, value);
  return answer;
};

const htmlAnswer = (): Response =>
  new Response(
    '<!DOCTYPE html><html lang=en><title>Error 502 (Server Error)!!1</title><p><b>502.</b> That’s an error.</html>',
    {
      status: 502,
      headers: { 'content-type': 'text/html; charset=UTF-8' },
    },
  );

/** An answer whose connection is cut after `sent`: reading its body fails; a socket writes `sent` and closes. */
export class CutResponse extends Response {
  readonly sent: Uint8Array;

  constructor(sent: Uint8Array<ArrayBuffer>, init: ResponseInit) {
    const start = (controller: ReadableStreamDefaultController<Uint8Array>) => controller.enqueue(sent);
    const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => controller.error(new ConnectionReset());
    super(new ReadableStream<Uint8Array>({ start, pull }), init);
    this.sent = sent;
  }
}

/** The same status and headers, the length among them, but half of the body. */
const halfOf = async (response: Response): Promise<Response> => {
  const body = new Uint8Array(await response.arrayBuffer());
  const headers = new Headers(response.headers);
  headers.set('content-length', String(body.length));
  return new CutResponse(body.slice(0, Math.floor(body.length / 2)), { status: response.status, headers });
};

/** Never answers: rejects when the client gives up, or when what is added to `release` is called. */
const hang = (signal: AbortSignal, release: Set<() => void>) =>
  new Promise<never>((_, reject) => {
    const stop = () => {
      release.delete(stop);
      signal.removeEventListener('abort', stop);
      reject(signal.aborted ? signal.reason : new ConnectionReset());
    };
    release.add(stop);
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
  });

export const createFaults = (clock: Clock): Faults => {
  let rules: { match: FaultMatch; fault: Fault; left: number }[] = [];
  const release = new Set<() => void>();

  const take = (request: Request, path: string): Fault | undefined => {
    const rule = rules.find(({ match, left }) => {
      if (left <= 0 || (match.method !== undefined && match.method.toUpperCase() !== request.method)) return false;
      if (match.path === undefined) return true;
      return typeof match.path === 'string' ? match.path === path : path.search(match.path) >= 0;
    });
    if (rule !== undefined) rule.left -= 1;
    return rule?.fault;
  };

  return {
    add(match, fault) {
      rules.push({ match, fault, left: match.times ?? Number.POSITIVE_INFINITY });
    },
    clear() {
      rules = [];
      for (const stop of [...release]) stop();
    },
    async apply(request, answer) {
      const path = new URL(request.url).pathname;
      const fault = take(request, path);
      if (fault === undefined) return answer();
      if ('status' in fault) return statusAnswer(fault, path);
      switch (fault.kind) {
        case 'hang':
          return hang(request.signal, release);
        case 'reset':
          throw new ConnectionReset();
        case 'html':
          return htmlAnswer();
        case 'half':
          return halfOf(await answer());
        case 'delay':
          await clock.sleep(fault.milliseconds, request.signal);
          request.signal.throwIfAborted();
          return answer();
      }
    },
  };
};
