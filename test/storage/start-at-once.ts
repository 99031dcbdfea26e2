// Several processes that start at the same moment on one database (open-and-write.ts).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { DatabaseLocation } from '../../src/model/database-location.ts';

/** @returns of each process what it exited with, and what it complained of */
export const startAtOnce = (
  location: DatabaseLocation,
  processes: number,
): Promise<{ readonly exitCode: number; readonly complaints: string }[]> => {
  const script = fileURLToPath(new URL('open-and-write.ts', import.meta.url));
  const start = async (name: string) => {
    const child = spawn(process.execPath, [script, JSON.stringify(location), name], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let complaints = '';
    child.stderr.on('data', (chunk) => {
      complaints += chunk;
    });
    const [exitCode] = await once(child, 'close');
    return { exitCode, complaints };
  };
  return Promise.all(Array.from({ length: processes }, (_, n) => start(`process ${n}`)));
};
