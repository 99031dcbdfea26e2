// All rules of a message's sheets and an element's own style → what holds for the element (CSS Cascade 4 §6: importance,
// then inline before sheet, specificity, order). Work is bounded by a budget: a sheet cannot make a message expensive.

import { type MatchingBudget, matches, type StyledElement } from './css-matching.ts';
import { atRuleApplies } from './css-media.ts';
import { styleOf } from './css-properties.ts';
import { type Selector, selectorsOf } from './css-selectors.ts';
import type { Style, Variables } from './css-style.ts';
import { type DeclarationText, declarationsOf, rulesOf } from './css-syntax.ts';
import { withVariables } from './css-variables.ts';

/** `custom` sets a custom property, `open` refers to some; what they mean is known only at the element. */
type Declaration =
  | { readonly kind: 'style'; readonly style: Style; readonly important: boolean }
  | ({ readonly kind: 'custom' | 'open' } & DeclarationText);

interface Rule {
  readonly selector: Selector;
  readonly declarations: readonly Declaration[];
  readonly order: number;
}

export interface Cascade {
  /**
   * @param elements the element itself last, before it those it is inside of
   * @param hints what its attributes say (`width=0`); any rule overrides them
   * @param inherited the custom properties of the element around it
   */
  styleOf(
    elements: readonly StyledElement[],
    inline: string | undefined,
    hints: Style,
    inherited: Variables | undefined,
  ): Style;
  /** Steps that matching selectors took so far; never more than `mostSteps`. */
  readonly stepsTaken: () => number;
}

/** Comparisons of a selector with an element, for a whole message. Afterwards sheets say nothing more. */
export const mostSteps = 2_000_000;

/** A style attribute longer than this is read each time instead of being remembered. */
const longestRemembered = 2_000;
const mostRemembered = 2_000;

const meaningOf = (block: string): Declaration[] =>
  declarationsOf(block).flatMap((declaration): Declaration[] => {
    const { name, value, important } = declaration;
    if (name.startsWith('--')) return [{ kind: 'custom', ...declaration }];
    if (value.includes('var(')) return [{ kind: 'open', ...declaration }];
    const style = styleOf(name, value);
    return style ? [{ kind: 'style', style, important }] : [];
  });

/** Rules by what their last compound asks for most sharply: an element looks only at those that it may match. */
const createIndex = () => {
  const byKey = new Map<string, Rule[]>();
  const keyOf = ({ steps }: Selector): string => {
    const own = steps[0]?.compound;
    if (own?.id !== undefined) return `#${own.id}`;
    return own?.classes[0] !== undefined ? `.${own.classes[0]}` : (own?.type ?? '*');
  };
  return {
    add: (rule: Rule): void => {
      const key = keyOf(rule.selector);
      const rules = byKey.get(key);
      if (rules) rules.push(rule);
      else byKey.set(key, [rule]);
    },
    candidates: function* ({ id, classes, name }: StyledElement): Generator<Rule> {
      if (byKey.size === 0) return;
      if (id !== '') yield* byKey.get(`#${id}`) ?? [];
      for (const className of classes) yield* byKey.get(`.${className}`) ?? [];
      yield* byKey.get(name) ?? [];
      yield* byKey.get('*') ?? [];
    },
  };
};

/** Collects declarations; of each property the one with the highest weight holds, of equals the later. */
const createWinners = (hints: Style) => {
  let weights: Map<string, number> | undefined;
  let style = hints;
  return {
    add: (declared: Style, weight: number): void => {
      weights ??= new Map();
      for (const [property, value] of Object.entries(declared)) {
        if (weight < (weights.get(property) ?? -1)) continue;
        weights.set(property, weight);
        style = { ...style, [property]: value };
      }
    },
    style: () => style,
  };
};

/** The declarations of one rule, or of the element itself. */
interface Block {
  readonly declarations: readonly Declaration[];
  readonly weight: number;
}

const weightIn = (block: Block, { important }: Declaration): number => block.weight + (important ? importantWeight : 0);

/** The custom properties of an element, its own before those it inherits. */
const variablesOf = (blocks: readonly Block[], inherited: Variables | undefined): Variables | undefined => {
  const weights = new Map<string, number>();
  const variables = new Map(inherited);
  for (const block of blocks) {
    for (const declaration of block.declarations) {
      const weight = weightIn(block, declaration);
      if (declaration.kind !== 'custom' || weight < (weights.get(declaration.name) ?? -1)) continue;
      weights.set(declaration.name, weight);
      variables.set(declaration.name, declaration.value);
    }
  }
  return weights.size === 0 ? inherited : variables;
};

const setsVariables = ({ declarations }: Block): boolean => declarations.some(({ kind }) => kind === 'custom');

const resolved = (declaration: Declaration, variables: Variables | undefined): Style | undefined => {
  switch (declaration.kind) {
    case 'style':
      return declaration.style;
    case 'custom':
      return undefined;
    case 'open': {
      const value = withVariables(declaration.value, variables);
      return value === undefined ? undefined : styleOf(declaration.name, value);
    }
  }
};

/** Above every specificity and order: inline declarations, then important ones. */
const inlineWeight = 2 ** 46;
const importantWeight = 2 ** 48;
const weightOf = ({ selector, order }: Rule): number => Math.min(selector.specificity, 2 ** 24 - 1) * 2 ** 20 + order;

/** The cascade of the given style sheets, in their order. */
export const createCascade = (sheets: readonly string[]): Cascade => {
  const index = createIndex();
  const budget: MatchingBudget = { steps: mostSteps };
  const remembered = new Map<string, Declaration[]>();
  let order = 0;
  for (const sheet of sheets) {
    for (const { selectors, declarations } of rulesOf(sheet, atRuleApplies)) {
      const meaning = meaningOf(declarations);
      if (meaning.length === 0) continue;
      for (const selector of selectorsOf(selectors)) {
        order = Math.min(order + 1, 2 ** 20 - 1);
        index.add({ selector, declarations: meaning, order });
      }
    }
  }
  const inlineMeaning = (inline: string): Declaration[] => {
    const known = remembered.get(inline);
    if (known) return known;
    const meaning = meaningOf(inline);
    if (inline.length <= longestRemembered && remembered.size < mostRemembered) remembered.set(inline, meaning);
    return meaning;
  };
  return {
    styleOf: (elements, inline, hints, inherited) => {
      const element = elements.at(-1);
      const blocks: Block[] = [];
      for (const rule of element ? index.candidates(element) : []) {
        if (budget.steps <= 0) break;
        if (matches(rule.selector, elements, budget)) {
          blocks.push({ declarations: rule.declarations, weight: weightOf(rule) });
        }
      }
      if (inline) blocks.push({ declarations: inlineMeaning(inline), weight: inlineWeight });
      if (blocks.length === 0) return hints;
      const variables = blocks.some(setsVariables) ? variablesOf(blocks, inherited) : inherited;
      const isOwn = variables !== undefined && variables !== inherited;
      if (isOwn) budget.steps -= variables.size;
      const winners = createWinners(isOwn ? { ...hints, variables } : hints);
      for (const block of blocks) {
        for (const declaration of block.declarations) {
          const style = resolved(declaration, variables);
          if (style) winners.add(style, weightIn(block, declaration));
        }
      }
      return winners.style();
    },
    stepsTaken: () => mostSteps - Math.max(budget.steps, 0),
  };
};
