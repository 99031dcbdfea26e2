// All rules of a message's sheets and an element's own style → what holds for the element (CSS Cascade 4 §6: importance,
// then inline before sheet, specificity, order). Work is bounded by a budget: a sheet cannot make a message expensive.
import { atRuleApplies } from './css-media.ts';
import { styleOf } from './css-properties.ts';
import { type MatchingBudget, matches, type Selector, type StyledElement, selectorsOf } from './css-selectors.ts';
import type { Style } from './css-style.ts';
import { declarationsOf, rulesOf } from './css-syntax.ts';

interface Declaration {
  readonly style: Style;
  readonly important: boolean;
}

interface Rule {
  readonly selector: Selector;
  readonly declarations: readonly Declaration[];
  readonly order: number;
}

export interface Cascade {
  /**
   * @param elements the element itself last, before it those it is inside of
   * @param hints what its attributes say (`width=0`); any rule overrides them
   */
  styleOf(elements: readonly StyledElement[], inline: string | undefined, hints: Style): Style;
  /** Steps that matching selectors took so far; never more than `mostSteps`. */
  readonly stepsTaken: () => number;
}

/** Comparisons of a selector with an element, for a whole message. Afterwards sheets say nothing more. */
export const mostSteps = 2_000_000;

/** A style attribute longer than this is read each time instead of being remembered. */
const longestRemembered = 2_000;
const mostRemembered = 2_000;

const meaningOf = (block: string): Declaration[] =>
  declarationsOf(block).flatMap(({ name, value, important }) => {
    const style = styleOf(name, value);
    return style ? [{ style, important }] : [];
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
    styleOf: (elements, inline, hints) => {
      const element = elements.at(-1);
      const winners = createWinners(hints);
      for (const rule of element ? index.candidates(element) : []) {
        if (budget.steps <= 0) break;
        if (!matches(rule.selector, elements, budget)) continue;
        for (const { style, important } of rule.declarations) {
          winners.add(style, weightOf(rule) + (important ? importantWeight : 0));
        }
      }
      for (const { style, important } of inline ? inlineMeaning(inline) : []) {
        winners.add(style, inlineWeight + (important ? importantWeight : 0));
      }
      return winners.style();
    },
    stepsTaken: () => mostSteps - Math.max(budget.steps, 0),
  };
};
