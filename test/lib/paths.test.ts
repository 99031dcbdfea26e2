// Paths that somebody set: each is used, or refused with a reason, and none is waited for.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeFolder, readSettingsFile, tryFolder } from '../../src/lib/checked-paths.ts';

const home = mkdtempSync(join(tmpdir(), 'postern-paths-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
writeFileSync(join(home, 'file'), 'text');
symlinkSync(join(home, 'round'), join(home, 'round'));
execFileSync('mkfifo', [join(home, 'pipe')]);

const linux = process.platform === 'linux';
const noFolders: [string, string, RegExp][] = [
  ['under a file', join(home, 'file', 'deeper', 'still'), /no folder/],
  ['that is a file', join(home, 'file'), /no folder/],
  ['whose name is too long', join(home, 'x'.repeat(300)), /too long/],
  ['that is a link to itself', join(home, 'round', 'in'), /circle/],
  ['with a character that no path has', `${home}/a\0b`, /characters/],
  ...(linux
    ? ([
        ['under /proc', '/proc/x', /nothing can be made there|no permission/],
        ['deep under /proc', '/proc/x/y/z', /nothing can be made there|no permission/],
        ['under /proc/self', '/proc/self/x', /nothing can be made there|no permission/],
        ['that is a device', '/dev/full', /no folder/],
        ['under a device', '/dev/null/x', /no folder/],
        ['under /sys', '/sys/x', /cannot be written|no permission|nothing can be made/],
      ] satisfies [string, string, RegExp][])
    : []),
];

describe('A folder', () => {
  it('is made with those on the way to it, for the owner alone, and may be there already', () => {
    const folder = join(home, 'a', 'b', 'c');
    makeFolder(folder);
    makeFolder(folder);
    expect((statSync(folder).mode & 0o777).toString(8)).toBe('700');
    expect((statSync(join(home, 'a')).mode & 0o777).toString(8)).toBe('700');
  });

  it.each(noFolders)('%s is refused with a reason, by making and by trying', (_, path, reason) => {
    expect(() => makeFolder(path)).toThrow(reason);
    expect(() => tryFolder(path)).toThrow(reason);
  });

  it('that is tried leaves nothing behind', () => {
    const before = readdirSync(home);
    tryFolder(join(home, 'not', 'there', 'yet'));
    expect(readdirSync(home)).toEqual(before);
    expect(existsSync(join(home, 'not'))).toBe(false);
  });
});

describe('A file of settings', () => {
  it('is read whole', () => expect(readSettingsFile(join(home, 'file'))).toBe('text'));

  it.each<[string, string, RegExp]>([
    ['that is not there', join(home, 'none'), /not there/],
    ['that is a folder', home, /folder/],
    ['that is a pipe, which may never end', join(home, 'pipe'), /no file/],
    ...(linux
      ? ([
          ['that is a device without an end', '/dev/zero', /no file/],
          ['that is a device', '/dev/full', /no file/],
          ['that only looks empty', '/proc/none', /not there/],
        ] satisfies [string, string, RegExp][])
      : []),
  ])('%s is refused with a reason', (_, path, reason) => expect(() => readSettingsFile(path)).toThrow(reason));

  it('that is too large is refused', () => {
    writeFileSync(join(home, 'large'), Buffer.alloc(1024 * 1024 + 1));
    expect(() => readSettingsFile(join(home, 'large'))).toThrow(/larger/);
  });
});
