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
