// All rules of a message's sheets and an element's own style → what holds for the element (CSS Cascade 5 §6: importance,
// then inline before sheet, layers, specificity, order). Work is bounded by a budget that pays for every comparison and
// every declaration that is applied: a sheet cannot make a message expensive.

import {
  type Applied,
  type Block,
  type Cascaded,
  DeclarationBlocks,
  isFixed,
  sizeOf,
  type Variables,
} from './declaration-blocks.ts';
import type { StyledElement } from './element.ts';
import { looksAhead } from './selector.ts';
import { type Budget, type Indexed, RuleIndex } from './selector-matching.ts';
import { type Keyframe, readStyleSheets } from './style-sheets.ts';
import { type Declaration, declarationsOf } from './syntax.ts';

/** Pseudo-elements whose text is read. */
export type PseudoElement = 'before' | 'after' | 'marker';

/** Comparisons and declarations for a whole message, 50–200 ns each. Afterwards style sheets say nothing more. */
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
const attributeRank = Number.MAX_SAFE_INTEGER;

const rankRules = (rules: readonly { readonly layer: number; readonly rule: Rule }[]): void => {
  const bySpecificity = (one: Rule, other: Rule) => one.selector.specificity - other.selector.specificity;
  const normal = rules.toSorted((one, other) => one.layer - other.layer || bySpecificity(one.rule, other.rule));
  for (const [rank, { rule }] of normal.entries()) rule.rank = rank;
  // Among important declarations the order of layers is the other way round.
  const important = rules.toSorted((one, other) => other.layer - one.layer || bySpecificity(one.rule, other.rule));
  for (const [rank, { rule }] of important.entries()) rule.importantRank = rank;
};

/** Values that are remembered for elements to which the same rules apply. */
const mostResults = 100_000;

interface CascadeFacts {
  /** Whether classes and ids are compared without regard to case, and lengths may lack their unit. */
  readonly quirks: boolean;
  /** How many elements the message has. */
  readonly elements: number;
}

const smallDocument: CascadeFacts = { quirks: true, elements: 0 };

const nothingDeclared: Cascaded = { declared: {}, important: new Set(), variables: undefined };

const noMatch = { rules: [], areSimple: false };

/** The cascade of the given style sheets, in their order. */
export class Cascade {
  /** The custom properties that hold where nobody sets them (`@property`). */
  readonly variables: Variables;
  /** By the names of animations. */
  readonly keyframes: ReadonlyMap<string, readonly Keyframe[]>;
  /** Whether a selector asks for what comes after an element's start tag: then elements have to say `ahead`. */
  readonly looksAhead: boolean;
  private readonly allSteps: number;
  private readonly budget: Budget;
  private readonly blocks: DeclarationBlocks;
  private readonly areSheetsComplete: boolean;
  /** By the name of a pseudo-element, '' for elements themselves. */
  private readonly indexes = new Map<string, RuleIndex<Rule>>();
  private readonly styleAttributes = new Map<string, Block>();
  private valuesOfAttributes = 0;
  private readonly results = new Map<readonly Rule[], Map<string, Cascaded>>();
  private valuesOfResults = 0;

  constructor(sheets: readonly string[], { quirks, elements }: CascadeFacts = smallDocument) {
    this.allSteps = mostSteps + stepsPerElement * elements;
    this.budget = { steps: this.allSteps };
    this.blocks = new DeclarationBlocks(this.budget, { quirks });
    const areRelevant = (declarations: readonly Declaration[]) => this.blocks.areRelevant(declarations);
    const read = readStyleSheets(sheets, quirks, areRelevant, this.budget);
    const rules = read.rules.flatMap(({ selectors, declarations, layer }) => {
      const block = this.blocks.readOfRule(declarations);
      return selectors.map((selector) => ({
        layer: layer(),
        rule: { selector, block, rank: 0, importantRank: 0 },
      }));
    });
    rankRules(rules);
    for (const { rule } of rules) {
      const name = rule.selector.pseudoElement ?? '';
      const index = this.indexes.get(name) ?? new RuleIndex<Rule>(this.budget);
      this.indexes.set(name, index);
      index.add(rule);
    }
    this.variables = read.variables;
    this.keyframes = read.keyframes;
    this.areSheetsComplete = read.isComplete;
    this.looksAhead = rules.some(({ rule }) => looksAhead(rule.selector));
  }

  /** @param inherited the custom properties of the element around it */
  styleOf(element: StyledElement, styleAttribute = '', inherited: Variables | undefined): Cascaded {
    const result = this.cascaded(this.indexes.get(''), element, styleAttribute, inherited);
    return result.variables === inherited ? result : { ...result, variables: result.variables ?? inherited };
  }

  /** @returns undefined where no rule matches that pseudo-element of the element. */
  pseudoStyleOf(
    element: StyledElement,
    pseudoElement: PseudoElement,
    variables: Variables | undefined,
  ): Cascaded | undefined {
    const index = this.indexes.get(pseudoElement);
    const result = index && this.cascaded(index, element, '', variables);
    return result && result !== nothingDeclared ? { ...result, variables: result.variables ?? variables } : undefined;
  }

  /** Steps that were taken so far; hardly more than `mostSteps`. */
  stepsTaken(): number {
    return this.allSteps - Math.max(this.budget.steps, 0);
  }
  /** Whether every rule was compared with every element. */
  isComplete(): boolean {
    return this.areSheetsComplete && this.blocks.isComplete() && this.budget.steps > 0;
  }

  private cascaded(
    index: RuleIndex<Rule> | undefined,
    element: StyledElement,
    styleAttribute: string,
    inherited: Variables | undefined,
  ): Cascaded {
    const { rules, areSimple } = index?.matching(element) ?? noMatch;
    if (rules.length === 0 && styleAttribute === '') return nothingDeclared;
    this.budget.steps -= 1;
    return areSimple
      ? this.sharedResult(rules, styleAttribute, inherited)
      : this.compute(rules, styleAttribute, inherited).result;
  }

  /** Elements of one kind with the same style attribute share what was computed for the first of them. */
  private sharedResult(rules: readonly Rule[], styleAttribute: string, inherited: Variables | undefined): Cascaded {
    const byAttribute = this.results.get(rules);
    const known = byAttribute?.get(styleAttribute);
    if (known) return known;
    const { result, isFixed } = this.compute(rules, styleAttribute, inherited);
    if (isFixed && styleAttribute.length <= longestRemembered && this.valuesOfResults < mostResults) {
      this.valuesOfResults += Object.keys(result.declared).length + 1;
      if (byAttribute) byAttribute.set(styleAttribute, result);
      else this.results.set(rules, new Map([[styleAttribute, result]]));
    }
    return result;
  }

  private compute(rules: readonly Rule[], styleAttribute: string, inherited: Variables | undefined) {
    const applied: Applied[] = rules.toSorted((one, other) => one.rank - other.rank);
    if (styleAttribute !== '') {
      const block = this.blockOfAttribute(styleAttribute);
      applied.push({ block, rank: attributeRank, importantRank: attributeRank });
    }
    return { result: this.blocks.merge(applied, inherited), isFixed: applied.every(isFixed) };
  }

  private blockOfAttribute(style: string): Block {
    const known = this.styleAttributes.get(style);
    if (known) return known;
    const block = this.blocks.read(declarationsOf(style));
    if (style.length <= longestRemembered && this.valuesOfAttributes < mostRemembered) {
      this.valuesOfAttributes += sizeOf(block) + 1;
      this.styleAttributes.set(style, block);
    }
    return block;
  }
}
