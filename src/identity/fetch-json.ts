// One JSON document from an issuer: no redirects, bounded in size. Knows no issuer.

import { readBody } from '../lib/bounded-body.ts';
import { type OutsideFetch, type OutsideRefusal, OutsideRequestError } from '../lib/outside-fetch.ts';

/** Bytes. */
const maxDocumentBytes = 256 * 1024;

export type FetchedJson =
  | { readonly kind: 'json'; readonly value: unknown }
  /** It was answered with another status than 200. */
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'failed'; readonly reason: 'unreachable' | 'too_large' | 'not_json' | OutsideRefusal };

/** Never rejects. */
export const fetchJson = async (url: string, send: OutsideFetch, signal: AbortSignal): Promise<FetchedJson> => {
  let body: Buffer | undefined;
  try {
    const response = await send(url, { headers: { accept: 'application/json' }, redirect: 'manual', signal });
    if (response.status !== 200) {
      await response.body?.cancel();
      return { kind: 'status', status: response.status };
    }
    body = await readBody(response.body, maxDocumentBytes);
  } catch (error) {
    return { kind: 'failed', reason: error instanceof OutsideRequestError ? error.reason : 'unreachable' };
  }
  if (body === undefined) return { kind: 'failed', reason: 'too_large' };
  try {
    return { kind: 'json', value: JSON.parse(new TextDecoder().decode(body)) };
  } catch {
    return { kind: 'failed', reason: 'not_json' };
  }
};
