// What people of the operator's own issuer, and whoever pretends to be one of them, try on a whole Postern.
import { decodeJwt } from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { handClock } from '../support/hand-clock.ts';
import { createTestIssuer } from '../support/issuer.ts';
import { createWorld, newSandbox, posternOrigin, type World } from '../support/world.ts';
import { browserTo, tokenFor } from './signing-in-world.ts';

const resource = `${posternOrigin}/mcp`;
const worlds: World[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
  vi.useRealTimers();
});

const withIssuer = async (env: Record<string, string> = {}, clock = handClock()) => {
  const issuer = await createTestIssuer(clock);
  const sandbox = newSandbox(clock);
  const world = await createWorld({
    clock,
    sandbox,
    env: {
      POSTERN_OIDC_ISSUER: issuer.url,
      POSTERN_OIDC_REALM: 'staff',
      POSTERN_OIDC_CLIENT_ID: issuer.client.id,
      POSTERN_OIDC_CLIENT_SECRET: issuer.client.secret,
      ...env,
    },
    fetch: async (input, init) => {
      const request = new Request(input, init);
      return request.url.startsWith(issuer.url) ? issuer.fetch(request) : sandbox.fetch(request);
    },
  });
  worlds.push(world);
  const token = (claims: object = {}) =>
    issuer.accessToken({ aud: resource, sub: 'alex', scope: 'mail:read contacts:read', ...claims });
  return { world, issuer, sandbox, token };
};

/** The link that an unauthorized call gives. */
const linkOf = async (world: World, key: string): Promise<string> => {
  const { structured } = await world.call('gmail_fetch_mails', {}, { key });
  return String((structured.authorizationRequired as { url?: string } | undefined)?.url);
};

describe('Where the issuer’s claim is an e-mail address', () => {
  it.each([undefined, false, 'false', 'FALSE', null])(
    'a browser whose address is verified: %j is nobody',
    async (verified) => {
      const { world, issuer, token } = await withIssuer({ POSTERN_OIDC_IDENTIFIER_CLAIM: 'email' });
      issuer.person = { sub: 'u-66' };
      issuer.userinfo = { email: 'alex@example.com', email_verified: verified };
      const browser = browserTo(world, issuer);
      const link = await linkOf(world, await token({ email: 'alex@example.com', email_verified: true }));
      const page = await browser.submit(await browser.open(link));
      expect(page.heading).toBe('This server is set up wrongly');
      issuer.userinfo = { email: 'alex@example.com', email_verified: 'true' };
      expect((await browser.submit(await browser.open(link))).heading).toBe('Connect Gmail');
    },
  );
});

describe('A client whose tokens are new every ten minutes', () => {
  it('goes on while somebody behind the same address keeps guessing, whatever they send', async () => {
    const { world, issuer, token } = await withIssuer();
    const stranger = await createTestIssuer(world.clock, issuer.url);
    const guesses = [
      ...Array.from({ length: 80 }, (_, n) => `pst_user_${String(n).padStart(16, '0')}_${'A'.repeat(43)}`),
      ...(await Promise.all(Array.from({ length: 80 }, () => stranger.accessToken({ aud: resource, sub: 'alex' })))),
    ];
    for (let round = 0; round < 3; round++) {
      for (const key of guesses)
        expect([401, 429]).toContain((await world.http('/mcp', { method: 'POST', key })).status);
      const key = await token({ jti: String(round) });
      expect((await world.http('/mcp', { method: 'POST', key })).status).not.toBe(429);
      await world.clock.advance(1000);
    }
  });

  it('is answered the same way when its token has run out, as often as it tries', async () => {
    const { world, token } = await withIssuer();
    const old = await token({ exp: 1_700_000_000 });
    for (let time = 0; time < 100; time++) {
      const answer = await world.http('/mcp', { method: 'POST', key: old });
      expect([answer.status, answer.headers.get('www-authenticate') !== null]).toEqual([401, true]);
    }
  });
});

describe('A tool that the operator switched off', () => {
  it('names no unsupported scope in a challenge', async () => {
    const { world, token } = await withIssuer({ POSTERN_TOOLS: 'gmail_fetch_mails' });
    const message = {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'gmail_get_contacts', arguments: {} },
    };
    const answer = await world.http('/mcp', {
      method: 'POST',
      key: await token({ scope: 'mail:read' }),
      body: JSON.stringify(message),
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
    });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('gmail_get_contacts');
    expect(answer.headers.get('www-authenticate')).toBeNull();
  });
});

describe('Where people sign in with Google and at the issuer', () => {
  it('the issuer’s token for the number by which Google knows somebody opens nothing of theirs', async () => {
    const clock = handClock();
    vi.useFakeTimers({ toFake: ['Date'], now: clock.now() });
    const { world, issuer, token } = await withIssuer(
      { POSTERN_SIGN_IN: 'google', POSTERN_ALLOWED_EMAILS: 'alex@example.com' },
      clock,
    );
    const alexKey = await tokenFor(world);
    const inbox = async (key: string) => (await world.call('gmail_fetch_mails', {}, { key })).structured;
    expect((await inbox(alexKey)).messages).toBeDefined();
    const claims = decodeJwt(alexKey);
    expect(claims).toMatchObject({ iss: posternOrigin, aud: resource });
    const sameNumber = await inbox(await token({ sub: claims.sub, postern_grant: claims.postern_grant }));
    expect(sameNumber).toMatchObject({ authorizationRequired: { account: { status: 'PENDING' } } });
    expect(sameNumber.messages).toBeUndefined();
    const inOurName = await issuer.accessToken(claims);
    expect((await world.http('/mcp', { method: 'POST', key: inOurName })).status).toBe(401);
    const [header = '', , signature = ''] = alexKey.split('.');
    const swapped = [header, inOurName.split('.')[1], signature].join('.');
    expect((await world.http('/mcp', { method: 'POST', key: swapped })).status).toBe(401);
  });
});

describe('The ticket of somebody else’s link', () => {
  it('gives another person of the same issuer neither the link nor a way to end it', async () => {
    const { world, token } = await withIssuer();
    const call = async (key: string, more: object = {}): Promise<string> => {
      const meta = {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientCapabilities': { elicitation: { url: {} } },
        'io.modelcontextprotocol/clientInfo': { name: 'a test', version: '1.0.0' },
      };
      const params = { name: 'gmail_fetch_mails', arguments: {}, ...more, _meta: meta };
      const answer = await world.http('/mcp', {
        method: 'POST',
        key,
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': '2026-07-28',
          'mcp-method': 'tools/call',
          'mcp-name': 'gmail_fetch_mails',
        },
      });
      return answer.text();
    };
    const { result } = JSON.parse(await call(await token())) as { result: { requestState: string } };
    const eve = await token({ sub: 'eve' });
    for (const action of ['accept', 'decline', 'cancel']) {
      const answer = await call(eve, { requestState: result.requestState, inputResponses: { connect: { action } } });
      expect(answer).toContain('/connect/');
      expect(answer).not.toContain(result.requestState);
    }
    expect(await call(await token(), { requestState: result.requestState })).toContain(result.requestState);
  });
});
