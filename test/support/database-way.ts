// The way to a PostgreSQL server, as a network has it: it leads there, nowhere, or into silence.
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { PostgresLocation } from '../../src/model/database-location.ts';

export interface DatabaseWay {
  /** The same database, by this way. */
  readonly location: PostgresLocation;
  /** Connections end, and new ones are refused. */
  close(): Promise<void>;
  /** Connections stay and new ones come, but nothing is passed on any more. */
  fallSilent(): void;
  /** Leads there again; what fell silent stays so. */
  open(): Promise<void>;
  /** Ends the connections of this moment; new ones come. */
  cut(): void;
}

export const wayTo = async (location: PostgresLocation): Promise<DatabaseWay> => {
  const sockets = new Set<Socket>();
  let silent = false;
  const server = createServer((from) => {
    const to = connect(location.port, location.host);
    const isSilent = silent;
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      sockets.add(one);
      one.on('data', (bytes) => {
        if (!silent && !isSilent) other.write(bytes);
      });
      one.on('error', () => {});
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    cut();
    await closed;
  };
  onTestFinished(async () => {
    if (server.listening) await close();
  });
  return {
    location: { ...location, host: '127.0.0.1', port },
    close,
    cut,
    fallSilent: () => {
      silent = true;
    },
    open: async () => {
      silent = false;
      if (!server.listening) await listen(port);
    },
  };
};
