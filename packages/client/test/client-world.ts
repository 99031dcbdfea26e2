// A whole Postern with this client in front of it, without a socket.
import { createWorld, posternOrigin, type World } from '../../../test/support/world.ts';
import { Postern, type PosternOptions } from '../src/index.ts';

/** A client of this world with this key. */
export const clientOf = (world: World, key: string, options: Partial<PosternOptions> = {}): Postern =>
  new Postern({
    url: posternOrigin,
    key,
    // A retry would hide an error, and wait for it.
    retries: 0,
    fetch: async (input, init) => world.app.request(new Request(input, init)),
    ...options,
  });

/** A world and a client with a service key whose links anybody may complete. */
export const createClientWorld = async () => {
  const world = await createWorld();
  const postern = clientOf(world, await world.serviceKey({ unverifiedLinks: true }));
  return { world, postern };
};
