import { expect, it } from 'vitest';
import { ada, aGrant, aWorld, ben, connect, contentsOf, sealerWith, start } from './support.ts';

it("does not open a token that was copied from another person's row", async () => {
  const { storage, raw } = await aWorld();
  await connect(storage, ada);
  await connect(storage, ben);
  for (const column of ['refresh_token', 'access_token']) {
    const copy = `update accounts set ${column} = (select ${column} from accounts where identifier = ?) where identifier = ?`;
    await raw.run(copy, ben.identifier, ada.identifier);
    expect(await storage.accounts.readGrant(ada)).toMatchObject({ kind: 'refused', cause: 'altered' });
    expect(await storage.accounts.readGrant(ben)).toHaveProperty('kind', 'grant');
    await storage.accounts.remove(ada);
    await connect(storage, ada);
  }
});

it('does not open two rows whose names were exchanged', async () => {
  const { storage, raw } = await aWorld();
  await connect(storage, ada);
  await connect(storage, ben);
  const rename = (to: string, from: string) =>
    raw.run('update accounts set identifier = ? where identifier = ?', to, from);
  await rename('between', ada.identifier);
  await rename(ada.identifier, ben.identifier);
  await rename(ben.identifier, 'between');
  expect(await storage.accounts.readGrant(ada)).toHaveProperty('kind', 'refused');
  expect(await storage.accounts.readGrant(ben)).toHaveProperty('kind', 'refused');
});

it('does not open a refresh token that was copied into the column of the access token', async () => {
  const { storage, raw } = await aWorld();
  await connect(storage, ada);
  await raw.run('update accounts set access_token = refresh_token');
  expect(await storage.accounts.readGrant(ada)).toHaveProperty('kind', 'refused');
});

it('does not open the tokens of an older grant that were put back', async () => {
  const { storage, raw } = await aWorld();
  await connect(storage, ada);
  const [older] = await raw.all('select access_token, refresh_token from accounts');
  await connect(storage, ada, aGrant({ refreshToken: 'newer' }));
  await raw.run('update accounts set access_token = ?, refresh_token = ?', older?.access_token, older?.refresh_token);
  expect(await storage.accounts.readGrant(ada)).toHaveProperty('kind', 'refused');
});

it('does not take what another key sealed for altered', async () => {
  const { storage, open } = await aWorld();
  await connect(storage, ada);
  const withOtherKey = await open(sealerWith(9));
  expect(await withOtherKey.accounts.readGrant(ada)).toMatchObject({ kind: 'refused', cause: 'unknown_key' });
  await expect(withOtherKey.accounts.getOrCreate(ada)).rejects.toMatchObject({ kind: 'wrong_key' });
  expect(await storage.accounts.readGrant(ada)).toHaveProperty('kind', 'grant');
});

it('keeps no token readable in the database, nor in the file or its log', async () => {
  const { storage, raw, location } = await aWorld();
  await connect(storage, ada);
  const contents = await contentsOf({ location, raw });
  expect(contents).toContain(ada.identifier);
  expect(contents).not.toContain('refresh-token-of-this-grant');
  expect(contents).not.toContain('access-token-of-this-grant');
  const sealed = String(await raw.value('select refresh_token from accounts'));
  await storage.accounts.setState(ada, start + 1, { status: 'PENDING', reason: 'disconnected' });
  expect(await contentsOf({ location, raw })).not.toContain(sealed.slice(-40));
});
