// Builds dist/: esbuild, split into chunks so that each command loads only its own, minified. A bundle starts in half the
// time of loose modules; one single file would be slower than chunks.
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const external = [
  // native
  'better-sqlite3',
  // starts its threads from a file of its own
  'piscina',
  // wanted by the demo alone, and then from node_modules
  '@modelcontextprotocol/client',
  // goes by the names of its own classes, which minifying would take from it; the others come with it, for http alone
  'oidc-provider',
  'light-my-request',
  'openid-client',
  'jose',
];

/**
 * `await import('package')` of a CommonJS package has its exports only under `default` once it is a chunk of its own
 * (Node finds the names, esbuild does not). So such an import goes to a module that names them.
 */
const namedExports = {
  name: 'named-exports-of-lazily-loaded-packages',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind, resolveDir, namespace }) => {
      const lazy = kind === 'dynamic-import' && namespace === 'file' && !resolveDir.includes('node_modules');
      // Node finds the names of a dependency's exports; those of this repository's own packages esbuild finds itself.
      const ours =
        !path.startsWith('node:') &&
        !path.startsWith('@postern/') &&
        !external.some((name) => path === name || path.startsWith(`${name}/`));
      return lazy && ours ? { path, namespace: 'named-exports' } : undefined;
    });
    onLoad({ filter: /.*/, namespace: 'named-exports' }, async ({ path }) => {
      const names = Object.keys(await import(path)).filter(
        (name) => /^[A-Za-z_$][\w$]*$/.test(name) && name !== 'default',
      );
      return { contents: `export { ${names.join(', ')} } from '${path}';`, resolveDir: at('.') };
    });
  },
};

/**
 * CommonJS packages with large tables that most starts never touch: each is a file of its own, required when the first
 * property is asked for.
 */
const tables = ['iconv-lite', 'libmime'];
const lazyTables = {
  name: 'lazily-required-tables',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^(${tables.join('|')})$`) }, ({ path, kind, resolveDir }) =>
      kind === 'import-statement' && !resolveDir.includes('node_modules') ? { path, namespace: 'lazy' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'lazy' }, ({ path }) => ({
      contents: `import { createRequire } from 'node:module';
        const load = createRequire(import.meta.url);
        let library;
        export default new Proxy({}, { get: (_, name) => (library ??= load('../tables/${path}.cjs'))[name] });`,
    }));
  },
};

// Built aside and put in place whole: whoever starts Postern meanwhile finds the former build, not half of a new one.
const aside = `node_modules/.postern-build-${process.pid}`;
const result = await build({
  absWorkingDir: at('.'),
  entryPoints: { postern: 'src/main.ts', 'mail-worker': 'src/mcp/jobs/worker.ts' },
  outdir: aside,
  outExtension: { '.js': '.mjs' },
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  minify: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  legalComments: 'none',
  external,
  plugins: [lazyTables, namedExports],
  // CommonJS dependencies ask for `require`, which ES modules do not have.
  banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
  metafile: true,
  logLevel: 'warning',
});

for (const name of tables) {
  await build({
    absWorkingDir: at('.'),
    stdin: { contents: `module.exports = require('${name}');`, resolveDir: at('.') },
    outfile: `${aside}/tables/${name}.cjs`,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node22',
    legalComments: 'none',
    logLevel: 'warning',
  });
}

const outputs = Object.entries(result.metafile.outputs);
const bytes = outputs.reduce((sum, [, output]) => sum + output.bytes, 0);
writeFileSync(at(`${aside}/package.json`), '{"type":"module"}\n');
rmSync(at('dist'), { recursive: true, force: true });
renameSync(at(aside), at('dist'));
process.stdout.write(`built dist/postern.mjs and ${outputs.length - 1} chunks, ${Math.round(bytes / 1024)} KB\n`);
