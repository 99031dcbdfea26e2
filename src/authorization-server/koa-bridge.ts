// Between web-standard requests and the Koa application that oidc-provider is. Passes on only the headers it names, so
// that no request can choose our URLs or bring a cookie of its own. Knows no endpoint.
import type { RequestListener } from 'node:http';
import inject from 'light-my-request';
import { toInnerCookies, toOuterCookie } from './cookies.ts';

export interface InnerRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly address: string;
}

const passedOn = ['accept', 'authorization', 'content-type'];

const isHttps = ({ protocol }: URL): boolean => protocol === 'https:';

/** Everything else a client sends, forwarding headers above all, stays outside. */
export const innerHeaders = ({ headers, url }: Request, publicUrl: URL): Record<string, string> => {
  const inner: Record<string, string> = {};
  for (const name of passedOn) {
    const value = headers.get(name);
    if (value !== null) inner[name] = value;
  }
  const cookie = toInnerCookies(headers.get('cookie') ?? '', new URL(url).pathname, isHttps(publicUrl));
  return cookie === '' ? inner : { ...inner, cookie };
};

const outerHeaders = (headers: Readonly<Record<string, unknown>>, publicUrl: URL): Headers => {
  const cookies = new Set<string>();
  const outer = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (/^(access-control-|connection$|date$|keep-alive$|transfer-encoding$|content-length$|vary$)/i.test(name))
      continue;
    for (const item of Array.isArray(value) ? value : [value]) {
      if (name.toLowerCase() === 'set-cookie') cookies.add(toOuterCookie(String(item), isHttps(publicUrl)) ?? '');
      else if (item !== undefined) outer.append(name, String(item));
    }
  }
  cookies.delete('');
  for (const cookie of cookies) outer.append('set-cookie', cookie);
  return outer;
};

/** Lets a listener of node:http answer; the URL it sees is the public one. */
export const dispatch = async (listener: RequestListener, request: InnerRequest, publicUrl: URL): Promise<Response> => {
  const { method, path, headers, body, address } = request;
  const {
    statusCode,
    headers: answered,
    rawPayload,
  } = await inject(listener, {
    method,
    url: path,
    remoteAddress: address,
    headers: { ...headers, host: publicUrl.host, 'x-forwarded-proto': publicUrl.protocol.slice(0, -1) },
    ...(body === undefined ? {} : { payload: body }),
  });
  const empty = rawPayload.length === 0 || (statusCode >= 300 && statusCode < 400);
  return new Response(empty ? null : new Uint8Array(rawPayload), {
    status: statusCode,
    headers: outerHeaders(answered, publicUrl),
  });
};
