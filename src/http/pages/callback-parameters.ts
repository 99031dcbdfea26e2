// What stands in the redirect back from an identity provider. Knows neither who was sent there nor what an answer means.

export interface Callback {
  readonly state: string;
  readonly code?: string;
  readonly error?: string;
  readonly iss?: string;
}

export type CallbackReading =
  | { readonly kind: 'callback'; readonly callback: Callback }
  /** Nobody asked for it: nothing says which round it belongs to. */
  | { readonly kind: 'foreign' }
  /** Of a known round it may be, but no provider answers so: the round goes on as if it had not come. */
  | { readonly kind: 'malformed' };

/**
 * RFC 6749 §3.1 and §4.1.2: no parameter stands twice, one without a value counts as left out, and an answer has either a
 * code or an error.
 */
export const readCallback = (query: URLSearchParams): CallbackReading => {
  const states = query.getAll('state');
  const [state] = states;
  if (state === undefined || state === '' || states.length > 1) return { kind: 'foreign' };
  const names = [...query.keys()];
  const [code, error, iss] = ['code', 'error', 'iss'].map((name) => query.get(name) || undefined);
  const isOneAnswer = (code === undefined) !== (error === undefined);
  if (new Set(names).size < names.length || !isOneAnswer) return { kind: 'malformed' };
  return { kind: 'callback', callback: { state, code, error, iss } };
};
