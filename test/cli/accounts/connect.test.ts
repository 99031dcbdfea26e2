// What the browser that `accounts connect` starts gets to see. The opener is a script that writes down its environment.
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openBrowser } from '../../../src/cli/accounts/connect.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

it.runIf(process.platform === 'linux')(
  'A browser is started without the sealing key and the client secret',
  async () => {
    const seen = join(folder, 'seen');
    const opener = join(folder, 'xdg-open');
    await writeFile(opener, `#!/bin/sh\n{ env; echo "opened $1"; } > "${seen}.part"\nmv "${seen}.part" "${seen}"\n`);
    await chmod(opener, 0o700);
    vi.stubEnv('PATH', `${folder}${delimiter}${process.env.PATH}`);
    vi.stubEnv('DISPLAY', ':99');
    vi.stubEnv('POSTERN_ENCRYPTION_KEY', 'the sealing key');
    vi.stubEnv('POSTERN_ENCRYPTION_KEYS_RETIRED', 'the former key');
    vi.stubEnv('GOOGLE_CLIENT_SECRET', 'the client secret');
    openBrowser('http://127.0.0.1:8080/connect/x');
    const environment = await vi.waitFor(() => readFile(seen, 'utf8'), { timeout: 10_000 });
    expect(environment).toContain('opened http://127.0.0.1:8080/connect/x');
    expect(environment).toContain('DISPLAY=:99');
    expect(environment).not.toMatch(/the (?:sealing key|former key|client secret)/);
  },
);
