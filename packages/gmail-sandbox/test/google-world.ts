// A sandbox on a hand-turned clock, one account, and the steps an app and a person take: ask, consent, exchange, refresh.
import { createHash } from 'node:crypto';
import { type HandClock, handClock } from '../src/hand-clock.ts';
import { createSandbox, type Sandbox, type SandboxOptions } from '../src/sandbox.ts';

export const gmailReadonly = 'https://www.googleapis.com/auth/gmail.readonly';
export const contactsReadonly = 'https://www.googleapis.com/auth/contacts.readonly';
export const otherContactsReadonly = 'https://www.googleapis.com/auth/contacts.other.readonly';
export const directoryReadonly = 'https://www.googleapis.com/auth/directory.readonly';
export const redirectUri = 'http://127.0.0.1:4567/oauth/callback';
export const codeVerifier = 'a-code-verifier-that-is-long-enough-for-rfc-7636';
export const minute = 60_000;
export const day = 24 * 60 * minute;

export interface Tokens {
  access_token: string;
  refresh_token?: string;
  id_token?: string;
  scope: string;
  expires_in: number;
  refresh_token_expires_in?: number;
  token_type: string;
}

type Parameters = Record<string, string | undefined>;

const defined = (parameters: Parameters): [string, string][] =>
  Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);

export interface GoogleWorld {
  readonly clock: HandClock;
  readonly sandbox: Sandbox;
  get(path: string, accessToken?: string, init?: RequestInit): Promise<Response>;
  post(path: string, form: Parameters | URLSearchParams, headers?: Record<string, string>): Promise<Response>;
  /** The authorization URL of the app; a parameter set to undefined is left out. */
  authorizationUrl(parameters?: Parameters): string;
  /** Opens the URL and, on a consent page, unticks and presses the button. Ends at the first page or redirect after it. */
  consent(url: string, decision?: { untick?: string[]; press?: 'allow' | 'deny'; account?: string }): Promise<Response>;
  /** Consents and hands over the code. */
  code(parameters?: Parameters, decision?: { untick?: string[]; account?: string }): Promise<string>;
  exchange(code: string, parameters?: Parameters): Promise<Response>;
  /** From the authorization URL to tokens. */
  connect(parameters?: Parameters, decision?: { untick?: string[]; account?: string }): Promise<Tokens>;
  refresh(refreshToken: string | undefined, parameters?: Parameters): Promise<Response>;
}

/** What a form on a page would send: hidden inputs and ticked boxes. */
export const formOf = (html: string): URLSearchParams => {
  const form = new URLSearchParams();
  for (const [tag] of html.matchAll(/<input [^>]*>/g)) {
    const attribute = (name: string) => tag.match(new RegExp(`${name}="([^"]*)"`))?.[1]?.replaceAll('&amp;', '&');
    if (attribute('type') === 'checkbox' && !tag.includes(' checked')) continue;
    form.append(attribute('name') ?? '', attribute('value') ?? '');
  }
  return form;
};

/** The parameters a redirect hands to the app. */
export const answerOf = (response: Response): Record<string, string> =>
  Object.fromEntries(new URL(response.headers.get('location') ?? '').searchParams);

export const s256 = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url');

export const googleWorld = (options: Partial<SandboxOptions> = {}): GoogleWorld => {
  const clock = handClock();
  const sandbox = createSandbox({ clock, ...options });
  sandbox.addAccount({ email: 'alex@example.com', name: 'Alex Marsh', hostedDomain: 'example.com' });

  const get: GoogleWorld['get'] = (path, accessToken, init = {}) => {
    const request = new Request(new URL(path, sandbox.origin), init);
    if (accessToken !== undefined) request.headers.set('authorization', `Bearer ${accessToken}`);
    return sandbox.fetch(request);
  };
  const post: GoogleWorld['post'] = (path, form, headers = {}) => {
    const body = form instanceof URLSearchParams ? form : new URLSearchParams(defined(form));
    return sandbox.fetch(new Request(new URL(path, sandbox.origin), { method: 'POST', body, headers }));
  };
  const authorizationUrl: GoogleWorld['authorizationUrl'] = (parameters = {}) => {
    const all: Parameters = {
      client_id: sandbox.clientId,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: `openid email ${gmailReadonly} ${contactsReadonly}`,
      access_type: 'offline',
      state: 'the-state',
      nonce: 'the-nonce',
      code_challenge: s256(codeVerifier),
      code_challenge_method: 'S256',
      login_hint: 'alex@example.com',
      ...parameters,
    };
    return `/o/oauth2/v2/auth?${new URLSearchParams(defined(all))}`;
  };
  const consent: GoogleWorld['consent'] = async (url, { untick = [], press = 'allow', account } = {}) => {
    const first = await get(account === undefined ? url : `${url}&authuser=${encodeURIComponent(account)}`);
    if (first.status !== 200) return first;
    const html = await first.text();
    const form = formOf(html);
    const ticked = form.getAll('scope_granted').filter((scope) => !untick.includes(scope));
    form.delete('scope_granted');
    for (const scope of ticked) form.append('scope_granted', scope);
    form.set('decision', press);
    return post('/o/oauth2/v2/auth', form);
  };
  const code: GoogleWorld['code'] = async (parameters = {}, decision = {}) => {
    const response = await consent(authorizationUrl(parameters), decision);
    const { code } = answerOf(response);
    if (code === undefined) throw new Error(`no code: ${response.headers.get('location')}`);
    return code;
  };
  const credentials = () => ({ client_id: sandbox.clientId, client_secret: sandbox.clientSecret });
  const exchange: GoogleWorld['exchange'] = (code, parameters = {}) =>
    post('/token', {
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      code_verifier: codeVerifier,
      ...credentials(),
      ...parameters,
    });

  return {
    clock,
    sandbox,
    get,
    post,
    authorizationUrl,
    consent,
    code,
    exchange,
    connect: async (parameters, decision) =>
      (await (await exchange(await code(parameters, decision))).json()) as Tokens,
    refresh: (refreshToken, parameters = {}) =>
      post('/token', { grant_type: 'refresh_token', refresh_token: refreshToken, ...credentials(), ...parameters }),
  };
};
