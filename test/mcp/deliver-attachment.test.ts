// Attachments as files in the download folder: what a sender's names and a full system can do to what is there already.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AttachmentFile, attachmentsToFolder } from '../../src/mcp/deliver-attachment.ts';

const deliverAttachment = new URL('../../src/mcp/deliver-attachment.ts', import.meta.url).href;

let root: string;
let folder: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'postern-'));
  folder = join(root, 'downloads');
});
afterEach(() => rm(root, { recursive: true }));

const writing =
  (content: string): AttachmentFile['writeTo'] =>
  (take) =>
    take(
      (async function* () {
        yield Buffer.from(content);
      })(),
    );

const file = (fileName: string, writeTo: AttachmentFile['writeTo'] = writing('new')): AttachmentFile => ({
  messageId: 'm1',
  partId: '1',
  fileName,
  mimeType: 'text/plain',
  size: 3,
  grantVersion: 1,
  writeTo,
});

describe('The download folder', () => {
  it('and the files in it are for their owner alone', async () => {
    const saved = await attachmentsToFolder(folder)(file('a.txt'));
    expect(saved).toEqual({ kind: 'file', path: join(folder, 'a.txt') });
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, 'a.txt'))).mode & 0o777).toBe(0o600);
  });

  it('keeps a file that is there, and writes through no link that somebody laid', async () => {
    const save = attachmentsToFolder(folder);
    await save(file('a.txt', writing('old')));
    await writeFile(join(root, 'elsewhere'), 'untouched');
    await symlink(join(root, 'elsewhere'), join(folder, 'a (2).txt'));
    expect(await save(file('a.txt'))).toEqual({ kind: 'file', path: join(folder, 'a (3).txt') });
    expect(await readFile(join(folder, 'a.txt'), 'utf8')).toBe('old');
    expect(await readFile(join(root, 'elsewhere'), 'utf8')).toBe('untouched');
  });

  it('loses nothing where the system has no room for another open file', async () => {
    const save = attachmentsToFolder(folder);
    await save(file('a.txt', writing('old')));
    const script = `
      const { openSync } = await import('node:fs');
      const { attachmentsToFolder } = await import(${JSON.stringify(deliverAttachment)});
      const save = attachmentsToFolder(${JSON.stringify(folder)});
      try { for (;;) openSync('/dev/null'); } catch {}
      await save({ fileName: 'a.txt', writeTo: (take) => take((async function* () { yield Buffer.from('new'); })()) }).catch((error) => console.log(error.code));`;
    const limited = 'ulimit -n 64; exec "$0" --input-type=module -e "$1"';
    const { stdout } = await promisify(execFile)('sh', ['-c', limited, process.execPath, script]);
    expect(stdout).toBe('EMFILE\n');
    expect(await readFile(join(folder, 'a.txt'), 'utf8')).toBe('old');
  });
});
