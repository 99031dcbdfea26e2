import { expect, test } from 'vitest';
import { createCascade } from '../../src/mail/css/cascade.ts';
import { appearanceOf, rootAppearance } from '../../src/mail/html/visibility.ts';

const alone = {
  id: '',
  attributes: {},
  previous: undefined,
  position: 1,
  positionOfType: 1,
  siblings: 1,
  parent: undefined,
  ahead: undefined,
};

const decorationsIn = (inlineStyles: readonly string[], sheet = ''): string[] => {
  const cascade = createCascade([sheet]);
  const element = { ...alone, name: 'span', classes: new Set<string>() };
  const inner = inlineStyles.reduce(
    (parent, inline) => appearanceOf('span', {}, cascade.styleOf(element, inline, {}, undefined), parent),
    rootAppearance,
  );
  return [...inner.decorations];
};

test.each([
  ['the shorthand', ['text-decoration:line-through red'], ['line-through']],
  ['the longhand', ['text-decoration-line:underline line-through'], ['underline', 'line-through']],
  [
    'an element around it, which nothing inside undoes',
    ['text-decoration:line-through', 'text-decoration:none'],
    ['line-through'],
  ],
  ['both', ['text-decoration:underline', 'text-decoration:line-through'], ['underline', 'line-through']],
  ['nothing', ['text-decoration:line-through;text-decoration:none'], []],
  ['nothing where it stands apart from the line', ['text-decoration:line-through', 'position:absolute'], []],
])('the decorations of a text come from %s', (_, styles, lines) => {
  expect(decorationsIn(styles)).toEqual(lines);
});

test('a rule of a sheet decorates as well', () => {
  expect(decorationsIn([''], 'span{text-decoration:line-through}')).toEqual(['line-through']);
});

test('elements that strike out or underline by themselves do so unless CSS says otherwise', () => {
  expect([...appearanceOf('del', {}, {}, rootAppearance).decorations]).toEqual(['line-through']);
  expect([...appearanceOf('ins', {}, {}, rootAppearance).decorations]).toEqual(['underline']);
  expect([...appearanceOf('s', {}, { textDecorationLine: [] }, rootAppearance).decorations]).toEqual([]);
});
