// MCP clients that signed in at the operator's own issuer: whose mail they read, and where their tokens never go.
import { randomBytes } from 'node:crypto';
import type { Sandbox } from '@postern/gmail-sandbox';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { handClock } from '../support/hand-clock.ts';
import { createTestIssuer, type TestIssuer } from '../support/issuer.ts';
import { createWorld, newSandbox, posternOrigin, sam, type World } from '../support/world.ts';

let world: World;
let issuer: TestIssuer;
let sandbox: Sandbox;
/** Everything that Postern sent to anybody, as text. */
let sent: { readonly url: string; readonly headers: [string, string][]; readonly body: string }[];

beforeEach(async () => {
  const clock = handClock();
  issuer = await createTestIssuer(clock);
  sandbox = newSandbox(clock);
  sent = [];
  world = await createWorld({
    clock,
    sandbox,
    env: { POSTERN_OIDC_ISSUER: issuer.url, POSTERN_OIDC_REALM: 'staff' },
    fetch: async (input, init) => {
      const request = new Request(input, init);
      sent.push({ url: request.url, headers: [...request.headers], body: await request.clone().text() });
      return request.url.startsWith(issuer.url) ? issuer.fetch(request) : sandbox.fetch(request);
    },
  });
  await world.connect('alex', { realm: 'staff' });
});
afterEach(() => world.close());

const resource = `${posternOrigin}/mcp`;
const token = (claims: object = {}) =>
  issuer.accessToken({ aud: resource, sub: 'alex', scope: 'mail:read contacts:read', ...claims });

const inbox = (key: string) => world.call('gmail_fetch_mails', { max_results: 1 }, { key });

const status = async (key: string): Promise<number> => (await world.http('/mcp', { method: 'POST', key })).status;

const message = (tool: string) =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: tool, arguments: {} } });
const callTool = (key: string, tool: string) =>
  world.http('/mcp', {
    method: 'POST',
    key,
    body: message(tool),
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
  });

describe('A person who signed in at the configured issuer', () => {
  it('reads their own mail', async () => {
    expect((await inbox(await token())).structured.messages).toHaveLength(1);
  });

  it('is given a link to connect Google where the operator said whose it has to be', async () => {
    await world.postern.accounts.ensure({ realm: 'staff', identifier: 'kim' }, { expectedEmail: sam });
    const { structured } = await inbox(await token({ sub: 'kim' }));
    const { authorizationRequired } = structured as { authorizationRequired: { url: string; account: object } };
    expect(authorizationRequired.account).toEqual({ identifier: 'kim', status: 'PENDING' });
    await world.approve(authorizationRequired.url, { email: sam });
    expect((await inbox(await token({ sub: 'kim' }))).isError).toBe(false);
  });

  it('is given no link that somebody else could finish', async () => {
    const { structured } = await inbox(await token({ sub: 'kim' }));
    expect(structured).toMatchObject({ problem: { kind: 'link_not_verifiable', who: 'the operator' } });
  });

  it('is another person than the same name of a product', async () => {
    await world.connect('alex', { realm: 'default', email: sam });
    const ofProduct = await world.userKey('alex');
    const [mine, theirs] = [await inbox(await token()), await inbox(ofProduct)];
    expect(mine.structured.messages).toHaveLength(1);
    expect(theirs.structured.messages).not.toEqual(mine.structured.messages);
    await world.postern.accounts.remove({ realm: 'default', identifier: 'alex' });
    expect((await inbox(await token())).structured.messages).toHaveLength(1);
  });

  it('reads nothing more once their account is deleted', async () => {
    await world.postern.accounts.remove({ realm: 'staff', identifier: 'alex' });
    expect((await inbox(await token())).structured.messages).toBeUndefined();
  });

  it('reads no contacts where they agreed to mail alone', async () => {
    const mailOnly = await token({ scope: 'mail:read' });
    expect((await callTool(mailOnly, 'gmail_fetch_mails')).status).toBe(200);
    for (const tool of ['gmail_get_contacts', 'gmail_search_people']) {
      const refused = await callTool(mailOnly, tool);
      expect(refused.status).toBe(403);
      expect(refused.headers.get('www-authenticate')).toContain('scope="mail:read contacts:read"');
    }
    const contactsOnly = await token({ scope: 'contacts:read' });
    const mailTools = [
      'gmail_fetch_mails',
      'gmail_get_message_by_id',
      'gmail_get_attachment_by_id',
      'gmail_list_drafts',
    ];
    for (const tool of mailTools) expect((await callTool(contactsOnly, tool)).status).toBe(403);
    expect((await callTool(contactsOnly, 'gmail_get_contacts')).status).toBe(200);
  });
});

describe('A token', () => {
  it.each([
    ['for another server', { aud: 'https://other.example.com/mcp' }],
    ['for nobody in particular', { aud: undefined }],
    ['of another issuer', { iss: 'https://login.example.net' }],
    ['that has expired', { exp: 1_700_000_000 }],
    ['that is an id_token', { nonce: 'n', scope: undefined }],
    ['whose person has a comma', { sub: 'alex,sam' }],
  ])('%s is refused with the way to sign in', async (_, claims) => {
    const answer = await world.http('/mcp', { method: 'POST', key: await token(claims) });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe(
      `Bearer realm="postern", error="invalid_token", resource_metadata="${posternOrigin}/.well-known/oauth-protected-resource/mcp", scope="mail:read contacts:read"`,
    );
  });

  it("of Google's is refused, though it opens the same mailbox at Google", async () => {
    await inbox(await token());
    const bearers = sent.flatMap(({ headers }) =>
      headers.filter(([name]) => name === 'authorization').map(([, value]) => value.replace(/^Bearer /, '')),
    );
    const [google = ''] = bearers;
    expect(google).not.toBe('');
    expect(await status(google)).toBe(401);
  });

  it('never travels: neither to Google nor back to its issuer', async () => {
    const used = await token();
    await inbox(used);
    await world.call('gmail_get_contacts', {}, { key: used });
    const [, payload = '', signature = ''] = used.split('.');
    expect(sent.some(({ url }) => url.startsWith(sandbox.origin))).toBe(true);
    expect(sent.some(({ url }) => url.startsWith(issuer.url))).toBe(true);
    const all = JSON.stringify(sent) + world.logged.join('');
    for (const part of [payload, signature]) expect(all).not.toContain(part);
  });

  it('of a key that its issuer withdrew is refused ten minutes later', async () => {
    expect(await status(await token())).not.toBe(401);
    const old = await token({ exp: Math.floor(world.clock.now() / 1000) + 3600 });
    await issuer.rotateKey({ withdraw: true });
    await world.clock.advance(10 * 60_000);
    expect(await status(old)).toBe(401);
    expect((await inbox(await token())).structured.messages).toHaveLength(1);
  });
});

describe('While the issuer is down', () => {
  it('its tokens can be tried again, and keys and session tokens work on', async () => {
    issuer.down = true;
    const answer = await world.http('/mcp', { method: 'POST', key: await token() });
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '10']);
    expect(await answer.json()).toMatchObject({ error: 'issuer_unavailable', who: 'nobody, wait' });
    const service = await world.serviceKey({ realm: 'staff' });
    const user = await world.userKey('alex', { realm: 'staff' });
    const minted = await world.http('/api/v1/accounts/alex/sessions', { method: 'POST', key: service, body: '{}' });
    const { token: session } = (await minted.json()) as { token: string };
    for (const key of [user, session]) expect((await inbox(key)).structured.messages).toHaveLength(1);
    issuer.down = false;
    await world.clock.advance(10_000);
    expect((await inbox(await token())).structured.messages).toHaveLength(1);
  });
});

describe('Whatever somebody sends as a credential', () => {
  it('is answered with 401, or 429 when it is too much, and never reaches anybody else', async () => {
    const before = sent.length;
    const visible = fc.string({ minLength: 1, maxLength: 200 }).filter((text) => /^[\x21-\x7e]+$/.test(text));
    const piece = fc.oneof(fc.json(), fc.constant('{"alg":"none"}'), fc.constant(`{"iss":"${posternOrigin}"}`));
    const jwt = fc
      .array(piece, { minLength: 2, maxLength: 5 })
      .map((pieces) => pieces.map((text) => Buffer.from(text).toString('base64url')).join('.'));
    const key = fc.constant(null).map(() => `pst_user_${randomBytes(8).toString('hex')}_${'A'.repeat(43)}`);
    await fc.assert(
      fc.asyncProperty(fc.oneof(visible, jwt, key), async (text) => {
        expect([401, 429]).toContain(await status(text));
        await world.clock.advance(1000);
      }),
    );
    expect(sent.length).toBe(before);
  });
});

describe('An issuer that wants the API’s name before each scope', () => {
  it('is asked for scopes so by clients, and understood with and without', async () => {
    await world.close();
    world = await createWorld({
      sandbox,
      clock: world.clock,
      env: { POSTERN_OIDC_ISSUER: issuer.url, POSTERN_OIDC_SCOPE_PREFIX: 'api://postern/' },
      fetch: async (input, init) => issuer.fetch(new Request(input, init)),
    });
    const document = await world.http('/.well-known/oauth-protected-resource/mcp');
    expect(await document.json()).toMatchObject({
      scopes_supported: ['api://postern/mail:read', 'api://postern/contacts:read'],
    });
    const challenge = (await world.http('/mcp', { method: 'POST' })).headers.get('www-authenticate');
    expect(challenge).toContain('scope="api://postern/mail:read api://postern/contacts:read"');
    for (const mail of ['mail:read', 'api://postern/mail:read']) {
      expect((await callTool(await token({ scope: mail }), 'gmail_fetch_mails')).status).toBe(200);
      const refused = await callTool(await token({ scope: mail }), 'gmail_get_contacts');
      expect(refused.status).toBe(403);
      expect(refused.headers.get('www-authenticate')).toContain(challenge?.split('scope=')[1]?.split(',')[0]);
    }
  });
});

describe('An issuer with audiences of its own', () => {
  it('is believed in tokens for the audience that the operator named, and in no others', async () => {
    await world.close();
    world = await createWorld({
      sandbox,
      clock: world.clock,
      env: { POSTERN_OIDC_ISSUER: issuer.url, POSTERN_OIDC_AUDIENCE: 'api://postern' },
      fetch: async (input, init) => issuer.fetch(new Request(input, init)),
    });
    expect((await callTool(await token({ aud: 'api://postern' }), 'gmail_fetch_mails')).status).toBe(200);
    expect((await callTool(await token(), 'gmail_fetch_mails')).status).toBe(401);
  });
});
