// Where answers may go: to the web over https, to a program that listens on this computer, to a known agent, or to an app
// whose scheme is a domain in reverse; and to nobody whose address hides another one.
import { describe, expect, test } from 'vitest';
import type { AuthorizationServer } from '../../src/authorization-server/index.ts';
import { renderPage } from '../../src/http/pages/html/page.ts';
import { signInPage } from '../../src/http/pages/html/sign-in-pages.ts';
import { readRedirectUri } from '../../src/lib/redirect-uri.ts';
import {
  address,
  authorizationRequest,
  authorizeUrl,
  documentClient,
  errorOf,
  getTokens,
  locationOf,
  openBrowser,
  origin,
  place,
  redirectUri,
  refresh,
} from './support.ts';

const register = (server: AuthorizationServer, ...redirect_uris: string[]): Promise<Response> =>
  server.fetch(
    new Request(`${origin}/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris }),
    }),
    { address },
  );

const carriers = [
  'microsoft-edge:https://evil.example/cb',
  'microsoft-edge-holographic:/https/evil.example',
  'MICROSOFT-EDGE:https://evil.example/cb',
  'edge://settings',
  'firefox://open-url?url=https://evil.example/cb',
  'firefox-focus://open-url?url=https://evil.example',
  'x-safari-https://evil.example/cb',
  'safari-https://evil.example',
  'android-app://com.android.chrome/https/evil.example/cb',
  'googlechrome://evil.example/cb',
  'googlechromes://evil.example/cb',
  'googlechrome-x-callback://x-callback-url/open/?url=https%3A%2F%2Fevil.example',
  'brave://open-url?url=https%3A%2F%2Fevil.example',
  'opera-https://evil.example',
  'touch-https://evil.example',
  'ddgQuickLink://evil.example',
  'duckduckgo://evil.example',
  'vivaldi://evil.example',
  'intent://evil.example/cb#Intent;scheme=https;end',
  'intent:/evil.example',
  'web+cb:/evil.example',
  'view-source:https://evil.example/cb',
  'chrome://settings',
  'chrome-extension://abcdefghijklmnop/cb',
  'moz-extension://abc/cb',
  'about:blank',
];
const documents = [
  'jar:https://evil.example/a.jar!/cb',
  'res://ieframe.dll/cb',
  'file:///home/kim/cb.html',
  'data:text/html,<script>alert(1)</script>',
  'javascript:alert(1)',
  'vbscript:msgbox(1)',
  'blob:https://evil.example/1',
  'filesystem:https://evil.example/temporary/x',
  'mk:@MSITStore:c:/x',
  'resource://gre/x',
  'content://com.android/x',
];
const programs = [
  'ms-appinstaller:?source=https://evil.example/a.appx',
  'ms-msdt:/id',
  'search-ms:q',
  'shell:startup',
  'mailto:kim@example.com',
  'sms:123',
  'tel:123',
  'facetime://kim@example.com',
  'ftp://client.test/',
  'ws://client.test/',
  'ssh://client.test/',
  'smb://client.test/share',
  'itms-services://?action=download-manifest&url=https://evil.example',
  'market://details',
];
const hiding = [
  'com.example.app:/cb?url=https://evil.example',
  'com.example.app:/cb?url=https%3A%2F%2Fevil.example',
  'com.example.app:/cb?url=https%253A%252F%252Fevil.example',
  'com.example.app:/https/evil.example',
  'com.example.app:https://evil.example',
  'com.example.app://kim@evil.example/cb',
  'com.example.app:/cb//evil.example',
  'com.example.app:/cb#part',
  'com.example.app:callback',
  'cursor://anysphere.cursor-deeplink/mcp/install',
  'cursor://Anysphere.cursor-DeepLink/mcp/install',
  'vscode://VSCODE.github-authentication/did-authenticate',
  'cursor://anysphere.cursor-mcp/oauth/callback?to=there',
  'vscode://vscode.git/clone?url=https://evil.example',
  'vscode://vscode.git/clone',
  'vscode://file/etc/passwd',
  'vscode:mcp/install',
  'claude://open?url=evil',
  'goose://extension?cmd=x',
  'goose://extension/cmd',
  'zed://ssh/evil.example',
  'zed://ssh/evil.example/callback',
  'cherrystudio://mcp/install',
  'lmstudio://add_mcp/name',
  'claude://new',
  'warp://launch/callback/there',
  'com.example.app:/cb/%zzhttps%3A%2F%2Fevil.example',
  'com.example.app:/cb/%ffhttps%3A%2F%2Fevil.example',
  'com.example.app:/cb/%25252525252Fhttps',
];
const web = [
  'http://client.test/cb',
  'http://127.0.0.2/cb',
  'https://kim@client.test/cb',
  'https://client.test@evil.example/cb',
  'https://@evil.example/cb',
  'https://client.test/cb#part',
  'https:evil.example/cb',
  'https:/evil.example/cb',
  'https:///evil.example/cb',
  'https://client.test\\@evil.example/cb',
  'https://client.test/c\u202eb',
  'https://bücher.example/cb',
  'https://client.test/c b',
  'https://client.test/\ncb',
  '',
  'nothing',
  '//client.test/cb',
];
const unknown = ['myapp://callback', 'agent:/cb', 'x-agent://cb'];

const good: [string, object][] = [
  ['https://client.test/cb', { kind: 'web' }],
  ['https://client.test:8443/cb?tenant=1&next=/home', { kind: 'web' }],
  ['https://client.test/@kim/cb', { kind: 'web' }],
  ['https://xn--bcher-kva.example/cb', { kind: 'web' }],
  ['https://claude.ai/api/mcp/auth_callback', { kind: 'web' }],
  ['https://vscode.dev/redirect', { kind: 'web' }],
  ['https://raycast.com/redirect?packageName=Extension', { kind: 'web' }],
  ['http://127.0.0.1/', { kind: 'listener' }],
  ['http://127.0.0.1:33418/callback', { kind: 'listener' }],
  ['http://localhost:8787/callback?x=1', { kind: 'listener' }],
  ['http://[::1]:3000/cb', { kind: 'listener' }],
  ['https://app.localhost/cb', { kind: 'listener' }],
  ['cursor://anysphere.cursor-mcp/oauth/callback', { kind: 'agent', name: 'Cursor' }],
  ['cursor://anysphere.cursor-retrieval/oauth/callback', { kind: 'agent', name: 'Cursor' }],
  ['vscode://saoudrizwan.claude-dev/mcp-auth/callback', { kind: 'agent', name: 'Visual Studio Code' }],
  ['vscode-insiders://publisher.extension', { kind: 'agent', name: 'Visual Studio Code Insiders' }],
  ['windsurf://codeium.windsurf/oauth/callback', { kind: 'agent', name: 'Windsurf' }],
  ['claude://oauth/callback', { kind: 'agent', name: 'Claude' }],
  ['zed://oauth/callback', { kind: 'agent', name: 'Zed' }],
  ['warp://mcp/oauth2callback', { kind: 'agent', name: 'Warp' }],
  ['com.example.app:/callback', { kind: 'app' }],
  ['com.example.app://oauth/callback', { kind: 'app' }],
  ['com.raycast:/oauth?package_name=Extension', { kind: 'app' }],
  ['app.contextmcp://oauth/callback', { kind: 'app' }],
];

describe('A redirect URI', () => {
  test.each(good)('%s is accepted', async (uri, reading) => {
    expect(readRedirectUri(uri)).toEqual(reading);
    const { server } = await place();
    // The library wants an https address of its own computer from nobody but web clients.
    if (!uri.startsWith('https://app.localhost')) expect((await register(server, uri)).status).toBe(201);
  });

  test.each([...carriers, ...documents, ...programs, ...hiding, ...web])('%s is refused to anybody', async (uri) => {
    expect(readRedirectUri(uri).kind).toBe('refused');
    const { server, documents: published, storage } = await place();
    const response = await register(server, redirectUri, uri);
    expect([response.status, await errorOf(response)]).toEqual([400, 'invalid_redirect_uri']);
    expect(await storage.authorizationRecords.count('Client')).toBe(0);
    published.set(documentClient, () =>
      Response.json({ client_id: documentClient, redirect_uris: [redirectUri, uri] }),
    );
    const page = await openBrowser(() => server).get(authorizeUrl(authorizationRequest().query));
    expect([page.status, await page.text()]).toEqual([400, expect.stringContaining('This application is not known')]);
  });

  test.each(unknown)('%s is no known app’s: only the operator may register it', async (uri) => {
    expect(readRedirectUri(uri)).toEqual({ kind: 'unknown_app' });
    const { server } = await place();
    const response = await register(server, uri);
    expect([response.status, await errorOf(response)]).toEqual([400, 'invalid_redirect_uri']);
  });

  test('of an unknown app is left out of a metadata document, which is for other servers too', async () => {
    const { server, documents: published } = await place();
    published.set(documentClient, () =>
      Response.json({ client_id: documentClient, redirect_uris: ['myapp://callback', redirectUri] }),
    );
    const browser = openBrowser(() => server);
    const ask = (redirect_uri: string) => browser.get(authorizeUrl(authorizationRequest({ redirect_uri }).query));
    expect(locationOf(await ask(redirectUri)).pathname).toMatch(/^\/sign-in\//);
    expect(await (await ask('myapp://callback')).text()).toContain('did not register');
  });
});

describe('A client that registered before', () => {
  const former = async (uri: string, options: Parameters<typeof place>[0] = {}) => {
    const here = await place(options);
    const payload = { client_id: 'former', client_name: 'Former', redirect_uris: [uri, redirectUri] };
    await here.storage.authorizationRecords.put({ model: 'Client', id: 'former', payload: JSON.stringify(payload) });
    const browser = openBrowser(() => here.server);
    const ask = (more: Record<string, string> = {}) =>
      browser.get(authorizeUrl(authorizationRequest({ client_id: 'former', redirect_uri: uri, ...more }).query));
    return { ...here, browser, ask };
  };

  test.each([
    'microsoft-edge:https://evil.example/cb',
    'firefox://open-url?url=https://evil.example/cb',
    'res://ieframe.dll/cb',
    'https://kim@client.test/cb',
    'myapp://callback',
  ])('%s: no browser is sent there any more, and no page links there', async (uri) => {
    const { ask } = await former(uri);
    const wrongs: Record<string, string>[] = [
      {},
      { response_type: 'token' },
      { scope: 'mail:write' },
      { prompt: 'none' },
    ];
    for (const wrong of wrongs) {
      const response = await ask(wrong);
      expect([response.status, response.headers.get('location')]).toEqual([400, null]);
      const page = await response.text();
      expect(page).toContain('You would have been sent to the wrong place');
      expect(page).not.toContain('<a ');
    }
  });

  test('goes on with the others of its addresses, and with its tokens', async () => {
    const { server, ask } = await former('myapp://callback');
    expect(locationOf(await ask({ redirect_uri: redirectUri })).pathname).toMatch(/^\/sign-in\//);
    const flow = authorizationRequest({ client_id: 'former' });
    const { refresh_token } = await getTokens(server, flow);
    expect((await refresh(server, refresh_token, { client_id: 'former' })).status).toBe(200);
  });
});

describe('What the page shows', () => {
  const shown = async (uri: string, clients: NonNullable<Parameters<typeof place>[0]>['clients'] = []) => {
    const { server, documents: published } = await place({ clients });
    const client_id = clients[0]?.clientId ?? documentClient;
    published.set(documentClient, () => Response.json({ client_id: documentClient, redirect_uris: [uri] }));
    const browser = openBrowser(() => server);
    const response = await browser.get(authorizeUrl(authorizationRequest({ client_id, redirect_uri: uri }).query));
    const asked = await server.consentDetails(browser.request(locationOf(response).pathname));
    if (asked === undefined) throw new Error(await response.text());
    const text = renderPage(signInPage(asked, 'token'));
    return { redirect: asked.redirect, text: text.replace(/<[^>]+>/g, '').replace(/\s+/g, ' ') };
  };

  test('is the whole address, however long', async () => {
    const uri = `https://client.test/${'a/'.repeat(900)}cb?x=1`;
    const { text } = await shown(uri);
    expect(text).toContain(`Its whole address${uri}`);
  });

  test.each([
    ['https://client.test/cb', 'Access goes toclient.test'],
    ['http://127.0.0.1:5000/cb', 'a program on this computer (127.0.0.1:5000)'],
    [
      'cursor://anysphere.cursor-mcp/oauth/callback',
      'Cursor on this computer, or another program there that opens cursor: addresses',
    ],
    ['com.example.app:/callback', 'a program on this computer that opens com.example.app: addresses'],
  ])('of %s says who receives the answer', async (uri, words) => {
    const { text } = await shown(uri);
    expect(text).toContain(words);
    expect(text).toContain(`Its whole address${uri}`);
  });

  test('of a scheme that only the operator registered says that it is unknown', async () => {
    const { text } = await shown('myapp://callback', [
      { clientId: 'mine', name: 'Mine', redirectUris: ['myapp://callback'] },
    ]);
    expect(text).toContain('nobody that this server knows: whatever it is that opens myapp: addresses');
  });

  test.each([
    ['https://xn--bcher-kva.example/cb', { text: 'bücher.example', scripts: ['Latin'] }],
    ['https://xn--80ak6aa92e.com/cb', { text: 'аррӏе.com', scripts: ['Cyrillic'] }],
    ['https://xn--pple-43d.com/cb', { text: 'аpple.com', scripts: ['Latin', 'Cyrillic'] }],
    ['https://xn--invalid-.example/cb', undefined],
  ])('of %s is its Punycode, and what that stands for in which letters', async (uri, named) => {
    const { redirect, text } = await shown(uri);
    expect(redirect.named).toEqual(named);
    expect(text).toContain(`Access goes to${new URL(uri).host}`);
    if (named) expect(text).toContain(`That stands for ${named.text}, in ${named.scripts.join(' and ')} letters`);
  });
});
