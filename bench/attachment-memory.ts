// What one attachment of 25 MB costs the built command: memory at its highest above what it had before, and how long a
// ping has to wait meanwhile. Linux only (reads /proc).
// Run: node scripts/prepare.mjs && node bench/attachment-memory.ts
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { createBrowser } from '../test/support/browser.ts';

const command = process.env.POSTERN_COMMAND ?? fileURLToPath(new URL('../dist/postern.mjs', import.meta.url));
const megabyte = 1024 * 1024;
const sizeMb = 25;

/** A message whose only attachment is a file of random bytes. */
const largeMail = (): string => {
  const lines = randomBytes(sizeMb * megabyte)
    .toString('base64')
    .replace(/.{76}/g, '$&\r\n');
  return [
    'From: Robin Quill <robin@example.org>',
    'To: alex@example.com',
    'Subject: Large',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=edge',
    '',
    '--edge',
    'Content-Type: text/plain',
    '',
    'See the file.',
    '--edge',
    'Content-Type: application/zip; name=large.zip',
    'Content-Disposition: attachment; filename=large.zip',
    'Content-Transfer-Encoding: base64',
    '',
    lines,
    '--edge--',
    '',
  ].join('\r\n');
};

const connected = async (transport: StdioClientTransport): Promise<Client> => {
  const client = new Client({ name: 'bench', version: '1.0.0' });
  await client.connect(transport);
  const answer = await client.callTool({ name: 'gmail_fetch_mails', arguments: {} });
  const { url } = (answer.structuredContent as { authorizationRequired: { url: string } }).authorizationRequired;
  const browser = createBrowser((request) => fetch(request));
  const chooser = await browser.submit(await browser.open(url));
  const consent = chooser.html.includes('id="chooser"') ? await browser.submit(chooser) : chooser;
  await browser.submit(consent, { button: 'allow' });
  return client;
};

const statusOf = (pid: number, field: string): number =>
  Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'));
const mailFile = join(folder, 'large.eml');
writeFileSync(mailFile, largeMail());
const sandbox = spawn(process.execPath, [command, 'sandbox', '--json', '--mailbox', mailFile], {
  stdio: ['pipe', 'pipe', 'ignore'],
});
const [line] = (await once(createInterface({ input: sandbox.stdout }), 'line')) as [string];
const { env } = JSON.parse(line) as { env: Record<string, string> };
const own = {
  PATH: process.env.PATH ?? '',
  POSTERN_DATA_DIR: join(folder, 'data'),
  POSTERN_CONFIG_DIR: join(folder, 'config'),
};
const transport = new StdioClientTransport({
  command: process.execPath,
  args: [command, 'stdio'],
  env: { ...own, ...env },
});
const client = await connected(transport);
const pid = transport.pid ?? 0;
const call = (name: string, input: Record<string, unknown>) => client.callTool({ name, arguments: input });
const list = await call('gmail_fetch_mails', {});
const [{ id: message_id = '' } = {}] = (list.structuredContent as { messages: { id: string }[] }).messages;

for (const time of ['first', 'second', 'third']) {
  for (let warm = 0; warm < 20; warm++) await call('gmail_get_message_by_id', { message_id, format: 'minimal' });
  const before = statusOf(pid, 'VmRSS');
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  let slowest = 0;
  let done = false;
  const large = call('gmail_get_attachment_by_id', { message_id, attachment_id: '1', delivery: 'link' }).finally(() => {
    done = true;
  });
  // A ping needs nothing of the sandbox, which is busy with the file itself.
  while (!done) {
    const start = performance.now();
    await client.ping();
    slowest = Math.max(slowest, performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await large;
  const more = statusOf(pid, 'VmHWM') - before;
  process.stdout.write(
    `${sizeMb} MB saved as a file, ${time} time: ${more.toFixed(0)} MB more at the highest = ${(more / sizeMb).toFixed(1)} × its size; slowest ping meanwhile ${slowest.toFixed(0)} ms\n`,
  );
}
await client.close();
sandbox.kill();
rmSync(folder, { recursive: true, force: true });
