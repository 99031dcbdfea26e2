// The environment as Postern understands it: defaults, faults, warnings.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Environment, type ReadOptions, readConfig, readStorageConfig } from '../../src/config/config.ts';
import { createKeyReader, parseKey } from '../../src/config/sealing-keys.ts';
import { toolNames } from '../../src/mcp/tools/index.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'postern-config-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const client = { GOOGLE_CLIENT_ID: 'id.apps.googleusercontent.com', GOOGLE_CLIENT_SECRET: 'hush' };
const key = { POSTERN_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64') };

const read = (environment: Environment, options: Partial<ReadOptions> = {}) =>
  readConfig(environment, {
    transport: 'stdio',
    toolNames,
    machine: { platform: 'linux', home, cwd: home },
    ...options,
  });
const config = (environment: Environment, options: Partial<ReadOptions> = {}) => {
  const reading = read({ ...client, ...key, ...environment }, options);
  if (!reading.ok) throw new Error(JSON.stringify(reading.faults));
  return reading.config;
};
const faults = (environment: Environment, options: Partial<ReadOptions> = {}) => {
  const reading = read(environment, options);
  return reading.ok ? [] : reading.faults.map(({ variable, problem, fix }) => `${variable} ${problem}. ${fix}`);
};
const credentials = (content: unknown): string => {
  const path = join(home, 'client.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};

describe('defaults', () => {
  test('are Google itself, every tool, and a laptop’s folders', () => {
    expect(config({})).toMatchObject({
      identifier: 'me',
      host: '127.0.0.1',
      port: undefined,
      tools: toolNames,
      inlineLimit: 25 * 1024 * 1024,
      database: { engine: 'sqlite', path: join(home, '.local/share/postern/postern.db') },
      downloadFolder: join(home, '.local/share/postern/downloads'),
      configFolder: join(home, '.config/postern'),
      google: {
        tokenEndpoint: 'https://oauth2.googleapis.com/token',
        gmailRootUrl: 'https://gmail.googleapis.com/',
        overridden: [],
      },
      warnings: [],
    });
    expect(config({}).publicUrl.origin).toBe('http://127.0.0.1:8080');
  });

  test('an empty variable counts as unset', () => {
    expect(config({ POSTERN_PORT: '', POSTERN_TOOLS: ' ' })).toMatchObject({ port: undefined, tools: toolNames });
  });

  test.each([
    ['darwin', 'Library/Application Support/postern/postern.db'],
    ['win32', 'AppData/Local/postern/postern.db'],
    ['linux', '.local/share/postern/postern.db'],
  ] as const)('on %s the database lies in the platform’s folder', (platform, path) => {
    expect(config({}, { machine: { platform, home, cwd: home } }).database).toEqual({
      engine: 'sqlite',
      path: join(home, path),
    });
  });
});

describe('the OAuth client', () => {
  const section = { client_id: 'from-file', client_secret: 'hush' };
  test('of two variables is a desktop client, unless a port is fixed', () => {
    expect(config({}).google.client.kind).toBe('desktop');
    expect(config({ POSTERN_PORT: '9000' }).google.client.kind).toBe('web');
  });
  test.each([
    ['installed', 'desktop', {}],
    ['web', 'web', { POSTERN_PORT: '9000' }],
  ])('in a downloaded file with "%s" is a %s client', (name, kind, more) => {
    const file = credentials({ [name]: section });
    const reading = read({ ...key, ...more, GOOGLE_CREDENTIALS_FILE: file });
    expect(reading).toMatchObject({ ok: true, config: { google: { client: { id: 'from-file', kind } } } });
  });
  test('may be named from the home folder', () => {
    credentials({ installed: section });
    expect(read({ ...key, GOOGLE_CREDENTIALS_FILE: '~/client.json' }).ok).toBe(true);
  });
  test.each([
    [{ installed: section, web: section }, 'a desktop client ("installed") and a web client ("web")'],
    [{ type: 'service_account', private_key: 'hush' }, 'is the key of a service account'],
    ['not json', "is not the file that Google's console downloads"],
    [{ installed: { client_id: 'x' } }, "is not the file that Google's console downloads"],
  ])('in a file of another kind is refused (%#)', (content, said) => {
    const found = faults({ ...key, GOOGLE_CREDENTIALS_FILE: credentials(content) });
    expect(found).toEqual([expect.stringContaining(said)]);
    expect(found.join()).not.toContain('hush');
  });
  test('given twice, or missing, is refused', () => {
    const file = credentials({ installed: section });
    expect(faults({ ...client, ...key, GOOGLE_CREDENTIALS_FILE: file })).toEqual([
      expect.stringContaining('is set together with'),
    ]);
    expect(faults({ ...key, GOOGLE_CREDENTIALS_FILE: join(home, 'none.json') })).toEqual([
      expect.stringContaining('cannot be read'),
    ]);
    expect(faults(key)).toHaveLength(2);
  });
  test('a web client on stdio needs a fixed port; a desktop client cannot serve the world', () => {
    const web = credentials({ web: section });
    expect(faults({ ...key, GOOGLE_CREDENTIALS_FILE: web })).toEqual([
      expect.stringContaining('register http://127.0.0.1:8080/oauth/callback'),
    ]);
    const desktop = credentials({ installed: section });
    const world = { ...key, GOOGLE_CREDENTIALS_FILE: desktop, POSTERN_PUBLIC_URL: 'https://postern.example.com' };
    expect(faults(world, { transport: 'http' })).toEqual([
      expect.stringContaining('https://postern.example.com/oauth/callback'),
    ]);
  });
});

describe('another Google', () => {
  test('is collected for the log, and root URLs end with a slash', () => {
    const { google } = config({ GMAIL_ROOT_URL: 'http://127.0.0.1:9/gmail', GOOGLE_ISSUER: 'http://127.0.0.1:9' });
    expect(google).toMatchObject({ gmailRootUrl: 'http://127.0.0.1:9/gmail/', issuer: 'http://127.0.0.1:9' });
    expect(google.overridden.map(({ variable }) => variable)).toEqual(['GOOGLE_ISSUER', 'GMAIL_ROOT_URL']);
  });
  test('without https is warned about, except on this machine', () => {
    expect(config({ GOOGLE_TOKEN_ENDPOINT: 'http://localhost:9/token' }).warnings).toEqual([]);
    expect(config({ GOOGLE_TOKEN_ENDPOINT: 'http://emulator.test/token' }).warnings).toHaveLength(1);
  });
});

describe('faults', () => {
  test.each<[Environment, string]>([
    [{ POSTERN_PORT: 'http' }, 'POSTERN_PORT is not a port number'],
    [{ POSTERN_PORT: '0' }, 'POSTERN_PORT is not between 1 and 65535'],
    [{ POSTERN_PUBLIC_URL: 'postern.example.com' }, 'POSTERN_PUBLIC_URL is not an http(s) URL'],
    [{ POSTERN_PUBLIC_URL: 'https://example.com/postern' }, 'POSTERN_PUBLIC_URL must not contain a path'],
    [{ POSTERN_PUBLIC_URL: 'https://a:b@example.com' }, 'POSTERN_PUBLIC_URL must not contain a user name'],
    [{ POSTERN_TRUSTED_PROXIES: '10.0.0.0/8, proxy' }, 'POSTERN_TRUSTED_PROXIES is not a list of IP addresses'],
    [{ POSTERN_INLINE_LIMIT: '25 elephants' }, 'POSTERN_INLINE_LIMIT is not a size'],
    [{ POSTERN_INLINE_LIMIT: '2000MB' }, 'POSTERN_INLINE_LIMIT is not between'],
    [{ POSTERN_IDENTIFIER: 'a,b' }, 'POSTERN_IDENTIFIER must not contain a comma'],
    [{ POSTERN_HOST: 'a host' }, 'POSTERN_HOST is not a host or IP address'],
    [{ POSTERN_LIMITS: 'redis' }, 'POSTERN_LIMITS is neither memory nor database'],
    [{ POSTERN_LIMITS: 'database' }, 'Leave it out, or set POSTERN_DATABASE_URL to a PostgreSQL database.'],
    [{ POSTERN_TOOLS: 'gmail_send' }, 'POSTERN_TOOLS names an unknown tool'],
    [{ POSTERN_DATABASE_URL: 'postgresql://db.example.com/x' }, 'lacks a host, a user or a database'],
    [{ POSTERN_DATABASE_URL: 'postgres://me:50%-off@db.example.com/x' }, 'POSTERN_DATABASE_URL has a % that begins no'],
    [
      { POSTERN_DATABASE_URL: 'postgres://me@db.example.com/x?sslmode=require&sslrootcert=ca.pem' },
      'Use sslmode=verify-full.',
    ],
    [
      { POSTERN_DATABASE_URL: 'postgres://me@localhost/x?sslmode=disable&sslrootcert=ca.pem' },
      'Use sslmode=verify-full.',
    ],
    [{ POSTERN_DATABASE_URL: 'mysql:x' }, 'is not a database URL Postern knows'],
    [{ GMAIL_ROOT_URL: 'gmail' }, 'GMAIL_ROOT_URL is not an http(s) URL'],
    [{ POSTERN_DATADIR: 'x' }, 'POSTERN_DATADIR is not a setting of Postern. Did you mean POSTERN_DATA_DIR?'],
  ])('%j is named with its fix', (environment, said) => {
    expect(faults({ ...client, ...key, ...environment })).toEqual([expect.stringContaining(said)]);
  });

  test('a public URL without TLS is refused for http off this machine, unless that is asked for', () => {
    const open = { ...client, ...key, POSTERN_PUBLIC_URL: 'http://postern.example.com' };
    expect(faults(open, { transport: 'http' })).toEqual([
      'POSTERN_PUBLIC_URL is http://postern.example.com, where keys, links and mail would travel in the clear. Put a proxy that speaks TLS in front and use https://postern.example.com, or start with --insecure-http where nobody else is on the network.',
    ]);
    expect(config(open, { transport: 'http', insecureHttp: true }).warnings).toEqual([
      expect.stringContaining('is not https'),
    ]);
    expect(config(open, { transport: 'cli' }).warnings).toEqual([expect.stringContaining('is not https')]);
    for (const local of ['http://localhost:8080', 'http://127.0.0.1', 'http://[::1]:8080', 'https://example.com'])
      expect(config({ POSTERN_PUBLIC_URL: local }, { transport: 'http' }).warnings, local).toEqual([]);
  });

  test('are reported all at once', () => {
    expect(faults({ POSTERN_PORT: 'x', POSTERN_HOST: '?', POSTERN_ENCRYPTION_KEY: 'x' })).toHaveLength(5);
  });

  test('a subset of the tools keeps the catalogue’s order', () => {
    expect(config({ POSTERN_TOOLS: 'gmail_get_contacts, gmail_fetch_mails' }).tools).toEqual([
      'gmail_fetch_mails',
      'gmail_get_contacts',
    ]);
  });
});

describe('sealing keys', () => {
  test('any 32 bytes are read back from either alphabet, with or without padding', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.constantFrom('base64', 'base64url'),
        (bytes, alphabet) => {
          expect(parseKey(Buffer.from(bytes).toString(alphabet))).toEqual(bytes);
        },
      ),
    );
  });
  test('of another length are refused, naming the length and never the content', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 3, maxLength: 80 }).filter(({ length }) => length !== 32),
        (bytes) => {
          expect(parseKey(Buffer.from(bytes).toString('base64'))).toMatch(new RegExp(`^is ${bytes.length} bytes long`));
        },
      ),
    );
  });
  test('in hexadecimal are recognised', () => {
    expect(parseKey('ab'.repeat(32))).toContain('hexadecimal');
  });
  test('are made once on a laptop, in the config folder, for this user only', () => {
    const first = read(client);
    const second = read(client);
    expect(first.ok && second.ok && first.config.keys.current).toEqual(second.ok && second.config.keys.current);
    const file = join(home, '.config/postern/encryption-key');
    expect([statSync(file).mode & 0o777, statSync(join(file, '..')).mode & 0o777]).toEqual([0o600, 0o700]);
    expect(parseKey(readFileSync(file, 'utf8').trim())).toBeInstanceOf(Uint8Array);
  });
  test('are not made while anything else is wrong', () => {
    expect(faults({})).toHaveLength(2);
    expect(() => statSync(join(home, '.config'))).toThrow(/ENOENT/);
  });
  test('http makes one only when told to', () => {
    expect(faults(client, { transport: 'http' })).toEqual([expect.stringContaining('--generate-key')]);
    expect(faults(client, { transport: 'http', generateKey: true })).toEqual([]);
  });
  test('makes no new key for a database whose key is gone', () => {
    const data = join(home, '.local/share/postern');
    mkdirSync(data, { recursive: true });
    writeFileSync(join(data, 'postern.db'), '');
    expect(faults(client)).toEqual([expect.stringContaining('Set the key it was made with')]);
  });
  test('in a file of the operator’s are read again when it changes, and a file that is no good changes nothing', () => {
    const file = join(home, 'keys');
    const [a = '', b = ''] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64'));
    const machine = { platform: 'linux', home, cwd: home } as const;
    const readFile = (more = {}) =>
      readStorageConfig({ POSTERN_ENCRYPTION_KEY_FILE: '~/keys', ...more }, { transport: 'cli', machine });
    expect(readFile()).toMatchObject({ faults: [{ problem: expect.stringContaining('it is not there (ENOENT)') }] });
    writeFileSync(file, `${a}\nshort\n`);
    expect(readFile()).toMatchObject({ faults: [{ problem: expect.stringContaining('is 3 bytes long') }] });
    writeFileSync(file, `${a}\n`);
    expect(readFile(key)).toMatchObject({ faults: [{ problem: expect.stringContaining('both set') }] });
    const reading = readFile();
    if (!reading.ok) throw new Error('the file is good');
    const reread = createKeyReader(reading.config.keys);
    expect(reread()).toBeUndefined();
    writeFileSync(file, 'half a ke');
    expect(reread()).toBeUndefined();
    writeFileSync(file, `${b}\n${a}\n`);
    const bytes = (fill: number) => new Uint8Array(32).fill(fill);
    expect(reread()).toEqual({ current: bytes(2), retired: [bytes(1)] });
    expect(reread()).toBeUndefined();
  });
  test('reads several retired keys and refuses a faulty one by its number', () => {
    const [a, b] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64'));
    const retired = (text: string) =>
      readStorageConfig(
        { ...key, POSTERN_ENCRYPTION_KEYS_RETIRED: text },
        { transport: 'cli', machine: { platform: 'linux', home, cwd: home } },
      );
    expect(retired(`${a}, ${b}`)).toMatchObject({
      ok: true,
      config: { keys: { retired: [{}, {}], source: 'environment' } },
    });
    expect(retired(`${a},short`)).toMatchObject({
      ok: false,
      faults: [{ problem: expect.stringMatching(/^number 2 /) }],
    });
  });
});

describe('a client that cannot be right', () => {
  const id = '1-a.apps.googleusercontent.com';
  const secret = 'GOCSPX-abcdefghijklmnop';
  const warningsOf = (environment: Environment, options: Partial<ReadOptions> = {}): string => {
    const reading = read({ ...key, ...environment }, options);
    return (reading.ok ? reading.config : reading).warnings.join();
  };

  test('is warned of where id and secret were exchanged, whichever Google is asked', () => {
    const exchanged = { GOOGLE_CLIENT_ID: secret, GOOGLE_CLIENT_SECRET: id };
    expect(warningsOf({ GOOGLE_CLIENT_ID: id, GOOGLE_CLIENT_SECRET: secret })).toBe('');
    for (const more of [{}, { GOOGLE_TOKEN_ENDPOINT: 'http://127.0.0.1:9/token' }])
      expect(warningsOf({ ...exchanged, ...more })).toContain('exchange the two');
  });

  test('is warned of where the id is none of Google’s, or the secret an id', () => {
    expect(warningsOf({ GOOGLE_CLIENT_ID: '1-a', GOOGLE_CLIENT_SECRET: secret })).toContain('does not end with');
    expect(warningsOf({ GOOGLE_CLIENT_ID: id, GOOGLE_CLIENT_SECRET: id })).toContain('looks like a client ID');
  });

  test.each([
    ['http', { POSTERN_PUBLIC_URL: 'https://postern.example.com' }, 'https://postern.example.com/oauth/callback'],
    ['stdio', { POSTERN_PORT: '8123' }, 'http://127.0.0.1:8123/oauth/callback'],
  ] as const)(
    'is warned of on %s where its own file does not list the address it returns to',
    (transport, more, uri) => {
      const web = (redirect_uris: string[]) => ({
        ...more,
        GOOGLE_CREDENTIALS_FILE: credentials({ web: { client_id: id, client_secret: secret, redirect_uris } }),
      });
      expect(warningsOf(web(['https://other.example.com/cb']), { transport })).toContain(`does not list ${uri}`);
      expect(warningsOf(web([uri]), { transport })).toBe('');
    },
  );
});

describe('paths', () => {
  test.each([
    ['a folder', () => home],
    ['a file that is not there', () => join(home, 'none.json')],
    ['a device', () => '/dev/zero'],
  ])('%s is no credentials file, and is not waited for', (_, path) => {
    expect(faults({ ...key, GOOGLE_CREDENTIALS_FILE: path() }).join()).toContain('cannot be read');
  });

  test('reports a config folder that cannot be used, with the reason', () => {
    writeFileSync(join(home, 'file'), '');
    const found = faults({ ...client, POSTERN_CONFIG_DIR: join(home, 'file', 'deeper') });
    expect(found.join()).toMatch(
      /POSTERN_CONFIG_DIR is .*file\/deeper, which cannot be used: a part of it is no folder/,
    );
  });
});
