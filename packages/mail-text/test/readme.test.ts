// The README's examples run as they are printed, and its table names every entry point.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const folder = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(`${folder}/README.md`, 'utf8');
const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code);

test.each(examples.map((code) => [code.split('\n').findLast((line) => line.startsWith('import')), code]))(
  'The README shows an example that runs (%s)',
  async (_, code) => {
    await promisify(execFile)(process.execPath, ['--input-type=module-typescript', '--eval', code], { cwd: folder });
  },
);

test('The README names every entry point', () => {
  const { name, exports } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const listed = [...readme.matchAll(/^\| `([^`]+)` \|/gm)].map(([, path]) => path);
  expect(listed.sort()).toEqual(
    Object.keys(exports)
      .map((path) => path.replace('.', name))
      .sort(),
  );
});
