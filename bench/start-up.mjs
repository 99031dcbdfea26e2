// Start-up: how long until `initialize` is answered over stdio, and how much memory after `tools/list`, for the built
// Postern and for an empty server of the same SDK (as modules, not bundled). Interleaved runs; medians.
// Run: npm run build && node bench/start-up.mjs [runs]
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const runs = Number(process.argv[2] ?? 15);
const root = fileURLToPath(new URL('..', import.meta.url));
// inside the clone, so that the empty server finds the SDK
const folder = await mkdtemp(join(root, 'dist', 'bench-'));

const emptyServer = join(folder, 'empty-server.mjs');
await writeFile(
  emptyServer,
  `import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
serveStdio(() => new McpServer({ name: 'empty', version: '0' }, { capabilities: { tools: {} } }));
`,
);

const settings = {
  GOOGLE_CLIENT_ID: 'bench',
  GOOGLE_CLIENT_SECRET: 'bench',
  POSTERN_DATA_DIR: join(folder, 'data'),
  POSTERN_CONFIG_DIR: join(folder, 'config'),
};

const request = (id, method, params) => `${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`;
const initialize = request(1, 'initialize', {
  protocolVersion: '2025-06-18',
  capabilities: {},
  clientInfo: { name: 'bench', version: '0' },
});
const initialized = `${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n`;

/** Resident memory in MB; read from /proc, so Linux only. */
const residentMb = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

const measure = (args) =>
  new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(process.execPath, args, {
      env: { ...process.env, ...settings },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const result = { initializeMs: 0, rssMb: 0 };
    let buffer = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      buffer += chunk;
      if (result.initializeMs === 0 && /"id":1\b/.test(buffer)) {
        result.initializeMs = performance.now() - started;
        child.stdin.write(initialized + request(2, 'tools/list', {}));
      }
      if (result.rssMb === 0 && /"id":2\b/.test(buffer)) {
        result.rssMb = residentMb(child.pid);
        child.stdin.end();
      }
    });
    child.on('error', reject);
    child.on('exit', (code) =>
      result.rssMb > 0 ? resolve(result) : reject(new Error(`${args[0]} ended with ${code}`)),
    );
    child.stdin.write(initialize);
  });

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const candidates = { postern: [join(root, 'dist', 'postern.mjs'), 'stdio'], 'empty server': [emptyServer] };
const results = Object.fromEntries(Object.keys(candidates).map((name) => [name, []]));
try {
  for (const args of Object.values(candidates)) await measure(args); // warms the disk and the compile cache
  for (let run = 0; run < runs; run++) {
    for (const [name, args] of Object.entries(candidates)) results[name].push(await measure(args));
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

const line = (name) => {
  const initializeMs = median(results[name].map((result) => result.initializeMs));
  const rssMb = median(results[name].map((result) => result.rssMb));
  process.stdout.write(
    `${name.padEnd(14)} initialize ${initializeMs.toFixed(0).padStart(4)} ms   RSS ${rssMb.toFixed(1).padStart(5)} MB\n`,
  );
  return { initializeMs, rssMb };
};
const postern = line('postern');
const empty = line('empty server');
process.stdout.write(
  `ratio          initialize ${(postern.initializeMs / empty.initializeMs).toFixed(2)}      RSS ${(postern.rssMb / empty.rssMb).toFixed(2)}   (budget 1.3; 75 MB)   Node ${process.versions.node}, ${runs} runs\n`,
);
