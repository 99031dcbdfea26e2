// Whether a selector matches an element, by what stands around it. Every comparison is charged to a budget. Knows no syntax
// and no declarations.
import type { StyledElement } from './element.ts';
import type { AttributeTest, Compound, PositionTest, Selector, Test } from './selector.ts';
import { isInState } from './states.ts';

/** What is left to be spent on a message: a sheet cannot make it cost more than this. */
export interface Budget {
  steps: number;
}

/** Characters of an attribute that a selector looks at. */
const longestValue = 1_000;
/** Looking at this many of them costs one step. */
const charactersPerStep = 50;

const attributeMatches = (test: AttributeTest, element: StyledElement, budget: Budget): boolean => {
  const written = element.attributes[test.name]?.slice(0, longestValue);
  if (written === undefined) return false;
  budget.steps -= written.length / charactersPerStep;
  const actual = test.ignoresCase ? written.toLowerCase() : written;
  const { value } = test;
  switch (test.operator) {
    case '':
      return true;
    case '=':
      return actual === value;
    case '~=':
      return value !== '' && actual.split(/\s+/).includes(value);
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

/** The element's place among those of its parent that match one of `of`; 0 where it does not. */
const placeAmong = (of: readonly Selector[], fromEnd: boolean, element: StyledElement, budget: Budget): number => {
  if (!matchesAny(of, element, budget)) return 0;
  let place = 0;
  for (
    let at: StyledElement | undefined = element;
    at && budget.steps > 0;
    at = fromEnd ? at.ahead?.next : at.previous
  ) {
    if (matchesAny(of, at, budget)) place += 1;
  }
  return place;
};

const positionMatches = (test: PositionTest, element: StyledElement, budget: Budget): boolean => {
  const { ofType, fromEnd, of } = test;
  if (of) return isAt(test, placeAmong(of, fromEnd, element, budget) || Number.NaN);
  if (!fromEnd) return isAt(test, ofType ? element.positionOfType : element.position);
  const all = ofType ? element.ahead?.siblingsOfType : element.siblings;
  return all !== undefined && isAt(test, all - (ofType ? element.positionOfType : element.position) + 1);
};

const isInside = (
  roots: readonly Selector[],
  limits: readonly Selector[],
  element: StyledElement,
  budget: Budget,
): boolean => {
  for (let at: StyledElement | undefined = element; at && budget.steps > 0; at = at.parent) {
    if (matchesAny(limits, at, budget)) return false;
    if (matchesAny(roots, at, budget)) return true;
  }
  return false;
};

/** Whether something that stands in or behind the element matches, seen from it. */
const hasMatch = (list: readonly Selector[], anchor: StyledElement, budget: Budget): boolean => {
  const selectorsFor = (own: boolean) =>
    list.filter(({ steps }) => {
      const combinator = steps.at(-2)?.combinator;
      return (combinator === '+' || combinator === '~') !== own;
    });
  const search = (from: readonly StyledElement[], selectors: readonly Selector[]): boolean => {
    const open = selectors.length === 0 ? [] : [...from];
    for (let next = open.pop(); next && budget.steps > 0; next = open.pop()) {
      budget.steps -= 1;
      const element = next;
      if (selectors.some((selector) => matches(selector, element, budget, anchor))) return true;
      open.push(...(element.ahead?.children ?? []));
    }
    return false;
  };
  const behind: StyledElement[] = [];
  const beside = selectorsFor(false);
  for (let at = anchor.ahead?.next; beside.length > 0 && at && budget.steps > 0; at = at.ahead?.next) {
    budget.steps -= 1;
    behind.push(at);
  }
  return search(anchor.ahead?.children ?? [], selectorsFor(true)) || search(behind, beside);
};

const testHolds = (test: Test, element: StyledElement, budget: Budget, anchor: StyledElement | undefined): boolean => {
  switch (test.kind) {
    case 'attribute':
      return attributeMatches(test, element, budget);
    case 'position':
      return positionMatches(test, element, budget);
    case 'any':
      return matchesAny(test.list, element, budget, anchor);
    case 'none':
      return !matchesAny(test.list, element, budget, anchor);
    case 'has':
      return hasMatch(test.list, element, budget);
    case 'state':
      return isInState(element, test.name, test.argument);
    case 'inside':
      return isInside(test.roots, test.limits, element, budget);
    case 'anchor':
      return element === anchor;
  }
};

const compoundMatches = (
  compound: Compound,
  element: StyledElement,
  budget: Budget,
  anchor: StyledElement | undefined,
): boolean => {
  budget.steps -= 1;
  if (compound.type !== undefined && compound.type !== '*' && compound.type !== element.name) return false;
  for (const id of compound.ids) if (id !== element.id) return false;
  for (const name of compound.classes) if (!element.classes.has(name)) return false;
  budget.steps -= compound.tests.length;
  for (const test of compound.tests) if (!testHolds(test, element, budget, anchor)) return false;
  return true;
};

/** Whether the steps from `step` on match, seen from `element`, which matches the one before. */
const matchesFrom = (
  selector: Selector,
  step: number,
  element: StyledElement,
  budget: Budget,
  anchor: StyledElement | undefined,
): boolean => {
  const wanted = selector.steps[step]?.compound;
  if (wanted === undefined) return true;
  const combinator = selector.steps[step - 1]?.combinator;
  const isBeside = combinator === '+' || combinator === '~';
  let next = isBeside ? element.previous : element.parent;
  while (next && budget.steps > 0) {
    if (compoundMatches(wanted, next, budget, anchor) && matchesFrom(selector, step + 1, next, budget, anchor)) {
      return true;
    }
    if (combinator === '+' || combinator === '>') return false;
    next = isBeside ? next.previous : next.parent;
  }
  return false;
};

const matchesAny = (
  list: readonly Selector[],
  element: StyledElement,
  budget: Budget,
  anchor?: StyledElement,
): boolean =>
  list.some((selector) => selector.pseudoElement === undefined && matches(selector, element, budget, anchor));

/**
 * Whether a selector matches an element, whatever part of it it asks for. Once the budget is spent nothing matches.
 * @param anchor the element that `:has()` is asked of
 */
export const matches = (
  selector: Selector,
  element: StyledElement,
  budget: Budget,
  anchor?: StyledElement,
): boolean => {
  const own = selector.steps[0];
  return (
    own !== undefined &&
    budget.steps > 0 &&
    compoundMatches(own.compound, element, budget, anchor) &&
    matchesFrom(selector, 1, element, budget, anchor)
  );
};
