// What a credential costs: the same small read over HTTP with a user key and with an access token of the embedded
// authorization server, call by call in turn. Run: npm run bench   (compare the ratio, machines differ)
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { type BrowserPage, createBrowser } from '../test/support/browser.ts';
import { freePort } from '../test/support/free-port.ts';

const command = fileURLToPath(new URL('../dist/postern.mjs', import.meta.url));
const callback = 'https://app.example.com/callback';
const email = 'alex@example.com';
/** Together less than the 300 calls a minute that one person may make. */
const [warmUps, measured] = [40, 200];

const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'));
const started: ChildProcess[] = [];
// However this ends, nobody is left behind.
process.on('exit', () => {
  for (const child of started) child.kill();
  rmSync(folder, { recursive: true, force: true });
});
const start = (args: string[], env: NodeJS.ProcessEnv, stream: 'stdout' | 'stderr') => {
  const child = spawn(process.execPath, [command, ...args], { env, stdio: 'pipe' });
  started.push(child);
  return createInterface({ input: child[stream] });
};

const [line] = (await once(start(['sandbox', '--json'], process.env, 'stdout'), 'line')) as [string];
const port = await freePort();
const origin = `http://127.0.0.1:${port}`;
const env = {
  PATH: process.env.PATH,
  ...(JSON.parse(line) as { env: Record<string, string> }).env,
  POSTERN_PUBLIC_URL: origin,
  POSTERN_PORT: String(port),
  POSTERN_DATA_DIR: join(folder, 'data'),
  POSTERN_CONFIG_DIR: join(folder, 'config'),
  POSTERN_SIGN_IN: 'google',
  POSTERN_ALLOWED_EMAILS: email,
};
const log = start(['http', '--generate-key'], env, 'stderr');
while (!String((await once(log, 'line'))[0]).includes('"listening"'));
const key = spawnSync(process.execPath, [command, 'api-keys', 'create', '--user', 'user_42', '--unverified-links'], {
  env,
  encoding: 'utf8',
}).stdout.trim();

/** The person: goes on where our page asks, chooses the account and allows at Google. Answers with the client's redirect. */
const walk = async (url: string): Promise<BrowserPage> => {
  const browser = createBrowser(async (request) =>
    request.url.startsWith(callback) ? new Response('the app') : fetch(request),
  );
  let page = await browser.open(url);
  while (page.html.includes('<form') && !page.url.startsWith(callback)) {
    // Whichever the page has: Google's account, Google's consent, our own decision, our only button.
    const button = [email, 'allow', 'continue'].find((value) =>
      new RegExp(`<button[^>]*value="${value}"`).test(page.html),
    );
    page = await browser.submit(page, button === undefined ? {} : { button });
  }
  return page;
};

const accessToken = async (): Promise<string> => {
  const post = async (path: string, body: string, type: string) =>
    (await fetch(origin + path, { method: 'POST', headers: { 'content-type': type }, body })).json();
  const metadata = JSON.stringify({ client_name: 'bench', redirect_uris: [callback] });
  const { client_id } = (await post('/register', metadata, 'application/json')) as { client_id: string };
  const code_verifier = randomBytes(32).toString('base64url');
  const code_challenge = createHash('sha256').update(code_verifier).digest('base64url');
  const request = { client_id, redirect_uri: callback, code_challenge, code_challenge_method: 'S256' };
  const query = new URLSearchParams({ response_type: 'code', ...request });
  const code = new URL((await walk(`${origin}/authorize?${query}`)).url).searchParams.get('code') ?? '';
  const form = { grant_type: 'authorization_code', client_id, redirect_uri: callback, code, code_verifier };
  const body = new URLSearchParams(form).toString();
  return ((await post('/token', body, 'application/x-www-form-urlencoded')) as { access_token: string }).access_token;
};

const connect = async (credential: string): Promise<Client> => {
  const client = new Client({ name: 'bench', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  const headers = { authorization: `Bearer ${credential}` };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${origin}/mcp`), { requestInit: { headers } }));
  return client;
};

const withKey = await connect(key);
const unauthorized = await withKey.callTool({ name: 'gmail_fetch_mails', arguments: {} });
await walk((unauthorized.structuredContent as { authorizationRequired: { url: string } }).authorizationRequired.url);
const clients = { 'user key': withKey, 'access token': await connect(await accessToken()) };

const [{ id: message_id = '' } = {}] = (
  (await withKey.callTool({ name: 'gmail_fetch_mails', arguments: { max_results: 1 } })).structuredContent as {
    messages: { id: string }[];
  }
).messages;
const taken: Record<string, number[]> = { 'user key': [], 'access token': [] };
for (let count = -warmUps; count < measured; count++) {
  for (const [name, client] of Object.entries(clients)) {
    const begin = performance.now();
    await client.callTool({ name: 'gmail_get_message_by_id', arguments: { message_id, format: 'minimal' } });
    if (count >= 0) taken[name]?.push(performance.now() - begin);
  }
}
const median = (numbers: number[] = []) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
const [byKey, byToken] = [median(taken['user key']), median(taken['access token'])];
process.stdout.write(
  `small read over HTTP, upstream at once: p50 ${byKey.toFixed(2)} ms with a user key, ${byToken.toFixed(2)} ms with an access token (${(byToken / byKey).toFixed(2)} ×)\n`,
);

process.exit();
