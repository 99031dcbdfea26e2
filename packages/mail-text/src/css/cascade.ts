// All rules of a message's sheets and an element's own style → what holds for the element (CSS Cascade 5 §6: importance,
// then inline before sheet, layers, specificity, order). Work is bounded by a budget that pays for every comparison and
// every declaration that is applied: a sheet cannot make a message expensive.

import {
  type Applied,
  type Block,
  type Cascaded,
  createBlocks,
  isFixed,
  sizeOf,
  type Variables,
} from './block-meaning.ts';
import { declarationsOf } from './blocks.ts';
import type { StyledElement } from './element.ts';
import { type Budget, createRuleIndex, type Indexed, type RuleIndex } from './matching.ts';
import { looksAhead } from './selector.ts';
import { type Keyframe, readSheets } from './sheet.ts';

/** Text that a sheet puts before or after what an element has, or in the place of a bullet. */
export type Part = 'before' | 'after' | 'marker';

export interface Cascade {
  /** @param inherited the custom properties of the element around it */
  styleOf(element: StyledElement, inline: string | undefined, inherited: Variables | undefined): Cascaded;
  /** @returns undefined where no rule speaks of that part of the element. */
  partOf(element: StyledElement, part: Part, variables: Variables | undefined): Cascaded | undefined;
  /** The custom properties that hold where nobody sets them. */
  readonly variables: Variables;
  /** By the names of animations. */
  readonly keyframes: ReadonlyMap<string, readonly Keyframe[]>;
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

/** A style attribute longer than this is read each time instead of being remembered. */
const longestRemembered = 2_000;
/** Values that are remembered of style attributes. */
const mostRemembered = 40_000;

interface Rule extends Indexed {
  readonly block: Block;
  /** Its place among all rules, for what is important and for what is not. */
  rank: number;
  importantRank: number;
}

/** Above every rule; an important declaration of a style attribute also above those of rules. */
const inlineRank = Number.MAX_SAFE_INTEGER;

const ranked = (rules: readonly { readonly layer: number; readonly rule: Rule }[]): void => {
  const bySharpness = (one: Rule, other: Rule) => one.selector.specificity - other.selector.specificity;
  const normal = rules.toSorted((one, other) => one.layer - other.layer || bySharpness(one.rule, other.rule));
  for (const [rank, { rule }] of normal.entries()) rule.rank = rank;
  // Among important declarations the order of layers is the other way round.
  const important = rules.toSorted((one, other) => other.layer - one.layer || bySharpness(one.rule, other.rule));
  for (const [rank, { rule }] of important.entries()) rule.importantRank = rank;
};

/** Values that are remembered for elements to which the same rules apply. */
const mostResults = 100_000;

export interface CascadeFacts {
  /** Whether classes and ids are compared without regard to case, and lengths may lack their unit. */
  readonly quirks: boolean;
  /** How many elements the message has. */
  readonly elements: number;
}

const smallDocument: CascadeFacts = { quirks: true, elements: 0 };

const nothing: Cascaded = { declared: {}, important: new Set(), variables: undefined };

/** The cascade of the given style sheets, in their order. */
export const createCascade = (
  sheets: readonly string[],
  { quirks, elements }: CascadeFacts = smallDocument,
): Cascade => {
  const allSteps = mostSteps + stepsPerElement * elements;
  const budget: Budget = { steps: allSteps };
  const blocks = createBlocks(budget, { quirks });
  const read = readSheets(sheets, quirks, blocks.isTelling, budget);
  const indexes = new Map<string, RuleIndex<Rule>>();
  const all: { layer: number; rule: Rule }[] = [];
  for (const { selectors, declarations, layer } of read.rules) {
    const block = blocks.ofRule(declarations);
    for (const selector of selectors) {
      all.push({ layer: layer(), rule: { selector, block, rank: 0, importantRank: 0 } });
    }
  }
  ranked(all);
  for (const { rule } of all) {
    const name = rule.selector.pseudoElement ?? '';
    const index = indexes.get(name) ?? createRuleIndex<Rule>(budget);
    indexes.set(name, index);
    index.add(rule);
  }

  const inlineBlocks = new Map<string, Block>();
  let ofInline = 0;
  const inlineBlock = (inline: string): Block => {
    const known = inlineBlocks.get(inline);
    if (known) return known;
    const block = blocks.of(declarationsOf(inline));
    if (inline.length <= longestRemembered && ofInline < mostRemembered) {
      ofInline += sizeOf(block) + 1;
      inlineBlocks.set(inline, block);
    }
    return block;
  };
  const computed = (rules: readonly Rule[], inline: string, inherited: Variables | undefined) => {
    const applied: Applied[] = rules.toSorted((one, other) => one.rank - other.rank);
    if (inline !== '') applied.push({ block: inlineBlock(inline), rank: inlineRank, importantRank: inlineRank });
    return { result: blocks.merged(applied, inherited), isSame: applied.every(isFixed) };
  };
  const results = new Map<readonly Rule[], Map<string, Cascaded>>();
  let remembered = 0;
  /** Elements of one kind with the same style attribute share what was computed for the first of them. */
  const shared = (rules: readonly Rule[], inline: string, inherited: Variables | undefined): Cascaded => {
    const byInline = results.get(rules);
    const known = byInline?.get(inline);
    if (known) return known;
    const { result, isSame } = computed(rules, inline, inherited);
    if (isSame && inline.length <= longestRemembered && remembered < mostResults) {
      remembered += Object.keys(result.declared).length + 1;
      if (byInline) byInline.set(inline, result);
      else results.set(rules, new Map([[inline, result]]));
    }
    return result;
  };
  const cascadedBy = (
    index: RuleIndex<Rule> | undefined,
    element: StyledElement,
    inline: string,
    inherited: Variables | undefined,
  ): Cascaded => {
    const { rules, areUsual } = index?.matching(element) ?? { rules: [], areUsual: false };
    if (rules.length === 0 && inline === '') return nothing;
    budget.steps -= 1;
    return areUsual ? shared(rules, inline, inherited) : computed(rules, inline, inherited).result;
  };
  return {
    styleOf: (element, inline = '', inherited) => {
      const result = cascadedBy(indexes.get(''), element, inline, inherited);
      return result.variables === inherited ? result : { ...result, variables: result.variables ?? inherited };
    },
    partOf: (element, part, variables) => {
      const index = indexes.get(part);
      const result = index && cascadedBy(index, element, '', variables);
      return result && result !== nothing ? { ...result, variables: result.variables ?? variables } : undefined;
    },
    keyframes: read.keyframes,
    variables: read.variables,
    looksAhead: all.some(({ rule }) => looksAhead(rule.selector)),
    stepsTaken: () => allSteps - Math.max(budget.steps, 0),
    isWhole: () => read.isWhole && blocks.isWhole() && budget.steps > 0,
  };
};
