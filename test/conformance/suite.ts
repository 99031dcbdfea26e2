// The official conformance suite as a process, and Postern's transport for it to look at. The suite cannot send a
// credential, so a proxy adds a header; everything behind it is what the command serves.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Postern } from '../../src/compose.ts';
import { createApiKey } from '../../src/identity/credentials.ts';
import { listenWorld, processesHere } from '../support/listening-world.ts';
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

/** Answers with the URL of MCP, until the test ends; on PostgreSQL each request is another process's. */
const serve = async (mcpServer?: Postern['mcpServer']): Promise<string> => {
  let key = '';
  const headers = () => ({ authorization: `Bearer ${key}` });
  const { postern, origin, close } = await listenWorld({}, { processes: processesHere, headers, mcpServer });
  onTestFinished(close);
  const whose = { kind: 'user', realm: 'default', identifier: 'user_42', unverifiedLinks: true } as const;
  ({ key } = await createApiKey(postern.storage.apiKeys, randomBytes, postern.clock, whose));
  return `${origin}/mcp`;
};

/** Postern's transport with the fixtures behind it. */
export const serveFixtures = (): Promise<string> => serve(conformanceServer);

/** Postern as it is, with its own six tools, for a person who is not connected. */
export const servePostern = (): Promise<string> => serve();
