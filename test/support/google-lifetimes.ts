// The fake Google on a real port, whose access tokens live as long as a test wants.
import { once } from 'node:events';
import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { createSandbox, type Sandbox } from '@postern/gmail-sandbox';
import { systemClock } from '../../src/lib/clock.ts';
import { freePort } from './free-port.ts';

/** An access token that was renewed. */
export interface Renewal {
  readonly refreshToken: string;
  /** When the request came. Milliseconds since the epoch. */
  readonly at: number;
}

interface GoogleOptions {
  /** What it says of an access token that it gives now. Seconds. */
  readonly lifetime: () => number;
  readonly renewed: (renewal: Renewal) => void;
}

interface Google {
  readonly sandbox: Sandbox;
  /** Without a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
}

export const listenGoogle = async ({ lifetime, renewed }: GoogleOptions): Promise<Google> => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const sandbox = createSandbox({ clock: systemClock, origin: url });
  const answerToken = async (request: Request): Promise<Response> => {
    const body = await request.text();
    const form = new URLSearchParams(body);
    const at = Date.now();
    const response = await sandbox.fetch(new Request(request.url, { method: 'POST', headers: request.headers, body }));
    if (!response.ok) return response;
    const refreshToken = form.get('refresh_token');
    if (form.get('grant_type') === 'refresh_token' && refreshToken !== null) renewed({ refreshToken, at });
    const headers = new Headers(response.headers);
    headers.delete('content-length');
    const tokens = { ...((await response.json()) as object), expires_in: lifetime() };
    return new Response(JSON.stringify(tokens), { headers });
  };
  const server = createAdaptorServer({
    overrideGlobalObjects: false,
    fetch: (request: Request) =>
      new URL(request.url).pathname === '/token' ? answerToken(request) : sandbox.fetch(request),
  }) as Server;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    sandbox,
    url,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
