// Connections to PostgreSQL under TLS: who is believed to be the server.
import { randomBytes } from 'node:crypto';
import { type AddressInfo, connect, createServer } from 'node:net';
import { TLSSocket } from 'node:tls';
import { generate } from 'selfsigned';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { PostgresLocation, PostgresTls } from '../../../src/model/database-location.ts';
import { openPostgres } from '../../../src/storage/postgres/database.ts';
import { databaseAt } from '../../support/database.ts';
import { nothingToAdopt } from '../../support/migrated-database.ts';

interface Certificate {
  readonly key: string;
  readonly cert: string;
}

const certificateFor = async (name: { readonly ip: string } | { readonly host: string }): Promise<Certificate> => {
  const altName = 'ip' in name ? { type: 7 as const, ip: name.ip } : { type: 2 as const, value: name.host };
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'a database' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [altName] },
    ],
  });
  return { key, cert };
};

let here: Certificate;
let elsewhere: Certificate;
let onlyLocalhost: Certificate;
beforeAll(async () => {
  [here, elsewhere, onlyLocalhost] = await Promise.all([
    certificateFor({ ip: '127.0.0.1' }),
    certificateFor({ host: 'db.example.org' }),
    certificateFor({ host: 'localhost' }),
  ]);
});

/** What a client asks that wants TLS (https://www.postgresql.org/docs/current/protocol-message-formats.html, SSLRequest). */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** The tests' database behind a server that speaks TLS with this certificate. */
const behind = async (certificate: Certificate, tls: PostgresTls | undefined): Promise<PostgresLocation> => {
  const location = await databaseAt('tls');
  if (location.engine !== 'postgres') throw new Error('This is a test of PostgreSQL.');
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (asked) => {
      if (!asked.equals(sslRequest)) return socket.destroy();
      socket.write('S');
      const from = new TLSSocket(socket, { isServer: true, ...certificate });
      const to = connect(location.port, location.host);
      for (const end of [from, to]) end.on('error', () => {}).on('close', () => [from, to].map((one) => one.destroy()));
      from.pipe(to).pipe(from);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { ...location, host: '127.0.0.1', port: (server.address() as AddressInfo).port, tls };
};

const opens = async (location: PostgresLocation): Promise<boolean> => {
  const engine = await openPostgres(location, nothingToAdopt, { random: randomBytes });
  onTestFinished(() => engine.close());
  return engine.ready();
};

describe('A connection under TLS', () => {
  it('with `require` is encrypted, whoever answers', async () => {
    expect(await opens(await behind(elsewhere, { mode: 'require' }))).toBe(true);
  });

  it('with `verify-full` is made where the certificate is of this host and of an authority that is trusted', async () => {
    expect(await opens(await behind(here, { mode: 'verify-full', authority: here.cert }))).toBe(true);
  });

  it.each([
    ['nobody vouches for', () => ({ certificate: here, authority: undefined })],
    ['another authority vouches for', () => ({ certificate: here, authority: elsewhere.cert })],
    ['is of another host', () => ({ certificate: elsewhere, authority: elsewhere.cert })],
    [
      'is of localhost, where the host is an address',
      () => ({ certificate: onlyLocalhost, authority: onlyLocalhost.cert }),
    ],
  ])('with `verify-full` is not made with a certificate that %s', async (_, given) => {
    const { certificate, authority } = given();
    const location = await behind(certificate, { mode: 'verify-full', authority });
    await expect(opens(location)).rejects.toMatchObject({
      name: 'StorageError',
      message: expect.stringContaining("the server's certificate is not trusted"),
    });
  });

  it('is not replaced by one without, where the server speaks none', async () => {
    const location = await databaseAt('tls');
    if (location.engine !== 'postgres') throw new Error('This is a test of PostgreSQL.');
    await expect(opens({ ...location, tls: { mode: 'require' } })).rejects.toMatchObject({
      name: 'StorageError',
      message: expect.stringContaining('the server does not offer TLS'),
    });
  });
});
