// What one person's mail does to everybody else: how much longer another person's call waits while hostile mail is read,
// over HTTP and over stdio, and how much memory sixty readers of large mail take. Linux only (reads /proc).
// Run: node scripts/prepare.mjs && node bench/hostile-mail.ts [how many mails]
// The sandbox, the threads that read mail and the clients share the machine's cores, so a wait is not Postern's alone.
// Beside it stand the noise (the same wait while nothing is read) and the longest stretch of processor time that Postern's
// own main thread took without a pause (bench/main-thread.mjs), which no other process can lengthen.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { createBrowser } from '../test/support/browser.ts';
import { freePort } from '../test/support/free-port.ts';
import { hostileMails, largeMail, mailWithFile } from './hostile-mails.ts';

const command = fileURLToPath(new URL('../dist/postern.mjs', import.meta.url));
const most = Number(process.argv[2] ?? Number.POSITIVE_INFINITY);
const readers = 60;
const print = (line: string) => process.stdout.write(`${line}\n`);

const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'));
const started: ChildProcess[] = [];
process.on('exit', () => {
  for (const child of started) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const mails = hostileMails();
const step = Math.max(1, mails.length / most);
const chosen = mails.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
const mailFolder = join(folder, 'mail');
mkdirSync(mailFolder);
for (const [index, { source }] of chosen.entries())
  writeFileSync(join(mailFolder, `${String(index).padStart(4, '0')}.eml`), source);
writeFileSync(join(mailFolder, 'large.eml'), largeMail(20));
writeFileSync(join(mailFolder, 'with-file.eml'), mailWithFile(20));

const watcher = new URL('./main-thread.mjs', import.meta.url).href;
const stretchFiles = { http: join(folder, 'http.stretches'), stdio: join(folder, 'stdio.stretches') };
/** Milliseconds of the longest stretch of work of a main thread since this was asked last. */
const longestStretch = (transport: keyof typeof stretchFiles): number => {
  const file = stretchFiles[transport];
  const stretches = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : [];
  writeFileSync(file, '');
  return Math.max(0, ...stretches);
};

const start = (args: string[], env: NodeJS.ProcessEnv, nodeArgs: string[] = []) => {
  const child = spawn(process.execPath, [...nodeArgs, command, ...args], { env, stdio: 'pipe' });
  started.push(child);
  return child;
};
const sandbox = start(['sandbox', '--json', '--mailbox', mailFolder], { PATH: process.env.PATH });
const [line] = (await once(createInterface({ input: sandbox.stdout }), 'line')) as [string];
const { env: google } = JSON.parse(line) as { env: Record<string, string> };
sandbox.stdout.resume();
sandbox.stderr.resume();

const port = await freePort();
const origin = `http://127.0.0.1:${port}`;
const settings = (name: string) => ({
  PATH: process.env.PATH ?? '',
  ...google,
  POSTERN_DATA_DIR: join(folder, name, 'data'),
  POSTERN_CONFIG_DIR: join(folder, name, 'config'),
});
const httpEnv = { ...settings('http'), POSTERN_PUBLIC_URL: origin, POSTERN_PORT: String(port) };
const http = start(['http', '--generate-key'], { ...httpEnv, MAIN_THREAD_FILE: stretchFiles.http }, [
  '--import',
  watcher,
]);
const log = createInterface({ input: http.stderr });
while (!String((await once(log, 'line'))[0]).includes('"listening"'));
log.on('line', (entry) => /mail_(job|thread)/.test(entry) && print(`  log: ${entry}`));

const makeKey = (...options: string[]): string =>
  spawnSync(process.execPath, [command, 'api-keys', 'create', '--unverified-links', ...options], {
    env: httpEnv,
    encoding: 'utf8',
  }).stdout.trim();

/** Goes where a link leads, as a person with this address who allows everything. */
const approve = async (url: string, email: string): Promise<void> => {
  const browser = createBrowser((request) => fetch(request));
  let page = await browser.open(url);
  while (page.html.includes('<form')) {
    const button = [email, 'allow'].find((value) => new RegExp(`<button[^>]*value="${value}"`).test(page.html));
    page = await browser.submit(page, button === undefined ? {} : { button });
  }
};

const call = async (client: Client, name: string, input: Record<string, unknown>) =>
  (await client.callTool({ name, arguments: input }, { timeout: 180_000 })) as {
    isError?: boolean;
    content: { text?: string }[];
    structuredContent?: Record<string, unknown>;
  };

const connected = async (client: Client, email: string): Promise<Client> => {
  const { structuredContent } = await call(client, 'gmail_fetch_mails', { max_results: 1 });
  const need = structuredContent?.authorizationRequired as { url: string } | undefined;
  if (need !== undefined) await approve(need.url, email);
  return client;
};
const overHttp = async (identifier: string, email: string): Promise<Client> => {
  const client = new Client({ name: 'bench', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });
  const headers = { authorization: `Bearer ${makeKey('--user', identifier)}` };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${origin}/mcp`), { requestInit: { headers } }));
  return connected(client, email);
};
const stdioTransport = new StdioClientTransport({
  command: process.execPath,
  args: ['--import', watcher, command, 'stdio'],
  env: { ...settings('stdio'), MAIN_THREAD_FILE: stretchFiles.stdio },
});
const overStdio = async (): Promise<Client> => {
  const client = new Client({ name: 'bench', version: '1.0.0' });
  await client.connect(stdioTransport);
  return connected(client, 'alex@example.com');
};

const mallory = await overHttp('mallory', 'alex@example.com');
const alone = await overStdio();
const pidOf = { http: http.pid ?? 0, stdio: stdioTransport.pid ?? 0 };

/** The slowest of `probe`, again and again until `work` is done, in milliseconds. */
const slowestDuring = async (probe: () => Promise<unknown>, work: Promise<unknown>): Promise<number> => {
  let slowest = 0;
  let done = false;
  const end = () => {
    done = true;
  };
  work.then(end, end);
  while (!done) {
    const begun = performance.now();
    await probe();
    slowest = Math.max(slowest, performance.now() - begun);
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
  return slowest;
};

const ids: string[] = [];
for (let token: unknown; ; ) {
  const page = token === undefined ? {} : { page_token: token };
  const { structuredContent } = await call(mallory, 'gmail_fetch_mails', {
    max_results: 100,
    format: 'minimal',
    ...page,
  });
  ids.push(...((structuredContent?.messages as { id: string }[]) ?? []).map(({ id }) => id));
  token = structuredContent?.nextPageToken;
  if (token === undefined) break;
}
const subjectOf = async (id: string): Promise<string> => {
  const { structuredContent } = await call(alone, 'gmail_get_message_by_id', { message_id: id, format: 'metadata' });
  return String(structuredContent?.subject ?? '').slice(0, 40);
};
const serviceKey = makeKey('--service');
const people = 200;
let asked = 0;
/** Another person's call that needs nothing of the sandbox, which is busy with the mail; of so many that no limit is met. */
const askForTools = async (): Promise<void> => {
  asked += 1;
  const answer = await fetch(`${origin}/mcp`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${serviceKey}`,
      'postern-identifier': `other-${asked % people}`,
      'content-type': 'application/json',
      accept: 'application/json',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: asked, method: 'tools/list', params: {} }),
  });
  const text = await answer.text();
  if (!answer.ok || !text.includes('gmail_fetch_mails')) throw new Error(`${answer.status} ${text.slice(0, 200)}`);
};
const probes = { http: askForTools, stdio: () => alone.ping() };
const clients = { http: mallory, stdio: alone };
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

for (const transport of ['http', 'stdio'] as const) {
  await slowestDuring(probes[transport], pause(1000));
  const noise = await slowestDuring(probes[transport], pause(3000));
  longestStretch(transport);
  const waits: { ms: number; own: number; id: string; format: string }[] = [];
  for (const id of ids)
    for (const format of ['readable', 'full']) {
      const read = call(clients[transport], 'gmail_get_message_by_id', { message_id: id, format }).then((answer) => {
        const said = answer.content[0]?.text ?? '';
        if (answer.isError && !said.includes('RFC')) print(`  ${transport} ${id} ${format}: ${said.slice(0, 100)}`);
      });
      waits.push({
        ms: await slowestDuring(
          probes[transport],
          read.catch((error) => print(`  ${transport} ${id} ${format}: ${error}`)),
        ),
        own: longestStretch(transport),
        id,
        format,
      });
      // Who reads so much has to wait between: the limit of calls a minute is not what is measured.
      if (transport === 'http') await pause(100);
    }
  waits.sort((a, b) => b.ms - a.ms);
  const [worst] = waits;
  print(
    `${transport}: ${ids.length} hostile mails as readable and full: another call waits at most ${worst?.ms.toFixed(0)} ms (noise ${noise.toFixed(0)} ms), the median of the slowest ${waits[Math.floor(waits.length / 2)]?.ms.toFixed(0)} ms`,
  );
  print(`  the main thread worked at most ${Math.max(...waits.map(({ own }) => own)).toFixed(0)} ms without a pause`);
  const longest = waits.toSorted((a, b) => b.own - a.own);
  for (const { ms, own, id, format } of new Set([...waits.slice(0, 5), ...longest.slice(0, 5)]))
    print(`  ${ms.toFixed(0)} ms, of the main thread ${own.toFixed(0)} ms: ${format} of "${await subjectOf(id)}"`);
}

const memory = (pid: number, field: string): number =>
  Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
const idWith = async (subject: string): Promise<string> => {
  const { structuredContent } = await call(alone, 'gmail_fetch_mails', {
    query: `subject:"${subject}"`,
    max_results: 1,
  });
  return ((structuredContent?.messages as { id: string }[]) ?? [])[0]?.id ?? '';
};
const [largeId, fileId] = [await idWith('Large'), await idWith('A file')];
const loads: Readonly<Record<string, () => Promise<unknown>>> = {
  'readers of 20 MB of HTML': () => call(mallory, 'gmail_get_message_by_id', { message_id: largeId }),
  'readers of a large source': () =>
    call(mallory, 'gmail_get_message_by_id', { message_id: largeId, format: 'raw', max_chars: 1_000_000 }),
  'lists of 100 in full': () => call(mallory, 'gmail_fetch_mails', { max_results: 100, format: 'full' }),
  'attachments of 20 MB inline': () =>
    call(mallory, 'gmail_get_attachment_by_id', { message_id: fileId, attachment_id: '1', delivery: 'inline' }),
};
for (const [what, load] of Object.entries(loads)) {
  // The limit of calls a minute is not what is measured.
  await pause(20_000);
  const rest = memory(pidOf.http, 'VmRSS');
  writeFileSync(`/proc/${pidOf.http}/clear_refs`, '5');
  const outcomes = { answered: 0 };
  const refusals: string[] = [];
  const all = Promise.all(
    Array.from({ length: readers }, () =>
      load().then(
        (answer) => {
          const { isError, content } = answer as { isError?: boolean; content: { text?: string }[] };
          if (!isError) outcomes.answered++;
          else refusals.push(content[0]?.text?.slice(0, 120) ?? 'without a reason');
        },
        (error) => refusals.push(String(error).slice(0, 120)),
      ),
    ),
  );
  let others = 0;
  longestStretch('http');
  const slowest = await slowestDuring(async () => {
    await askForTools();
    others += 1;
  }, all);
  print(
    `${readers} ${what}: ${(memory(pidOf.http, 'VmHWM') - rest).toFixed(0)} MB over rest (${rest.toFixed(0)} MB); ${outcomes.answered} answered, ${refusals.length} refused; ${others} calls of other people, none refused, the slowest ${slowest.toFixed(0)} ms, the main thread's longest stretch ${longestStretch('http').toFixed(0)} ms`,
  );
  for (const reason of new Set(refusals)) print(`  refused: ${reason}`);
}
process.exit();
