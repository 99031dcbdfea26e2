// What the operator says of proxies, on all of Postern together: whose word counts for where a request comes from.
import { afterEach, expect, it } from 'vitest';
import { createWorld, type World } from '../support/world.ts';

let world: World;
afterEach(() => world.close());

/** As many pages as one address may open in a minute, and one more, as a proxy passes them on. */
const lastOf = async (count: number, from: (number: number) => string): Promise<number> => {
  let status = 0;
  for (let number = 0; number < count; number++)
    status = (
      await world.app.request(
        new Request('https://postern.test/sign-in/x', { headers: { 'x-forwarded-for': from(number) } }),
        undefined,
        { incoming: { socket: { remoteAddress: '10.1.2.3' } } },
      )
    ).status;
  return status;
};

it('The people behind a named proxy are counted one by one', async () => {
  world = await createWorld({ env: { POSTERN_TRUSTED_PROXIES: '10.0.0.0/8' } });
  expect(await lastOf(301, (number) => `198.51.100.${number % 200}`)).toBe(404);
  expect(await lastOf(301, () => '203.0.113.9')).toBe(429);
});

it('X-Forwarded-For of a peer that is no trusted proxy is ignored', async () => {
  world = await createWorld();
  expect(await lastOf(301, (number) => `198.51.100.${number % 200}`)).toBe(429);
});
