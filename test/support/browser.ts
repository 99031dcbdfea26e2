// A person's browser without a window: cookies per host, redirects, meta refreshes, forms. Real HTTP semantics, no
// script. The tests with a real Chromium are in test/e2e.
import { DomUtils, parseDocument } from 'htmlparser2';

export interface BrowserPage {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly html: string;
  /** The text of the first h1. */
  readonly heading: string;
  /** The page's text, white space folded. */
  readonly text: string;
}

export interface Browser {
  open(url: string): Promise<BrowserPage>;
  /** Submits the page's form; `button` is the value of the pressed button, `untick` removes checkboxes by value. */
  submit(page: BrowserPage, press?: { button?: string; untick?: readonly string[] }): Promise<BrowserPage>;
  cookies(host: string): string[];
  /** What it would send as `Cookie`. */
  cookieHeader(host: string): string;
}

const maxHops = 12;

type Send = (request: Request) => Promise<Response>;

export const createBrowser = (send: Send): Browser => {
  const jar = new Map<string, Map<string, string>>();

  const keepCookies = (host: string, response: Response): void => {
    for (const line of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';');
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      const gone = attributes.some((attribute) => /^\s*max-age=0\s*$/i.test(attribute));
      const cookies = jar.get(host) ?? new Map<string, string>();
      if (gone) cookies.delete(name.trim());
      else cookies.set(name.trim(), value);
      jar.set(host, cookies);
    }
  };

  const cookieHeader = (host: string): string =>
    [...(jar.get(host) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');

  const go = async (
    url: string,
    init: { method: string; body?: URLSearchParams; from?: string },
  ): Promise<BrowserPage> => {
    let next: { url: string; method: string; body?: URLSearchParams } = { url, ...init };
    for (let hop = 0; hop < maxHops; hop++) {
      const { host } = new URL(next.url);
      const headers = new Headers({ host, accept: 'text/html' });
      const cookies = cookieHeader(host);
      if (cookies !== '') headers.set('cookie', cookies);
      if (next.method === 'POST' && init.from !== undefined) headers.set('origin', new URL(init.from).origin);
      const body = next.body === undefined ? {} : { body: next.body };
      const response = await send(new Request(next.url, { method: next.method, headers, redirect: 'manual', ...body }));
      keepCookies(host, response);
      const location = response.headers.get('location');
      if (response.status >= 300 && response.status < 400 && location !== null) {
        next = { url: new URL(location, next.url).href, method: 'GET' };
        continue;
      }
      const page = await toPage(next.url, response);
      const refresh = refreshOf(page);
      if (refresh === undefined) return page;
      next = { url: new URL(refresh, next.url).href, method: 'GET' };
    }
    throw new Error('The browser was sent in circles.');
  };

  return {
    open: (url) => go(url, { method: 'GET' }),
    cookieHeader,
    cookies: (host) => [...(jar.get(host) ?? new Map<string, string>()).keys()],
    submit: (page, press = {}) => {
      const document = parseDocument(page.html);
      const form = DomUtils.findOne((element) => element.name === 'form', document.children);
      if (form === null) throw new Error(`There is no form on “${page.heading}”.`);
      const values = new URLSearchParams();
      for (const input of DomUtils.findAll((element) => element.name === 'input', form.children)) {
        const { name, value = 'on', type, checked } = input.attribs;
        if (name === undefined) continue;
        if (type === 'checkbox' && (checked === undefined || press.untick?.includes(value))) continue;
        values.append(name, value);
      }
      const buttons = DomUtils.findAll((element) => element.name === 'button', form.children);
      const pressed =
        press.button === undefined ? buttons[0] : buttons.find(({ attribs }) => attribs.value === press.button);
      if (pressed === undefined) throw new Error(`There is no button ${press.button ?? ''} on “${page.heading}”.`);
      if (pressed.attribs.name !== undefined) values.append(pressed.attribs.name, pressed.attribs.value ?? '');
      const action = new URL(form.attribs.action ?? page.url, page.url);
      if (form.attribs.method?.toLowerCase() === 'post')
        return go(action.href, { method: 'POST', body: values, from: page.url });
      action.search = values.toString();
      return go(action.href, { method: 'GET' });
    },
  };
};

const toPage = async (url: string, response: Response): Promise<BrowserPage> => {
  const html = await response.text();
  const document = parseDocument(html);
  const h1 = DomUtils.findOne((element) => element.name === 'h1', document.children);
  const body = DomUtils.findOne((element) => element.name === 'body', document.children);
  const fold = (text: string) => text.replace(/\s+/g, ' ').trim();
  return {
    url,
    status: response.status,
    headers: response.headers,
    html,
    heading: h1 === null ? '' : fold(DomUtils.textContent(h1)),
    text: body === null ? '' : fold(DomUtils.textContent(body)),
  };
};

const refreshOf = ({ html }: BrowserPage): string | undefined => {
  const meta = DomUtils.findOne(
    (element) => element.name === 'meta' && element.attribs['http-equiv']?.toLowerCase() === 'refresh',
    parseDocument(html).children,
  );
  return meta === null ? undefined : /url=(.*)$/is.exec(meta.attribs.content ?? '')?.[1]?.replace(/^['"]|['"]$/g, '');
};
