// What the command says to people and scripts: answers, faults, exit codes; one of each kind with the built command.

import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import BetterSqlite3 from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { walk } from '../../src/cli/demo/person.ts';
import { endWithTest, run, type StartedSandbox, settingsIn, start, startSandbox, temporaryFolder } from './built.ts';
import { runHere } from './run-here.ts';

const commands = [
  ['stdio'],
  ['http'],
  ['demo'],
  ['sandbox'],
  ['accounts', 'list'],
  ['accounts', 'show'],
  ['accounts', 'check'],
  ['accounts', 'connect'],
  ['accounts', 'pin'],
  ['accounts', 'disconnect'],
  ['accounts', 'delete'],
  ['api-keys', 'create'],
  ['api-keys', 'list'],
  ['api-keys', 'revoke'],
  ['connections', 'add'],
  ['connections', 'list'],
  ['connections', 'default'],
  ['connections', 'remove'],
  ['webhooks', 'add'],
  ['webhooks', 'list'],
  ['webhooks', 'remove'],
  ['webhooks', 'test'],
  ['webhooks', 'redeliver'],
  ['webhooks', 'rotate-secret'],
  ['encryption', 'rotate'],
  ['encryption', 'discard-unreadable'],
  ['backup'],
  ['restore'],
  ['doctor'],
];

describe('the command line', () => {
  test.each(commands.map((args) => [args.join(' '), args] as const))(
    '%s explains itself with --help',
    async (_, args) => {
      const { code, stdout } = await runHere([...args, '--help'], {});
      expect([code, stdout]).toEqual([0, expect.stringContaining(`Usage: postern ${args.join(' ')}`)]);
    },
  );

  test.each([
    [['acounts']],
    [['accounts', 'show', '--jsn']],
    [['api-keys', 'create', '--service', '--user', 'a']],
    [['api-keys', 'create']],
    [['api-keys', 'create', '--service', '--return-url', 'http://app.example.com/done']],
    [['api-keys', 'create', '--user', 'a', '--return-url', 'https://app.example.com/done']],
    [['api-keys', 'create', '--service', '--product-name', 'Postern']],
    [['api-keys', 'create', '--service', '--product-name', 'Acme', '--product-logo', 'package.json']],
  ])('%j is refused with exit code 2', async (args) => {
    const { code, stderr } = await runHere(args, settingsIn(temporaryFolder()));
    expect(code).toBe(2);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test('every fault of the configuration is reported at once, each with its fix', async () => {
    const { code, stdout, stderr } = await run(['stdio'], {
      ...settingsIn(temporaryFolder()),
      POSTERN_PORT: '80800',
      POSTERN_TOOLS: 'gmail_fetch_mail',
      POSTERN_DATABASE_URL: 'postgres://db.example.com/postern',
      POSTERN_ENCRYPTION_KEY: 'c2hvcnQ=',
      POSTERN_PUBLIK_URL: 'https://postern.example.com',
    });
    expect([code, stdout]).toEqual([2, '']);
    for (const said of [
      'GOOGLE_CLIENT_ID is not set',
      'GOOGLE_CLIENT_SECRET is not set',
      'POSTERN_PORT is not between 1 and 65535',
      'Did you mean gmail_fetch_mails?',
      'POSTERN_DATABASE_URL lacks a host, a user or a database. Use postgres://USER:PASSWORD@HOST:5432/DATABASE.',
      'POSTERN_ENCRYPTION_KEY is 5 bytes long, not 32',
      'Did you mean POSTERN_PUBLIC_URL?',
    ]) {
      expect(stderr).toContain(said);
    }
    expect(stderr).not.toContain('c2hvcnQ=');
  });

  test('a database of a newer Postern is refused with the reason', async () => {
    const folder = temporaryFolder();
    const settings = settingsIn(folder);
    expect((await runHere(['accounts', 'list'], settings)).code).toBe(0);
    const database = new BetterSqlite3(join(folder, 'data', 'postern.db'));
    database.pragma('user_version = 999');
    database.close();
    const { code, stderr } = await runHere(['accounts', 'list'], settings);
    expect([code, stderr]).toEqual([1, expect.stringContaining('newer Postern')]);
  });

  test('a database without its key is not opened with a new one', async () => {
    const folder = temporaryFolder();
    await runHere(['accounts', 'list'], settingsIn(folder));
    const moved = settingsIn(folder, { POSTERN_CONFIG_DIR: join(folder, 'elsewhere') });
    const { code, stderr } = await runHere(['accounts', 'list'], moved);
    expect([code, stderr]).toEqual([2, expect.stringContaining('Set the key it was made with')]);
  });

  test('mail files that cannot be read are named', async () => {
    const { code, stderr } = await run(['sandbox', '--mailbox', 'no-such-file.mbox'], {});
    expect([code, stderr]).toEqual([1, expect.stringContaining('no-such-file.mbox')]);
  });
});

describe('API keys on the command line', () => {
  const sealing = { POSTERN_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64') };

  test('are made under the operator’s sealing key, never under one that nobody asked for; nor does doctor make one', async () => {
    const folder = temporaryFolder();
    const settings = settingsIn(folder, { GOOGLE_CLIENT_ID: 'id', GOOGLE_CLIENT_SECRET: 'secret' });
    const { code, stderr } = await runHere(['api-keys', 'create', '--service'], settings);
    expect([code, stderr]).toEqual([2, expect.stringContaining('POSTERN_ENCRYPTION_KEY is not set')]);
    const seen = await runHere(['doctor'], settings);
    expect([seen.code, seen.stdout]).toEqual([0, expect.stringContaining('! Sealing key: none yet')]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('are shown once, listed without their secret, and revoked', async () => {
    const settings = settingsIn(temporaryFolder(), sealing);
    const { stdout: key } = await runHere(
      ['api-keys', 'create', '--service', '--realm', 'shop', '--label', 'web shop'],
      settings,
    );
    const listed = await runHere(['api-keys', 'list', '--json'], settings);
    const [record] = JSON.parse(listed.stdout);
    expect(record).toMatchObject({ kind: 'service', realm: 'shop', label: 'web shop', unverified_links: false });
    expect(listed.stdout).not.toContain(key.trim().split('_').slice(3).join('_'));
    expect((await run(['api-keys', 'revoke', record.id], settings)).code).toBe(0);
    expect((await runHere(['api-keys', 'revoke', record.id], settings)).code).toBe(1);
  });

  test('are made with return URLs and a product whose logo is a file', async () => {
    const folder = temporaryFolder();
    const settings = settingsIn(folder, sealing);
    const logo = join(folder, 'logo.png');
    const header = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ', 'base64');
    writeFileSync(logo, Buffer.concat([header, Buffer.from('AAAAAElFTkSuQmCC', 'base64')]));
    const urls = ['https://app.example.com/done', 'https://app.example.com/for/*'];
    const options = urls.flatMap((url) => ['--return-url', url]);
    const product = ['--product-name', 'Acme Mail', '--product-logo', logo];
    const made = await run(['api-keys', 'create', '--service', ...options, ...product], settings);
    expect([made.code, made.stderr]).toEqual([0, expect.stringContaining('"return_url"')]);
    const [record] = JSON.parse((await run(['api-keys', 'list', '--json'], settings)).stdout);
    expect(record).toMatchObject({ return_urls: urls, product_name: 'Acme Mail' });
    const database = new BetterSqlite3(join(folder, 'data', 'postern.db'));
    expect(database.prepare('select media_type from product_logos').pluck().all()).toEqual(['image/png']);
    database.close();
  });

  test('name a connection, which is added from the console’s file, listed without its secret, and kept while a key names it', async () => {
    const folder = temporaryFolder();
    const settings = settingsIn(folder, sealing);
    const client = { client_id: '222-acme.apps.googleusercontent.com', client_secret: 'GOCSPX-of-acme' };
    const file = join(folder, 'acme.json');
    writeFileSync(file, JSON.stringify({ web: client }));
    writeFileSync(join(folder, 'service.json'), JSON.stringify({ type: 'service_account' }));
    const add = (name: string, path = file) => run(['connections', 'add', name, '--credentials-file', path], settings);
    expect(await add('Acme')).toMatchObject({ code: 2 });
    expect(await add('default')).toMatchObject({ code: 2 });
    expect((await add('acme', join(folder, 'service.json'))).stderr).toContain('service account');
    expect((await add('acme', join(folder, 'none.json'))).stderr).toContain('cannot be read');
    expect(await add('acme')).toMatchObject({ code: 0, stdout: expect.stringContaining('222-acme') });
    expect(await add('acme')).toMatchObject({ code: 1, stderr: expect.stringContaining('--replace') });
    const key = await run(['api-keys', 'create', '--service', '--connection', 'acme', '--json'], settings);
    expect(JSON.parse(key.stdout)).toMatchObject({ connection: 'acme' });
    const listed = await run(['connections', 'list', '--json'], settings);
    expect(JSON.parse(listed.stdout)).toMatchObject([{ name: 'default' }, { name: 'acme', api_keys: 1, accounts: 0 }]);
    expect(listed.stdout).not.toContain('GOCSPX');
    const kept = await run(['connections', 'remove', 'acme'], settings);
    expect(kept).toMatchObject({ code: 1, stderr: expect.stringMatching(/used by 1 API key.*revoke the keys/) });
    await run(['api-keys', 'revoke', JSON.parse(key.stdout).id], settings);
    expect(await run(['connections', 'remove', 'acme'], settings)).toMatchObject({ code: 0 });
  });

  test.each(['local', 'google'])('the realm %s is reserved', async (realm) => {
    const { code, stderr } = await runHere(
      ['api-keys', 'create', '--service', '--realm', realm],
      settingsIn(temporaryFolder()),
    );
    expect([code, stderr]).toEqual([2, expect.stringContaining('is reserved')]);
  });

  test('one with --unverified-links is called weaker, also by doctor', async () => {
    const settings = settingsIn(temporaryFolder(), {
      ...sealing,
      GOOGLE_CLIENT_ID: 'id',
      GOOGLE_CLIENT_SECRET: 'secret',
    });
    const created = await runHere(['api-keys', 'create', '--service', '--unverified-links'], settings);
    expect(created.stderr).toContain('whoever opens a link may complete it');
    const { code, stdout } = await runHere(['doctor'], settings);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/! API key \w+ has --unverified-links, which is weaker/)]);
    expect(stdout).not.toContain('secret');
  });
});

describe('whose mailbox an account has to be, on the command line', () => {
  const settings = (folder: string) =>
    settingsIn(folder, {
      POSTERN_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
      GOOGLE_CLIENT_ID: 'id',
      GOOGLE_CLIENT_SECRET: 'secret',
    });
  const shown = async (given: Readonly<Record<string, string>>, ...of: string[]) =>
    JSON.parse((await runHere(['accounts', 'show', ...of, '--json'], given)).stdout);

  test('is said with a new account, changed by name only, and nothing else changes it', async () => {
    const given = settings(temporaryFolder());
    const keyFor = (email: string) =>
      runHere(['api-keys', 'create', '--user', 'kim', '--expected-email', email], given);
    const kim = ['kim', '--realm', 'default'];
    expect((await keyFor('kim@example.com')).code).toBe(0);
    expect((await keyFor('Kim@Example.com')).code).toBe(0);
    for (const refused of [
      await keyFor('other@example.com'),
      await runHere(['accounts', 'connect', ...kim, '--expected-email', 'other@example.com'], given),
    ])
      expect(refused).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(
          /expected_email is kim@example\.com\.[\s\S]*postern accounts pin kim --realm default/,
        ),
      });
    expect(await shown(given, ...kim)).toMatchObject({ expected_email: 'kim@example.com' });
    const pin = (...change: string[]) => runHere(['accounts', 'pin', ...kim, ...change], given);
    expect(await pin('--expected-email', 'other@example.com', '--expected-domain', 'example.com')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/pinned to +other@example\.com, domain example\.com\n/),
    });
    expect((await pin('--no-expected-email')).code).toBe(0);
    expect(await shown(given, ...kim)).toMatchObject({ expected_email: null, expected_domain: 'example.com' });
    expect((await pin()).code).toBe(2);
    expect((await pin('--expected-email', 'nobody')).code).toBe(2);
    expect((await runHere(['accounts', 'pin', 'nobody', '--no-expected-sub'], given)).code).toBe(1);
  });

  test('names of capabilities that there are not are refused with the right ones beside', async () => {
    const given = settings(temporaryFolder());
    const { code, stderr } = await runHere(['accounts', 'connect', '--capabilities', 'mail, otherContacts'], given);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/Did you mean "other_contacts"\? Known are mail, contacts/),
    ]);
  });
});

describe('a row that somebody else wrote', () => {
  test('is named by doctor, opens nothing, and is deleted by encryption discard-unreadable alone', async () => {
    const folder = temporaryFolder();
    const client = { GOOGLE_CLIENT_ID: 'id', GOOGLE_CLIENT_SECRET: 'secret' };
    const settings = settingsIn(folder, { ...client, POSTERN_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64') });
    for (const realm of ['shop', 'club'])
      await runHere(['api-keys', 'create', '--service', '--realm', realm], settings);
    const database = new BetterSqlite3(join(folder, 'data', 'postern.db'));
    const id = database.prepare<[], string>("select id from api_keys where realm = 'club'").pluck().get() ?? '';
    database.exec("update api_keys set realm = 'shop'");
    database.close();
    const seen = await runHere(['doctor'], settings);
    expect([seen.code, seen.stdout]).toEqual([1, expect.stringContaining(`✗ The row api_keys ${id} was changed`)]);
    expect((await runHere(['encryption', 'discard-unreadable'], settings)).code).toBe(2);
    expect((await runHere(['encryption', 'discard-unreadable', '--yes'], settings)).code).toBe(0);
    expect((await runHere(['doctor'], settings)).code).toBe(0);
    expect(JSON.parse((await runHere(['api-keys', 'list', '--json'], settings)).stdout)).toHaveLength(1);
  });
});

describe('accounts on the command line', () => {
  let sandbox: StartedSandbox;
  beforeAll(async () => {
    sandbox = await startSandbox();
  });
  afterAll(() => sandbox.stop());

  /** Connects `me` as a person whose browser is on another machine: the final address is pasted in. */
  const connectByPasting = async (settings: Readonly<Record<string, string>>) => {
    const running = endWithTest(start(['accounts', 'connect'], settings));
    const said = await running.says('Waiting (');
    const [, google = ''] = /instead:\n\n\s+(http\S+)/.exec(said) ?? [];
    // This machine's loopback answers the stranger that the browser is to it; the address is what counts.
    const last = await walk(google, 'alex@example.com', () => {});
    running.child.stdin.write(`nonsense\n${last.url}\n`);
    const then = await running.says(/Connected:|ends:\n\s+http\S+\n/);
    // Google gives a refresh token only once unless it asks again: then there is a second address to open.
    const [, again] = /ends:\n\s+(http\S+)\n/.exec(then) ?? [];
    if (again !== undefined) running.child.stdin.write(`${(await walk(again, 'alex@example.com', () => {})).url}\n`);
    return running.exit;
  };

  test('connect takes the final address of a browser that cannot reach this machine', async () => {
    const settings = settingsIn(temporaryFolder(), sandbox.env);
    const { code, stdout } = await connectByPasting(settings);
    expect(stdout).toContain('That is not the final address');
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining('Connected: alex@example.com is now the mailbox of me.'),
    ]);
    const listed = await runHere(['accounts', 'list', '--json'], settings);
    expect(JSON.parse(listed.stdout)).toMatchObject([{ realm: 'local', identifier: 'me', status: 'ACTIVE' }]);
  });

  test('connect is finished by the browser on this machine', async () => {
    const running = endWithTest(start(['accounts', 'connect', 'kim'], settingsIn(temporaryFolder(), sandbox.env)));
    const [, link = ''] = /machine:\n\n\s+(http\S+)/.exec(await running.says('Waiting (')) ?? [];
    expect((await walk(link, 'alex@example.com', () => {})).heading).toBe('Gmail is connected');
    expect(await running.exit).toMatchObject({ code: 0, stdout: expect.stringContaining('the mailbox of kim.') });
  });

  test('the wrong mailbox is not connected', async () => {
    const settings = settingsIn(temporaryFolder(), sandbox.env);
    const running = endWithTest(start(['accounts', 'connect', '--expected-email', 'robin@example.org'], settings));
    const [, google = ''] = /instead:\n\n\s+(http\S+)/.exec(await running.says('Waiting (')) ?? [];
    const url = new URL(google);
    url.searchParams.delete('login_hint');
    running.child.stdin.write(`${(await walk(url.href, 'alex@example.com', () => {})).url}\n`);
    const { code, stderr } = await running.exit;
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('alex@example.com was chosen, but robin@example.org is expected'),
    ]);
  });

  test('encryption rotate seals with a new key, and what was connected stays connected', async () => {
    const folder = temporaryFolder();
    const settings = settingsIn(folder, sandbox.env);
    await connectByPasting(settings);
    const keyFile = join(folder, 'config', 'encryption-key');
    const before = readFileSync(keyFile, 'utf8');
    const { code, stdout } = await runHere(['encryption', 'rotate'], settings);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/Sealed \d+ rows with the new key\./)]);
    expect(readFileSync(keyFile, 'utf8')).not.toBe(before);
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    writeFileSync(join(folder, 'config', 'encryption-keys-retired'), '');
    expect(await run(['accounts', 'disconnect', '--yes'], settings)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Google ended the access.'),
    });
  });

  test('disconnect and delete demand --yes where nobody can answer, and delete leaves nothing', async () => {
    const settings = settingsIn(temporaryFolder(), sandbox.env);
    await connectByPasting(settings);
    expect((await runHere(['accounts', 'delete'], settings)).code).toBe(2);
    expect((await runHere(['accounts', 'delete', '--yes'], settings)).code).toBe(0);
    expect((await runHere(['accounts', 'show'], settings)).code).toBe(1);
    expect((await runHere(['accounts', 'list', '--json'], settings)).stdout.trim()).toBe('[]');
  });

  test('check says what is true now, for people and programs, and tells by its exit code', async () => {
    const settings = settingsIn(temporaryFolder(), sandbox.env);
    const google = (verb: string, body: object) =>
      fetch(`${sandbox.env.GOOGLE_ISSUER}/_sandbox/${verb}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    expect(await runHere(['accounts', 'check'], settings)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no account me'),
    });
    expect(await runHere(['accounts', 'check', '--all', '--json'], settings)).toMatchObject({
      code: 0,
      stdout: '[]\n',
    });
    await connectByPasting(settings);
    const good = await run(['accounts', 'check', '--json'], settings);
    expect(good.code).toBe(0);
    expect(JSON.parse(good.stdout)).toMatchObject({ identifier: 'me', checked: true, problem: null });
    expect(await runHere(['accounts', 'check', 'me', '--all'], settings)).toMatchObject({ code: 2 });

    await google('fault', { path: '/token', fault: { status: 503 } });
    const silent = await runHere(['accounts', 'check', '--all', '--json'], settings);
    expect([silent.code, JSON.parse(silent.stdout)]).toMatchObject([
      3,
      [{ identifier: 'me', checked: false, problem: { kind: 'google_unavailable' } }],
    ]);
    expect(silent.stderr).toContain('me could not be checked; what Google did not answer stays as it was');
    await google('clearFaults', {});

    await google('changePassword', { email: 'alex@example.com' });
    const lost = await runHere(['accounts', 'check', '--all'], settings);
    expect([lost.code, lost.stdout]).toEqual([1, expect.stringMatching(/me .*REVOKED.*the password was changed/)]);
    expect((await runHere(['accounts', 'check'], settings)).code).toBe(1);
  });

  const withWebClient = () => {
    const folder = temporaryFolder();
    mkdirSync(folder, { recursive: true });
    const file = join(folder, 'client.json');
    writeFileSync(file, JSON.stringify({ web: { client_id: 'id', client_secret: 'hush' } }));
    return settingsIn(folder, { GOOGLE_CREDENTIALS_FILE: file });
  };

  test.each([[['stdio']], [['accounts', 'connect']]])(
    'a web client without POSTERN_PORT is refused by %j, which serves the link itself, with the fix',
    async (args) => {
      const { code, stderr } = await run(args, withWebClient());
      expect([code, stderr]).toEqual([2, expect.stringContaining('Set POSTERN_PORT=8080 and register')]);
      expect(stderr).not.toContain('hush');
    },
  );

  test('the web client of a product needs no POSTERN_PORT for doctor, nor to delete a person', async () => {
    const settings = withWebClient();
    const { code, stdout } = await runHere(['doctor'], settings);
    expect([code, stdout]).toEqual([0, expect.stringContaining('/oauth/callback')]);
    const gone = await runHere(['accounts', 'delete', 'user_42', '--realm', 'shop', '--yes'], settings);
    expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining('no account user_42 in the realm shop')]);
  });

  test.runIf(process.platform === 'linux').each(['stdio', 'http', 'accounts list'])(
    '%s ends at once, with the reason, where nothing can be made in its folder',
    async (line) => {
      const settings = settingsIn(temporaryFolder(), {
        POSTERN_DATA_DIR: '/proc/x',
        POSTERN_ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
        GOOGLE_CLIENT_ID: '1.apps.googleusercontent.com',
        GOOGLE_CLIENT_SECRET: 'secret',
      });
      const { code, stderr } = await run(line.split(' '), settings);
      expect([code, stderr]).toEqual([
        1,
        expect.stringContaining('/proc/x/postern.db cannot be written: nothing can be made'),
      ]);
    },
  );
});
