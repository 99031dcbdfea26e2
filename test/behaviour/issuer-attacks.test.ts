// What people of the operator's own issuer, and whoever pretends to be one of them, try on a whole Postern.
import { afterEach, describe, expect, it } from 'vitest';
import { handClock } from '../support/hand-clock.ts';
import { createTestIssuer } from '../support/issuer.ts';
import { createWorld, newSandbox, posternOrigin, type World } from '../support/world.ts';
import { browserTo } from './signing-in-world.ts';

const resource = `${posternOrigin}/mcp`;
const worlds: World[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

const withIssuer = async (env: Record<string, string> = {}) => {
  const clock = handClock();
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
  it.each([false, 'false', 'FALSE', null])('a browser whose address is verified: %j is nobody', async (verified) => {
    const { world, issuer, token } = await withIssuer({ POSTERN_OIDC_IDENTIFIER_CLAIM: 'email' });
    issuer.person = { sub: 'u-66' };
    issuer.userinfo = { email: 'alex@example.com', email_verified: verified };
    const browser = browserTo(world, issuer);
    const link = await linkOf(world, await token({ email: 'alex@example.com' }));
    const page = await browser.submit(await browser.open(link));
    expect(page.heading).toBe('This server is set up wrongly');
    issuer.userinfo = { email: 'alex@example.com', email_verified: 'true' };
    expect((await browser.submit(await browser.open(link))).heading).toBe('Connect Gmail');
  });
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
  it('sends nobody off to ask for a scope that there is not', async () => {
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
