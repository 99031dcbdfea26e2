// A whole Postern that answers the hosted product's clients, listening on a port, and its official client for it.
import { ScalekitClient } from '@scalekit-sdk/node';
import { listen } from '../../../src/http/serve.ts';
import { createWorld, type World, type WorldOptions } from '../../support/world.ts';

export interface ScalekitWorld extends World {
  readonly origin: string;
  /** The official client with a service key. */
  client(key: string): ScalekitClient;
  /** What POST /oauth/token gives for a service key. */
  token(key: string): Promise<string>;
}

/** The id of a key, which is in its text. */
export const idOf = (key: string): string => key.split('_')[2] ?? '';

export const aScalekitWorld = async (options: WorldOptions = {}): Promise<ScalekitWorld> => {
  const world = await createWorld({ ...options, env: { POSTERN_SCALEKIT_API: '1', ...options.env } });
  const { app, grpc, clock } = world;
  const listening = await listen(app, { host: '127.0.0.1', port: 0 }, clock, undefined, grpc);
  if (listening.kind !== 'listening') throw new Error(listening.message);
  const origin = `http://127.0.0.1:${listening.port}`;
  return {
    ...world,
    origin,
    client: (key) => new ScalekitClient(origin, idOf(key), key),
    token: async (key) => {
      const form = { grant_type: 'client_credentials', client_id: idOf(key), client_secret: key };
      const answer = await fetch(`${origin}/oauth/token`, { method: 'POST', body: new URLSearchParams(form) });
      return ((await answer.json()) as { access_token: string }).access_token;
    },
    close: async () => {
      const closed = listening.close(0);
      await clock.advance(0);
      await closed;
      await world.close();
    },
  };
};
