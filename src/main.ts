#!/usr/bin/env node
// The `postern` command. Checks Node before anything native is loaded (current better-sqlite3 crashes on old ones), turns
// the compile cache on, then loads the rest. Keep it free of static imports: they would be loaded before the check.

// Node opens its debugger at this signal, to everybody on this machine: whoever may signal the process could read its
// memory. A handler takes the signal away from Node, however the command was started; what comes in the milliseconds
// before this line is shut again below. (--disable-sigusr1 does it from the start; Node 22.12 does not know it.)
process.on('SIGUSR1', () => undefined);

/** Milliseconds after which the start is certainly over. */
const startUpMs = 5_000;
const oldestNode = [22, 12] as const;
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1])) {
  process.stderr.write(
    `postern: Node ${process.versions.node} is too old (${process.execPath}). Install Node ${oldestNode.join('.')} or newer, best the current LTS, from https://nodejs.org\n`,
  );
  process.exitCode = 1;
} else {
  // The built command only, and beside its own files: code in a folder that others can write to would be run as ours.
  if (import.meta.filename.endsWith('.mjs')) {
    const { enableCompileCache } = await import('node:module');
    enableCompileCache(`${import.meta.dirname}/.compile-cache`);
    // V8 doubles its young generation again and again while modules are loaded, though little of it lives on. Holding it
    // small until things are up keeps some 5 MB out of every desktop client's process (bench/start-up.mjs).
    const { setFlagsFromString } = await import('node:v8');
    setFlagsFromString('--semi-space-growth-factor=1');
    setTimeout(() => setFlagsFromString('--semi-space-growth-factor=2'), startUpMs).unref();
  }
  const { run } = await import('./cli/program.ts');
  void import('./cli/process.ts').then(({ keepDebuggerShut }) => keepDebuggerShut());
  process.exitCode = await run(process.argv.slice(2));
}
