// A world in which a test stands between Postern and Google, and the link of one caller in it.
import type { Link } from '../../src/connect/accounts.ts';
import type { Caller } from '../../src/model/caller.ts';
import { createWorld, type World } from './world.ts';

/** May change an answer of Google's, or hold it back. */
export type OnTheWay = (response: Response, path: string) => Promise<Response> | Response;

export const key = { realm: 'default', identifier: 'user_42' };
export const caller: Caller = { key, credential: 'service_key', linkPolicy: 'unverified' };

/** @param current what stands between them at that moment. */
export const worldBetween = async (current: () => OnTheWay): Promise<World> => {
  const world: World = await createWorld({
    fetch: async (input, init) => {
      const request = new Request(input, init);
      return current()(await world.sandbox.fetch(request), new URL(request.url).pathname);
    },
  });
  return world;
};

export const linkIn = async (world: World, who: Caller): Promise<Link> => {
  await world.postern.accounts.ensure(who.key);
  const link = await world.postern.accounts.link(who, { capabilities: [] });
  if (!link.ok) throw new Error(link.problem.kind);
  return link.value;
};
