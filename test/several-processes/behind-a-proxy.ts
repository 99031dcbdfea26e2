// Three Posterns on one database behind a proxy that gives each request to the next one: who asks, and who approves.
import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { type ApiKeyOptions, createApiKey } from '../../src/identity/credentials.ts';
import { type Browser, type BrowserPage, createBrowser } from '../support/browser.ts';
import { type ListeningOptions, type ListeningWorld, listenWorld } from '../support/listening-world.ts';

export const alex = 'alex@example.com';
export const sam = 'sam@example.org';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

/** A person who goes on at Postern's page and approves at Google; ends where the browser ends. */
export type Approve = (url: string, email?: string, browser?: Browser) => Promise<BrowserPage>;

const newBrowser = (): Browser => createBrowser((request) => fetch(request));

export const approveAt =
  (googleUrl: string): Approve =>
  async (url, email = alex, browser = newBrowser()) => {
    let page = await browser.submit(await browser.open(url));
    while (new URL(page.url).origin === googleUrl)
      page = await browser.submit(page, { button: page.html.includes('id="chooser"') ? email : 'allow' });
    return page;
  };

/** A tool call without a client around it. */
export const callMail = async (origin: string, token: string): Promise<{ status: number; text: string }> => {
  const params = { name: 'gmail_fetch_mails', arguments: { max_results: 1 } };
  const answer = await fetch(`${origin}/mcp`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
  });
  return { status: answer.status, text: await answer.text() };
};

export interface Proxied extends ListeningWorld {
  newKey(wanted?: Partial<ApiKeyOptions>): Promise<string>;
  api(method: string, path: string, key: string, body?: object, headers?: Record<string, string>): Promise<Answer>;
  readonly approve: Approve;
  /** Connects somebody by a link of the API. */
  connect(key: string, identifier: string, email?: string): Promise<void>;
  /** Runs `work`, and says by how many processes the requests were answered that came meanwhile. */
  answeredBy(work: () => Promise<unknown>): Promise<number>;
}

export const listenProxied = async (options: ListeningOptions = {}): Promise<Proxied> => {
  const world = await listenWorld({ [alex]: 'Alex', [sam]: 'Sam' }, { processes: 3, ...options });
  const { origin, google, passed, postern } = world;
  const api: Proxied['api'] = async (method, path, key, body, headers = {}) => {
    const answer = await fetch(`${origin}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, body: text === '' ? {} : JSON.parse(text) };
  };
  const approve = approveAt(google.url);
  return {
    ...world,
    api,
    approve,
    newKey: async (wanted = {}) => {
      const options = { kind: 'service', realm: 'default', unverifiedLinks: true, ...wanted } as const;
      return (await createApiKey(postern.storage.apiKeys, randomBytes, postern.clock, options)).key;
    },
    connect: async (key, identifier, email) => {
      await api('POST', '/accounts', key, { identifier });
      const { url } = (await api('POST', `/accounts/${identifier}/link`, key, {})).body;
      expect((await approve(String(url), email)).heading).toBe('Gmail is connected');
    },
    answeredBy: async (work) => {
      const before = passed.length;
      await work();
      return new Set(passed.slice(before).map(({ process }) => process)).size;
    },
  };
};
