// A proxy as it stands before several machines: each request goes to the next process, whoever answered the one before.
import { once } from 'node:events';
import { createServer, type IncomingMessage, request as send } from 'node:http';

/** Who answered a request. */
interface Passed {
  /** Its place among the ports. */
  readonly process: number;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
}

export interface RoundRobin {
  /** Every request that was passed on so far. */
  readonly passed: readonly Passed[];
  close(): Promise<void>;
}

export interface RoundRobinOptions {
  /** Of 127.0.0.1, where the proxy listens. */
  readonly port: number;
  /** Of 127.0.0.1, where the processes listen. */
  readonly to: readonly number[];
  /** What a request gets beside its own headers, or in their place. */
  readonly headers?: () => Readonly<Record<string, string>>;
}

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
};

/** One that reaches nobody goes to the next; who leaves ends the request behind the proxy too. */
export const startRoundRobin = async ({ port, to, headers }: RoundRobinOptions): Promise<RoundRobin> => {
  const passed: Passed[] = [];
  let turn = 0;
  const server = createServer(async (request, response) => {
    const { method = 'GET', url = '/' } = request;
    const body = await bodyOf(request).catch(() => undefined);
    if (body === undefined) return;
    const forward = (tries: number): void => {
      turn += 1;
      const process = turn % to.length;
      const out = send(
        { host: '127.0.0.1', port: to[process], method, path: url, headers: { ...request.headers, ...headers?.() } },
        (answer) => {
          passed.push({ process, method, path: new URL(url, 'http://proxy').pathname });
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
          answer.on('error', () => response.destroy());
        },
      );
      response.on('close', () => out.destroy());
      out.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNREFUSED' && tries < to.length) return forward(tries + 1);
        if (response.headersSent) response.destroy();
        else response.writeHead(502).end();
      });
      out.end(body);
    };
    forward(0);
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    passed,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
