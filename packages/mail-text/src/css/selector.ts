// Selectors (Selectors 4), parsed by css-tree → compound selectors in the order in which they are compared, from the element
// outwards. A list is valid as a whole or not at all, as in browsers (§3.9).

import { calculateForAST } from '@bramus/specificity/core';
import type { CssNode, List, Nth, PseudoClassSelector } from 'css-tree';
import parse from 'css-tree/parser';
import { ident } from 'css-tree/utils';
import { caselessAttributes, isState, oldPseudoElements, pseudoElements } from './element.ts';

export interface AttributeTest {
  readonly kind: 'attribute';
  readonly name: string;
  readonly operator: string;
  readonly value: string;
  readonly ignoresCase: boolean;
}

/** `:nth-child(2n+1)` and the like: the places `step × n + first`. */
export interface PositionTest {
  readonly kind: 'position';
  readonly ofType: boolean;
  readonly fromEnd: boolean;
  readonly step: number;
  readonly first: number;
  /** Only elements that match one of these are counted. */
  readonly of: readonly Selector[] | undefined;
}

export type Test =
  | AttributeTest
  | PositionTest
  | { readonly kind: 'any' | 'none' | 'has'; readonly list: readonly Selector[] }
  | { readonly kind: 'state'; readonly name: string; readonly argument: readonly string[] }
  /** `@scope`: it is a root, or stands in one with no limit between. */
  | { readonly kind: 'inside'; readonly roots: readonly Selector[]; readonly limits: readonly Selector[] }
  /** The element that `:has()` was asked of. */
  | { readonly kind: 'anchor' };

export interface Compound {
  /** `*` for all. */
  readonly type: string | undefined;
  readonly ids: readonly string[];
  readonly classes: readonly string[];
  readonly tests: readonly Test[];
}

type Combinator = ' ' | '>' | '+' | '~';

const isCombinator = (name: string): name is Combinator => name === ' ' || name === '>' || name === '+' || name === '~';

interface Step {
  readonly compound: Compound;
  /** Towards the next step. */
  readonly combinator: Combinator;
}

export interface Selector {
  /** From the element itself outwards. */
  readonly steps: readonly Step[];
  /** The three counts in one number, each below 256. */
  readonly specificity: number;
  /** It selects this pseudo-element (`before`), not the element itself. */
  readonly pseudoElement: string | undefined;
}

const position = (ofType: boolean, fromEnd: boolean): PositionTest => ({
  kind: 'position',
  ofType,
  fromEnd,
  step: 0,
  first: 1,
  of: undefined,
});

/** Places that have a name of their own. */
const simplePositions = new Map<string, readonly PositionTest[]>([
  ['first-child', [position(false, false)]],
  ['last-child', [position(false, true)]],
  ['only-child', [position(false, false), position(false, true)]],
  ['first-of-type', [position(true, false)]],
  ['last-of-type', [position(true, true)]],
  ['only-of-type', [position(true, false), position(true, true)]],
]);

const testLooksAhead = (test: Test): boolean => {
  switch (test.kind) {
    case 'has':
      return true;
    case 'state':
      return test.name === 'empty';
    case 'position':
      return (test.fromEnd && (test.ofType || test.of !== undefined)) || test.of?.some(looksAhead) === true;
    case 'any':
    case 'none':
      return test.list.some(looksAhead);
    case 'inside':
      return test.roots.some(looksAhead) || test.limits.some(looksAhead);
    default:
      return false;
  }
};

/** Whether a selector asks for something that is known only when more of the document has been read. */
export const looksAhead = ({ steps }: Selector): boolean =>
  steps.some(({ compound }) => compound.tests.some(testLooksAhead));

/** What is around a selector in its sheet. */
export interface SelectorContext {
  /** What `&` stands for: the selectors of the rule around this one, or the roots of an `@scope`. */
  readonly parents: readonly Selector[] | undefined;
  /** What a selector begins at that does not say so: inside a rule the parents, inside `:has()` the element asked. */
  readonly begins: 'nowhere' | 'at the parents' | 'at the anchor';
  readonly scope: { readonly roots: readonly Selector[]; readonly limits: readonly Selector[] } | undefined;
  /** In quirks mode classes and ids are compared without regard to case. */
  readonly quirks: boolean;
}

class InvalidSelector extends Error {}

interface Draft {
  type: string | undefined;
  readonly ids: string[];
  readonly classes: string[];
  readonly tests: Test[];
}

const emptyDraft = (): Draft => ({ type: undefined, ids: [], classes: [], tests: [] });

const isUntouched = ({ type, ids, classes, tests }: Draft): boolean =>
  type === undefined && ids.length + classes.length + tests.length === 0;

const childrenOf = (list: List<CssNode> | null): readonly CssNode[] => list?.toArray() ?? [];

const namedBy = (name: string, quirks: boolean): string => {
  const meant = ident.decode(name);
  return quirks ? meant.toLowerCase() : meant;
};

type Counts = ReturnType<typeof calculateForAST>;

const packed = ({ a, b, c }: Counts): number => Math.min(a, 255) * 65_536 + Math.min(b, 255) * 256 + Math.min(c, 255);

const highest = (list: readonly Selector[]): number => list.reduce((most, one) => Math.max(most, one.specificity), 0);

/** `2n+1`, `odd`, `3`, also `2 of .x`. */
const positionOf = (node: Nth, name: string, context: SelectorContext): PositionTest => {
  const { nth, selector } = node;
  const counts =
    nth.type === 'AnPlusB'
      ? { step: Number(nth.a ?? 0), first: Number(nth.b ?? 0) }
      : { step: 2, first: nth.name.toLowerCase() === 'odd' ? 1 : 0 };
  return {
    kind: 'position',
    ofType: name.endsWith('of-type'),
    fromEnd: name.startsWith('nth-last'),
    ...counts,
    of: selector ? compiledList(childrenOf(selector.children), context) : undefined,
  };
};

/** The selectors of a list inside a selector. What is not understood is left out where the list forgives that. */
const compiledList = (nodes: readonly CssNode[], context: SelectorContext, forgives = false): Selector[] =>
  nodes.flatMap((node) => {
    try {
      return node.type === 'Selector' ? [compile(node, context)] : [];
    } catch (error) {
      if (forgives && error instanceof InvalidSelector) return [];
      throw error;
    }
  });

const listOf = (node: PseudoClassSelector, context: SelectorContext, forgives: boolean): Selector[] => {
  const [list] = childrenOf(node.children);
  if (list?.type !== 'SelectorList') {
    if (forgives) return [];
    throw new InvalidSelector();
  }
  return compiledList(childrenOf(list.children), context, forgives);
};

const argumentOf = (node: PseudoClassSelector): readonly string[] =>
  childrenOf(node.children).flatMap((child) => {
    if (child.type === 'Identifier') return [ident.decode(child.name).toLowerCase()];
    return child.type === 'String' ? [child.value.toLowerCase()] : [];
  });

const addPseudoClass = (draft: Draft, node: PseudoClassSelector, context: SelectorContext): void => {
  const name = node.name.toLowerCase();
  const inner: SelectorContext = { ...context, begins: name === 'has' ? 'at the anchor' : 'nowhere', scope: undefined };
  const [first] = childrenOf(node.children);
  if (simplePositions.has(name)) draft.tests.push(...(simplePositions.get(name) ?? []));
  else if (first?.type === 'Nth') draft.tests.push(positionOf(first, name, inner));
  else if (/^(?:is|where|-webkit-any)$/.test(name)) draft.tests.push({ kind: 'any', list: listOf(node, inner, true) });
  else if (name === 'not') draft.tests.push({ kind: 'none', list: listOf(node, inner, false) });
  else if (name === 'has') draft.tests.push({ kind: 'has', list: listOf(node, inner, false) });
  else if (name === 'scope' && context.parents) draft.tests.push({ kind: 'any', list: context.parents });
  else if (isState(name)) draft.tests.push({ kind: 'state', name, argument: argumentOf(node) });
  else throw new InvalidSelector();
};

const addSimple = (draft: Draft, node: CssNode, context: SelectorContext): void => {
  switch (node.type) {
    case 'TypeSelector': {
      if (!isUntouched(draft)) throw new InvalidSelector();
      const [, prefix = '*', local = ''] = /^(?:([^|]*)\|)?(.*)$/.exec(node.name) ?? [];
      // Names of another language than HTML name nothing here.
      if (prefix !== '*' && prefix !== '') throw new InvalidSelector();
      const type = ident.decode(local).toLowerCase();
      draft.type = type;
      return;
    }
    case 'IdSelector':
      if (/^-?\d/.test(node.name)) throw new InvalidSelector();
      draft.ids.push(namedBy(node.name, context.quirks));
      return;
    case 'ClassSelector':
      draft.classes.push(namedBy(node.name, context.quirks));
      return;
    case 'AttributeSelector': {
      const name = ident.decode(node.name.name.replace(/^[^|]*\|/, '')).toLowerCase();
      const value = node.value?.type === 'String' ? node.value.value : ident.decode(node.value?.name ?? '');
      const flag = node.flags?.toLowerCase();
      const ignoresCase = flag === 'i' || (flag !== 's' && caselessAttributes.has(name));
      const compared = ignoresCase ? value.toLowerCase() : value;
      draft.tests.push({ kind: 'attribute', name, operator: node.matcher ?? '', value: compared, ignoresCase });
      return;
    }
    case 'NestingSelector':
      draft.tests.push(context.parents ? { kind: 'any', list: context.parents } : rootTest);
      return;
    case 'PseudoClassSelector':
      addPseudoClass(draft, node, context);
      return;
    default:
      throw new InvalidSelector();
  }
};

const rootTest: Test = { kind: 'state', name: 'root', argument: [] };

const pseudoElementOf = (node: CssNode): string | undefined => {
  if (node.type === 'PseudoElementSelector') {
    const name = node.name.toLowerCase();
    if (!pseudoElements.has(name) && !name.startsWith('-webkit-')) throw new InvalidSelector();
    return name;
  }
  const name = node.type === 'PseudoClassSelector' ? node.name.toLowerCase() : '';
  return oldPseudoElements.has(name) ? name : undefined;
};

const mentionsParents = (node: CssNode): boolean =>
  node.type === 'NestingSelector' ||
  ('children' in node && node.children !== null && childrenOf(node.children).some(mentionsParents));

/** More parts than this no sheet needs. */
const longestSelector = 64;

const compile = (node: CssNode, context: SelectorContext): Selector => {
  if (node.type !== 'Selector') throw new InvalidSelector();
  const steps: Step[] = [];
  let draft = emptyDraft();
  let combinator: Combinator = ' ';
  let pseudoElement: string | undefined;
  let nestings = 0;
  const children = childrenOf(node.children);
  const endCompound = (): void => {
    if (isUntouched(draft)) throw new InvalidSelector();
    steps.unshift({ compound: draft, combinator });
    draft = emptyDraft();
  };

  const isRelative = children[0]?.type === 'Combinator';
  if (context.begins === 'at the anchor') draft.tests.push({ kind: 'anchor' });
  else if (context.begins === 'at the parents' && (isRelative || !children.some(mentionsParents))) {
    draft.tests.push({ kind: 'any', list: context.parents ?? [] });
    nestings += 1;
  }
  if (!isRelative && !isUntouched(draft)) endCompound();
  for (const child of children) {
    if (pseudoElement !== undefined && child.type !== 'PseudoClassSelector') throw new InvalidSelector();
    const part = pseudoElementOf(child);
    if (part !== undefined) pseudoElement = part;
    else if (child.type === 'Combinator') {
      endCompound();
      if (!isCombinator(child.name)) throw new InvalidSelector();
      combinator = child.name;
    } else {
      if (child.type === 'NestingSelector') nestings += 1;
      addSimple(draft, child, context);
    }
  }
  if (pseudoElement !== undefined && isUntouched(draft)) draft.type = '*';
  if (context.scope) draft.tests.push({ kind: 'inside', ...context.scope });
  endCompound();
  if (steps.length > longestSelector) throw new InvalidSelector();
  const own = packed(calculateForAST(node));
  return { steps, specificity: own + nestings * highest(context.parents ?? []), pseudoElement };
};

/** Brackets inside brackets deeper than this are no selector: css-tree follows them by recursion. */
const deepestBrackets = 12;
/** UTF-16 units. A longer list is no selector. */
const longestList = 16_000;

const isTooDeep = (text: string): boolean => {
  let depth = 0;
  for (const character of text) {
    if (character === '(' || character === '[') depth += 1;
    else if (character === ')' || character === ']') depth -= 1;
    if (depth > deepestBrackets) return true;
  }
  return false;
};

/** The selectors that css-tree read: a list of them, or one; none where one of them is not valid. */
export const selectorsIn = (node: CssNode, context: SelectorContext): readonly Selector[] => {
  try {
    return compiledList(node.type === 'SelectorList' ? childrenOf(node.children) : [node], context);
  } catch (error) {
    if (error instanceof InvalidSelector) return [];
    throw error;
  }
};

/** The selectors of a rule; none where one of them is not valid. */
export const selectorsOf = (prelude: string, context: SelectorContext): readonly Selector[] => {
  // css-tree lets a comma at the end pass.
  if (prelude.length > longestList || isTooDeep(prelude) || /,\s*$/.test(prelude)) return [];
  let list: CssNode;
  try {
    list = parse(prelude, { context: 'selectorList' });
  } catch {
    // css-tree throws at the first token that it does not expect.
    return [];
  }
  return selectorsIn(list, context);
};
