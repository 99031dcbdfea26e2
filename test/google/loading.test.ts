import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test("Google's code is not loaded before the first call", async () => {
  const script = `
    import { createRequire } from 'node:module';
    const { createGoogleServices } = await import('./src/google/services.ts');
    createGoogleServices({ fetch, clock: {}, random: () => new Uint8Array(), gmailRootUrl: '', peopleRootUrl: '', callTimeoutMs: 1 });
    const loaded = () => Object.keys(createRequire(import.meta.url).cache).filter((path) => path.includes('googleapis')).length;
    const before = loaded();
    await import('@googleapis/gmail');
    console.log(JSON.stringify([before, loaded() > 0]));
  `;
  const node = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  expect(JSON.parse((await node).stdout)).toEqual([0, true]);
});
