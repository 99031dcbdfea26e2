import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shortenUrls, shortUrl } from '../../src/mail/links.ts';
import { textOfHtml } from './text-of-html.ts';

test.each([
  [
    'https://bank.example/login',
    'https://evil.example/x',
    '[https://bank.example/login] (goes to https://evil.example/x)',
  ],
  [
    'Sign in at www.bank.example now',
    'https://bank.example.evil.test/',
    '[Sign in at www.bank.example now] (goes to https://bank.example.evil.test/)',
  ],
  ['bank.example', 'https://bank.example@evil.test/a', '[bank.example] (goes to https://…@evil.test/a)'],
  ['help@bank.example', 'mailto:help@evil.test', '[help@bank.example] (goes to mailto:help@evil.test)'],
  ['bank.example', 'https://b\u0430nk.example/', '[bank.example] (goes to https://xn--bnk-6cd.example/)'],
  ['ｂａｎｋ.example', 'https://evil.test/', '[ｂａｎｋ.example] (goes to https://evil.test/)'],
  ['bank.example', 'https:\\\\evil.test\\x', '[bank.example] (goes to https://evil.test/x)'],
  ['bank.example', '//evil.test/x', '[bank.example] (goes to https://evil.test/x)'],
])('the text "%s" with the target %s shows both', (text, href, shown) => {
  expect(textOfHtml(`<a href="${href}">${text}</a>`)).toBe(shown);
});

test.each([
  ['bank.example', 'https://www.bank.example/login', 'bank.example <https://www.bank.example/login>'],
  ['bank.example', 'https://click.bank.example/1', 'bank.example <https://click.bank.example/1>'],
  ['report.pdf', 'https://files.example/1', 'report.pdf <https://files.example/1>'],
])('the text "%s" claims no other host than %s', (text, href, shown) => {
  expect(textOfHtml(`<a href="${href}">${text}</a>`)).toBe(shown);
});

test('targets that lead nowhere outside are not shown', () => {
  for (const href of ['#top', 'javascript:alert(1)', 'data:text/html,x', 'page.html', '', 'cid:1']) {
    expect(textOfHtml(`<a href="${href}">text</a>`)).toBe('text');
  }
});

test('relative targets are completed from the base that the message names', () => {
  expect(textOfHtml('<base href="https://example.com/a/"><a href="b?c">text</a>')).toBe(
    'text <https://example.com/a/b?c>',
  );
});

test('a picture and a title with the same target are one link', () => {
  const link = (content: string) => `<a href="https://example.com/1">${content}</a>`;
  expect(textOfHtml(`<td>${link('<img src="x">')}</td><td>${link('Title')}</td>`)).toBe(
    'Title <https://example.com/1>',
  );
  expect(textOfHtml(`${link('<img alt="Photo">')}<br>${link('Title')}`)).toBe('[Photo]\nTitle <https://example.com/1>');
});

test('links of an image map are reachable', () => {
  expect(textOfHtml('<map><area href="https://example.com/a" alt="North"></map>')).toBe(
    '[North] <https://example.com/a>',
  );
});

const long = `https://news.example.com/2026/11/a-story?${'utm_source=x&'.repeat(10)}id=5`;

test('a long URL keeps its scheme, host and path, and loses what only tracks', () => {
  expect(shortUrl(long)).toBe('https://news.example.com/2026/11/a-story?id=5…');
  expect(shortUrl(`https://example.com/${'a'.repeat(200)}`)).toBe(`https://example.com/${'a'.repeat(59)}…`);
});

test('the host of a URL is always whole, also where that makes it longer', () => {
  const host = `${'very-long-label.'.repeat(8)}example.com`;
  expect(shortUrl(`https://${host}/path`)).toContain(`https://${host}`);
});

test('every shortened URL names the host of the whole one and is at most 80 characters beside it', () => {
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true, size: 'large' }), (url) => {
      const short = shortUrl(url);
      const origin = /^https?:\/\/[^/?#]*/.exec(url)?.[0] ?? '';
      expect(short.startsWith(origin.replace(/\/\/.*@/, '//…@'))).toBe(true);
      expect(short.length).toBeLessThanOrEqual(Math.max(80, origin.length + 1));
    }),
  );
});

test('in plain text long URLs are shortened and nothing else changes', () => {
  expect(shortenUrls(`See (${long}), then https://example.com/a.\nBye`)).toBe(
    'See (https://news.example.com/2026/11/a-story?id=5…), then https://example.com/a.\nBye',
  );
  expect(shortenUrls('no links here: e.g. a/b')).toBe('no links here: e.g. a/b');
});

test('a long URL in the text of HTML is shortened like one in a link', () => {
  expect(textOfHtml(`<p>See ${long.replaceAll('&', '&amp;')} now</p>`)).toBe(
    'See https://news.example.com/2026/11/a-story?id=5… now',
  );
  expect(textOfHtml(`<a href="${long}">${long}</a>`)).toBe('https://news.example.com/2026/11/a-story?id=5…');
});
