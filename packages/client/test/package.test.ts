// The package that others install: how large it is, what it needs, and that its README's examples run against a real Postern.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiKey } from '../../../src/identity/credentials.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { type ListeningWorld, listenWorld } from '../../../test/support/listening-world.ts';

const folder = fileURLToPath(new URL('..', import.meta.url));
const root = fileURLToPath(new URL('../../..', import.meta.url));
const readme = readFileSync(join(folder, 'README.md'), 'utf8');
const blocksOf = (text: string): string[] =>
  [...text.matchAll(/```ts\n([\s\S]*?)```/g)]
    .map(([, code = '']) => code)
    .filter((code) => code.includes('@postern/client'));
const run = promisify(execFile);

describe('The main entry point', () => {
  it('is at most 10 kB minified, with all that it always loads', async () => {
    const { metafile } = await build({
      ...{ absWorkingDir: folder, entryPoints: ['src/index.ts'], outdir: 'unwritten', write: false, metafile: true },
      ...{ bundle: true, minify: true, splitting: true, format: 'esm', platform: 'neutral', target: 'es2022' },
    });
    const { outputs } = metafile;
    const loaded = new Set<string>();
    const load = (file: string): void => {
      if (loaded.has(file)) return;
      loaded.add(file);
      for (const { kind, path } of outputs[file]?.imports ?? []) if (kind === 'import-statement') load(path);
    };
    load(Object.keys(outputs).find((file) => outputs[file]?.entryPoint === 'src/index.ts') ?? '');
    const bytes = [...loaded].reduce((sum, file) => sum + (outputs[file]?.bytes ?? Number.NaN), 0);
    expect(bytes).toBeGreaterThan(1000);
    expect(bytes).toBeLessThanOrEqual(10_000);
  });

  it('imports nothing that is not its own, not even of Node', async () => {
    const { metafile } = await build({
      ...{ absWorkingDir: folder, entryPoints: ['src/*.ts'], outdir: 'unwritten', write: false, metafile: true },
      ...{ bundle: true, format: 'esm', platform: 'neutral' },
    });
    expect(Object.keys(metafile.inputs).filter((file) => !file.startsWith('src/'))).toEqual([]);
    expect(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).dependencies).toBeUndefined();
  });
});

it.each(['langchain', 'ai-sdk', 'openai-agents', 'mastra'])(
  'An agent of %s is at most 30 lines with it',
  (framework) => {
    const example = readFileSync(join(root, `examples/${framework}/index.ts`), 'utf8');
    expect(example.trimEnd().split('\n').length).toBeLessThanOrEqual(30);
  },
);

describe('The package that others install', () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'postern-client-'));
  const installed = join(elsewhere, 'node_modules/@postern/client');
  let world: ListeningWorld;
  let env: NodeJS.ProcessEnv;
  beforeAll(async () => {
    await run(process.execPath, [join(folder, 'build.mjs')]);
    mkdirSync(installed, { recursive: true });
    cpSync(join(folder, 'dist'), installed, { recursive: true });
    world = await listenWorld({ 'kim@example.com': 'Kim' });
    const { key } = await createApiKey(world.postern.storage.apiKeys, randomBytes, systemClock, {
      kind: 'service',
      realm: 'default',
      unverifiedLinks: false,
    });
    env = {
      ...process.env,
      POSTERN_URL: world.origin,
      POSTERN_KEY: key,
      POSTERN_WEBHOOK_SECRET: `whsec_${'A'.repeat(44)}`,
    };
  });
  afterAll(async () => {
    await world.close();
    rmSync(elsewhere, { recursive: true, force: true });
  });

  it.each([
    ['its README', readme],
    ["Postern's README", readFileSync(join(root, 'README.md'), 'utf8')],
  ])('runs the examples of %s as they are printed', async (_, text) => {
    expect(blocksOf(text).length).toBeGreaterThan(0);
    const printed: string[] = [];
    for (const code of blocksOf(text)) {
      const args = ['--input-type=module-typescript', '--eval', code];
      printed.push((await run(process.execPath, args, { cwd: elsewhere, env })).stdout);
    }
    expect(printed[0]).toMatch(/^Redirect to http:\/\/localhost:\d+\/connect\//);
  });

  it('shows the whole walkthrough in at most 15 lines', () => {
    for (const text of [readme, readFileSync(join(root, 'README.md'), 'utf8')]) {
      const lines = (blocksOf(text)[0] ?? '').split('\n').filter((line) => line.trim() !== '');
      expect(lines.length).toBeLessThanOrEqual(15);
    }
  });

  it('has types that a strict program compiles with, without Node or the DOM being asked for anything else', async () => {
    const files = blocksOf(readme).map((code, at) => [join(elsewhere, `example-${at}.ts`), code] as const);
    for (const [file, code] of files) writeFileSync(file, code);
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const options = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2022',
      '--lib',
      'es2022,dom',
      '--types',
      'node',
    ];
    const args = [tsc, ...options, '--typeRoots', join(root, 'node_modules/@types'), ...files.map(([file]) => file)];
    writeFileSync(join(elsewhere, 'package.json'), '{"type":"module"}');
    const { stdout } = await run(process.execPath, args, { cwd: elsewhere }).catch(
      (error: { stdout: string }) => error,
    );
    expect(stdout).toBe('');
  });

  it('has every entry point of its README', async () => {
    const { exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    const listed = [...readme.matchAll(/^\| `(@postern[^`]+)` \|/gm)].map(([, path]) => path);
    expect(listed).toEqual(Object.keys(exports).map((path) => path.replace('.', '@postern/client')));
    for (const path of listed) await run(process.execPath, ['--eval', `import('${path}')`], { cwd: elsewhere });
  });
});
