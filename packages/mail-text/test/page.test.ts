import fc from 'fast-check';
import { expect, test } from 'vitest';
import { page } from '../src/page.ts';

const anything = fc.string({ unit: 'binary', maxLength: 60 });
const url = fc.webUrl({ withQueryParameters: true, validSchemes: ['https', 'http'] });
const word = fc.stringMatching(/^[a-zé😀]{1,8}$/u);
const link = fc.oneof(
  url,
  fc.tuple(word, url).map(([text, target]) => `${text} <${target}>`),
  fc.tuple(word, url).map(([text, target]) => `[${text}] (goes to ${target})`),
  fc.emailAddress().map((address) => `<mailto:${address}>`),
);
const linkedText = fc
  .array(fc.oneof(link, word, fc.constantFrom('\n', '\n\n', 'a word')), { minLength: 1, maxLength: 30 })
  .map((pieces) => pieces.join(' '));
const texts = fc.oneof(anything, linkedText);
const sizes = fc.integer({ min: 1, max: 40 });

const addresses = /https?:\/\/\S+|mailto:\S+/g;
/** What a page may hold beyond the size that was asked for: one address with the marks around it. */
const longestAddressOf = (text: string): number =>
  Math.max(0, ...(text.match(addresses) ?? []).map((address) => Buffer.byteLength(address) + '] (goes to '.length));

const pagesOf = (text: string, maxChars: number) => {
  const pages: ReturnType<typeof page>[] = [];
  for (let offset: number | undefined = 0; offset !== undefined; offset = pages.at(-1)?.nextOffset) {
    pages.push(page(text, { maxChars, offset }));
    expect(pages.length).toBeLessThanOrEqual(text.length + 1);
  }
  return pages;
};

test('the pages one after the other are the whole text, and none is larger than asked for but by one address', () => {
  fc.assert(
    fc.property(texts, sizes, (text, maxChars) => {
      const pages = pagesOf(text, maxChars);
      expect(pages.map((here) => here.text).join('')).toBe(text);
      const longest = Math.max(maxChars, longestAddressOf(text));
      expect(pages.every((here) => [...here.text].length <= longest)).toBe(true);
    }),
  );
});

test('a page bounded in bytes takes no more of them, unless one character or address alone does, and the pages are still the whole', () => {
  fc.assert(
    fc.property(texts, fc.integer({ min: 4, max: 40 }), (text, maxBytes) => {
      let [whole, offset]: [string, number | undefined] = ['', 0];
      while (offset !== undefined) {
        const here = page(text, { maxChars: 1000, offset, maxBytes });
        expect(Buffer.byteLength(here.text)).toBeLessThanOrEqual(Math.max(maxBytes, longestAddressOf(text)));
        whole += here.text;
        offset = here.nextOffset;
      }
      expect(whole).toBe(text);
    }),
  );
});

test('from every offset, a page begins there, says how long the whole is and where the next one begins', () => {
  fc.assert(
    fc.property(texts, sizes, (text, maxChars) => {
      const characters = [...text];
      for (let offset = 0; offset <= characters.length + 1; offset += 1) {
        const here = page(text, { maxChars, offset });
        const length = [...here.text].length;
        expect(here.text).toBe(characters.slice(offset, offset + length).join(''));
        expect(here.totalChars).toBe(Math.max(characters.length, 0));
        expect(here.nextOffset).toBe(offset + length < characters.length ? offset + length : undefined);
        expect(length).toBeGreaterThanOrEqual(Math.min(1, Math.max(characters.length - offset, 0)));
      }
    }),
    { numRuns: 60 },
  );
});

test('no page ends inside an address that begins on it, however small the page and from whichever offset', () => {
  fc.assert(
    fc.property(linkedText, fc.integer({ min: 1, max: 500 }), fc.nat(400), (text, maxChars, offset) => {
      const here = page(text, { maxChars, offset });
      if (here.nextOffset === undefined) return;
      const end = [...text].slice(0, here.nextOffset).join('').length;
      for (const match of text.matchAll(addresses)) {
        const isAcross = match.index < end && match.index + match[0].length > end;
        expect(isAcross && match.index >= end - here.text.length, `${match[0]} is cut`).toBe(false);
      }
    }),
  );
});

test('neither the number of a link nor an address without a scheme is cut', () => {
  for (const link of ['[link 12: click.example.com]', 'www.example.com/reset?token=abc']) {
    const text = `see ${link} now`;
    for (let maxChars = 1; maxChars < text.length; maxChars += 1) {
      expect(pagesOf(text, maxChars).filter((here) => here.text.includes(link))).toHaveLength(1);
    }
  }
});

test('a line that is a link goes to the next page as a whole, wherever the page would have cut it', () => {
  const before = `${'words '.repeat(10)}\n`;
  const text = `${before}[The report] (goes to https://example.com/report/2026)\nNext`;
  for (let maxChars = text.indexOf('] (goes'); maxChars < text.indexOf('2026'); maxChars += 1) {
    expect(page(text, { maxChars, offset: 0 }).text).toBe(before);
  }
});

test('an address that is larger than a page is a page by itself', () => {
  const address = `https://example.com/${'a'.repeat(7_000)}`;
  expect(pagesOf(`${address} and more`, 20).map((here) => here.text)).toEqual([address, ' and more']);
});

test('only an address of more than 8,000 characters is cut, so that no page is without bound', () => {
  const text = `https://example.com/${'a'.repeat(20_000)}`;
  expect(pagesOf(text, 9_000).map((here) => here.text.length)).toEqual([9_000, 9_000, 2_020]);
});

test('a text without links ends exactly where it was asked to', () => {
  expect(page('abcdef', { maxChars: 4, offset: 1 })).toEqual({ text: 'bcde', totalChars: 6, nextOffset: 5 });
  expect(page('a😀b', { maxChars: 2, offset: 0 })).toEqual({ text: 'a😀', totalChars: 3, nextOffset: 2 });
});
