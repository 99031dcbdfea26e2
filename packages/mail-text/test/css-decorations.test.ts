import { expect, test } from 'vitest';
import { Cascade } from '../src/css/cascade.ts';
import type { StyledElement } from '../src/css/element.ts';
import { Visibility } from '../src/html/visibility.ts';

const elementOf = (name: string, style?: string): StyledElement => ({
  name,
  id: '',
  classes: new Set(),
  attributes: { style },
  parent: undefined,
  previous: undefined,
  position: 1,
  positionOfType: 1,
  siblings: 1,
  children: 0,
  ahead: undefined,
});

const decorationsIn = (elements: readonly StyledElement[], sheet = ''): string[] => {
  const facts = {
    quirks: false,
    dark: false,
    references: new Map(),
    hasPaintedBoxes: false,
    hasPositionedBoxes: false,
  };
  const visibility = new Visibility(new Cascade([sheet]), facts, new Set());
  return [...elements.reduce((around, element) => visibility.open(element, around), visibility.page).decorations];
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
  ['nothing where it is a block in the line', ['text-decoration:line-through', 'display:inline-block'], []],
])('the decorations of a text come from %s', (_, styles, lines) => {
  expect(decorationsIn(styles.map((style) => elementOf('span', style)))).toEqual(lines);
});

test('a rule of a sheet decorates as well', () => {
  expect(decorationsIn([elementOf('span')], 'span{text-decoration:line-through}')).toEqual(['line-through']);
});

test('elements that strike out or underline by themselves do so unless CSS says otherwise', () => {
  expect(decorationsIn([elementOf('del')])).toEqual(['line-through']);
  expect(decorationsIn([elementOf('ins')])).toEqual(['underline']);
  expect(decorationsIn([elementOf('s', 'text-decoration:none')])).toEqual([]);
});
