// Five requests and the way they take through the code: which files and functions each enters, in the order in which the
// files import one another, and how many database statements it runs. Run: npm exec -- node scripts/walks.ts [part of a name]
// `--count` prints the numbers alone. Counted are files of src and packages/mail-text of which a function is called;
// what only loads is not part of a walk.
import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Message, readableMessage } from '@postern/mail-text/message';
import BetterSqlite3 from 'better-sqlite3';
import { createBrowser } from '../test/support/browser.ts';
import { handClock } from '../test/support/hand-clock.ts';
import { alex, createWorld, newSandbox, posternOrigin, type World } from '../test/support/world.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const countOnly = process.argv.includes('--count');
const wanted = process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? '';
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });

/** Statements that were run; `prepare` gives what runs them. */
let statements = 0;
const statementPrototype = Object.getPrototypeOf(new BetterSqlite3(':memory:').prepare('select 1'));
for (const name of ['run', 'get', 'all', 'iterate']) {
  const original = statementPrototype[name];
  statementPrototype[name] = function (this: unknown, ...values: unknown[]) {
    statements += 1;
    return original.apply(this, values);
  };
}

interface Walk {
  readonly name: string;
  /** Where it begins, from the root of the repository. */
  readonly entry: string;
  /** Names of the functions that were called, by file. */
  readonly files: ReadonlyMap<string, readonly string[]>;
  readonly statements: number;
}

const isOurs = (file: string): boolean => /^(src|packages\/mail-text\/src)\//.test(file);

/** Functions called since the last time this was asked. */
const called = async (): Promise<Map<string, string[]>> => {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const files = new Map<string, string[]>();
  for (const { url, functions } of result) {
    if (!url.startsWith('file:')) continue;
    const file = relative(root, fileURLToPath(url));
    // The first function of a script is the script itself.
    const names = functions.slice(1).filter(({ ranges }) => (ranges[0]?.count ?? 0) > 0);
    if (isOurs(file) && names.length > 0)
      files.set(
        file,
        [...new Set(names.map(({ functionName }) => functionName))].filter((name) => name !== ''),
      );
  }
  return files;
};

const walks = new Map<string, Walk>();
/** Does something and keeps the way that it took: under the same name, the last one. */
const record = async <T>(name: string, entry: string, action: () => Promise<T>): Promise<T> => {
  await called();
  statements = 0;
  const result = await action();
  // What is written down after the answer belongs to the walk.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const count = statements;
  walks.set(name, { name, entry, files: await called(), statements: count });
  return result;
};

/** Records the requests of a path from here on, until the answer is called. */
const recordPath = (world: World, path: string, name: string): (() => void) => {
  const { request } = world.app;
  world.app.request = ((input: Request, ...rest: []) =>
    new URL(input.url).pathname === path
      ? record(name, 'src/http/app.ts', async () => request.call(world.app, input, ...rest))
      : request.call(world.app, input, ...rest)) as typeof request;
  return () => {
    world.app.request = request;
  };
};

const callTool = (world: World, key: string, name: string, input: Record<string, unknown>): Promise<Response> =>
  world.http('/mcp', {
    key,
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: input } }),
  });

const mustBe = async (response: Response, text: string): Promise<string> => {
  const body = await response.text();
  if (!body.includes(text)) throw new Error(`The answer has no ${text}: ${body.slice(0, 500)}`);
  return body;
};

const clock = handClock(Date.now());
const sandbox = newSandbox(clock);
const world = await createWorld({
  clock,
  sandbox,
  env: { POSTERN_SIGN_IN: 'google', POSTERN_ALLOWED_EMAILS: alex },
});

const key = await world.userKey('reader', { unverifiedLinks: true });
const unconnected = await callTool(world, key, 'gmail_fetch_mails', {});
await mustBe(unconnected, 'authorizationRequired');
const answer = await record('a call of somebody who is not connected', 'src/http/app.ts', () =>
  callTool(world, key, 'gmail_fetch_mails', {}),
);
const [link = ''] = /https:\/\/postern\.test\/connect\/[\w-]+/.exec(await answer.text()) ?? [];

const endLink = recordPath(world, '/oauth/callback', 'the callback of a link');
await world.approve(link);
endLink();

const list = await mustBe(await callTool(world, key, 'gmail_fetch_mails', { max_results: 100 }), 'The Weekly Errand');
await record('tools/call over HTTP', 'src/http/app.ts', async () =>
  mustBe(await callTool(world, key, 'gmail_fetch_mails', { max_results: 3 }), '"messages"'),
);
const { result } = JSON.parse(list.replace(/^[\s\S]*?data: /, '').trim()) as {
  result: { structuredContent: { messages: { id: string; subject: string }[] } };
};
const newsletter = result.structuredContent.messages.find(({ subject }) => subject.startsWith('The Weekly Errand'))?.id;
const read = () => callTool(world, key, 'gmail_get_message_by_id', { message_id: newsletter });
await mustBe(await read(), 'Drills');
// Mail that is not small is read in a thread, of which this one sees nothing: the same job is done here as well.
const token = await world.postern.accounts.freshToken({ realm: 'default', identifier: 'reader' }, ['mail'])();
if (!token.ok) throw new Error(token.problem.kind);
const fetched = await sandbox.fetch(
  new Request(`${sandbox.origin}/gmail/v1/users/me/messages/${newsletter}?format=full`, {
    headers: { authorization: `Bearer ${token.value.token}` },
  }),
);
const message = (await fetched.json()) as Message;
await record('reading one newsletter', 'src/http/app.ts', async () => {
  await read();
  return readableMessage(message, { maxChars: 20_000, offset: 0 });
});

const browser = createBrowser(async (request) =>
  new URL(request.url).origin === posternOrigin
    ? world.app.request(request)
    : new URL(request.url).origin === sandbox.origin
      ? sandbox.fetch(request)
      : new Response('<h1>The app</h1>', { headers: { 'content-type': 'text/html' } }),
);
const registered = await world.http('/register', {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({
    client_name: 'Example App',
    redirect_uris: ['https://app.example/callback'],
    token_endpoint_auth_method: 'none',
  }),
});
const { client_id: clientId } = (await registered.json()) as { client_id: string };
const authorize = new URL('/authorize', posternOrigin);
authorize.search = new URLSearchParams({
  response_type: 'code',
  client_id: clientId,
  redirect_uri: 'https://app.example/callback',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
  resource: `${posternOrigin}/mcp`,
}).toString();
const endSignIn = recordPath(world, '/oauth/callback', "the callback of a client's sign-in");
let page = await browser.open(authorize.href);
while (page.html.includes('<form')) {
  const button = ['agree', alex, 'allow'].find((value) => new RegExp(`<button[^>]*value="${value}"`).test(page.html));
  page = await browser.submit(page, button === undefined ? {} : { button });
}
endSignIn();
await world.close();

/** The files of a walk, each after the first that imports it. */
const inOrder = ({ entry, files }: Walk): string[] => {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file) || !isOurs(file)) return;
    seen.add(file);
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, specifier = ''] of text.matchAll(/from '([^']+)'|import\('([^']+)'\)/g)) {
      if (specifier.startsWith('.')) visit(relative(root, join(root, dirname(file), specifier)));
      else if (specifier.startsWith('@postern/'))
        visit(relative(root, fileURLToPath(import.meta.resolve(specifier, pathToFileURL(join(root, file)).href))));
    }
  };
  visit(entry);
  return [...[...seen].filter((file) => files.has(file)), ...[...files.keys()].filter((file) => !seen.has(file))];
};

for (const walk of [...walks.values()].filter(({ name }) => name.includes(wanted))) {
  print(`${walk.name}: ${walk.files.size} files, ${walk.statements} database statements`);
  if (countOnly) continue;
  for (const file of inOrder(walk)) print(`  ${file}: ${walk.files.get(file)?.join(', ')}`);
}
session.disconnect();
