// Which tests store anything: those that come to a database by what they import, directly or not. Only they run on each
// database that Postern can be kept in.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const database = join(root, 'test/support/database.ts');
const imported = /\bfrom '(\.{1,2}\/[^']+\.ts)'/g;

/** Whether a file of the tests imports the database of the tests. */
const comesTo = (file: string, seen: Set<string>): boolean => {
  if (file === database) return true;
  if (seen.has(file) || !file.startsWith(join(root, 'test/')) || !existsSync(file)) return false;
  seen.add(file);
  const imports = [...readFileSync(file, 'utf8').matchAll(imported)];
  return imports.some(([, path = '']) => comesTo(join(dirname(file), path), seen));
};

/** @returns those of the tests that these patterns name, as paths below the project's folder */
export const storedTests = (patterns: readonly string[]): string[] =>
  patterns
    .flatMap((pattern) => globSync(pattern, { cwd: root }))
    .filter((file) => comesTo(join(root, file), new Set()))
    .sort();
