import { expect, test } from 'vitest';
import { createCascade, mostSteps } from '../../src/mail/css-cascade.ts';
import { readableHtml } from '../../src/mail/html-text.ts';
import { page } from '../../src/mail/page.ts';
import { pageOf } from '../../src/tools/parameters.ts';
import { addressOf, headlineOf, newsletter, newsletterItems } from './newsletter.ts';

const bytes = (text: string): number => Buffer.byteLength(text);

/** As a tool pages that was asked for no size. */
const pagesOf = (text: string): string[] => {
  const pages: string[] = [];
  for (let offset: number | undefined = 0; offset !== undefined; ) {
    const here = page(text, pageOf(20_000, offset));
    pages.push(here.text);
    offset = here.nextOffset;
  }
  return pages;
};

test('a newsletter of 351 KB comes out at no more than a fifth of its size, on pages of at most 20 KB', () => {
  const html = newsletter();
  expect(Math.round(bytes(html) / 1000)).toBe(351);
  const { text } = readableHtml(html);
  expect(bytes(text)).toBeLessThanOrEqual(bytes(html) * 0.2);
  const pages = pagesOf(text);
  expect(pages.join('')).toBe(text);
  for (const here of pages) expect(bytes(here)).toBeLessThanOrEqual(20_000);
});

test('every item of it is told on one page with its link', () => {
  const pages = pagesOf(readableHtml(newsletter()).text);
  const lines = pages.flatMap((here) => here.split('\n'));
  for (let item = 0; item < newsletterItems; item += 1) {
    const line = lines.find((candidate) => candidate.startsWith(`${headlineOf(item)} `));
    expect(line).toContain(`<${addressOf(item)}`);
  }
});

test('its preheader, its style sheet and its pixel are not told', () => {
  const { text, removed } = readableHtml(newsletter());
  expect(text).not.toMatch(/in short|font-size|open\.gif/);
  expect(removed).toEqual({ hiddenElements: 1, invisibleCharacters: 0 });
});

test('links of a short message keep their usual length', () => {
  const url = `https://example.com/${'path/'.repeat(12)}`;
  expect(readableHtml(`<a href="${url}">one</a>`).text).toBe(`one <${url}>`);
});

const alone = { attributes: {}, previous: undefined, position: 1, positionOfType: 1, siblings: 1 };

test('ten times the rules and elements take ten times the steps of matching, not a hundred times', () => {
  const stepsFor = (size: number): number => {
    const rules = Array.from({ length: size }, (_, index) => `.c${index} .d${index}{display:none}`);
    const cascade = createCascade([rules.join('')]);
    for (let index = 0; index < size; index += 1) {
      const element = { name: 'p', id: '', classes: new Set([`d${index}`]), ...alone };
      const outer = { name: 'div', id: '', classes: new Set(['x']), ...alone };
      cascade.styleOf([outer, element], undefined, {}, undefined);
    }
    return cascade.stepsTaken();
  };
  expect(stepsFor(2_000)).toBeLessThanOrEqual(stepsFor(200) * 10);
});

test('a sheet whose rules all fit every element costs no more than the budget', () => {
  const cascade = createCascade([Array.from({ length: 5_000 }, (_, index) => `p.a.b${index}{display:none}`).join('')]);
  const element = { name: 'p', id: '', classes: new Set(['a']), ...alone };
  for (let index = 0; index < 5_000; index += 1) cascade.styleOf([element], undefined, {}, undefined);
  expect(cascade.stepsTaken()).toBe(mostSteps);
});
