import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressesIn } from '../src/links/link-text.ts';
import { plainWithLinks } from '../src/links/links.ts';

const long = `https://example.com/reset?token=${'a1b2'.repeat(60)}`;

test('in plain text a URL stands as it was written', () => {
  const text = `See (${long}), or <${long}>.\n> www.example.com/a_b_ and mailto:a@example.com`;
  expect(plainWithLinks(text).text).toBe(text);
});

test('a URL of more than 300 characters loses what tracks, else is a number of the list', () => {
  const tracked = `https://example.com/a?${'utm_source=x&'.repeat(30)}id=5`;
  const endless = `https://example.com/${'x'.repeat(400)}`;
  expect(plainWithLinks(`One ${tracked}.\nTwo (${endless})`)).toEqual({
    text: 'One https://example.com/a?id=5.\nTwo ([link 2: example.com])',
    links: [{ url: tracked }, { url: endless, numberAt: 43 }],
  });
});

test('a URL with a user name that could pass for a host is a number of the list', () => {
  expect(plainWithLinks('https://bank.example@evil.test/a').text).toBe('[link 1: evil.test]');
  expect(plainWithLinks('https://bank.example%2Flogin:x@evil.test/a').text).toBe('[link 1: evil.test]');
  expect(plainWithLinks('git clone https://ann@git.example/a.git').text).toBe(
    'git clone https://ann@git.example/a.git',
  );
});

test('a newsletter of hundreds of URLs is about as long as its words', () => {
  const words = 'The story of the day, told in a few words.';
  const item = (index: number) => `${words}\nhttps://click.example.com/${index}/${'ab12'.repeat(40)}`;
  const { text, links } = plainWithLinks(Array.from({ length: 500 }, (_, index) => item(index)).join('\n\n'));
  expect(text).toContain(`${words}\n[link 500: click.example.com]`);
  expect(links).toHaveLength(500);
  expect(text.length).toBeLessThan(500 * (words.length + 40));
});

describe('An address in running text', () => {
  const urlsIn = (text: string) => addressesIn(text).flatMap(({ url }) => url ?? []);

  test.each([
    ['ends before the mark of a sentence', 'Go to https://example.com/a. Or', 'https://example.com/a'],
    ['ends before a bracket around it', '(https://example.com/a)', 'https://example.com/a'],
    ['keeps a bracket of its own', 'https://example.com/a_(b)', 'https://example.com/a_(b)'],
    ['ends before a mark that also begins it', '*https://example.com/a*', 'https://example.com/a'],
    ['keeps such a mark at the end of a token', 'https://example.com/?t=abc_', 'https://example.com/?t=abc_'],
    ['keeps padding', 'https://example.com/?t=abc==', 'https://example.com/?t=abc=='],
    ['may be of any script', 'https://example.com/straße', 'https://example.com/straße'],
    ['needs no scheme with www', 'see www.example.com/a', 'http://www.example.com/a'],
    ['may be one of mail', 'mailto:a@example.com?subject=b', 'mailto:a@example.com?subject=b'],
    ['may be of FTP', 'ftp://example.com/a', 'ftp://example.com/a'],
  ])('%s', (_, text, url) => {
    expect(urlsIn(text)).toEqual([url]);
  });

  test('is none without a host, and none inside a word', () => {
    for (const text of [
      'https://',
      'www.',
      'mailto:',
      'a@www.example.com',
      'http:// example.com',
      'no links: e.g. a/b',
    ])
      expect(urlsIn(text)).toEqual([]);
  });

  test('takes none of the words of a script without spaces that follow it, however many', () => {
    const words = '詳しくはこちらをご覧ください。'.repeat(40);
    expect(plainWithLinks(`https://example.com/a${words}`).text).toBe(`https://example.com/a${words}`);
    expect(urlsIn(`https://example.com/a${words}`)).toEqual(['https://example.com/a']);
  });

  test('and the words around it are the text again, whatever that is', () => {
    const piece = fc.oneof(fc.string({ unit: 'binary', maxLength: 20 }), fc.webUrl({ withQueryParameters: true }));
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.join('');
        expect(
          addressesIn(text)
            .map((stretch) => stretch.text)
            .join(''),
        ).toBe(text);
      }),
    );
  });

  test.each([
    ['closing brackets', `https://example.com/${')'.repeat(500_000)}`],
    ['schemes of mail', 'mailto:'.repeat(100_000)],
    ['www', 'www.'.repeat(200_000)],
    ['schemes', 'https://'.repeat(100_000)],
  ])('is found in one pass over endless %s', (_, text) => {
    expect(addressesIn(text).length).toBeLessThan(10);
  });
});
