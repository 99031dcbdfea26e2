// Plays three processes of Postern on one PostgreSQL behind a proxy that sends every request to another one: people connect,
// call, disconnect, their tokens expire, keys are made and revoked, the sealing key is rotated, processes are killed and the
// database is restarted, all at random. Prints what it saw, and ends with exit code 1 where a promise was broken:
// nobody sees anything of anybody else, nothing that was acknowledged is lost, an expired token is renewed once.
// Run: npm exec -- node scripts/many-machines.ts [seconds = 60] [people = 200]
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createBrowser } from '../test/support/browser.ts';
import { freePort } from '../test/support/free-port.ts';
import { listenGoogle, type Renewal } from '../test/support/google-lifetimes.ts';
import { startPostgres } from '../test/support/postgres-server.ts';
import { startRoundRobin } from '../test/support/round-robin.ts';

const [seconds = 60, people = 200] = process.argv.slice(2).map(Number);
const processes = 3;
const workers = 24;
/** An access token is as good as new for this long. Milliseconds. */
const freshMs = 3_000;
/** Postern renews a token five minutes before its end. */
const expiresInSeconds = 300 + freshMs / 1000;

const command = fileURLToPath(new URL('../dist/postern.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'postern-machines-'));
const keyFile = join(folder, 'keys');
const newKey = () => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64');
writeFileSync(keyFile, `${newKey()}\n`, { mode: 0o600 });

const pick = (count: number): number => Math.floor(Math.random() * count);
const emailOf = (person: number) => `person${person}@example.com`;
const secretOf = (person: number) => `canary-${person}-only`;

/** What went wrong, by what it is. */
const broken: string[] = [];
const counts = new Map<string, number>();
const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);

// Google: its access tokens live shorter than the real ones, and it notes who renews one.
const renewals: Renewal[] = [];
const { sandbox: google, close: closeGoogle } = await listenGoogle({
  lifetime: () => expiresInSeconds,
  renewed: (renewal) => void renewals.push(renewal),
});
for (let person = 0; person < people; person++) {
  const { mailbox } = google.addAccount({ email: emailOf(person) });
  mailbox.importMessage(
    Buffer.from(
      `From: a@example.org\r\nTo: ${emailOf(person)}\r\nSubject: ${secretOf(person)}\r\nMessage-ID: <${person}@example.org>\r\n\r\n${secretOf(person)}\r\n`,
    ),
    { labelIds: ['INBOX', 'UNREAD'] },
  );
}
const database = await startPostgres();
const proxyPort = await freePort();
const origin = `http://127.0.0.1:${proxyPort}`;
const ports = await Promise.all(Array.from({ length: processes }, () => freePort()));
const settings = {
  PATH: process.env.PATH,
  ...google.env(),
  POSTERN_PUBLIC_URL: origin,
  POSTERN_TRUSTED_PROXIES: '127.0.0.1',
  POSTERN_DATA_DIR: join(folder, 'data'),
  POSTERN_CONFIG_DIR: join(folder, 'config'),
  POSTERN_ENCRYPTION_KEY_FILE: keyFile,
  POSTERN_DATABASE_URL: `${database.url}?sslmode=disable`,
};

/** When processes or the database were not there: what was under way then may have come twice. */
const faults: number[] = [];

const start = async (number: number): Promise<Machine> => {
  const child = spawn(process.execPath, [command, 'http'], {
    env: { ...settings, POSTERN_PORT: String(ports[number]) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const lines = createInterface({ input: child.stderr });
  let last = '';
  let isReady = (): void => {};
  const ready = new Promise<void>((resolve) => {
    isReady = resolve;
  });
  lines.on('line', (line) => {
    last = line;
    if (line.includes('"event":"listening"')) isReady();
    if (/"event":"(defect|row_refused)"/.test(line)) broken.push(`the log of process ${number} says: ${line}`);
  });
  const ended = once(child, 'exit').then(() => {
    isReady();
    return last;
  });
  await ready;
  const end = (signal: NodeJS.Signals) => async () => {
    child.kill(signal);
    await ended;
  };
  return { kill: end('SIGKILL'), stop: end('SIGTERM') };
};

interface Machine {
  kill(): Promise<unknown>;
  stop(): Promise<unknown>;
}

const addressOfSomebody = () => ({ 'x-forwarded-for': `10.1.${pick(200)}.${pick(250)}` });
const proxy = await startRoundRobin({ port: proxyPort, to: ports, headers: addressOfSomebody });

const machines = [await start(0), await start(1), await start(2)];
const postern = (...args: string[]) =>
  spawnSync(process.execPath, [command, ...args], { env: settings, encoding: 'utf8' });
const serviceKey = postern('api-keys', 'create', '--service', '--unverified-links').stdout.trim();

interface Answer {
  readonly status: number;
  readonly text: string;
}

const api = async (method: string, path: string, body?: object, key = serviceKey): Promise<Answer> => {
  try {
    const response = await fetch(`${origin}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    const timedOut = error instanceof Error && error.name === 'TimeoutError';
    if (timedOut) broken.push(`${method} ${path} was not answered within 30 s`);
    return { status: 0, text: '' };
  }
};

/** How an account must stand; unknown after an answer that did not come. */
type Standing = 'connected' | 'disconnected' | 'unknown';
const standings: Standing[] = Array.from({ length: people }, () => 'disconnected');
const busy = new Set<number>();

const hidesOthers = (person: number, { text }: Answer, what: string): void => {
  for (const [, other] of text.matchAll(/canary-(\d+)-only/g))
    if (Number(other) !== person) broken.push(`${what} of person ${person} shows the mail of person ${other}`);
};

const connect = async (person: number): Promise<void> => {
  standings[person] = 'unknown';
  await api('POST', '/accounts', { identifier: `user_${person}` });
  const link = await api('POST', `/accounts/user_${person}/link`, {});
  if (link.status >= 300 || link.status === 0) return count(`link: ${link.status}`);
  const { url } = JSON.parse(link.text) as { url: string };
  const browser = createBrowser((request) => fetch(request, { redirect: 'manual' }));
  try {
    let page = await browser.submit(await browser.open(url));
    for (let steps = 0; /id="(chooser|consent)"/.test(page.html) && steps < 6; steps++)
      page = await browser.submit(page, { button: page.html.includes('id="chooser"') ? emailOf(person) : 'allow' });
    count(`connect: ${page.heading}`);
    if (page.heading === 'Gmail is connected') standings[person] = 'connected';
  } catch {
    count('connect: broken off');
  }
};

const disconnect = async (person: number): Promise<void> => {
  standings[person] = 'unknown';
  const { status } = await api('POST', `/accounts/user_${person}/disconnect`, {});
  count(`disconnect: ${status}`);
  if (status === 200) standings[person] = 'disconnected';
};

const call = async (person: number, key?: string): Promise<void> => {
  const answer = await api('POST', `/accounts/user_${person}/tools/gmail_fetch_mails`, {}, key);
  hidesOthers(person, answer, 'a call');
  const shows = answer.text.includes(secretOf(person));
  const problem = /"error":"([a-z_]+)"/.exec(answer.text)?.[1] ?? '';
  count(`call: ${answer.status} ${shows ? 'mail' : problem || answer.text.slice(0, 60)}`);
  if (
    standings[person] === 'connected' &&
    (answer.text.includes('authorizationRequired') || problem === 'account_not_found')
  )
    broken.push(`person ${person} was connected, and a call says: ${answer.text.slice(0, 300)}`);
  if (standings[person] === 'disconnected' && shows)
    broken.push(`person ${person} was disconnected, and a call shows their mail`);
};

const check = async (person: number): Promise<void> => {
  const answer = await api('GET', `/accounts/user_${person}`);
  if (answer.status !== 200) return count(`account: ${answer.status}`);
  const { status } = JSON.parse(answer.text) as { status: string };
  const standing = standings[person];
  if (standing === 'connected' && status !== 'ACTIVE') broken.push(`person ${person} was connected, and is ${status}`);
  if (standing === 'disconnected' && status === 'ACTIVE')
    broken.push(`person ${person} was disconnected, and is ACTIVE`);
};

const session = async (person: number): Promise<void> => {
  const made = await api('POST', `/accounts/user_${person}/sessions`, {});
  if (made.status !== 201 && made.status !== 200) return count(`session: ${made.status}`);
  const { token } = JSON.parse(made.text) as { token: string };
  await call(person, token);
  const other = (person + 1) % people;
  const forbidden = await api('GET', `/accounts/user_${other}`, undefined, token);
  if (forbidden.status === 200) broken.push(`a session of person ${person} reads the account of person ${other}`);
};

const work = async (until: number): Promise<void> => {
  while (Date.now() < until) {
    const person = pick(people);
    // One at a time of each person, so that what must be true is known; calls come in several at once.
    if (busy.has(person)) {
      await pause(5);
      continue;
    }
    busy.add(person);
    try {
      const chance = pick(100);
      if (standings[person] === 'unknown' || (standings[person] === 'disconnected' && chance < 60))
        await connect(person);
      else if (chance < 4) await disconnect(person);
      else if (chance < 14) await check(person);
      else if (chance < 20) await session(person);
      else await Promise.all([call(person), call(person), call(person)]);
    } finally {
      busy.delete(person);
    }
  }
};

const killing = async (until: number): Promise<void> => {
  while (Date.now() < until) {
    await pause(2_000 + pick(4_000));
    const number = pick(processes);
    faults.push(Date.now());
    await machines[number]?.kill();
    count('killed');
    await pause(pick(1_500));
    machines[number] = await start(number);
    faults.push(Date.now());
  }
};

const restarting = async (until: number): Promise<void> => {
  while (Date.now() < until) {
    await pause(9_000 + pick(6_000));
    faults.push(Date.now());
    await database.restart();
    faults.push(Date.now());
    count('database restarted');
  }
};

const rotating = async (until: number): Promise<void> => {
  while (Date.now() < until) {
    await pause(7_000);
    const former = readFileSync(keyFile, 'utf8').trim().split('\n')[0];
    writeFileSync(keyFile, `${newKey()}\n${former}\n`);
    // A run that the database's restart interrupted is run again, as it says.
    for (let tries = 0; tries < 6; tries++) {
      const child = spawn(process.execPath, [command, 'encryption', 'rotate'], {
        env: settings,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      const said: Buffer[] = [];
      child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
      const [code] = await once(child, 'close');
      count(
        `rotate: ${code} ${
          code === 0
            ? ''
            : Buffer.concat(said)
                .toString()
                .split('\n')
                .find((line) => !line.startsWith('Waiting'))
                ?.slice(0, 90)
        }`,
      );
      if (code === 0) break;
      await pause(2_000);
    }
  }
};

/** Keys are made, used and revoked; a revoked one is refused by every process at once. */
const keys = async (until: number): Promise<void> => {
  while (Date.now() < until) {
    const run = async (...args: string[]) => {
      const child = spawn(process.execPath, [command, 'api-keys', ...args], {
        env: settings,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const chunks: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
      const [code] = await once(child, 'close');
      return { code: code as number, text: Buffer.concat(chunks).toString().trim() };
    };
    const made = await run('create', '--service', '--json');
    if (made.code === 0) {
      const { id, key } = JSON.parse(made.text) as { id: string; key: string };
      count(`new key: ${(await api('GET', '/tools', undefined, key)).status}`);
      if ((await run('revoke', id)).code === 0)
        for (let times = 0; times < 2 * processes; times++)
          if ((await api('GET', '/tools', undefined, key)).status === 200) broken.push('a revoked key is accepted');
    }
    await pause(3_000);
  }
};

const until = Date.now() + seconds * 1000;
await Promise.all([
  ...Array.from({ length: workers }, () => work(until)),
  killing(until),
  restarting(until),
  rotating(until),
  keys(until),
]);

// In the end everybody who was acknowledged stands so, and can read their own mail.
for (let person = 0; person < people; person++) {
  await check(person);
  if (standings[person] === 'connected') await call(person);
}

/** Renewals of one token that came while the one before was new, with no fault in between that could have lost it. */
const early = [...Map.groupBy(renewals, ({ refreshToken }) => refreshToken).values()].flatMap((of) =>
  of.slice(1).filter(({ at }, index) => {
    const before = of[index]?.at ?? 0;
    const faulty = faults.some((fault) => fault > before - 15_000 && fault < at + 1_000);
    return at - before < freshMs - 500 && !faulty;
  }),
);
const inFaults = [...Map.groupBy(renewals, ({ refreshToken }) => refreshToken).values()].flatMap((of) =>
  of.slice(1).filter(({ at }, index) => at - (of[index]?.at ?? 0) < freshMs - 500),
);
if (early.length > 0) broken.push(`${early.length} tokens were renewed that were new`);

await Promise.all(machines.map((machine) => machine.stop()));
await proxy.close();
await closeGoogle();
await database.stop();
rmSync(folder, { recursive: true, force: true });
const lines = [
  ...[...counts].sort().map(([what, times]) => `${String(times).padStart(7)}  ${what}`),
  `${String(renewals.length).padStart(7)}  tokens renewed, ${inFaults.length} of them while new, beside a fault`,
  broken.length === 0 ? 'Nothing was broken.' : `BROKEN:\n${[...new Set(broken)].join('\n')}`,
];
process.stdout.write(`${lines.join('\n')}\n`);
process.exitCode = broken.length === 0 ? 0 : 1;
