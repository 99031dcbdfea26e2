// The README's examples run as they are printed, from the sources and from the package that others install.
import { execFile, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSandbox } from '../src/sandbox.ts';

const folder = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(join(folder, 'README.md'), 'utf8');
const blocksOf = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, code = '']) => code);

/** Runs a program as if it stood in this folder. */
const runIn = (cwd: string, code: string) =>
  promisify(execFile)(process.execPath, ['--input-type=module-typescript', '--eval', code], { cwd });

describe('The README', () => {
  it.each(blocksOf('ts').map((code) => [code.split('\n').findLast((line) => line.startsWith('import')), code]))(
    'shows an example that runs (%s)',
    async (_, code) => {
      await runIn(folder, code);
    },
  );

  it('names every verb, and its curl example is one', async () => {
    const sandbox = createSandbox();
    sandbox.addAccount({ email: 'alex@example.com' });
    const overview = await (await sandbox.fetch(new Request(`${sandbox.origin}/_sandbox`))).json();
    for (const verb of Object.keys((overview as { verbs: object }).verbs)) expect(readme).toContain(`\`${verb}\``);
    const [, verb, body] = /\/_sandbox\/(\w+)" .* -d '(.*)'/.exec(readme) ?? [];
    const headers = { 'content-type': 'application/json' };
    const played = new Request(`${sandbox.origin}/_sandbox/${verb}`, { method: 'POST', headers, body: body ?? '' });
    expect((await sandbox.fetch(played)).status).toBe(200);
  });
});

describe('The package that others install', () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'gmail-sandbox-'));
  const installed = join(elsewhere, 'node_modules/@postern/gmail-sandbox');
  beforeAll(async () => {
    await promisify(execFile)(process.execPath, [join(folder, 'build.mjs')]);
    mkdirSync(installed, { recursive: true });
    cpSync(join(folder, 'dist'), installed, { recursive: true });
  });
  afterAll(() => rmSync(elsewhere, { recursive: true, force: true }));

  it('runs the examples without any dependency', async () => {
    for (const code of blocksOf('ts')) await runIn(elsewhere, code);
  });

  it('has the command and the types of every entry point', () => {
    const { bin, exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    const { status, stdout } = spawnSync(process.execPath, [join(installed, bin['gmail-sandbox']), '--help']);
    expect([status, String(stdout)]).toEqual([0, expect.stringContaining('--mailbox <path>')]);
    for (const { types } of Object.values<{ types: string }>(exports))
      expect(readFileSync(join(installed, types), 'utf8')).toContain('export');
  });
});
