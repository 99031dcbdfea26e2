// Selectors of a sheet: types, classes, ids, attributes, `:not`, with descendant and child combinators. Whatever else a
// selector asks for (states, siblings, positions) never matches here. Knows nothing of declarations.
import type { Attributes } from './html-tokens.ts';

interface AttributeTest {
  readonly name: string;
  readonly operator: string;
  readonly value: string;
}

export interface Compound {
  readonly type: string | undefined;
  readonly id: string | undefined;
  readonly classes: readonly string[];
  readonly attributes: readonly AttributeTest[];
  readonly excluded: readonly Compound[];
}

export interface Selector {
  /** From the element itself outwards; `combinator` is the one towards the next. */
  readonly steps: readonly { readonly compound: Compound; readonly combinator: ' ' | '>' }[];
  readonly specificity: number;
}

/** What a selector may ask of an element. */
export interface StyledElement {
  readonly name: string;
  readonly id: string;
  readonly classes: ReadonlySet<string>;
  readonly attributes: Attributes;
}

/** Steps that are left for matching: a sheet cannot make a message cost more than this. */
export interface MatchingBudget {
  steps: number;
}

const identifier = '(?:[\\w\\-\\u0080-\\uffff])+';
const simple = new RegExp(
  `(\\*)|(${identifier})|\\.(${identifier})|#(${identifier})` +
    `|\\[\\s*(${identifier})\\s*(?:([~|^$*]?=)\\s*(?:"([^"]*)"|'([^']*)'|([^\\s\\]]+))\\s*[is]?\\s*)?\\]` +
    '|:not\\(([^()]*)\\)|(:(?:link|any-link))(?![\\w-])',
  'y',
);

interface Draft {
  type: string | undefined;
  id: string | undefined;
  readonly classes: string[];
  readonly attributes: AttributeTest[];
  readonly excluded: Compound[];
}

const addSimple = (draft: Draft, match: RegExpExecArray, nested: boolean): boolean => {
  const [, any, type, className, id, name, operator, double, single, bare, excluded, link] = match;
  if (any !== undefined) return true;
  if (type !== undefined) draft.type = type;
  else if (className !== undefined) draft.classes.push(className);
  else if (id !== undefined) draft.id = id;
  else if (name !== undefined) {
    draft.attributes.push({ name, operator: operator ?? '', value: double ?? single ?? bare ?? '' });
  } else if (link !== undefined) draft.attributes.push({ name: 'href', operator: '', value: '' });
  else if (excluded !== undefined && !nested) {
    for (const inner of excluded.split(',')) {
      const compound = compoundOf(inner.trim(), true);
      if (!compound) return false;
      draft.excluded.push(compound);
    }
  } else return false;
  return true;
};

const compoundOf = (text: string, nested = false): Compound | undefined => {
  const draft: Draft = { type: undefined, id: undefined, classes: [], attributes: [], excluded: [] };
  for (let index = 0; index < text.length; ) {
    simple.lastIndex = index;
    const match = simple.exec(text);
    if (!match || (match[2] !== undefined && index > 0) || !addSimple(draft, match, nested)) return undefined;
    // A nested call moved `lastIndex`; the match knows its own length.
    index += match[0].length;
  }
  return text === '' ? undefined : draft;
};

const weightOf = (compound: Compound): number =>
  (compound.id === undefined ? 0 : 65_536) +
  (compound.classes.length + compound.attributes.length) * 256 +
  (compound.type === undefined ? 0 : 1) +
  Math.max(0, ...compound.excluded.map(weightOf));

/** Splits at `separator` outside brackets. */
const splitOutside = (text: string, separator: RegExp): string[] => {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index] ?? '';
    if (character === '(' || character === '[') depth += 1;
    else if (character === ')' || character === ']') depth -= 1;
    else if (depth <= 0 && separator.test(character)) {
      parts.push(text.slice(from, index));
      from = index + 1;
    }
  }
  return [...parts, text.slice(from)];
};

/** More parts than this no sheet needs. */
const longestSelector = 12;

const selectorOf = (text: string): Selector | undefined => {
  const words = splitOutside(text.replace(/\s+/g, ' ').replace(/ ?> ?/g, ' > ').trim(), / /).filter(
    (word) => word !== '',
  );
  const steps: { compound: Compound; combinator: ' ' | '>' }[] = [];
  if (words.length > longestSelector * 2) return undefined;
  for (const [index, word] of words.entries()) {
    if (word === '>') continue;
    const compound = compoundOf(word);
    if (!compound) return undefined;
    steps.unshift({ compound, combinator: words[index - 1] === '>' ? '>' : ' ' });
  }
  if (steps.length === 0) return undefined;
  return { steps, specificity: steps.reduce((sum, step) => sum + weightOf(step.compound), 0) };
};

/** The selectors of a list that can match at all. Names are compared in lower case, as mail without a doctype has it. */
export const selectorsOf = (list: string): Selector[] =>
  splitOutside(list.toLowerCase(), /,/).flatMap((text) => selectorOf(text.trim()) ?? []);

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

const compoundMatches = (compound: Compound, element: StyledElement): boolean =>
  (compound.type === undefined || compound.type === element.name) &&
  (compound.id === undefined || compound.id === element.id) &&
  compound.classes.every((name) => element.classes.has(name)) &&
  compound.attributes.every((test) => attributeMatches(test, element.attributes)) &&
  !compound.excluded.some((inner) => compoundMatches(inner, element));

/** Whether the steps from `step` on match at or above `place`. */
const matchesFrom = (
  { steps }: Selector,
  step: number,
  place: number,
  ancestors: readonly StyledElement[],
  budget: MatchingBudget,
): boolean => {
  const wanted = steps[step];
  if (!wanted) return true;
  const isChild = steps[step - 1]?.combinator === '>';
  for (let index = place; index >= 0; index -= 1) {
    budget.steps -= 1;
    if (budget.steps < 0) return false;
    const element = ancestors[index];
    if (element && compoundMatches(wanted.compound, element)) {
      if (matchesFrom({ steps, specificity: 0 }, step + 1, index - 1, ancestors, budget)) return true;
    }
    if (isChild) return false;
  }
  return false;
};

/** Whether a selector matches the last of these elements, of which each is inside the one before. */
export const matches = (selector: Selector, elements: readonly StyledElement[], budget: MatchingBudget): boolean => {
  const own = selector.steps[0];
  const element = elements.at(-1);
  budget.steps -= 1;
  if (!own || !element || budget.steps < 0 || !compoundMatches(own.compound, element)) return false;
  return matchesFrom(selector, 1, elements.length - 2, elements, budget);
};
