import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ada, aGrant, aWorld, ben, connect, sealerWith, start } from './support.ts';

it("does not open a token that was copied from another person's row", async () => {
  const { storage, raw } = await aWorld();
  await connect(storage, ada);
  await connect(storage, ben);
  for (const column of ['refresh_token', 'access_token']) {
    raw.exec('begin');
    const copy = `update accounts set ${column} = (select ${column} from accounts where identifier = ?) where identifier = ?`;
    raw.prepare(copy).run(ben.identifier, ada.identifier);
    raw.exec('commit');
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
  const rename = raw.prepare('update accounts set identifier = ? where identifier = ?');
  rename.run('between', ada.identifier);
  rename.run(ada.identifier, ben.identifier);
  rename.run(ben.identifier, 'between');
  expect(await storage.accounts.readGrant(ada)).toHaveProperty('kind', 'refused');
  expect(await storage.accounts.readGrant(ben)).toHaveProperty('kind', 'refused');
});

it('does not open a refresh token that was copied into the column of the access token', async () => {
  const { storage, raw } = await aWorld();
  await connect(storage, ada);
  raw.exec('update accounts set access_token = refresh_token');
  expect(await storage.accounts.readGrant(ada)).toHaveProperty('kind', 'refused');
});

it('does not open the tokens of an older grant that were put back', async () => {
  const { storage, raw } = await aWorld();
  await connect(storage, ada);
  const older = raw.prepare('select access_token, refresh_token from accounts').get();
  await connect(storage, ada, aGrant({ refreshToken: 'newer' }));
  raw.prepare('update accounts set access_token = @access_token, refresh_token = @refresh_token').run(older);
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

it('keeps no token readable in the file or in its log', async () => {
  const { storage, raw, path } = await aWorld();
  await connect(storage, ada);
  const bytes = () => Buffer.concat([readFileSync(path), readFileSync(`${path}-wal`)]).toString('latin1');
  expect(bytes()).toContain(ada.identifier);
  expect(bytes()).not.toContain('refresh-token-of-this-grant');
  expect(bytes()).not.toContain('access-token-of-this-grant');
  const sealed = String(raw.prepare('select refresh_token from accounts').pluck().get());
  await storage.accounts.setState(ada, start + 1, { status: 'PENDING', reason: 'disconnected' });
  raw.pragma('wal_checkpoint(TRUNCATE)');
  expect(readFileSync(path).toString('latin1')).not.toContain(sealed.slice(-40));
});
