// Selectors of a sheet: types, classes, ids, attributes, positions, `:not`, `:is`, with all four combinators. Whatever else
// a selector asks for (states, pseudo-elements, what stands inside) never matches. Knows nothing of elements.

export interface AttributeTest {
  readonly name: string;
  readonly operator: string;
  readonly value: string;
}

/** `:nth-child(2n+1)` and the like: the places `step × n + first`. */
export interface PositionTest {
  readonly counted: 'from the first' | 'from the last' | 'of its type';
  readonly step: number;
  readonly first: number;
}

export interface Compound {
  readonly type: string | undefined;
  readonly id: string | undefined;
  readonly classes: readonly string[];
  readonly attributes: readonly AttributeTest[];
  readonly positions: readonly PositionTest[];
  /** Of each list one has to match. */
  readonly alternatives: readonly (readonly Compound[])[];
  readonly excluded: readonly Compound[];
  /** It asks for a state that nothing in a message that is only looked at is in. */
  readonly never: boolean;
  /** It asks for nothing but a type, an id and classes. */
  readonly isPlain: boolean;
}

export type Combinator = ' ' | '>' | '+' | '~';

export interface Step {
  readonly compound: Compound;
  /** Towards the next step. */
  readonly combinator: Combinator;
}

export interface Selector {
  /** From the element itself outwards. */
  readonly steps: readonly Step[];
  readonly specificity: number;
}

const identifier = '(?:[\\w\\-\\u0080-\\uffff])+';
const simple = new RegExp(
  `(\\*)|(${identifier})|\\.(${identifier})|#(${identifier})` +
    `|\\[\\s*(${identifier})\\s*(?:([~|^$*]?=)\\s*(?:"([^"]*)"|'([^']*)'|([^\\s\\]]+))\\s*[is]?\\s*)?\\]` +
    '|:([a-z-]+)(?:\\(((?:[^()]|\\([^()]*\\))*)\\))?',
  'y',
);

interface Draft {
  type: string | undefined;
  id: string | undefined;
  readonly classes: string[];
  readonly attributes: AttributeTest[];
  readonly positions: PositionTest[];
  readonly alternatives: Compound[][];
  readonly excluded: Compound[];
  never: boolean;
}

/** `2n+1`, `odd`, `3`. */
const positionOf = (counted: PositionTest['counted'], text: string): PositionTest | undefined => {
  const plain = text.replace(/\s+/g, '');
  if (plain === 'odd' || plain === 'even') return { counted, step: 2, first: plain === 'odd' ? 1 : 0 };
  const [, sign, factor, shift, only] = /^(?:([+-]?)(\d*)n([+-]\d+)?|([+-]?\d+))$/.exec(plain) ?? [];
  if (only !== undefined) return { counted, step: 0, first: Number(only) };
  if (factor === undefined) return undefined;
  return { counted, step: Number(factor || 1) * (sign === '-' ? -1 : 1), first: Number(shift ?? 0) };
};

const positionsOf = (name: string, argument: string): (PositionTest | undefined)[] => {
  switch (name) {
    case 'first-child':
    case 'nth-child':
      return [positionOf('from the first', name === 'nth-child' ? argument : '1')];
    case 'last-child':
    case 'nth-last-child':
      return [positionOf('from the last', name === 'nth-last-child' ? argument : '1')];
    case 'first-of-type':
    case 'nth-of-type':
      return [positionOf('of its type', name === 'nth-of-type' ? argument : '1')];
    case 'only-child':
      return [positionOf('from the first', '1'), positionOf('from the last', '1')];
    default:
      return [undefined];
  }
};

/** States that are never reached by looking; an element with text is not empty. */
const neverHolds = /^(?:hover|active|focus|focus-within|focus-visible|visited|target|empty|disabled)$/;

const addPseudoClass = (draft: Draft, name: string, argument: string, nested: boolean): boolean => {
  if (name === 'root') draft.type ??= 'html';
  else if (name === 'link' || name === 'any-link') draft.attributes.push({ name: 'href', operator: '', value: '' });
  else if (neverHolds.test(name)) draft.never = true;
  else if (/^(?:is|where|matches|any|-webkit-any|-moz-any)$/.test(name) && !nested) {
    // CSS Selectors 4 §4.2: what is not understood in such a list is passed over.
    draft.alternatives.push(splitOutside(argument, /,/).flatMap((text) => compoundOf(text.trim(), true) ?? []));
  } else if (name === 'not' && !nested) {
    const excluded = splitOutside(argument, /,/).map((text) => compoundOf(text.trim(), true));
    if (!excluded.every((compound) => compound !== undefined)) return false;
    draft.excluded.push(...excluded);
  } else {
    const positions = positionsOf(name, argument);
    if (!positions.every((position) => position !== undefined)) return false;
    draft.positions.push(...positions);
  }
  return true;
};

const addSimple = (draft: Draft, match: RegExpExecArray, nested: boolean): boolean => {
  const [, any, type, className, id, name, operator, double, single, bare, pseudoClass, argument = ''] = match;
  if (any !== undefined) return true;
  if (pseudoClass !== undefined) return addPseudoClass(draft, pseudoClass, argument, nested);
  if (type !== undefined) draft.type = type;
  else if (className !== undefined) draft.classes.push(className);
  else if (id !== undefined) draft.id = id;
  else draft.attributes.push({ name: name ?? '', operator: operator ?? '', value: double ?? single ?? bare ?? '' });
  return true;
};

const emptyDraft = (): Draft => ({
  ...{ type: undefined, id: undefined, classes: [], attributes: [], positions: [] },
  ...{ alternatives: [], excluded: [], never: false },
});

const compoundOf = (text: string, nested = false): Compound | undefined => {
  const draft = emptyDraft();
  for (let index = 0; index < text.length; ) {
    simple.lastIndex = index;
    const match = simple.exec(text);
    if (!match || (match[2] !== undefined && index > 0) || !addSimple(draft, match, nested)) return undefined;
    // A nested call moved `lastIndex`; the match knows its own length.
    index += match[0].length;
  }
  const isPlain =
    draft.attributes.length + draft.positions.length + draft.alternatives.length + draft.excluded.length === 0;
  return text === '' ? undefined : { ...draft, isPlain: isPlain && !draft.never };
};

const weightOf = (compound: Compound): number =>
  (compound.id === undefined ? 0 : 65_536) +
  (compound.classes.length + compound.attributes.length + compound.positions.length) * 256 +
  (compound.type === undefined ? 0 : 1) +
  Math.max(0, ...compound.excluded.map(weightOf)) +
  compound.alternatives.reduce((sum, list) => sum + Math.max(0, ...list.map(weightOf)), 0);

/** Splits at `separator` outside brackets; the separators are parts of their own where they are kept. */
const splitOutside = (text: string, separator: RegExp, kept = false): string[] => {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index] ?? '';
    if (character === '(' || character === '[') depth += 1;
    else if (character === ')' || character === ']') depth -= 1;
    else if (depth <= 0 && separator.test(character)) {
      parts.push(text.slice(from, index), ...(kept ? [character] : []));
      from = index + 1;
    }
  }
  return [...parts, text.slice(from)];
};

/** More parts than this no sheet needs. */
const longestSelector = 12;

const isCombinator = (word: string | undefined): word is Combinator => word === '>' || word === '+' || word === '~';

/** Puts spaces around combinators, outside brackets. */
const spaced = (text: string): string =>
  splitOutside(text.replace(/\s+/g, ' '), /[>+~]/, true)
    .map((part) => part.trim())
    .join(' ')
    .trim();

const selectorOf = (text: string): Selector | undefined => {
  const words = splitOutside(spaced(text), / /).filter((word) => word !== '');
  const steps: Step[] = [];
  if (words.length > longestSelector * 2) return undefined;
  for (const [index, word] of words.entries()) {
    if (isCombinator(word)) continue;
    const compound = compoundOf(word);
    if (!compound) return undefined;
    const before = words[index - 1];
    steps.unshift({ compound, combinator: isCombinator(before) ? before : ' ' });
  }
  if (steps.length === 0) return undefined;
  return { steps, specificity: steps.reduce((sum, step) => sum + weightOf(step.compound), 0) };
};

/** The selectors of a list that can match at all. Names are compared in lower case, as mail without a doctype has it. */
export const selectorsOf = (list: string): Selector[] =>
  splitOutside(list.toLowerCase(), /,/).flatMap((text) => selectorOf(text.trim()) ?? []);
