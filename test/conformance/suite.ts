// The official conformance suite as a process, and Postern's transport for it to look at. The suite cannot send a
// credential, so a header is added in front of the application; everything behind it is what the command serves.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Hono } from 'hono';
import { onTestFinished } from 'vitest';
import { listen } from '../../src/http/serve.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { aWorld } from '../http/support.ts';
import { createWorld } from '../support/world.ts';
import { conformanceServer } from './fixtures.ts';

const command = fileURLToPath(
  new URL('../../node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url),
);

export interface SuiteResult {
  readonly code: number;
  readonly output: string;
}

export interface SuiteRun {
  readonly ended: Promise<SuiteResult>;
  /** The first match in what it has written, or writes; rejects when it ends without. */
  says(pattern: RegExp): Promise<string>;
}

/** Starts the suite's command; it is killed with the test. */
export const startSuite = (...options: string[]): SuiteRun => {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE, NO_PROXY: '*' };
  const child = execFile(process.execPath, [command, ...options], { env, maxBuffer: 1 << 26 });
  onTestFinished(() => void child.kill());
  let output = '';
  const hear = (piece: string) => {
    output += piece;
    child.emit('heard');
  };
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  const ended = new Promise<SuiteResult>((resolve) => {
    child.once('close', (code) => resolve({ code: code ?? -1, output }));
  });
  const says = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(output)?.[0];
        if (found !== undefined) resolve(found);
      };
      child.on('heard', look);
      void ended.then(() => reject(new Error(`The suite ended without ${pattern}: ${output}`)));
      look();
    });
  return { ended, says };
};

/** Runs the suite's command to its end. */
export const runSuite = (...options: string[]): Promise<SuiteResult> => startSuite(...options).ended;

/** Listens on a free port until the test ends; answers with the URL of MCP. */
const serve = async (front: Hono): Promise<string> => {
  const listening = await listen(front, { host: '127.0.0.1', port: 0 }, systemClock);
  if (listening.kind !== 'listening') throw new Error(listening.message);
  onTestFinished(() => listening.close(0));
  return `http://127.0.0.1:${listening.port}/mcp`;
};

/** Postern's transport with the fixtures behind it. */
export const serveFixtures = async (): Promise<string> => {
  const world = await aWorld({ mcpServer: conformanceServer });
  const key = await world.key({ kind: 'user', identifier: 'user_42' });
  const front = new Hono().all('*', (c) => {
    c.req.raw.headers.set('authorization', `Bearer ${key}`);
    return world.app.fetch(c.req.raw, c.env);
  });
  return serve(front);
};

/** Postern as it is, with its own six tools, for a person who is not connected. */
export const servePostern = async (): Promise<string> => {
  const world = await createWorld();
  onTestFinished(() => world.close());
  const key = await world.userKey('user_42', { unverifiedLinks: true });
  const front = new Hono().all('/mcp', async ({ req: { raw } }) => {
    const body = raw.method === 'POST' ? { body: await raw.text() } : {};
    return world.http('/mcp', { method: raw.method, headers: raw.headers, key, ...body });
  });
  return serve(front);
};
