// docs/security.md names a test for every promise; each of them must exist, by its file and its title.
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const read = (path: string): Promise<string> => readFile(new URL(path, root), 'utf8');

const row = /^\| (?<promise>[^|]+) \| `(?<file>(?:packages\/[\w-]+\/)?test\/[^`]+)` \| (?<title>[^|]+) \|$/;

/** A title as it stands in source: the whole of a quoted text, whichever quotes are around it. */
const hasTitle = (source: string, title: string): boolean =>
  ["'", '"', '`'].some((quote) => source.includes(quote + title + quote));

const document = await read('docs/security.md');
const rows = document.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| promise |'));

describe('Each promise in docs/security.md', () => {
  it('stands in a table of promise, test and title', () => {
    expect(rows.filter((line) => !row.test(line))).toEqual([]);
    expect(rows.length).toBeGreaterThan(100);
  });

  it.each(rows.map((line) => row.exec(line)?.groups ?? {}))(
    'is kept by a test that exists: $promise',
    async (promise) => {
      expect(
        hasTitle(await read(promise.file ?? ''), promise.title ?? ''),
        `“${promise.title}” is not in ${promise.file}`,
      ).toBe(true);
    },
  );
});
