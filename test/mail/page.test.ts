import fc from 'fast-check';
import { expect, test } from 'vitest';
import { page } from '../../src/mail/page.ts';

const texts = fc.string({ unit: 'binary', maxLength: 60 });
const sizes = fc.integer({ min: 1, max: 12 });

test('the pages one after the other are the whole text', () => {
  fc.assert(
    fc.property(texts, sizes, (text, maxChars) => {
      const pages: string[] = [];
      for (let offset: number | undefined = 0; offset !== undefined; ) {
        const here = page(text, { maxChars, offset });
        pages.push(here.text);
        expect(here.nextOffset ?? Number.POSITIVE_INFINITY).toBeGreaterThan(offset);
        offset = here.nextOffset;
      }
      expect(pages.join('')).toBe(text);
      expect(pages).toHaveLength(Math.max(1, Math.ceil([...text].length / maxChars)));
    }),
  );
});

test('every page counts characters as a reader does and splits none', () => {
  fc.assert(
    fc.property(texts, sizes, fc.nat(70), (text, maxChars, offset) => {
      const characters = [...text];
      const here = page(text, { maxChars, offset });
      expect(here.text).toBe(characters.slice(offset, offset + maxChars).join(''));
      expect(here.totalChars).toBe(characters.length);
      expect(here.nextOffset).toBe(offset + maxChars < characters.length ? offset + maxChars : undefined);
    }),
  );
});
