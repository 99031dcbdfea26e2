// What a reader pastes into an MCP client (Claude Desktop, Claude Code, Cursor, VS Code …), with this clone's own paths.
import { resolve } from 'node:path';
import { posternCommand } from './postern-process.ts';

export interface ServerEntry {
  readonly command: string;
  readonly args: string[];
  readonly env?: Record<string, string>;
}

/** Works as it is: a fake Google inside, nothing kept. */
export const sandboxEntry = (mailbox: readonly string[] | undefined): ServerEntry => ({
  command: process.execPath,
  args: [
    posternCommand(),
    'stdio',
    '--sandbox',
    ...(mailbox === undefined ? [] : ['--mailbox', ...mailbox.map((path) => resolve(path))]),
  ],
});

/** Reads real mail, once the file of the reader's own OAuth client is there. */
export const realEntry = (): ServerEntry => ({
  command: process.execPath,
  args: [posternCommand(), 'stdio'],
  env: { GOOGLE_CREDENTIALS_FILE: '~/client_secret.json' },
});

export const clientConfiguration = (name: string, entry: ServerEntry): string =>
  JSON.stringify({ mcpServers: { [name]: entry } }, undefined, 2);
