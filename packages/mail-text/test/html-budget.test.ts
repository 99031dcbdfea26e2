import { expect, test } from 'vitest';
import { pageOf } from '../../../src/mcp/tools/parameters.ts';
import { Cascade, mostSteps } from '../src/css/cascade.ts';
import { readableHtml } from '../src/html/readable-html.ts';
import { type Frame, frameIn, rootFrame, zero } from '../src/layout/geometry.ts';
import { page } from '../src/page.ts';
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

test('every item of it is on one page with its link', () => {
  const pages = pagesOf(readableHtml(newsletter()).text);
  const lines = pages.flatMap((here) => here.split('\n'));
  for (let item = 0; item < newsletterItems; item += 1) {
    const line = lines.find((candidate) => candidate.startsWith(`${headlineOf(item)} `));
    expect(line).toContain(`<${addressOf(item)}`);
  }
});

test('its preheader, its style sheet and its tracking pixel are left out', () => {
  const { text, removed } = readableHtml(newsletter());
  expect(text).not.toMatch(/in short|font-size|open\.gif/);
  expect(removed).toEqual({ hiddenElements: 1, invisibleCharacters: 0 });
});

test('links of a short message keep their usual length', () => {
  const url = `https://example.com/${'path/'.repeat(12)}`;
  expect(readableHtml(`<a href="${url}">one</a>`).text).toBe(`one <${url}>`);
});

const alone = {
  attributes: {},
  previous: undefined,
  position: 1,
  positionOfType: 1,
  siblings: 1,
  parent: undefined,
  ahead: undefined,
  children: 0,
};

test('ten times the rules and elements take ten times the steps of matching, not a hundred times', () => {
  const stepsFor = (size: number): number => {
    const rules = Array.from({ length: size }, (_, index) => `.c${index} .d${index}{display:none}`);
    const cascade = new Cascade([rules.join('')]);
    for (let index = 0; index < size; index += 1) {
      const outer = { ...alone, name: 'div', id: '', classes: new Set(['x']) };
      const element = { ...alone, name: 'p', id: '', classes: new Set([`d${index}`]), parent: outer };
      cascade.styleOf(element, undefined, undefined);
    }
    return cascade.stepsTaken();
  };
  expect(stepsFor(2_000)).toBeLessThanOrEqual(stepsFor(200) * 12);
});

test('a sheet whose rules all have to be compared with every element costs no more than the budget', () => {
  const cascade = new Cascade([Array.from({ length: 500 }, (_, index) => `p:not(.b${index}){opacity:0}`).join('')]);
  const element = { ...alone, name: 'p', id: '', classes: new Set(['a']) };
  for (let index = 0; index < 5_000; index += 1) cascade.styleOf(element, undefined, undefined);
  expect(cascade.stepsTaken()).toBe(mostSteps);
  expect(cascade.isComplete()).toBe(false);
});

test.each([
  ['20 rules of 2,000 declarations', `*{${'color:red;'.repeat(2_000)}}`.repeat(20)],
  ['20 rules of 2,000 declarations that fit only some', `:not(.a) > i{${'color:red;'.repeat(2_000)}}`.repeat(20)],
  ['3,000 plain rules', Array.from({ length: 3_000 }, (_, index) => `i{color:#${1000 + index}}`).join('')],
])('%s cost 2,000 elements no more than comparing each rule once with each', (_, sheet) => {
  const cascade = new Cascade([sheet]);
  const reading = cascade.stepsTaken();
  const body = { ...alone, name: 'body', id: '', classes: new Set<string>() };
  for (let index = 0; index < 2_000; index += 1) {
    cascade.styleOf({ ...alone, name: 'i', id: '', classes: new Set(), parent: body }, undefined, undefined);
  }
  expect(cascade.stepsTaken() - reading).toBeLessThanOrEqual(2_000 * 20 * 8);
  expect(cascade.isComplete()).toBe(true);
});

test('what style sheets ask for beyond the budget is not done, the text stays and says so', () => {
  const sheet = Array.from({ length: 4_000 }, (_, index) => `p:not(.b${index}) i{opacity:.${index}}`).join('');
  const { text } = readableHtml(`<style>${sheet}</style><p>${'<i>word</i> '.repeat(3_000)}</p>`);
  expect(text.match(/word/g)).toHaveLength(3_000);
  expect(text).toMatch(/\n\n\[The style sheets of this HTML ask for too much to be judged to their end:.+\]$/);
});

test('text that a sheet adds to every element does not multiply the message', () => {
  const sheet = `i::before{content:"${'x'.repeat(1_900)}"}`;
  const { text } = readableHtml(`<style>${sheet}</style>${'<i>word</i> '.repeat(5_000)}`);
  expect(text.match(/word/g)).toHaveLength(5_000);
  expect(text.length).toBeLessThan(60_000);
  expect(text).toMatch(/\[The style sheets of this HTML ask for too much to be judged to their end:.+\]$/);
});

test('a box is looked for in so many boxes around it at most, however many there are', () => {
  const inner = Array.from({ length: 10_000 }).reduce((around: Frame) => frameIn(around, { x: zero }), rootFrame);
  expect(inner.depth).toBeLessThan(50);
});

test('once the budget is spent, custom properties are no longer copied for every element that adds one', () => {
  const custom = Array.from({ length: 20_000 }, (_, n) => `--a${n}:1`).join(';');
  const cascade = new Cascade([`:root{${custom}}`]);
  const root = cascade.styleOf({ ...alone, name: 'html', id: '', classes: new Set() }, undefined, undefined).variables;
  const inside = { ...alone, name: 'p', id: '', classes: new Set<string>() };
  const copies = Array.from({ length: 100 }, () => cascade.styleOf(inside, '--b:1', root).variables);
  expect(root?.size).toBe(20_000);
  expect(copies[0]?.size).toBe(20_001);
  expect(cascade.isComplete()).toBe(false);
  expect(copies.at(-1)).toBe(root);
});
