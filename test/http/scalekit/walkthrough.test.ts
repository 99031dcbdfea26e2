// The hosted product's own Node client, unchanged but for its address, through everything that its users write.
import {
  type ScalekitClient,
  ScalekitNotFoundException,
  ScalekitNotImplementedException,
  type ScalekitServerException,
} from '@scalekit-sdk/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alex, sam } from '../../support/world.ts';
import { aScalekitWorld, idOf, type ScalekitWorld } from './support.ts';

const connectionName = 'gmail';
const identifier = 'user_gmail_456';
/** The numbers of the wire. */
const status = { ACTIVE: 1, EXPIRED: 2, PENDING_AUTH: 3, PENDING_VERIFICATION: 4, DISCONNECTED: 5 };

let world: ScalekitWorld;
let key: string;
let client: ScalekitClient;
beforeAll(async () => {
  world = await aScalekitWorld();
  key = await world.serviceKey({ unverifiedLinks: true });
  client = world.client(key);
});
afterAll(() => world.close());

/** What a call fails with. */
const failure = (call: Promise<unknown>): Promise<ScalekitServerException> =>
  call.then(
    () => Promise.reject(new Error('it did not fail')),
    (error) => error,
  );
const run = async (toolName: string, toolInput: Record<string, unknown>, who = identifier) =>
  (await client.actions.executeTool({ toolName, identifier: who, connector: connectionName, toolInput }))
    .data as Record<string, unknown> & { messages?: { id: string }[]; authorizationRequired?: { url: string } };
const statusOf = async (who = identifier) =>
  (await client.actions.getConnectedAccount({ connectionName, identifier: who })).connectedAccount?.status;
const linkFor = async (who: string, more: object = {}) =>
  (await client.actions.getAuthorizationLink({ connectionName, identifier: who, ...more })).link;
const create = (who: string, of = client) =>
  of.actions.getOrCreateConnectedAccount({ connectionName, identifier: who });

describe('The walkthrough', () => {
  it('makes an account, gives a link, and is ACTIVE after the person approved', async () => {
    const { connectedAccount } = await create(identifier);
    expect(connectedAccount).toMatchObject({
      identifier,
      status: status.PENDING_AUTH,
      provider: 'GMAIL',
      connector: 'gmail',
      apiConfig: { status: 'PENDING', reason: 'never_connected' },
    });
    expect((await create(identifier)).connectedAccount?.id).toBe(connectedAccount?.id);
    const needed = await run('gmail_fetch_mails', { max_results: 1 });
    expect(needed.authorizationRequired).toMatchObject({ reason: 'never_connected' });
    const link = await linkFor(identifier);
    expect(link).toMatch(/^https:\/\/postern\.test\/connect\//);
    await world.approve(link, { email: alex });
    expect(await statusOf()).toBe(status.ACTIVE);
  });

  it('never gives a token out', async () => {
    const answer = await client.actions.getConnectedAccount({ connectionName, identifier });
    expect(answer.connectedAccount?.authorizationDetails?.details).toMatchObject({
      case: 'oauthToken',
      value: {
        accessToken: '',
        refreshToken: '',
        scopes: expect.arrayContaining(['https://www.googleapis.com/auth/gmail.readonly']),
      },
    });
  });

  it('executes all six tools with the parameters of the walkthrough', async () => {
    const fetched = await run('gmail_fetch_mails', {
      query: 'in:inbox',
      max_results: 20,
      label_ids: ['INBOX'],
      format: 'metadata',
    });
    expect(fetched.untrusted).toBeTypeOf('string');
    const [first] = fetched.messages ?? [];
    expect(first).toMatchObject({ id: expect.any(String), threadId: expect.any(String), snippet: expect.any(String) });
    const message = await run('gmail_get_message_by_id', { message_id: first?.id, format: 'full' });
    expect(message).toMatchObject({ id: first?.id });
    const found = await run('gmail_fetch_mails', { query: 'has:attachment', max_results: 1 });
    const mail = await run('gmail_get_message_by_id', { message_id: found.messages?.[0]?.id });
    const [file] = mail.attachments as { attachmentId: string }[];
    const attachment = await run('gmail_get_attachment_by_id', {
      message_id: mail.id,
      attachment_id: file?.attachmentId,
      file_name: 'invoice_march_2026.pdf',
    });
    expect(attachment).toHaveProperty('untrusted');
    const people = await run('gmail_search_people', {
      query: 'Alice Johnson',
      person_fields: ['names', 'emailAddresses', 'organizations'],
      page_size: 5,
    });
    expect(people.people).toBeInstanceOf(Array);
    expect(await run('gmail_list_drafts', { max_results: 2 })).toHaveProperty('drafts');
    expect(await run('gmail_get_contacts', { max_results: 2 })).toHaveProperty('people');
  });

  it('lists tools as frameworks want them, for one person and by filter', async () => {
    const all = await client.tools.listTools({ pageSize: 4 });
    expect(all.totalSize).toBe(6);
    const rest = await client.tools.listTools({ pageSize: 4, pageToken: all.nextPageToken });
    expect([...all.toolNames, ...rest.toolNames]).toHaveLength(6);
    expect(rest.nextPageToken).toBe('');
    const scoped = await client.tools.listScopedTools(identifier, {
      filter: { providers: ['GMAIL'], toolNames: ['gmail_fetch_mails'], connectionNames: ['gmail'] },
    });
    expect(scoped.tools).toMatchObject([{ identifier, tool: { definition: { name: 'gmail_fetch_mails' } } }]);
    const [tool] = scoped.tools;
    expect(tool?.tool?.definition).toMatchObject({
      input_schema: { type: 'object' },
      output_schema: { type: 'object' },
    });
    expect((await client.tools.listAvailableTools(identifier)).tools).toHaveLength(6);
    expect((await client.tools.listTools({ filter: { provider: 'SLACK' } })).tools).toHaveLength(0);
    for (const [connector, tools] of [
      ['slack', 0],
      ['gmail', 6],
      ['default', 6],
    ] as const)
      expect((await client.tools.listTools({ filter: { connector } })).tools, connector).toHaveLength(tools);
  });

  it('says that access ended, why, and connects again', async () => {
    world.sandbox.revokeAccess(alex);
    await world.clock.advance(2 * 60 * 60_000);
    expect((await run('gmail_list_drafts', {})).authorizationRequired).toMatchObject({
      reason: 'revoked_or_password_changed',
    });
    const { connectedAccount } = await create(identifier);
    expect(connectedAccount).toMatchObject({
      status: status.EXPIRED,
      apiConfig: { status: 'REVOKED', reason: 'revoked_or_password_changed' },
    });
    await world.approve(await linkFor(identifier), { email: alex });
    expect(await statusOf()).toBe(status.ACTIVE);
  });

  it('lists accounts of the realm in pages, whoever comes and goes meanwhile, by filter and by search', async () => {
    for (const who of ['list_1', 'list_2', 'list_3', 'list_4', 'list_5']) await create(who);
    const other = world.client(await world.serviceKey({ realm: 'elsewhere' }));
    await create('list_9', other);
    const list = async (pageToken = '', more: object = {}) => {
      const page = await client.actions.listConnectedAccounts({ query: 'LIST_', pageSize: 2, pageToken, ...more });
      const { totalSize, nextPageToken } = page;
      return { totalSize, nextPageToken, names: page.connectedAccounts.map((account) => account.identifier) };
    };
    const first = await list();
    expect(first).toMatchObject({ names: ['list_1', 'list_2'], totalSize: 5 });
    await client.actions.deleteConnectedAccount({ connectionName, identifier: 'list_2' });
    await create('list_0');
    const second = await list(first.nextPageToken);
    expect(second).toMatchObject({ names: ['list_3', 'list_4'], totalSize: 5 });
    expect(await list(second.nextPageToken)).toEqual({ names: ['list_5'], totalSize: 5, nextPageToken: '' });
    const stray = list(first.nextPageToken, { query: 'list' });
    expect((await failure(stray)).message).toContain('page token');
    const one = await client.actions.listConnectedAccounts({ connectionName, identifier: 'list_2' });
    expect(one).toMatchObject({ connectedAccounts: [], totalSize: 0 });
    const there = await client.actions.listConnectedAccounts({ connectionName, identifier: 'list_3' });
    expect(there.connectedAccounts).toMatchObject([{ identifier: 'list_3', connector: 'gmail' }]);
    expect(await list('', { provider: 'SLACK' })).toMatchObject({ names: [], totalSize: 0 });
  });

  it('lists the connection that the key has', async () => {
    const { connections } = await client.actions.listConnections();
    expect(connections).toMatchObject([
      { connectionName: 'default', provider: 'GMAIL', enabled: true, type: 'OAUTH', status: 'COMPLETED' },
    ]);
  });

  it('deletes an account, by name and by id', async () => {
    await create('gone_1');
    await client.actions.deleteConnectedAccount({ connectionName, identifier: 'gone_1' });
    expect(await failure(client.actions.getConnectedAccount({ connectionName, identifier: 'gone_1' }))).toBeInstanceOf(
      ScalekitNotFoundException,
    );
    const { connectedAccount } = await create('gone_2');
    const connectedAccountId = connectedAccount?.id ?? '';
    await client.actions.deleteConnectedAccount({ connectedAccountId });
    expect(await failure(client.actions.deleteConnectedAccount({ connectedAccountId }))).toBeInstanceOf(
      ScalekitNotFoundException,
    );
  });
});

describe('Confirming who came', () => {
  it('sends the browser to the key’s verify_url with the state, and connects when the product names the person', async () => {
    const userVerifyUrl = 'https://app.example.com/verify';
    const own = world.client(await world.serviceKey({ verifyUrl: userVerifyUrl }));
    await create('verified', own);
    const link = await own.actions.getAuthorizationLink({
      connectionName,
      identifier: 'verified',
      userVerifyUrl,
      state: 'of the session',
    });
    const page = new URL((await world.approve(link.link, { email: sam })).url);
    expect(page.origin + page.pathname).toBe(userVerifyUrl);
    expect(page.searchParams.get('state')).toBe('of the session');
    const find = () => own.actions.getConnectedAccount({ connectionName, identifier: 'verified' });
    expect((await find()).connectedAccount?.status).toBe(status.PENDING_VERIFICATION);
    const authRequestId = page.searchParams.get('auth_request_id') ?? '';
    const ofOther = client.actions.verifyConnectedAccountUser({ authRequestId, identifier: 'verified' });
    expect(await failure(ofOther)).toBeInstanceOf(ScalekitNotFoundException);
    const answer = await own.actions.verifyConnectedAccountUser({ authRequestId, identifier: 'verified' });
    expect(answer.postUserVerifyRedirectUrl).toBe('');
    expect((await find()).connectedAccount?.status).toBe(status.ACTIVE);
    const again = own.actions.verifyConnectedAccountUser({ authRequestId, identifier: 'verified' });
    const over = await failure(again);
    expect([over.errorCode, over.message]).toEqual([
      'auth_request_over',
      expect.stringContaining('Look at the account'),
    ]);
  });

  it('connects nobody when the product names somebody else', async () => {
    const own = world.client(await world.serviceKey({ verifyUrl: 'https://app.example.com/verify' }));
    await create('meant', own);
    const link = await own.actions.getAuthorizationLink({ connectionName, identifier: 'meant' });
    const page = new URL((await world.approve(link.link, { email: sam })).url);
    const authRequestId = page.searchParams.get('auth_request_id') ?? '';
    const confirmed = own.actions.verifyConnectedAccountUser({ authRequestId, identifier: 'other' });
    expect((await failure(confirmed)).errorCode).toBe('identifier_mismatch');
    expect((await run('gmail_list_drafts', {}, 'meant')).authorizationRequired).toMatchObject({
      url: expect.any(String),
    });
  });

  it('sends the browser nowhere that the key is not registered for', async () => {
    await create('elsewhere');
    const link = linkFor('elsewhere', { userVerifyUrl: 'https://evil.example/verify', state: 'x' });
    expect((await failure(link)).errorCode).toBe('return_url_not_registered');
  });
});

describe('What is refused', () => {
  it('says that credentials are wrong', async () => {
    const wrong = world.client(`${key.slice(0, -4)}AAAA`);
    const error = await failure(create('anybody', wrong));
    // The client hands on what its HTTP library threw; the words are in it.
    expect(error).toMatchObject({ name: 'AxiosError', status: 401 });
    expect(error).toHaveProperty('response.data', {
      error: 'invalid_client',
      error_description: expect.stringContaining('postern api-keys create --service'),
    });
  });

  it('takes the part of the key after its id as the secret too', async () => {
    const form = { grant_type: 'client_credentials', client_id: idOf(key), client_secret: key.slice(29) };
    const answer = await fetch(`${world.origin}/oauth/token`, { method: 'POST', body: new URLSearchParams(form) });
    expect(await answer.json()).toMatchObject({ token_type: 'Bearer', expires_in: 900 });
  });

  it('names the tool that was meant, and what is wrong with its input, and tries neither again', async () => {
    const unknown = await failure(run('gmail_fetch_mail', {}));
    expect(unknown.message).toContain('gmail_fetch_mails');
    const before = world.logged.length;
    const wrong = await failure(run('gmail_fetch_mails', { max_result: 'many' }));
    expect(wrong.message).toContain('max_results');
    expect(wrong.constructor.name).toBe('ScalekitToolException');
    const calls = world.logged.slice(before).filter((line) => line.includes('"call":"ExecuteTool"'));
    expect(calls).toHaveLength(1);
  });

  it('knows no other connection than the key’s own', async () => {
    const made = client.actions.getOrCreateConnectedAccount({ connectionName: 'slack', identifier: 'x' });
    expect((await failure(made)).message).toContain('connection');
    const own = await client.actions.getOrCreateConnectedAccount({ connectionName: 'default', identifier: 'by_name' });
    expect(own.connectedAccount?.connector).toBe('default');
    const found = client.actions.getConnectedAccount({ connectionName: 'slack', identifier: 'by_name' });
    expect(await failure(found)).toBeInstanceOf(ScalekitNotFoundException);
  });

  it('reaches the people of a key’s own connection by its name and as gmail, and nobody of them by another name', async () => {
    await world.postern.storage.connections.add({
      ...{ name: 'acme', clientId: 'acme.apps.example', secret: 'a secret of acme', kind: 'web', createdAt: 0 },
    });
    const ofAcme = world.client(await world.serviceKey({ unverifiedLinks: true, connection: 'acme' }));
    const identifier = 'customer_1';
    const made = await ofAcme.actions.getOrCreateConnectedAccount({ connectionName: 'acme', identifier });
    expect(made.connectedAccount).toMatchObject({ connector: 'acme', connectionId: 'acme' });
    const link = await ofAcme.actions.getAuthorizationLink({ connectionName: 'gmail', identifier });
    expect(link.link).toMatch(/^https:\/\/postern\.test\/connect\//);
    const { connections } = await ofAcme.actions.listConnections();
    expect(connections.map((connection) => connection.connectionName)).toEqual(['acme']);
    const listed = async (connection: string) => {
      const page = await ofAcme.actions.listConnectedAccounts({ connectionName: connection });
      expect(page.totalSize).toBe(page.connectedAccounts.length);
      return page.connectedAccounts.map((account) => account.identifier);
    };
    expect(await listed('acme')).toEqual([identifier]);
    expect(await listed('gmail')).toContain(identifier);
    expect(await listed('default')).toContain('by_name');
    expect(await listed('default')).not.toContain(identifier);
    expect(await listed('slack')).toEqual([]);
    for (const of of [ofAcme, client]) {
      const other = of.actions.getConnectedAccount({ connectionName: 'default', identifier });
      expect(await failure(other)).toBeInstanceOf(ScalekitNotFoundException);
    }
    const fromOutside = client.actions.getOrCreateConnectedAccount({
      connectionName: 'acme',
      identifier: 'customer_2',
    });
    expect((await failure(fromOutside)).message).toContain('connection');
  });

  it('takes no tokens, and no account of an organization, which would be everybody’s of that name', async () => {
    const authorizationDetails = { details: { case: 'oauthToken', value: { accessToken: 'ya29.x' } } } as never;
    const withToken = client.actions.createConnectedAccount({ connectionName, identifier: 'y', authorizationDetails });
    expect((await failure(withToken)).message).toContain('takes no tokens');
    const ofOrganization = client.actions.getOrCreateConnectedAccount({
      connectionName,
      identifier: 'z',
      organizationId: 'org_1',
    });
    expect((await failure(ofOrganization)).message).toContain('organizationId');
    expect(await world.postern.accounts.find({ realm: 'default', identifier: 'z' })).toBeUndefined();
  });

  it('answers what it does not have with a sentence', async () => {
    const update = client.connectedAccounts.updateConnectedAccount({
      connector: connectionName,
      identifier,
      connectedAccount: {} as never,
    });
    expect(await failure(update)).toBeInstanceOf(ScalekitNotImplementedException);
    expect((await failure(client.organization.listOrganization({ pageSize: 1 }))).message).toContain(
      'Postern does not have ListOrganization',
    );
    const proxied = client.actions.request({ connectionName, identifier, path: '/gmail/v1/users/me/profile' });
    expect(await failure(proxied)).toBeInstanceOf(ScalekitNotImplementedException);
  });

  it('ends at once with a revoked key, whose token was good', async () => {
    const own = await world.serviceKey();
    const ofOwn = world.client(own);
    await create('before', ofOwn);
    await world.postern.storage.apiKeys.revoke(idOf(own), world.clock.now());
    expect((await failure(create('after', ofOwn))).message).toContain('401');
  });

  it('renews its token by itself when it ran out', async () => {
    await world.clock.advance(16 * 60_000);
    expect(await statusOf()).toBe(status.ACTIVE);
  });
});
