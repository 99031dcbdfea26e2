// What somebody may try at the door for the hosted product's clients: other realms' accounts, tokens that are none, messages that
// are too large, compressed or malformed; and the limits of keys, which hold there too.
import { type ClientHttp2Session, connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { create, toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { idOf as idOfAccount } from '../../../src/http/scalekit/account-message.ts';
import { AccountIdRequestSchema, AccountRequestSchema } from '../../../src/http/scalekit/wire/connected_accounts_pb.ts';
import { ExecuteToolRequestSchema } from '../../../src/http/scalekit/wire/tools_pb.ts';
import { aScalekitWorld, idOf, type ScalekitWorld } from './support.ts';

let world: ScalekitWorld;
let key: string;
let token: string;
beforeAll(async () => {
  world = await aScalekitWorld();
  key = await world.serviceKey({ unverifiedLinks: true });
  token = await world.token(key);
});
afterAll(() => world.close());

const code = {
  invalid: '3',
  notFound: '5',
  exhausted: '8',
  unimplemented: '12',
  internal: '13',
  unauthenticated: '16',
};
const get = '/scalekit.v1.connected_accounts.ConnectedAccountService/GetConnectedAccountAuth';
const executeTool = '/scalekit.v1.tools.ToolService/ExecuteTool';

/** One message as gRPC sends it: whether it is compressed, its length, itself. */
const framed = (message: Uint8Array, { compressed = 0, length = message.length } = {}): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt8(compressed, 0);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, message]);
};
/** A number as protobuf writes it. */
const varint = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)]);
const accountRequest = (fields: object) => framed(toBinary(AccountRequestSchema, create(AccountRequestSchema, fields)));

const accountId = (id: string) => framed(toBinary(AccountIdRequestSchema, create(AccountIdRequestSchema, { id })));

const session = (): ClientHttp2Session => {
  const client = connectHttp2(world.origin);
  client.on('error', () => {});
  onTestFinished(() => client.destroy());
  return client;
};

/** Sends bytes as a gRPC call and gives its status, or `reset`. */
const call = (path: string, body: Buffer, headers: Record<string, string> = {}): Promise<string> =>
  new Promise((resolve) => {
    const stream = session().request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      authorization: `Bearer ${token}`,
      ...headers,
    });
    const statusIn = (of: IncomingHttpHeaders) => {
      if (of['grpc-status'] !== undefined) resolve(String(of['grpc-status']));
      else if (String(of[':status'] ?? 200) !== '200') resolve(`http ${of[':status']}`);
    };
    stream
      .on('response', statusIn)
      .on('trailers', statusIn)
      .on('error', () => {});
    stream.on('close', () => resolve('reset'));
    stream.resume();
    stream.end(body);
  });

const rest = (path: string, init: RequestInit = {}, bearer = token) =>
  fetch(`${world.origin}/api/v1/${path}`, { ...init, headers: { authorization: `Bearer ${bearer}`, ...init.headers } });

const still = async (): Promise<void> =>
  expect(await call(get, accountRequest({ identifier: 'nobody' }))).toBe(code.notFound);

describe('1. Credentials', () => {
  const request = accountRequest({ identifier: 'ada' });

  it('refuses no token, a key in its place, a token that was altered, and one of a header of another kind', async () => {
    await world.postern.accounts.ensure({ realm: 'default', identifier: 'ada' });
    expect(await call(get, request)).toBe('0');
    const [, , id, until, mac = ''] = token.split('_');
    const later = `pst_access_${id}_${Number(until) + 1}_${mac}`;
    const other = `pst_access_${'0'.repeat(16)}_${until}_${mac}`;
    const cut = `pst_access_${id}_${until}_${mac.replace(/.$/, (last) => (last === '0' ? '1' : '0'))}`;
    const none = { authorization: '' };
    for (const bearer of [later, other, cut, key, `${token} `, `${token}0`, ''])
      if (bearer.trim() !== token)
        expect(await call(get, request, { authorization: `Bearer ${bearer}` }), bearer).toBe(code.unauthenticated);
    expect(await call(get, request, none)).toBe(code.unauthenticated);
    expect(await call(get, request, { authorization: `Basic ${btoa(`${idOf(key)}:${key}`)}` })).toBe(
      code.unauthenticated,
    );
  });

  it('refuses a token that ran out, and at once every token of a key that was revoked', async () => {
    const own = await world.serviceKey();
    const of = { authorization: `Bearer ${await world.token(own)}` };
    expect(await call(get, request, of)).toBe('0');
    await world.postern.storage.apiKeys.revoke(idOf(own), world.clock.now());
    expect(await call(get, request, of)).toBe(code.unauthenticated);
    const old = token;
    await world.clock.advance(15 * 60_000);
    expect(await call(get, request)).toBe(code.unauthenticated);
    token = await world.token(key);
    expect(token).not.toBe(old);
    expect(await call(get, request)).toBe('0');
  });

  it('takes its token nowhere else, and no user key at all', async () => {
    expect((await rest('accounts/ada')).status).toBe(401);
    expect(
      (await fetch(`${world.origin}/mcp`, { method: 'POST', headers: { authorization: `Bearer ${token}` } })).status,
    ).toBe(401);
    const user = await world.userKey('ada');
    expect(await world.token(user)).toBeUndefined();
  });

  it('holds up whoever guesses secrets, and not who has one that was good', async () => {
    const ask = (secret: string) => {
      const form = { grant_type: 'client_credentials', client_id: idOf(key), client_secret: secret };
      return fetch(`${world.origin}/oauth/token`, { method: 'POST', body: new URLSearchParams(form) });
    };
    const statuses = new Set<number>();
    for (let time = 0; time < 70; time++) statuses.add((await ask(`guess ${time}`)).status);
    expect([...statuses]).toEqual([401, 429]);
    expect((await ask(key)).status).toBe(200);
    await world.clock.advance(60_000);
  });

  it('answers a request for a token that is none in the words of OAuth', async () => {
    const ask = async (body: string) => {
      const answer = await fetch(`${world.origin}/oauth/token`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.has('www-authenticate')).toBe(answer.status === 401);
      const { error, error_description, ...others } = (await answer.json()) as Record<string, string>;
      expect(others).toEqual({});
      return `${answer.status} ${error} ${error_description}`;
    };
    expect(await ask('')).toMatch(/^400 invalid_request .*Send grant_type=client_credentials/);
    expect(await ask('grant_type=password&username=a')).toMatch(/^400 unsupported_grant_type .*Send grant_type=/);
    expect(await ask('grant_type=client_credentials')).toMatch(
      /^401 invalid_client .*`postern api-keys create --service`/,
    );
    const long = `grant_type=client_credentials&client_secret=${'x'.repeat(20_000)}`;
    expect(await ask(long)).toMatch(/^400 invalid_request .*Send /);
  });
});

describe('2. Other realms', () => {
  it('finds, changes and calls no account of another realm, by its id or by the name it has there', async () => {
    const other = await world.serviceKey({ realm: 'elsewhere' });
    const foreign = world.client(other);
    const { connectedAccount } = await foreign.actions.getOrCreateConnectedAccount({
      connectionName: 'gmail',
      identifier: 'secret_person',
    });
    await world.client(key).actions.getOrCreateConnectedAccount({ connectionName: 'gmail', identifier: 'both' });
    await foreign.actions.getOrCreateConnectedAccount({ connectionName: 'gmail', identifier: 'both' });
    const both = await foreign.actions.getConnectedAccount({ connectionName: 'gmail', identifier: 'both' });
    for (const id of [connectedAccount?.id, both.connectedAccount?.id, 'ca_x.000000000000', '../../etc', 'ca_']) {
      expect(await call(get, accountRequest({ id })), id).toBe(code.notFound);
      const remove = get.replace('GetConnectedAccountAuth', 'DeleteConnectedAccount');
      expect(await call(remove, accountRequest({ id }))).toBe(code.notFound);
      const execute = create(ExecuteToolRequestSchema, { toolName: 'gmail_list_drafts', connectedAccountId: id ?? '' });
      expect(await call(executeTool, framed(toBinary(ExecuteToolRequestSchema, execute)))).toBe(code.notFound);
    }
    expect(await call(get, accountRequest({ identifier: 'secret_person' }))).toBe(code.notFound);
    expect(await world.postern.accounts.find({ realm: 'elsewhere', identifier: 'secret_person' })).toBeDefined();
  });

  it('does not let an id and an identifier name two people', async () => {
    const { connectedAccount } = await world
      .client(key)
      .actions.getOrCreateConnectedAccount({ connectionName: 'gmail', identifier: 'one' });
    const two = accountRequest({ id: connectedAccount?.id, identifier: 'two' });
    expect(await call(get, two)).toBe(code.notFound);
  });
});

describe('3. Messages', () => {
  const ada = toBinary(AccountRequestSchema, create(AccountRequestSchema, { identifier: 'ada' }));

  it('refuses one that is too large, by its length before it comes and by what comes', async () => {
    const large = Buffer.alloc(2 * 1024 * 1024, 'x');
    expect(await call(get, framed(large))).toMatch(/^(3|8|reset)$/);
    expect(await call(get, framed(ada, { length: 0xffffffff }))).toMatch(/^(3|8|reset)$/);
    await still();
  });

  it('unpacks nothing', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
    for (const encoding of ['gzip', 'br', 'deflate', 'identity'])
      expect(await call(get, framed(bomb, { compressed: 1 }), { 'grpc-encoding': encoding })).not.toBe('0');
    // That no size is looked at before: a message that would be good once unpacked is refused too.
    for (const [encoding, pack] of [
      ['gzip', gzipSync],
      ['br', brotliCompressSync],
    ] as const) {
      const small = framed(pack(accountRequest({ identifier: 'nobody' }).subarray(5)), { compressed: 1 });
      expect(await call(get, small, { 'grpc-encoding': encoding }), encoding).toBe(code.unimplemented);
    }
    await still();
  });

  it('answers malformed ones with an error', async () => {
    const garbage = Buffer.from('ffffffffffffffff0a', 'hex');
    for (const body of [
      garbage,
      framed(garbage),
      framed(ada, { length: 3 }),
      framed(ada, { length: 900 }),
      Buffer.alloc(0),
    ])
      expect(await call(get, body)).not.toBe('0');
    expect(await call(get, Buffer.concat([framed(ada), framed(ada)]))).not.toBe('0');
    await still();
  });

  it('answers bad headers with an error', async () => {
    const request = framed(ada);
    expect(await call(get, request, { 'content-type': 'application/grpc-web' })).not.toBe('0');
    expect(await call(get, request, { 'content-type': 'application/grpc+json' })).not.toBe('0');
    expect(await call(get, request, { 'grpc-timeout': 'soon' })).not.toBe('0');
    expect(await call('/scalekit.v1.nothing/Here', request)).toBe(code.unimplemented);
    expect(await call(`${get}/../..`, request)).toBe(code.unimplemented);
    expect(await call('/%00\r', request)).toMatch(/^(12|reset|http \d+)$/);
    await still();
  });

  it('refuses arguments nested without end', async () => {
    let params: object = {};
    for (let depth = 0; depth < 90; depth++) params = { a: params };
    const execute = (of: object) =>
      toBinary(
        ExecuteToolRequestSchema,
        create(ExecuteToolRequestSchema, { toolName: 'x', identifier: 'ada', params: of as never }),
      );
    expect(await call(executeTool, framed(execute(params)))).not.toBe('0');
    // As no encoder writes them, as many as fit into a message: params → fields → value → struct → fields …
    const heads: Buffer[] = [];
    let length = 0;
    for (let depth = 0; length < 1_000_000; depth++) {
      const head = Buffer.from([[0x12, 0x0a, 0x2a][depth % 3] ?? 0, ...varint(length)]);
      heads.push(head);
      length += head.length;
    }
    heads.push(Buffer.from([0x1a, ...varint(length)]));
    expect(await call(executeTool, framed(Buffer.concat(heads.reverse())))).not.toBe('0');
    await still();
  });
});

describe('4. The REST API of the hosted product', () => {
  it('lists by as many connections as a request can name', async () => {
    const names = Array.from({ length: 40_000 }, (_, n) => `connection_names=c${n}`).join('&');
    const ofKey = { headers: { authorization: `Bearer ${token}` } };
    expect((await world.app.request(`${world.origin}/api/v1/connected_accounts?${names}`, ofKey)).status).toBe(200);
  });

  it('answers the same calls as JSON', async () => {
    const created = await rest('connected_accounts', {
      method: 'POST',
      body: '{"connector":"gmail","identifier":"by_rest"}',
    });
    expect(created.status).toBe(200);
    const { connected_account } = (await created.json()) as { connected_account: { id: string } };
    expect(connected_account).toMatchObject({ identifier: 'by_rest', status: 'PENDING_AUTH', provider: 'GMAIL' });
    const id = connected_account.id;
    for (const path of ['auth?identifier=by_rest', `details?id=${id}`, id])
      expect(await (await rest(`connected_accounts/${path}`)).json()).toMatchObject({ connected_account: { id } });
    const listed = await rest('connected_accounts?query=by_rest&page_size=1&connection_names=gmail&connection_names=x');
    expect(await listed.json()).toMatchObject({ total_size: 1, connected_accounts: [{ id }] });
    expect(await (await rest('connected_accounts:search?query=BY_REST')).json()).toMatchObject({ total_size: 1 });
    const executed = await rest('execute_tool', {
      method: 'POST',
      body: JSON.stringify({ tool_name: 'gmail_list_drafts', identifier: 'by_rest', params: {} }),
    });
    expect(await executed.json()).toMatchObject({ data: { authorizationRequired: expect.anything() } });
    const tools = await rest('tools?filter.query=draft&filter.summary=true');
    expect(await tools.json()).toMatchObject({ tool_names: ['gmail_list_drafts'], tools: [] });
    expect((await rest(`connected_accounts/${id}:disconnect`, { method: 'POST' })).status).toBe(200);
    const gone = await rest('connected_accounts:delete', { method: 'POST', body: JSON.stringify({ id }) });
    expect(await gone.text()).toBe('{}');
    expect((await rest(`connected_accounts/${id}`)).status).toBe(404);
  });

  it('names the field that is wrong, with the right one beside it', async () => {
    const post = async (body: string) => {
      const answer = await rest('connected_accounts', { method: 'POST', body });
      return `${answer.status} ${((await answer.json()) as { message: string }).message}`;
    };
    expect(await post('{"identifer":"ada"}')).toBe('400 Unknown field "identifer". Did you mean "identifier"?');
    expect(await post('{"identifier":5}')).toBe('400 identifier is not valid.');
    expect(await post('[]')).toBe('400 The body must be a JSON object.');
    expect(await post('{"identifier"')).toBe('400 The body is not valid JSON.');
    const large = { method: 'POST', body: 'x'.repeat(1_100_000), headers: { authorization: `Bearer ${token}` } };
    expect((await world.app.request(`${world.origin}/api/v1/connected_accounts`, large)).status).toBe(413);
  });

  it('leaves Postern’s own API to its own credentials', async () => {
    expect((await rest('connected_accounts', {}, key)).status).toBe(404);
    expect((await rest('tools', {}, key)).status).toBe(200);
    expect(await (await fetch(`${world.origin}/keys`)).json()).toEqual({ keys: [] });
  });
});

describe('5. Limits', () => {
  it('counts what a key does over both doors together', async () => {
    const own = await world.serviceKey();
    const bearer = await world.token(own);
    const key = { realm: 'default', identifier: 'ending' };
    await world.postern.accounts.ensure(key);
    const id = idOfAccount(key);
    const disconnect = () =>
      world.app.request(`${world.origin}/api/v1/connected_accounts/${id}:disconnect`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bearer}` },
      });
    for (let time = 0; time < 299; time++) await disconnect();
    const path = get.replace('GetConnectedAccountAuth', 'DisconnectConnectedAccount');
    const of = { authorization: `Bearer ${bearer}` };
    expect(await call(path, accountId(id), of)).toBe('0');
    expect(await call(path, accountId(id), of)).toBe(code.exhausted);
    const answer = await disconnect();
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe('1');
  });
});
