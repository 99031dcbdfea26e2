// All rules of a message's sheets and an element's own style → what holds for the element (CSS Cascade 5 §6: importance,
// then inline before sheet, layers, specificity, order). Work is bounded by a budget that pays for every comparison and
// every declaration that is applied: a sheet cannot make a message expensive.
import { type Declaration, declarationsOf } from './blocks.ts';
import type { StyledElement } from './element.ts';
import type { Budget } from './matching.ts';
import { plainValue } from './plain-value.ts';
import { styleOf } from './properties.ts';
import { createRuleIndex, type Indexed } from './rule-index.ts';
import { looksAhead } from './selector.ts';
import { readSheets } from './sheet.ts';
import type { Style, Variables } from './style.ts';
import { withVariables } from './variables.ts';

export interface Cascade {
  /**
   * @param hints what its attributes say (`width=0`); any rule overrides them
   * @param inherited the custom properties of the element around it
   */
  styleOf(element: StyledElement, inline: string | undefined, hints: Style, inherited: Variables | undefined): Style;
  /** Whether a selector asks for what comes after an element's start tag: then elements have to say `ahead`. */
  readonly looksAhead: boolean;
  /** Steps that were taken so far; hardly more than `mostSteps`. */
  readonly stepsTaken: () => number;
  /** Whether every rule was asked about every element. */
  readonly isWhole: () => boolean;
}

/** Comparisons and declarations for a whole message, 50–200 ns each. Afterwards sheets say nothing more. */
export const mostSteps = 3_000_000;
/** What each element of the message adds to that. */
const stepsPerElement = 10;
/** What a custom property costs that an element sets. */
const stepsPerVariable = 5;
/** What reading a declaration costs whose value is known only at the element. */
const stepsPerReading = 40;

/** A style attribute longer than this is read each time instead of being remembered. */
const longestRemembered = 2_000;
const mostRemembered = 2_000;

/** What the declarations of one block come to; of repeated ones the last counts. */
interface Block {
  readonly parts: readonly Part[];
  readonly custom: readonly Declaration[];
}

/** Declarations whose meaning is known, or one with `var()`, which is known only at the element. */
type Part =
  | { readonly kind: 'known'; readonly style: Style; readonly size: number; readonly important: boolean }
  | { readonly kind: 'open'; readonly declaration: Declaration; readonly important: boolean };

const noBlock: Block = { parts: [], custom: [] };

const isOpen = ({ value }: Declaration): boolean => /var\(/i.test(value);

/** Whether one of them says something about being seen, or may. */
const isTelling = (declarations: readonly Declaration[]): boolean =>
  declarations.some(
    (declaration) =>
      declaration.name.startsWith('--') ||
      isOpen(declaration) ||
      styleOf(declaration.name, plainValue(declaration.value)) !== undefined,
  );

/** Those that are not overridden by a later one of the same name, in their order. */
const lastOfEach = (declarations: readonly Declaration[]): Declaration[] => {
  const last = new Map<string, Declaration>();
  for (const declaration of declarations) {
    const key = `${declaration.important ? '!' : ''}${declaration.name}`;
    const isKnown =
      declaration.name.startsWith('--') ||
      isOpen(declaration) ||
      styleOf(declaration.name, plainValue(declaration.value)) !== undefined;
    if (!isKnown) continue;
    last.delete(key);
    last.set(key, declaration);
  }
  return [...last.values()];
};

const blockOf = (declarations: readonly Declaration[]): Block => {
  const parts: Part[] = [];
  const custom: Declaration[] = [];
  for (const declaration of lastOfEach(declarations)) {
    const { name, value, important } = declaration;
    if (name.startsWith('--')) custom.push(declaration);
    else if (isOpen(declaration)) parts.push({ kind: 'open', declaration, important });
    else {
      const read = styleOf(name, plainValue(value)) ?? {};
      const before = parts.at(-1);
      const joins = before?.kind === 'known' && before.important === important;
      const style = joins ? { ...before.style, ...read } : read;
      if (joins) parts.pop();
      parts.push({ kind: 'known', style, size: Object.keys(style).length, important });
    }
  }
  return parts.length + custom.length === 0 ? noBlock : { parts, custom };
};

interface Rule extends Indexed {
  readonly block: Block;
  /** Its place among all rules, for what is important and for what is not. */
  rank: number;
  importantRank: number;
}

/** A block that holds for an element, with its place among all that do. */
interface Applied {
  readonly block: Block;
  readonly rank: number;
  readonly importantRank: number;
}

/** Above every rule; an important declaration of a style attribute also above those of rules. */
const inlineRank = Number.MAX_SAFE_INTEGER;

/** The custom properties of an element, its own before those it inherits. */
const variablesOf = (applied: readonly Applied[], inherited: Variables | undefined): Variables | undefined => {
  if (applied.every(({ block }) => block.custom.length === 0)) return inherited;
  const variables = new Map(inherited);
  for (const important of [false, true]) {
    for (const { block } of important ? byImportance(applied) : applied) {
      for (const { name, value, important: own } of block.custom) if (own === important) variables.set(name, value);
    }
  }
  return variables;
};

const byImportance = (applied: readonly Applied[]): readonly Applied[] =>
  applied.toSorted((one, other) => one.importantRank - other.importantRank);

const hasImportant = ({ block }: Applied): boolean => block.parts.some(({ important }) => important);

const ranked = (rules: readonly { readonly layer: number; readonly rule: Rule }[]): void => {
  const bySharpness = (one: Rule, other: Rule) => one.selector.specificity - other.selector.specificity;
  const normal = rules.toSorted((one, other) => one.layer - other.layer || bySharpness(one.rule, other.rule));
  for (const [rank, { rule }] of normal.entries()) rule.rank = rank;
  // Among important declarations the order of layers is the other way round.
  const important = rules.toSorted((one, other) => other.layer - one.layer || bySharpness(one.rule, other.rule));
  for (const [rank, { rule }] of important.entries()) rule.importantRank = rank;
};

/** Styles that are remembered for elements to which the same rules apply. */
const mostStyles = 5_000;

/** Whether it comes to the same at every element. */
const isFixed = ({ block }: Applied): boolean =>
  block.custom.length === 0 && block.parts.every(({ kind }) => kind === 'known');

export interface CascadeFacts {
  /** Whether classes and ids are compared without regard to case. */
  readonly quirks: boolean;
  /** How many elements the message has. */
  readonly elements: number;
}

const smallDocument: CascadeFacts = { quirks: true, elements: 0 };

/** The cascade of the given style sheets, in their order. */
export const createCascade = (
  sheets: readonly string[],
  { quirks, elements }: CascadeFacts = smallDocument,
): Cascade => {
  const allSteps = mostSteps + stepsPerElement * elements;
  const budget: Budget = { steps: allSteps };
  const index = createRuleIndex<Rule>(budget);
  const rememberedBlocks = new Map<string, Block>();
  const rememberedStyles = new Map<readonly Rule[], Map<string, Style>>();
  let styles = 0;
  const read = readSheets(sheets, quirks, isTelling, budget);
  const all: { layer: number; rule: Rule }[] = [];
  for (const { selectors, declarations, layer } of read.rules) {
    const block = blockOf(declarations);
    for (const selector of selectors) {
      if (selector.pseudoElement === undefined)
        all.push({ layer: layer(), rule: { selector, block, rank: 0, importantRank: 0 } });
    }
  }
  ranked(all);
  for (const { rule } of all) index.add(rule);

  const inlineBlock = (inline: string): Block => {
    const known = rememberedBlocks.get(inline);
    if (known) return known;
    const block = blockOf(declarationsOf(inline));
    if (inline.length <= longestRemembered && rememberedBlocks.size < mostRemembered) {
      rememberedBlocks.set(inline, block);
    }
    return block;
  };
  const add = (style: Style, part: Part, variables: Variables | undefined): Style => {
    if (part.kind === 'known') {
      budget.steps -= part.size;
      return Object.assign(style, part.style);
    }
    budget.steps -= stepsPerReading;
    const value = withVariables(plainValue(part.declaration.value), variables);
    return value === undefined ? style : Object.assign(style, styleOf(part.declaration.name, value));
  };
  const merged = (applied: readonly Applied[], inherited: Variables | undefined): Style => {
    const variables = variablesOf(applied, inherited);
    const isOwn = variables !== undefined && variables !== inherited;
    if (isOwn) budget.steps -= stepsPerVariable * variables.size;
    const style: Style = isOwn ? { variables } : {};
    for (const { block } of applied) {
      for (const part of block.parts) if (!part.important) add(style, part, variables);
    }
    for (const { block } of applied.some(hasImportant) ? byImportance(applied) : []) {
      for (const part of block.parts) if (part.important) add(style, part, variables);
    }
    return style;
  };
  const computed = (rules: readonly Rule[], inline: string, inherited: Variables | undefined) => {
    const applied: Applied[] = rules.toSorted((one, other) => one.rank - other.rank);
    if (inline !== '') applied.push({ block: inlineBlock(inline), rank: inlineRank, importantRank: inlineRank });
    return { style: merged(applied, inherited), isFixed: applied.every(isFixed) };
  };
  /** Elements of one kind with the same style attribute share what was computed for the first of them. */
  const shared = (rules: readonly Rule[], inline: string, inherited: Variables | undefined): Style => {
    const byInline = rememberedStyles.get(rules);
    const known = byInline?.get(inline);
    if (known) return known;
    const { style, isFixed: isSame } = computed(rules, inline, inherited);
    if (isSame && inline.length <= longestRemembered && styles < mostStyles) {
      styles += 1;
      if (byInline) byInline.set(inline, style);
      else rememberedStyles.set(rules, new Map([[inline, style]]));
    }
    return style;
  };
  return {
    styleOf: (element, inline = '', hints, inherited) => {
      const { rules, areUsual } = index.matching(element);
      if (rules.length === 0 && inline === '') return hints;
      budget.steps -= 1;
      const style = areUsual ? shared(rules, inline, inherited) : computed(rules, inline, inherited).style;
      return Object.keys(hints).length === 0 ? style : { ...hints, ...style };
    },
    looksAhead: all.some(({ rule }) => looksAhead(rule.selector)),
    stepsTaken: () => allSteps - Math.max(budget.steps, 0),
    isWhole: () => read.isWhole && budget.steps > 0,
  };
};
