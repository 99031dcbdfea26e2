// How a client that only has the address of /mcp finds out where to sign in.
import { discoverOAuthProtectedResourceMetadata } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { aWorld } from '../support.ts';
import { aSignInWorld, mcp, metadataUrl, toolCall } from './resource-support.ts';

const rootUrl = 'https://postern.example.com/.well-known/oauth-protected-resource';

describe('1. Protected resource metadata', () => {
  it.each([metadataUrl, `${metadataUrl}/`, rootUrl])(
    'names at %s the resource, its authorization servers and scopes',
    async (url) => {
      const { app } = await aSignInWorld();
      const answer = await app.request(url);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json']);
      expect(await answer.json()).toEqual({
        resource: mcp,
        authorization_servers: ['https://login.example.org'],
        scopes_supported: ['mail:read', 'contacts:read'],
        bearer_methods_supported: ['header'],
        resource_name: 'Postern',
      });
    },
  );

  it.each([mcp, `${mcp}/`])(
    "is found by the MCP SDK's client, which needs only the address of /mcp: %s",
    async (url) => {
      const { app } = await aSignInWorld();
      const found = await discoverOAuthProtectedResourceMetadata(url, {}, async (at, init) => app.request(at, init));
      expect(found).toMatchObject({ resource: mcp, authorization_servers: ['https://login.example.org'] });
    },
  );

  it('may be read by clients in a browser, and cached for five minutes', async () => {
    const { app } = await aSignInWorld();
    const answer = await app.request(metadataUrl, { headers: { origin: 'https://client.example' } });
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
    const preflight = await app.request(metadataUrl, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://client.example',
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'mcp-protocol-version',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toBe('mcp-protocol-version');
  });

  it('is not served under another host name', async () => {
    const { app } = await aSignInWorld();
    expect((await app.request(metadataUrl.replace('postern.example.com', 'rebound.example'))).status).toBe(403);
  });

  it('is not served where there are only keys', async () => {
    const { app } = await aWorld();
    for (const url of [metadataUrl, rootUrl]) expect((await app.request(url)).status).toBe(404);
  });
});

describe('2. The challenge of a 401', () => {
  const where = `resource_metadata="${metadataUrl}", scope="mail:read contacts:read"`;

  it('names the metadata and the scopes, and no error where no credential was sent', async () => {
    const { post } = await aSignInWorld();
    const answer = await post(undefined, toolCall('about'));
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, `Bearer realm="postern", ${where}`]);
    expect(await answer.json()).toMatchObject({
      error: 'authentication_required',
      next: expect.stringContaining(metadataUrl),
    });
  });

  it.each(['nonsense', 'ya29.a-token-of-google', 'pst_session_0123456789abcdef_x', 'a.b.c'])(
    'says invalid_token of %s',
    async (token) => {
      const { post } = await aSignInWorld();
      const answer = await post(token, toolCall('about'));
      const challenge = `Bearer realm="postern", error="invalid_token", ${where}`;
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, challenge]);
      expect(await answer.text()).not.toContain(token);
    },
  );

  it.each(['GET', 'DELETE', 'PUT'])('is sent for %s too', async (method) => {
    const { app } = await aSignInWorld();
    const answer = await app.request(mcp, { method });
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, `Bearer realm="postern", ${where}`]);
  });

  it('names no metadata on /api/v1, which needs a service key', async () => {
    const { app } = await aSignInWorld();
    const answer = await app.request('https://postern.example.com/api/v1/accounts/ada');
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="postern"']);
  });
});

describe('3. An access token', () => {
  it('gets 503 with Retry-After while its issuer is unavailable, not invalid_token', async () => {
    const { post } = await aSignInWorld();
    const answer = await post('away', toolCall('about'));
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '7']);
    expect(answer.headers.get('www-authenticate')).toBeNull();
    expect(await answer.json()).toEqual({
      error: 'issuer_unavailable',
      message: 'The issuer of this access token cannot be asked for its keys.',
      who: 'nobody, wait',
      next: 'Try again in 7 seconds.',
    });
  });

  it('is refused with the identifier of another person', async () => {
    const { post } = await aSignInWorld();
    const status = async (identifier: string) =>
      (await post('may:mail:read', toolCall('about'), { 'postern-identifier': identifier })).status;
    expect([await status('ada'), await status('ben'), await status('ada,ada')]).toEqual([200, 403, 403]);
  });

  it('is refused on /api/v1', async () => {
    const { app } = await aSignInWorld();
    const answer = await app.request('https://postern.example.com/api/v1/accounts/ada', {
      headers: { authorization: 'Bearer may:mail:read' },
    });
    expect([answer.status, await answer.json()]).toEqual([
      403,
      expect.objectContaining({ error: 'service_key_required' }),
    ]);
  });
});
