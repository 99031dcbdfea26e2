// The rules that an element may match, found by what their selectors ask for most sharply; those that ask for nothing but
// a name, an id and classes are compared once for all elements that are alike in these. Knows no declarations.
import type { StyledElement } from './element.ts';
import { type Budget, matches } from './matching.ts';
import type { Compound, Selector } from './selector.ts';

export interface Indexed {
  readonly selector: Selector;
}

export interface RuleIndex<Rule extends Indexed> {
  add(rule: Rule): void;
  /**
   * The rules whose selectors match, in no order, and whether they are the same for every element with the same name,
   * id and classes.
   */
  matching(element: StyledElement): { readonly rules: readonly Rule[]; readonly areUsual: boolean };
}

/** What an element has to be, or to stand in, for a rule to be worth a comparison. */
interface Key {
  readonly name: string;
  readonly of: 'itself' | 'an ancestor';
}

const sharpest = ({ ids, classes }: Compound): string | undefined => {
  if (ids[0] !== undefined) return `#${ids[0]}`;
  return classes[0] === undefined ? undefined : `.${classes[0]}`;
};

const keyOf = ({ steps }: Selector): Key => {
  const own = steps[0]?.compound;
  const name = own && sharpest(own);
  if (name !== undefined) return { name, of: 'itself' };
  for (const [index, { compound }] of steps.entries()) {
    const combinator = steps[index - 1]?.combinator;
    if (index > 0 && combinator !== ' ' && combinator !== '>') break;
    const around = index > 0 ? sharpest(compound) : undefined;
    if (around !== undefined) return { name: around, of: 'an ancestor' };
  }
  return { name: own?.type ?? '*', of: 'itself' };
};

/** It asks for a name, an id and classes of the element itself, and nothing else. */
const isUsual = ({ steps }: Selector): boolean => steps.length === 1 && steps[0]?.compound.tests.length === 0;

const keysOf = function* ({ id, classes }: StyledElement): Generator<string> {
  if (id !== '') yield `#${id}`;
  for (const name of classes) yield `.${name}`;
};

/** The rules of an index that may hold inside an element. */
interface Underneath<Rule> {
  readonly index: Map<string, Rule[]>;
  readonly rules: readonly Rule[];
}

/** Elements with other or longer classes are compared each by itself. */
const mostKinds = 5_000;
const longestKind = 400;

export const createRuleIndex = <Rule extends Indexed>(budget: Budget): RuleIndex<Rule> => {
  const usual = new Map<string, Rule[]>();
  const special = new Map<string, Rule[]>();
  const underAncestor = new Map<string, Rule[]>();
  const known = new Map<string, readonly Rule[]>();
  const none: readonly Rule[] = [];

  const addTo = (index: Map<string, Rule[]>, key: string, rule: Rule): void => {
    const rules = index.get(key);
    if (rules) rules.push(rule);
    else index.set(key, [rule]);
  };
  /** The rules that ask for something that this element or one around it is. */
  const rulesUnder = (element: StyledElement | undefined): readonly Rule[] => {
    if (element === undefined || underAncestor.size === 0) return none;
    const path: StyledElement[] = [];
    let at: StyledElement | undefined = element;
    let known: Underneath<Rule> | undefined;
    for (; at; at = at.parent) {
      const before = at.underneath as Underneath<Rule> | undefined;
      if (before?.index === underAncestor) {
        known = before;
        break;
      }
      path.push(at);
    }
    let here = known ?? { index: underAncestor, rules: none };
    for (const next of path.reverse()) {
      const more = [...keysOf(next)].flatMap((key) => underAncestor.get(key) ?? none);
      if (more.length > 0) {
        here = { index: underAncestor, rules: [...new Set([...here.rules, ...more])] };
        budget.steps -= here.rules.length;
      }
      // Of several cascades that look at the same elements only the last one remembers.
      next.underneath = here;
    }
    return here.rules;
  };
  const collect = (candidates: readonly Rule[] | undefined, element: StyledElement, into: Rule[]): void => {
    for (const rule of candidates ?? none) {
      if (budget.steps <= 0) return;
      // A comparison that the end of the budget cut off says nothing: `:not()` would hold.
      if (matches(rule.selector, element, budget) && budget.steps > 0) into.push(rule);
    }
  };
  const collectFrom = (index: Map<string, Rule[]>, element: StyledElement, into: Rule[]): void => {
    if (index.size === 0) return;
    for (const key of keysOf(element)) collect(index.get(key), element, into);
    collect(index.get(element.name), element, into);
    collect(index.get('*'), element, into);
  };
  const usualRules = (element: StyledElement): readonly Rule[] => {
    const kind = `${element.name}#${element.id}.${element.attributes.class ?? ''}`;
    const before = known.get(kind);
    if (before) return before;
    const rules: Rule[] = [];
    collectFrom(usual, element, rules);
    if (kind.length <= longestKind && known.size < mostKinds && budget.steps > 0) known.set(kind, rules);
    return rules;
  };

  return {
    add: (rule) => {
      const { name, of } = keyOf(rule.selector);
      if (isUsual(rule.selector)) addTo(usual, name, rule);
      else addTo(of === 'itself' ? special : underAncestor, name, rule);
    },
    matching: (element) => {
      const rules = usualRules(element);
      const more: Rule[] = [];
      collectFrom(special, element, more);
      collect(rulesUnder(element.parent), element, more);
      return more.length === 0 ? { rules, areUsual: true } : { rules: [...rules, ...more], areUsual: false };
    },
  };
};
