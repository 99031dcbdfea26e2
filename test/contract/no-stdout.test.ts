// stdout belongs to JSON-RPC: only the commands that answer a person on a terminal may write there.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const src = fileURLToPath(new URL('../../src', import.meta.url));
const files = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => join(entry.parentPath, entry.name));
const using = (pattern: RegExp): string[] =>
  files
    .filter((file) => pattern.test(readFileSync(file, 'utf8').replace(/^\s*(\/\/|\*|\/\*).*$/gm, '')))
    .map((file) => relative(src, file))
    .sort();

test('only the terminal and the hand-over to the stdio transport touch stdout', () => {
  expect(using(/process\.stdout/)).toEqual(['cli/demo/demo.ts', 'cli/program.ts', 'cli/stdio.ts', 'cli/terminal.ts']);
});

test('nothing prints with console', () => {
  expect(using(/\bconsole\.(log|info|debug|table|dir)\b/)).toEqual([]);
});

test('what stdio loads never says anything on a terminal', () => {
  const stdio = ['stdio.ts', 'with-sandbox.ts', 'settings.ts', 'log.ts'].map((name) =>
    readFileSync(join(src, 'cli', name), 'utf8'),
  );
  for (const text of stdio) expect(text).not.toMatch(/\bprint(Line|Json|Table|Account)\b/);
});
