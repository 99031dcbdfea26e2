// docs/security.md names a test for every promise. Each must be a test that runs: the suite runs every file that is named
// here, and this looks whether the title is a test's or a describe's in it, with its parameters as they stand in the source
// (`%s`), and whether nothing skips it. A title in several describes is named with its own: `describe › test`.
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const read = (path: string): Promise<string> => readFile(new URL(path, root), 'utf8');

const row = /^\| (?<promise>[^|]+) \| `(?<file>(?:packages\/[\w-]+\/)?test\/[^`]+\.test\.ts)` \| (?<title>[^|]+) \|$/;

interface Block {
  readonly kind: 'describe' | 'test';
  readonly title: string;
  /** `skip`, `todo` or `each`, among others. */
  readonly modifiers: readonly string[];
  /** Of spaces; what is inside another block is indented further. */
  readonly indent: number;
}

/** A statement begins on a line of its own, which the formatter sees to; its title is a whole text, in whichever quotes. */
const beginning = /^(?<indent> *)(?<callee>it|test|describe)(?<modifiers>(?:\.\w+)*)(?=[(<])/gm;
const wholeTitle = /\(\s*(?:'(?<single>(?:[^'\\\n]|\\.)*)'|"(?<double>(?:[^"\\\n]|\\.)*)"|`(?<template>[^`]*)`)\s*,/;

/** The tests and describes of a file, in their order. */
const blocksOf = (source: string): Block[] => {
  const starts = [...source.matchAll(beginning)];
  return starts.map(({ groups: { indent = '', callee, modifiers = '' } = {}, index, 0: begun }, position) => {
    const rest = source.slice(index + begun.length, starts[position + 1]?.index);
    // With parameters the title is the second call's; before it nothing is a text that a comma follows, but perhaps in them.
    const title = modifiers === '' ? wholeTitle.exec(rest) : wholeTitle.exec(rest.slice(endOfParameters(rest, indent)));
    const { single, double, template } = title?.groups ?? {};
    return {
      kind: callee === 'describe' ? 'describe' : 'test',
      title: single ?? double ?? template ?? '',
      modifiers: modifiers.split('.').slice(1),
      indent: indent.length,
    };
  });
};

/** Where the parameters of `it.each(…)` end: at the last `)(` that is on the first line, or begins one at its indentation. */
const endOfParameters = (rest: string, indent: string): number => {
  const [firstLine = ''] = rest.split('\n');
  const onFirst = firstLine.lastIndexOf(')(');
  if (onFirst >= 0) return onFirst + 1;
  const later = new RegExp(`^${indent}[\\]})]*\\)\\(`, 'm').exec(rest);
  return later === null ? 0 : later.index + later[0].length - 1;
};

/** The blocks around one, innermost first. */
const around = (blocks: readonly Block[], index: number): Block[] => {
  let { indent } = blocks[index] ?? { indent: 0 };
  return blocks
    .slice(0, index)
    .reverse()
    .filter((block) => {
      const isAround = block.kind === 'describe' && block.indent < indent;
      if (isAround) indent = block.indent;
      return isAround;
    });
};

/** What is wrong with a title that a promise names; undefined: exactly one block has it, and runs. */
const faultOf = (source: string, named: string): string | undefined => {
  const blocks = blocksOf(source);
  const [title = '', ...outer] = named.split(' › ').reverse();
  const found = blocks.flatMap((block, index) => {
    const outside = around(blocks, index);
    return block.title === title && outer.every((each) => outside.some((one) => one.title === each))
      ? [{ block, outside, inside: blocks[index + 1] }]
      : [];
  });
  const [first] = found;
  if (first === undefined) return 'no test has this title';
  if (found.length > 1) return 'several have this title: name the describe too';
  const { block, outside, inside } = first;
  if ([block, ...outside].some(({ modifiers }) => modifiers.some((one) => one === 'skip' || one === 'todo')))
    return 'it is skipped';
  return block.kind === 'describe' && (inside?.indent ?? 0) <= block.indent ? 'it has no tests' : undefined;
};

const document = await read('docs/security.md');
const rows = document.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| promise |'));

describe('Each promise in docs/security.md', () => {
  it('stands in a table of promise, test and title', () => {
    expect(rows.filter((line) => !row.test(line))).toEqual([]);
    expect(rows.length).toBeGreaterThan(100);
  });

  it.each(rows.map((line) => row.exec(line)?.groups ?? {}))(
    'is kept by a test that runs: $promise',
    async ({ file = '', title = '' }) => {
      expect(faultOf(await read(file), title), `“${title}” in ${file}`).toBeUndefined();
    },
  );
});

describe('The look for a title', () => {
  const source = `
describe('A link', () => {
  it('opens once', () => {
    expect('opens twice', 'x');
  });
  it.each(['a', 'b'])('is refused to %s', () => {});
  it.each([
    { what: 'a comma, in it', of: 1 },
  ])('says $what', () => {});
  it.skip('waits', () => {});
});
describe.skip('A page', () => {
  it("isn't read", () => {});
});
describe('A key', () => {
  it('opens once', () => {});
});
describe('Nothing', () => {});
`;
  it.each([
    ['A link › opens once', undefined],
    ['A link', undefined],
    ['is refused to %s', undefined],
    ['says $what', undefined],
    ['opens once', 'several have this title: name the describe too'],
    ['opens twice', 'no test has this title'],
    ['A page › opens once', 'no test has this title'],
    ['a comma, in it', 'no test has this title'],
    ['waits', 'it is skipped'],
    ["isn't read", 'it is skipped'],
    ['Nothing', 'it has no tests'],
  ])('finds of %j: %j', (title, fault) => {
    expect(faultOf(source, title)).toBe(fault);
  });
});

/** Whoever skips a test for a while has to see it again: in the suite, nothing is. */
it('No test is skipped, or keeps the others from running', async () => {
  // The examples above are skipped on purpose.
  const files = globSync('{test,packages/*/test}/**/*.test.ts', { cwd: fileURLToPath(root) }).filter(
    (file) => !file.endsWith('security-promises.test.ts'),
  );
  const sources = await Promise.all(files.map(async (file) => ({ file, blocks: blocksOf(await read(file)) })));
  const left = sources.flatMap(({ file, blocks }) =>
    blocks
      .filter(({ modifiers }) => modifiers.some((one) => ['skip', 'todo', 'only'].includes(one)))
      .map(({ title }) => `${file}: ${title}`),
  );
  expect(left).toEqual([]);
});
