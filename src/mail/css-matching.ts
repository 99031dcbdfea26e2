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

const compoundMatches = (compound: Compound, element: StyledElement): boolean =>
  !compound.never &&
  (compound.type === undefined || compound.type === element.name) &&
  (compound.id === undefined || compound.id === element.id) &&
  compound.classes.every((name) => element.classes.has(name)) &&
  compound.attributes.every((test) => attributeMatches(test, element.attributes)) &&
  compound.positions.every((test) => positionMatches(test, element)) &&
  compound.alternatives.every((list) => list.some((inner) => compoundMatches(inner, element))) &&
  !compound.excluded.some((inner) => compoundMatches(inner, element));

/** An element, and where it (or its sibling) stands among the elements it is inside of. */
interface Place {
  readonly element: StyledElement;
  readonly depth: number;
}

/** The elements that a combinator leads to, nearest first. */
function* reached(
  { element, depth }: Place,
  { combinator }: Step,
  elements: readonly StyledElement[],
): Generator<Place> {
  const beside = combinator === '+' || combinator === '~';
  const nearestOnly = combinator === '+' || combinator === '>';
  for (let at = depth - 1, sibling = element.previous; ; at -= 1, sibling = sibling?.previous) {
    const next = beside ? sibling : elements[at];
    if (!next) return;
    yield { element: next, depth: beside ? depth : at };
    if (nearestOnly) return;
  }
}

/** Whether the steps from `step` on match, seen from an element that matches the one before. */
const matchesFrom = (
  steps: readonly Step[],
  step: number,
  place: Place,
  elements: readonly StyledElement[],
  budget: MatchingBudget,
): boolean => {
  const [before, wanted] = [steps[step - 1], steps[step]];
  if (!wanted || !before) return true;
  for (const next of reached(place, before, elements)) {
    budget.steps -= 1;
    if (budget.steps < 0) return false;
    if (!compoundMatches(wanted.compound, next.element)) continue;
    if (matchesFrom(steps, step + 1, next, elements, budget)) return true;
  }
  return false;
};

/** Whether a selector matches the last of these elements, of which each is inside the one before. */
export const matches = ({ steps }: Selector, elements: readonly StyledElement[], budget: MatchingBudget): boolean => {
  const own = steps[0];
  const element = elements.at(-1);
  budget.steps -= 1;
  if (!own || !element || budget.steps < 0 || !compoundMatches(own.compound, element)) return false;
  return matchesFrom(steps, 1, { element, depth: elements.length - 1 }, elements, budget);
};
