// The demo's MCP client is the SDK's own, as agents use it. It is not among Postern's dependencies at run time: where it
// is missing, the demo says how to get it.
import type { Client } from '@modelcontextprotocol/client';
import { version } from '../process.ts';
import { CommandError } from '../terminal.ts';
import type { RemoteApp } from './remote-app.ts';

const load = async () => {
  try {
    const [{ Client, StreamableHTTPClientTransport, UnauthorizedError }, { StdioClientTransport }] = await Promise.all([
      import('@modelcontextprotocol/client'),
      import('@modelcontextprotocol/client/stdio'),
    ]);
    return { Client, StreamableHTTPClientTransport, UnauthorizedError, StdioClientTransport };
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

/**
 * Connects over streamable HTTP with nothing but the address: the SDK discovers, registers and exchanges by itself.
 * @param signIn leads the person's browser through this address and back to the app
 */
export const connectSigningIn = async (
  origin: string,
  app: RemoteApp,
  signIn: (authorizationUrl: string) => Promise<void>,
): Promise<Client> => {
  const { Client, StreamableHTTPClientTransport, UnauthorizedError } = await load();
  const newClient = () => new Client(clientInfo, { versionNegotiation: { mode: 'auto' } });
  const newTransport = () => new StreamableHTTPClientTransport(new URL('/mcp', origin), { authProvider: app });
  const turnedAway = newTransport();
  const refusal = await newClient()
    .connect(turnedAway)
    .catch((error: unknown) => error);
  const url = app.authorizationUrl();
  if (!(refusal instanceof UnauthorizedError) || url === undefined)
    throw refusal ?? new CommandError('Nobody was asked to sign in.');
  await signIn(url.href);
  await turnedAway.finishAuth(await app.answer());
  const client = newClient();
  await client.connect(newTransport());
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
