// What doctor says of connections: who uses them, what Google would refuse, and accounts that lost theirs.
import { randomBytes } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { connectionFindings } from '../../../src/cli/doctor/connections.ts';
import { tokenEndpointFindings } from '../../../src/cli/doctor/database.ts';
import { tryConnections } from '../../../src/cli/doctor/online.ts';
import { createGoogleOAuth } from '../../../src/oauth/google-oauth.ts';
import { createWorld } from '../../support/world.ts';

const aWorld = async () => {
  const world = await createWorld();
  onTestFinished(() => world.close());
  const { clientId, clientSecret: secret } = world.sandbox.addClient({ ofAnotherProject: true });
  const acme = { name: 'acme', clientId, secret, kind: 'web', createdAt: world.clock.now() } as const;
  await world.postern.storage.connections.add(acme);
  const { config, sandbox, clock, postern } = world;
  const online = () =>
    tryConnections(config, postern, (client) =>
      createGoogleOAuth({
        client,
        endpoints: config.google,
        fetch: async (input, init) => sandbox.fetch(new Request(input, init)),
        clock,
        random: randomBytes,
      }),
    );
  return { ...world, acme, online, findings: () => connectionFindings(postern.storage, config) };
};

it('names each connection with what to register, and warns of a client that Google would not return people with', async () => {
  const { postern, acme, findings } = await aWorld();
  const registered = {
    ...acme,
    redirectUris: ['https://postern.test/oauth/callback'],
    capabilities: ['mail'],
  } as const;
  await postern.storage.connections.replace(registered);
  expect(await findings()).toEqual([
    { verdict: 'untried', text: expect.stringMatching(/Connection acme.*register https:\/\/postern.test.*mail alone/) },
  ]);
  await postern.storage.connections.replace({ ...acme, redirectUris: ['https://other.test/oauth/callback'] });
  expect((await findings()).at(-1)).toMatchObject({ verdict: 'warning', text: expect.stringContaining('mismatch') });
  await postern.storage.connections.replace({ ...acme, kind: 'desktop' });
  expect((await findings()).at(-1)).toMatchObject({ verdict: 'warning', text: expect.stringContaining('Desktop app') });
});

it('tries every connection online with its own secret, and names the one that Google refuses', async () => {
  const { sandbox, acme, online } = await aWorld();
  const verdicts = async () => (await online()).map(({ verdict }) => verdict);
  expect(await verdicts()).toEqual(['ok', 'untried', 'untried']);
  sandbox.rotateClientSecret(acme.clientId);
  expect((await online())[0]).toMatchObject({
    verdict: 'fault',
    text: expect.stringMatching(/of the connection acme.*connections add acme --replace/),
  });
});

it('says of which connection Google refused the client', async () => {
  const { sandbox, acme, postern, config, clock, serviceKey, http, approve } = await aWorld();
  const key = await serviceKey({ unverifiedLinks: true, connection: 'acme' });
  const body = JSON.stringify({ identifier: 'two' });
  await http('/api/v1/accounts', { method: 'POST', key, body });
  const link = await http('/api/v1/accounts/two/link', { method: 'POST', key });
  await approve(((await link.json()) as { url: string }).url);
  sandbox.rotateClientSecret(acme.clientId);
  await clock.advance(2 * 3_600_000);
  await postern.accounts.freshToken({ realm: 'default', identifier: 'two' }, [])();
  expect(await tokenEndpointFindings(postern.storage, config)).toEqual([
    { verdict: 'warning', text: expect.stringMatching(/refused the OAuth client of the connection acme/) },
  ]);
});
