// docs/sign-in.md tells people what to do about what they see: pages, error codes and settings must be ours as written.
import { readdir, readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { posternVariables } from '../../src/config/environment.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string): Promise<string> => readFile(new URL(path, root), 'utf8');
const guide = await read('docs/sign-in.md');
const found = (pattern: RegExp): string[] => [...new Set([...guide.matchAll(pattern)].map(([, name = '']) => name))];

const source = async (): Promise<string> => {
  const files = await readdir(new URL('src', root), { recursive: true });
  const texts = files.filter((file) => file.endsWith('.ts')).map((file) => read(`src/${file.replaceAll('\\', '/')}`));
  return (await Promise.all(texts)).join('\n');
};

it('The guide to signing in quotes pages as they are', async () => {
  const titles = found(/“([^”]+)”/g);
  const text = await source();
  expect(titles.length).toBeGreaterThan(7);
  expect(titles.filter((title) => !text.includes(`'${title}'`))).toEqual([]);
});

it('The guide to signing in names errors and log lines as they are', async () => {
  const names = found(/`([a-z]+_[a-z_]+)`/g).filter((name) => name !== 'redirect_uri_mismatch');
  const text = await source();
  expect(names.length).toBeGreaterThan(4);
  expect(names.filter((name) => !text.includes(`'${name}'`))).toEqual([]);
});

it('The guide to signing in names settings that there are', () => {
  const names = found(/\b(POSTERN_[A-Z_]+)\b/g);
  expect(names.filter((name) => !posternVariables.some((known) => known === name))).toEqual([]);
});
