// Builds a package of this repository as others install it. Node runs no TypeScript inside node_modules, so the sources that
// this repository imports are bundled into the package's dist/ with their dependencies, under the same names, with types,
// README and licence. What its package.json names (`exports`, `bin`) is what there is.
import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const tsc = fileURLToPath(import.meta.resolve('typescript/package.json')).replace('package.json', 'bin/tsc');
const moduleOf = (source) => source.replace(/^\.\/src\//, './').replace(/\.ts$/, '');
const mapped = (record, to) => Object.fromEntries(Object.entries(record).map(([key, source]) => [key, to(source)]));

/**
 * @param folder of the package, ending with a slash; its tsconfig.json emits types to dist/types
 * @param options how esbuild bundles this one
 * @param manifest further fields of the package.json in dist
 */
export const buildPackage = async (folder, options, manifest) => {
  const at = (path) => join(folder, path);
  const { name, version, license, type, description, exports, bin } = JSON.parse(readFileSync(at('package.json')));
  rmSync(at('dist'), { recursive: true, force: true });
  await build({
    absWorkingDir: folder,
    entryPoints: [...Object.values(exports), ...Object.values(bin ?? {})],
    outdir: 'dist',
    outbase: 'src',
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    logLevel: 'warning',
    ...options,
  });
  const { status } = spawnSync(process.execPath, [tsc, '-p', at('tsconfig.json')], { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
  const entry = (source) => ({ types: `./types${moduleOf(source).slice(1)}.d.ts`, default: `${moduleOf(source)}.mjs` });
  const built = {
    ...{ name, version, license, type, description },
    exports: mapped(exports, entry),
    ...(bin === undefined ? {} : { bin: mapped(bin, (source) => `${moduleOf(source)}.mjs`) }),
    ...manifest,
  };
  writeFileSync(at('dist/package.json'), `${JSON.stringify(built, undefined, 2)}\n`);
  copyFileSync(at('README.md'), at('dist/README.md'));
  copyFileSync(fileURLToPath(new URL('../LICENSE', import.meta.url)), at('dist/LICENSE'));
};
