// A browser without a screen: follows redirects, keeps cookies, reads of a page what clicking through needs, submits forms.
import { Parser } from 'htmlparser2';

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

export interface Control {
  readonly name: string;
  readonly value: string;
}

interface Form {
  readonly method: 'GET' | 'POST';
  /** Absolute. */
  readonly action: string;
  /** Hidden fields and ticked boxes: what is sent whichever button is pressed. */
  readonly fields: readonly Control[];
  /** Buttons that carry a name; a form with none is submitted without. */
  readonly buttons: readonly Control[];
}

export interface Page {
  readonly url: string;
  readonly status: number;
  readonly heading: string;
  readonly forms: readonly Form[];
  /** Absolute; set when the page goes on by itself. */
  readonly refresh: string | undefined;
}

interface Draft {
  method: 'GET' | 'POST';
  action: string;
  fields: Control[];
  buttons: Control[];
}

const refreshTarget = (content: string, base: string): string | undefined => {
  const target = /^\s*\d*\s*;\s*url\s*=\s*['"]?(.+?)['"]?\s*$/i.exec(content)?.[1];
  return target === undefined ? undefined : URL.parse(target, base)?.href;
};

const addControl = (form: Draft, tag: string, attributes: Readonly<Record<string, string>>): void => {
  const { name, value = '', type = tag === 'button' ? 'submit' : 'text' } = attributes;
  if (name === undefined || name === '') return;
  if (type === 'submit') form.buttons.push({ name, value });
  else if (type !== 'checkbox' || 'checked' in attributes)
    form.fields.push({ name, value: value || (type === 'checkbox' ? 'on' : '') });
};

/** Reads the page that `url` answered with. */
export const readPage = (url: string, status: number, html: string): Page => {
  const forms: Draft[] = [];
  let heading = '';
  let inHeading = false;
  let refresh: string | undefined;
  const parser = new Parser({
    onopentag: (tag, attributes) => {
      const form = forms.at(-1);
      if (tag === 'h1') inHeading = true;
      else if (tag === 'meta' && /^refresh$/i.test(attributes['http-equiv'] ?? '')) {
        refresh = refreshTarget(attributes.content ?? '', url);
      } else if (tag === 'form') {
        const method = /^post$/i.test(attributes.method ?? '') ? 'POST' : 'GET';
        forms.push({ method, action: new URL(attributes.action || url, url).href, fields: [], buttons: [] });
      } else if ((tag === 'input' || tag === 'button') && form !== undefined) addControl(form, tag, attributes);
    },
    ontext: (text) => {
      if (inHeading) heading += text;
    },
    onclosetag: (tag) => {
      if (tag === 'h1') inHeading = false;
    },
  });
  parser.end(html);
  return { url, status, heading: heading.replace(/\s+/g, ' ').trim(), forms, refresh };
};
