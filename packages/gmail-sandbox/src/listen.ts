// The sandbox on a real port, loopback unless told otherwise.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { ConnectionReset, CutResponse } from './faults.ts';
import { createSandbox, type Sandbox, type SandboxOptions } from './sandbox.ts';
import { SandboxError } from './sandbox-error.ts';

export interface ListenOptions extends Omit<SandboxOptions, 'origin'> {
  /** The interface to listen on. Default 127.0.0.1. */
  readonly host?: string;
  /** 0 (the default) takes a free one. */
  readonly port?: number;
  /** The host name in the sandbox's URL, where it differs from `host`, e.g. `localhost`. */
  readonly publicHost?: string;
}

export interface ListeningSandbox {
  readonly sandbox: Sandbox;
  /** Without a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
}

const start = (server: Server, port: number, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reasons: Record<string, string> = {
        EADDRINUSE: `Port ${port} on ${host} is already in use: stop the other program or choose another port.`,
        EACCES: `Port ${port} may not be opened by this user: choose one above 1023.`,
        EADDRNOTAVAIL: `${host} is not an address of this machine: listen on 127.0.0.1 or 0.0.0.0.`,
      };
      reject(
        new SandboxError(reasons[error.code ?? ''] ?? `The sandbox cannot listen on ${host}:${port} (${error.code}).`),
      );
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });

/** Writes what is to arrive of a cut answer, then closes the connection under it. */
const writeCut = ({ status, headers, sent }: CutResponse, { outgoing }: HttpBindings): Response => {
  outgoing.writeHead(status, Object.fromEntries(headers));
  outgoing.write(sent, () => outgoing.destroy());
  return RESPONSE_ALREADY_SENT;
};

/** Answers one request of the server; where the sandbox "cuts the connection", so does the socket. */
const serve = async (sandbox: Sandbox, request: Request, bindings: HttpBindings): Promise<Response> => {
  try {
    const response = await sandbox.fetch(request);
    return response instanceof CutResponse ? writeCut(response, bindings) : response;
  } catch (error) {
    if (!(error instanceof ConnectionReset) && !request.signal.aborted) throw error;
    bindings.incoming.socket.destroy();
    return RESPONSE_ALREADY_SENT;
  }
};

const loopbackNames = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * On loopback only requests under a name of this machine are answered: a web page whose own name was made to point here
 * (DNS rebinding) could otherwise walk the consent and read the mail that was imported.
 */
const isOwnName = (request: Request, publicHost: string, onLoopback: boolean): boolean => {
  const { hostname } = new URL(request.url);
  return !onLoopback || loopbackNames.includes(hostname) || hostname === publicHost;
};

const wrongName = () =>
  new Response('The sandbox answers only under a loopback name of this machine.\n', { status: 403 });

/**
 * Starts the sandbox on a port.
 * @throws SandboxError with a sentence that names the fix, when the port cannot be opened
 */
export const listenSandbox = async (options: ListenOptions = {}): Promise<ListeningSandbox> => {
  const { host = '127.0.0.1', port = 0, publicHost = host, ...sandboxOptions } = options;
  let sandbox: Sandbox | undefined;
  const onLoopback = /^(?:127\.|localhost$|::1$)/.test(host);
  const server = createAdaptorServer({
    overrideGlobalObjects: false,
    fetch: (request: Request, bindings) => {
      if (sandbox === undefined) return new Response(null, { status: 503 });
      return isOwnName(request, publicHost, onLoopback)
        ? serve(sandbox, request, bindings as HttpBindings)
        : wrongName();
    },
  }) as Server;
  const boundPort = await start(server, port, host);
  const urlHost = publicHost.includes(':') ? `[${publicHost}]` : publicHost;
  const url = `http://${urlHost}:${boundPort}`;
  sandbox = createSandbox({ ...sandboxOptions, origin: url });
  return {
    sandbox,
    url,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
