// The demo's browser without a screen, on pages as Postern and the sandbox write them.
import { describe, expect, test } from 'vitest';
import { parseCallback } from '../../../src/cli/accounts/connect.ts';
import { readPage } from '../../../src/cli/demo/scripted-browser.ts';
import { plain } from '../../../src/cli/terminal.ts';

describe('reading a page', () => {
  test('finds its heading, its form with hidden fields and ticked boxes, and its buttons', () => {
    const page = readPage(
      'https://google.test/auth?x=1',
      200,
      `<h1>Choose
       what <b>Demo</b> may do</h1><form method="post"><input type="hidden" name="state" value="a&amp;b">
       <input type="checkbox" name="scope" value="mail" checked><input type="checkbox" name="scope" value="contacts">
       <button name="decision" value="allow">Yes</button><button name="decision" value="deny">No</button></form>`,
    );
    expect(page).toMatchObject({ heading: 'Choose what Demo may do', refresh: undefined });
    expect(page.forms).toEqual([
      {
        method: 'POST',
        action: 'https://google.test/auth?x=1',
        fields: [
          { name: 'state', value: 'a&b' },
          { name: 'scope', value: 'mail' },
        ],
        buttons: [
          { name: 'decision', value: 'allow' },
          { name: 'decision', value: 'deny' },
        ],
      },
    ]);
  });

  test.each(['0; url=/next?a=1&amp;b=2', "0;URL='/next?a=1&amp;b=2'"])(
    'finds where %j goes on by itself',
    (content) => {
      const page = readPage('https://postern.test/connect/x', 200, `<meta http-equiv="refresh" content="${content}">`);
      expect(page.refresh).toBe('https://postern.test/next?a=1&b=2');
    },
  );
});

describe('a pasted address', () => {
  test.each([
    ['  http://127.0.0.1:5000/oauth/callback?state=s&code=4%2F0A&scope=x \n', { state: 's', code: '4/0A' }],
    ['http://127.0.0.1:5000/oauth/callback?state=s&error=access_denied', { state: 's', error: 'access_denied' }],
    ['http://127.0.0.1:5000/oauth/callback?state=s', undefined],
    ['http://127.0.0.1:5000/oauth/callback?code=c', undefined],
    ['4/0AbCdEf', undefined],
  ])('%j is read', (line, callback) => {
    expect(parseCallback(line)).toEqual(callback);
  });
});

test('replaces control characters in text from outside', () => {
  expect(plain('a\u001b[31mb\u202ec\u200bd\ne')).toBe('a\u{FFFD}[31mb\u{FFFD}c\u{FFFD}d\u{FFFD}e');
});
