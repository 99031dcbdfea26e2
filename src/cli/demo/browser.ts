// A browser without a screen: follows redirects, keeps cookies, submits forms. Knows no particular page.
import { type Control, type Form, type Page, readPage } from './page.ts';

export interface Browser {
  open(url: string): Promise<Page>;
  submit(form: Form, pressed?: Control): Promise<Page>;
}

const mostRedirects = 10;

const setCookies = (jar: Map<string, Map<string, string>>, host: string, headers: Headers): void => {
  const cookies = jar.get(host) ?? new Map<string, string>();
  jar.set(host, cookies);
  for (const line of headers.getSetCookie()) {
    const [pair = '', ...attributes] = line.split(';');
    const [name = '', ...value] = pair.split('=');
    const gone = attributes.some((attribute) => /^\s*max-age\s*=\s*(0|-\d+)\s*$/i.test(attribute));
    if (gone) cookies.delete(name.trim());
    else cookies.set(name.trim(), value.join('=').trim());
  }
};

const encode = (controls: readonly Control[]): URLSearchParams =>
  new URLSearchParams(controls.map(({ name, value }): [string, string] => [name, value]));

export const createBrowser = (): Browser => {
  // By host name without port, as cookies are (RFC 6265 §8.5).
  const jar = new Map<string, Map<string, string>>();

  const request = async (url: string, init: RequestInit, redirects = 0): Promise<Page> => {
    const { hostname } = new URL(url);
    const cookie = [...(jar.get(hostname) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...init.headers, accept: 'text/html', ...(cookie === '' ? {} : { cookie }) };
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    setCookies(jar, hostname, response.headers);
    const location = response.headers.get('location');
    if (location === null || response.status < 300 || response.status > 399) {
      return readPage(url, response.status, await response.text());
    }
    await response.body?.cancel();
    if (redirects >= mostRedirects) throw new Error('The pages redirect in circles.');
    return request(new URL(location, url).href, { method: 'GET' }, redirects + 1);
  };

  return {
    open: (url) => request(url, { method: 'GET' }),
    submit: (form, pressed) => {
      const sent = encode(pressed === undefined ? form.fields : [...form.fields, pressed]);
      if (form.method === 'POST') {
        return request(form.action, { method: 'POST', body: sent, headers: { origin: new URL(form.action).origin } });
      }
      const url = new URL(form.action);
      url.search = sent.toString();
      return request(url.href, { method: 'GET' });
    },
  };
};
