// The demo's MCP client is the SDK's own, as agents use it. It is not among Postern's dependencies at run time: where it
// is missing, the demo says how to get it.
import type { Client } from '@modelcontextprotocol/client';
import { CommandError } from '../command-error.ts';
import { version } from '../version.ts';

const load = async () => {
  try {
    const [{ Client, StreamableHTTPClientTransport }, { StdioClientTransport }] = await Promise.all([
      import('@modelcontextprotocol/client'),
      import('@modelcontextprotocol/client/stdio'),
    ]);
    return { Client, StreamableHTTPClientTransport, StdioClientTransport };
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')) throw error;
    throw new CommandError('The demo needs an MCP client, @modelcontextprotocol/client, which is not installed.', {
      fix: 'Run it from a clone with `npm run demo`, or install that package beside Postern.',
    });
  }
};

const clientInfo = { name: 'postern-demo', version };

/** Connects over streamable HTTP, with an API key. */
export const connectHttp = async (origin: string, apiKey: string): Promise<Client> => {
  const { Client, StreamableHTTPClientTransport } = await load();
  const client = new Client(clientInfo);
  const requestInit = { headers: { authorization: `Bearer ${apiKey}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', origin), { requestInit }));
  return client;
};

/** Starts a server as a client's configuration says, and connects over its stdin and stdout. */
export const connectStdio = async (server: {
  command: string;
  args: string[];
  env?: Record<string, string>;
}): Promise<Client> => {
  const { Client, StdioClientTransport } = await load();
  const client = new Client(clientInfo);
  await client.connect(new StdioClientTransport({ ...server, stderr: 'ignore' }));
  return client;
};
