// Makes a fresh clone ready: installs what is missing, builds what is stale. Runs on Node 20 and newer with nothing
// installed, and does nothing when everything is in place.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const at = (...path) => join(root, ...path);
const say = (line) => process.stderr.write(`${line}\n`);

const run = (command, args) => {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    // npm's own chatter goes to stderr: stdout may be an answer that a program reads.
    stdio: ['ignore', 2, 2],
    // npm is a .cmd file on Windows
    shell: process.platform === 'win32',
    // The Node that the repository pins comes first, whatever started this.
    env: { ...process.env, PATH: `${at('node_modules', '.bin')}${delimiter}${process.env.PATH ?? ''}` },
  });
  if (error?.code === 'ENOENT') say(`postern: ${command} was not found. Install Node with npm from https://nodejs.org`);
  if (status !== 0) process.exit(1);
};

const modified = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);

// The lock file names only some platforms' optional packages, which `npm ci` takes for all there are: hence install.
const installStamp = at('node_modules', '.postern-installed');
const wanted = createHash('sha256')
  .update(readFileSync(at('package-lock.json')))
  .update(readFileSync(at('package.json')));
const fingerprint = `${wanted.digest('hex')} ${process.platform} ${process.arch}`;
const isInstalled = () => {
  if (!existsSync(at('node_modules', '.bin', 'esbuild')) && !existsSync(at('node_modules', '.bin', 'esbuild.cmd')))
    return false;
  if (existsSync(installStamp)) return readFileSync(installStamp, 'utf8') === fingerprint;
  return modified(at('node_modules', '.package-lock.json')) >= modified(at('package-lock.json'));
};
if (!isInstalled()) {
  say('Installing dependencies (once)…');
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(installStamp, fingerprint);
}

const newest = (folder) =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((latest, entry) => Math.max(latest, modified(join(entry.parentPath ?? entry.path, entry.name))), 0);
const sources = Math.max(
  newest(at('src')),
  ...readdirSync(at('packages')).map((name) =>
    existsSync(at('packages', name, 'src')) ? newest(at('packages', name, 'src')) : 0,
  ),
  modified(at('scripts', 'build.mjs')),
  modified(at('package.json')),
  modified(installStamp),
);
if (modified(at('dist', 'package.json')) < sources) {
  say('Building…');
  run(process.execPath, [at('scripts', 'build.mjs')]);
}

// `prepare.mjs FILE ARGS…` goes on with the pinned Node. A shell would not: once it has found a `node`, it keeps to that
// one for the rest of the line, also when a better one has just been installed.
const [file, ...args] = process.argv.slice(2);
if (file !== undefined) {
  const pinned = at('node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  const child = spawn(existsSync(pinned) ? pinned : process.execPath, [at(file), ...args], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 0 : 1)));
}
