// Whether a selector matches an element, by what stands around it. Bounded by a budget. Knows no syntax and no declarations.
import type { AttributeTest, Compound, PositionTest, Selector, Step } from './css-selectors.ts';
import type { Attributes } from './html-tokens.ts';

/** What a selector may ask of an element. */
export interface StyledElement {
  readonly name: string;
  readonly id: string;
  readonly classes: ReadonlySet<string>;
  readonly attributes: Attributes;
  /** The element before it with the same parent. */
  readonly previous: StyledElement | undefined;
  /** From 1, among the elements of its parent; among those of its name. */
  readonly position: number;
  readonly positionOfType: number;
  /** How many elements its parent has. */
  readonly siblings: number;
}

/** Steps that are left for matching: a sheet cannot make a message cost more than this. */
export interface MatchingBudget {
  steps: number;
}

/** Characters of an attribute that a selector looks at. */
const longestValue = 1_000;

const attributeMatches = ({ name, operator, value }: AttributeTest, attributes: Attributes): boolean => {
  const actual = attributes[name]?.slice(0, longestValue).toLowerCase();
  if (actual === undefined) return false;
  switch (operator) {
    case '':
      return true;
    case '=':
      return actual === value;
    case '~=':
      return actual.split(/\s+/).includes(value);
    case '|=':
      return actual === value || actual.startsWith(`${value}-`);
    case '^=':
      return value !== '' && actual.startsWith(value);
    case '$=':
      return value !== '' && actual.endsWith(value);
    default:
      return value !== '' && actual.includes(value);
  }
};

/** CSS Selectors 4 §13.1: whether `place` is `step × n + first` for an n from 0 on. */
const isAt = ({ step, first }: PositionTest, place: number): boolean =>
  step === 0 ? place === first : (place - first) % step === 0 && (place - first) / step >= 0;

const positionMatches = (test: PositionTest, element: StyledElement): boolean => {
  switch (test.counted) {
    case 'from the first':
      return isAt(test, element.position);
    case 'from the last':
      return isAt(test, element.siblings - element.position + 1);
    case 'of its type':
      return isAt(test, element.positionOfType);
  }
};

/** What few selectors ask for. */
const restMatches = (compound: Compound, element: StyledElement): boolean =>
  !compound.never &&
  compound.attributes.every((test) => attributeMatches(test, element.attributes)) &&
  compound.positions.every((test) => positionMatches(test, element)) &&
  compound.alternatives.every((list) => list.some((inner) => compoundMatches(inner, element))) &&
  !compound.excluded.some((inner) => compoundMatches(inner, element));

const compoundMatches = (compound: Compound, element: StyledElement): boolean => {
  if (compound.type !== undefined && compound.type !== element.name) return false;
  if (compound.id !== undefined && compound.id !== element.id) return false;
  for (const name of compound.classes) if (!element.classes.has(name)) return false;
  return compound.isPlain || restMatches(compound, element);
};

/** Whether the steps from `step` on match, seen from `element`, which matches the one before and has `depth` ancestors. */
const matchesFrom = (
  steps: readonly Step[],
  step: number,
  element: StyledElement,
  depth: number,
  elements: readonly StyledElement[],
  budget: MatchingBudget,
): boolean => {
  const combinator = steps[step - 1]?.combinator;
  const wanted = steps[step]?.compound;
  if (wanted === undefined) return true;
  const isBeside = combinator === '+' || combinator === '~';
  let sibling = element.previous;
  for (let at = depth - 1; ; at -= 1) {
    const next = isBeside ? sibling : elements[at];
    budget.steps -= 1;
    if (next === undefined || budget.steps < 0) return false;
    const isMatch = compoundMatches(wanted, next);
    if (isMatch && matchesFrom(steps, step + 1, next, isBeside ? depth : at, elements, budget)) return true;
    if (combinator === '+' || combinator === '>') return false;
    sibling = sibling?.previous;
  }
};

/** Whether a selector matches the last of these elements, of which each is inside the one before. */
export const matches = ({ steps }: Selector, elements: readonly StyledElement[], budget: MatchingBudget): boolean => {
  const own = steps[0];
  const element = elements.at(-1);
  budget.steps -= 1;
  if (!own || !element || budget.steps < 0 || !compoundMatches(own.compound, element)) return false;
  return matchesFrom(steps, 1, element, elements.length - 1, elements, budget);
};
