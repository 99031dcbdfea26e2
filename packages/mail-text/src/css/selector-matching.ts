// Whether a selector matches an element (Selectors 4), and which rules may match one at all: an index by the id, class or name that
// a selector requires. Rules that require nothing else are compared once for all elements with the same name, id and classes.
// Every comparison is charged to a budget.
import { isInState, type StyledElement } from './element.ts';
import type { AttributeTest, Compound, PositionTest, Selector, Test } from './selector.ts';

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

/** Whether a descendant or a following sibling matches, relative to the element. */
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
  const siblings: StyledElement[] = [];
  const ofSiblings = selectorsFor(false);
  for (let at = anchor.ahead?.next; ofSiblings.length > 0 && at && budget.steps > 0; at = at.ahead?.next) {
    budget.steps -= 1;
    siblings.push(at);
  }
  return search(anchor.ahead?.children ?? [], selectorsFor(true)) || search(siblings, ofSiblings);
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
const matches = (selector: Selector, element: StyledElement, budget: Budget, anchor?: StyledElement): boolean => {
  const own = selector.steps[0];
  return (
    own !== undefined &&
    budget.steps > 0 &&
    compoundMatches(own.compound, element, budget, anchor) &&
    matchesFrom(selector, 1, element, budget, anchor)
  );
};

export interface Indexed {
  readonly selector: Selector;
}

/** What an element has to be, or to be inside of, for a rule to be worth a comparison. */
interface Key {
  readonly name: string;
  readonly of: 'itself' | 'an ancestor';
}

/** The most selective name that a compound selector requires. */
const mostSelective = ({ ids, classes }: Compound): string | undefined => {
  if (ids[0] !== undefined) return `#${ids[0]}`;
  return classes[0] === undefined ? undefined : `.${classes[0]}`;
};

const keyOf = ({ steps }: Selector): Key => {
  const own = steps[0]?.compound;
  const name = own && mostSelective(own);
  if (name !== undefined) return { name, of: 'itself' };
  for (const [index, { compound }] of steps.entries()) {
    const combinator = steps[index - 1]?.combinator;
    if (index > 0 && combinator !== ' ' && combinator !== '>') break;
    const around = index > 0 ? mostSelective(compound) : undefined;
    if (around !== undefined) return { name: around, of: 'an ancestor' };
  }
  return { name: own?.type ?? '*', of: 'itself' };
};

/** It requires a name, an id and classes of the element itself, and nothing else. */
const isSimple = ({ steps }: Selector): boolean => steps.length === 1 && steps[0]?.compound.tests.length === 0;

const keysOf = function* ({ id, classes }: StyledElement): Generator<string> {
  if (id !== '') yield `#${id}`;
  for (const name of classes) yield `.${name}`;
};

/** The rules of an index that may match inside an element. */
interface RulesInside<Rule> {
  readonly index: Map<string, Rule[]>;
  readonly rules: readonly Rule[];
}

/** Elements with other or longer classes are compared each by itself. */
const mostKinds = 5_000;
const longestKind = 400;

const noRules: readonly never[] = [];

const addTo = <Rule>(index: Map<string, Rule[]>, key: string, rule: Rule): void => {
  const rules = index.get(key);
  if (rules) rules.push(rule);
  else index.set(key, [rule]);
};

export class RuleIndex<Rule extends Indexed> {
  private readonly budget: Budget;
  private readonly simple = new Map<string, Rule[]>();
  private readonly other = new Map<string, Rule[]>();
  private readonly byAncestor = new Map<string, Rule[]>();
  /** The simple rules that match, by the name, id and classes of elements. */
  private readonly byKind = new Map<string, readonly Rule[]>();

  constructor(budget: Budget) {
    this.budget = budget;
  }

  add(rule: Rule): void {
    const { name, of } = keyOf(rule.selector);
    if (isSimple(rule.selector)) addTo(this.simple, name, rule);
    else addTo(of === 'itself' ? this.other : this.byAncestor, name, rule);
  }

  /**
   * The rules whose selectors match, in no order, and whether they are the same for every element with the same name,
   * id and classes.
   */
  matching(element: StyledElement): { readonly rules: readonly Rule[]; readonly areSimple: boolean } {
    const rules = this.simpleRules(element);
    const more: Rule[] = [];
    this.collectFrom(this.other, element, more);
    this.collect(this.rulesInside(element.parent), element, more);
    return more.length === 0 ? { rules, areSimple: true } : { rules: [...rules, ...more], areSimple: false };
  }

  private simpleRules(element: StyledElement): readonly Rule[] {
    const kind = `${element.name}#${element.id}.${element.attributes.class ?? ''}`;
    const known = this.byKind.get(kind);
    if (known) return known;
    const rules: Rule[] = [];
    this.collectFrom(this.simple, element, rules);
    if (kind.length <= longestKind && this.byKind.size < mostKinds && this.budget.steps > 0)
      this.byKind.set(kind, rules);
    return rules;
  }

  /** The rules that require something that this element or one around it is. */
  private rulesInside(element: StyledElement | undefined): readonly Rule[] {
    if (element === undefined || this.byAncestor.size === 0) return noRules;
    const path: StyledElement[] = [];
    let known: RulesInside<Rule> | undefined;
    for (let at: StyledElement | undefined = element; at; at = at.parent) {
      const before = at.rulesInside as RulesInside<Rule> | undefined;
      if (before?.index === this.byAncestor) {
        known = before;
        break;
      }
      path.push(at);
    }
    let here = known ?? { index: this.byAncestor, rules: noRules };
    for (const next of path.reverse()) {
      const more = [...keysOf(next)].flatMap((key) => this.byAncestor.get(key) ?? []);
      if (more.length > 0) {
        here = { index: this.byAncestor, rules: [...new Set([...here.rules, ...more])] };
        this.budget.steps -= here.rules.length;
      }
      // Of several cascades that look at the same elements only the last one remembers.
      next.rulesInside = here;
    }
    return here.rules;
  }

  private collectFrom(index: Map<string, Rule[]>, element: StyledElement, into: Rule[]): void {
    if (index.size === 0) return;
    for (const key of keysOf(element)) this.collect(index.get(key), element, into);
    this.collect(index.get(element.name), element, into);
    this.collect(index.get('*'), element, into);
  }
  private collect(candidates: readonly Rule[] | undefined, element: StyledElement, into: Rule[]): void {
    for (const rule of candidates ?? noRules) {
      if (this.budget.steps <= 0) return;
      // A comparison that the end of the budget cut off says nothing: `:not()` would hold.
      if (matches(rule.selector, element, this.budget) && this.budget.steps > 0) into.push(rule);
    }
  }
}
