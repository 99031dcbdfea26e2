// What doctor says of the token endpoint, from what the processes on the same database were told.
import { expect, it } from 'vitest';
import { tokenEndpointFindings } from '../../../src/cli/doctor/database.ts';
import { connectAtOnce } from '../../support/connect-at-once.ts';
import { createWorld } from '../../support/world.ts';

const refuse = { status: 400, body: { error: 'invalid_grant' } };

it('warns of a token endpoint that refuses everybody with the evidence, and says nothing while Google accepts anybody', async () => {
  const world = await createWorld();
  const said = async () => (await tokenEndpointFindings(world.postern.storage, world.config)).map(({ text }) => text);
  const names = Array.from({ length: 6 }, (_, n) => `stranger_${n}@mail.example`);
  const token = (identifier: string) => world.postern.accounts.freshToken({ realm: 'default', identifier }, ['mail'])();
  for (const email of names) {
    world.sandbox.addAccount({ email });
    await connectAtOnce(world, email);
  }
  await world.clock.advance(2 * 3_600_000);
  expect(await said()).toEqual([]);

  world.sandbox.fault({ path: '/token' }, refuse);
  for (const name of names) await token(name);
  expect(await said()).toEqual([
    expect.stringMatching(/stored access of 6 unrelated Google accounts.*if they really all left/),
  ]);
  await expect(connectAtOnce(world, 'stranger_0@mail.example')).rejects.toThrow();
  expect(await said()).toEqual([expect.stringMatching(/refused a new authorization too.*this is an accident/)]);

  world.sandbox.clearFaults();
  world.sandbox.rotateClientSecret();
  await token('stranger_1@mail.example');
  expect(await said()).toEqual([expect.stringContaining('invalid_client'), expect.stringContaining('accident')]);
  await world.close();
});
