// A wrong address: people get a page, programs get JSON.
import { describe, expect, it } from 'vitest';
import { aWorld } from '../support.ts';

const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const at = async (path: string, accept: string, method = 'GET') => {
  const { app } = await aWorld();
  const response = await app.request(`https://postern.example.com${path}`, { method, headers: { accept } });
  return {
    status: response.status,
    type: response.headers.get('content-type') ?? '',
    text: await response.text(),
    headers: response.headers,
  };
};

describe('An error', () => {
  it.each(['/nothing', '/connect', '/connect/a/b/c', '/oauth', '/oauth/call', '/downloads', '/sign-in/x/y'])(
    'at %s is a page for a browser and JSON for a program',
    async (path) => {
      const page = await at(path, browser);
      expect([page.status, page.type]).toEqual([404, 'text/html; charset=UTF-8']);
      expect(page.text).toContain('<h1>There is nothing here</h1>');
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
      const json = await at(path, '*/*');
      expect([json.status, JSON.parse(json.text).error]).toEqual([404, 'not_found']);
    },
  );

  it.each([
    ['POST', '/oauth/callback'],
    ['PUT', '/connect/abc'],
    ['DELETE', '/connect/abc'],
    ['POST', '/'],
  ])('of %s %s is a page for a browser', async (method, path) => {
    const page = await at(path, browser, method);
    expect([page.status, page.type]).toEqual([404, 'text/html; charset=UTF-8']);
  });

  it('of a download that has ended says on a page what to do', async () => {
    const page = await at(`/downloads/${'x'.repeat(43)}`, browser);
    expect([page.status, page.type]).toEqual([404, 'text/html; charset=UTF-8']);
    expect(page.text).toContain('Ask for the attachment again');
  });

  it.each(['/api/v1/accounts/user_42', '/api/nothing', '/mcp'])('at %s is JSON, also for a browser', async (path) => {
    expect((await at(path, browser)).type).toContain('application/json');
  });
});
