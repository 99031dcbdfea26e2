// Builds dist/: the package as others install it. Node runs no TypeScript inside node_modules, so the sources that this
// repository imports are bundled there with their dependencies, under the same names, with types, bin and README.
import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const { name, version, license, type, description, exports, bin } = JSON.parse(readFileSync(at('package.json')));
const googleTypes = ['@googleapis/gmail', '@googleapis/people'];

const moduleOf = (source) => source.replace(/^\.\/src\//, './').replace(/\.ts$/, '');
const sources = [...Object.values(exports), ...Object.values(bin)];

rmSync(at('dist'), { recursive: true, force: true });
await build({
  absWorkingDir: at('.'),
  entryPoints: sources,
  outdir: 'dist',
  outbase: 'src',
  outExtension: { '.js': '.mjs' },
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  // CommonJS dependencies ask for `require`, which ES modules do not have.
  banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
  logLevel: 'warning',
});
const { status } = spawnSync(
  process.execPath,
  [
    fileURLToPath(import.meta.resolve('typescript/package.json')).replace('package.json', 'bin/tsc'),
    '-p',
    at('tsconfig.json'),
  ],
  { stdio: 'inherit' },
);
if (status !== 0) process.exit(1);

const entry = (source) => ({ types: `./types${moduleOf(source).slice(1)}.d.ts`, default: `${moduleOf(source)}.mjs` });
const map = (record, to) => Object.fromEntries(Object.entries(record).map(([key, source]) => [key, to(source)]));
const manifest = {
  name,
  version,
  license,
  type,
  description,
  exports: map(exports, entry),
  bin: map(bin, (source) => `${moduleOf(source)}.mjs`),
  engines: { node: '>=22.12' },
  peerDependencies: Object.fromEntries(googleTypes.map((types) => [types, '*'])),
  peerDependenciesMeta: Object.fromEntries(googleTypes.map((types) => [types, { optional: true }])),
};
writeFileSync(at('dist/package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
copyFileSync(at('README.md'), at('dist/README.md'));
copyFileSync(at('../../LICENSE'), at('dist/LICENSE'));
