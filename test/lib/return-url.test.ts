// Which addresses a product may have browsers sent back to: registered ones, in one form only.
import { describe, expect, it } from 'vitest';
import { findReturnUrl, readRegisteredReturnUrl, withReturnParameters } from '../../src/lib/return-url.ts';

const exact = 'https://app.example/done';
const level = 'https://app.example/back/*';
const local = 'http://localhost:3000/done';
const query = 'https://app.example/done?from=mail&x=%20a';
const registered = [exact, level, local, query];

describe('Registering a return URL', () => {
  it.each([
    [exact, exact],
    ['HTTPS://App.Example:443/done', exact],
    ['https://app.example', 'https://app.example/'],
    [level, level],
    ['https://app.example/*', 'https://app.example/*'],
    ['https://app.example/back/*?a=1', 'https://app.example/back/*?a=1'],
    [local, local],
    ['http://127.0.0.1:8080/', 'http://127.0.0.1:8080/'],
    ['http://[::1]/done', 'http://[::1]/done'],
    ['https://xn--bcher-kva.example/', 'https://xn--bcher-kva.example/'],
  ])('accepts %s', (text, url) => {
    expect(readRegisteredReturnUrl(text)).toEqual({ kind: 'registered', url });
  });

  it.each([
    ['http://app.example/done', /https/],
    ['javascript:alert(1)', /https/],
    ['data:text/html,x', /https/],
    ['cursor://anysphere.cursor-mcp/done', /https/],
    ['com.example.app:/done', /https/],
    ['myapp://done', /https/],
    ['/done', /https/],
    ['//app.example/done', /https/],
    ['https:app.example/done', /https/],
    ['https:///app.example/done', /https/],
    ['', /ASCII/],
    ['https://user@app.example/done', /user name/],
    ['https://app.example@evil.example/done', /user name/],
    ['https://app.example/done#', /fragment/],
    ['https://app.example\\@evil.example/', /ASCII/],
    ['https://app.example/done ', /ASCII/],
    ['https://bücher.example/', /Punycode/],
    ['https://app.example/a/../done', /"\.\."/],
    ['https://app.example/%2e%2e/done', /"\.\."/],
    ['https://*.example/done', /"\*"/],
    ['https://app.example/*/done', /"\*"/],
    ['https://app.example/**', /"\*"/],
    ['https://app.example/d*', /"\*"/],
    ['https://app.example/done?status=x', /"status"/],
    ['https://app.example/done?st%61te=x', /"state"/],
    [`https://app.example/${'a'.repeat(2000)}`, /2000/],
  ])('refuses %s', (text, because) => {
    expect(readRegisteredReturnUrl(text)).toEqual({ kind: 'refused', because: expect.stringMatching(because) });
  });
});

describe('A return URL of a link', () => {
  it.each([
    [exact, exact],
    ['https://APP.example:443/done', exact],
    ['https://app.example/done?', exact],
    ['https://app.example/back/user_42', 'https://app.example/back/user_42'],
    [local, local],
    [query, query],
  ])('%s is a registered one', (given, url) => {
    expect(findReturnUrl(given, registered)).toBe(url);
  });

  it.each([
    'https://app.example/done/',
    'https://app.example/Done',
    'https://app.example/done?next=https://evil.example',
    'https://app.example/done?from=mail',
    'https://app.example/done?x=%20a&from=mail',
    'https://app.example/done?from=mail&x=+a',
    'https://app.example/done?from=mail&x=%20a&x=b',
    'https://app.example/done#x',
    'https://app.example/done%2f',
    'https://app.example/d%6fne',
    'https://app.example/x/../done',
    'https://app.example/./done',
    'https://app.example/%2e/done',
    'https://app.example//done',
    'https://app.example/done;x',
    'https://app.example/back',
    'https://app.example/back/',
    'https://app.example/back/*',
    'https://app.example/back/a/b',
    'https://app.example/back/a/',
    'https://app.example/back//a',
    'https://app.example/back/a%2fb',
    'https://app.example/back/a%252fb',
    'https://app.example/back/%2e%2e',
    'https://app.example/back/..',
    'https://app.example/back/..%2fdone',
    'https://app.example/back/..;/admin',
    'https://app.example/back/a\\b',
    'https://app.example/back/a%5cb',
    'https://app.example/back/a%00',
    'https://app.example/back/a?x=1',
    'https://app.example/back/%41',
    'https://app.example:8443/done',
    'http://app.example/done',
    'https://app.example./done',
    'https://app.example.evil.example/done',
    'https://evil.example/https://app.example/done',
    'https://app.example@evil.example/done',
    'https://evil.example\\@app.example/done',
    'https://app.example\\.evil.example/done',
    'https://app.example%2eevil.example/done',
    'https://app\u3002example/done',
    'https://ａpp.example/done',
    'https://аpp.example/done',
    'https://app.example/\tdone',
    ' https://app.example/done',
    'https:/app.example/done',
    'https:app.example/done',
    '//app.example/done',
    '/done',
    'http://localhost/done',
    'http://localhost:3001/done',
    'http://127.0.0.1:3000/done',
    'http://localhost.:3000/done',
    'http://localhost:3000@evil.example/done',
    'https://localhost:3000/done',
    'javascript:https://app.example/done',
    'microsoft-edge:https://app.example/done',
    'blob:https://app.example/done',
    '',
  ])('%s is not', (given) => {
    expect(findReturnUrl(given, registered)).toBeUndefined();
  });

  it('is none where nothing is registered', () => {
    expect(findReturnUrl(exact, [])).toBeUndefined();
  });
});

describe('The way back', () => {
  it('adds its parameters behind the present query, which stays to the letter', () => {
    const parameters = { status: 'connected', state: 'a b+c&d=é/%"' };
    expect(withReturnParameters(exact, parameters)).toBe(
      `${exact}?status=connected&state=a%20b%2Bc%26d%3D%C3%A9%2F%25%22`,
    );
    expect(withReturnParameters(query, { status: 'failed', reason: 'link_expired' })).toBe(
      `${query}&status=failed&reason=link_expired`,
    );
  });

  it('brings every state back unchanged, however it is decoded', () => {
    for (const state of ['ü€😀', '?&#=+%20', 'line\nbreak', '../..', `"'<>`]) {
      const url = new URL(withReturnParameters(exact, { status: 'connected', state }));
      expect(url.searchParams.get('state')).toBe(state);
      expect(decodeURIComponent(/state=(.*)$/.exec(url.href)?.[1] ?? '')).toBe(state);
      expect(url.origin + url.pathname).toBe(exact);
    }
  });
});
