// Style sheets → the rules that apply for the person whose view we take, in one list: at-rules judged, nested rules unfolded,
// cascade layers numbered. Bounded in bytes and rules.

import { atRuleApplies, importedBy, scopeOf } from './at-rules.ts';
import { type Selector, type SelectorContext, selectorsOf } from './selector.ts';
import type { Budget } from './selector-matching.ts';
import { type Block, blocksOf, type Content, type Declaration, isBlock } from './syntax.ts';

interface StyleRule {
  readonly selectors: readonly Selector[];
  readonly declarations: readonly Declaration[];
  /** Rules of a higher layer win; those in no layer are in the highest. */
  readonly layer: () => number;
}

/** What an animation shows at a point of its time, from 0 to 1. */
export interface Keyframe {
  readonly at: number;
  readonly declarations: readonly Declaration[];
}

interface StyleSheets {
  readonly rules: readonly StyleRule[];
  readonly keyframes: ReadonlyMap<string, readonly Keyframe[]>;
  /** What custom properties are where nobody sets them (`@property`). */
  readonly variables: ReadonlyMap<string, string>;
  /** False where there was more than is read of one message. */
  readonly isComplete: boolean;
}

/** UTF-16 units of all sheets of a message. Gmail reads 16,384 of one. */
const mostCss = 2_000_000;
/** Sheets that import sheets that import sheets. */
const deepestImport = 2;
/** Steps of the budget: what a selector costs that is read, and all of them together at most. */
const stepsPerSelector = 100;
const charactersPerStep = 0.2;
const mostReading = 2_000_000;

interface Layer {
  readonly inner: Map<string, Layer>;
  number: number;
}

const newLayer = (): Layer => ({ inner: new Map(), number: 0 });

const layerIn = (outer: Layer, name: string): Layer =>
  name.split('.').reduce((around, part) => {
    const known = around.inner.get(part) ?? newLayer();
    around.inner.set(part, known);
    return known;
  }, outer);

/** CSS Cascade 5 §6.4.3: layers in the order in which they are first named, each after those inside it. */
const numberLayers = (layer: Layer, from: number): number => {
  let next = from;
  for (const inner of layer.inner.values()) next = numberLayers(inner, next);
  layer.number = next;
  return next + 1;
};

/** `from`, `to`, `50%`. */
const pointsOf = (prelude: string): number[] =>
  prelude.split(',').flatMap((text) => {
    const point = text.trim().toLowerCase();
    if (point === 'from' || point === 'to') return point === 'to' ? [1] : [0];
    return /^[\d.]+%$/.test(point) ? [Number.parseFloat(point) / 100] : [];
  });

const keyframesOf = (content: Content): Keyframe[] =>
  content.flatMap((item) => {
    if (!isBlock(item) || !item.content) return [];
    const declarations = item.content.filter((inner): inner is Declaration => !isBlock(inner) && !inner.important);
    return pointsOf(item.prelude).map((at) => ({ at, declarations }));
  });

/** `@namespace url(…)` makes the names of a sheet those of another language than HTML. */
const namesOtherLanguage = (item: Content[number]): boolean =>
  isBlock(item) &&
  item.atRule === 'namespace' &&
  /^(?:url\(|["'])/i.test(item.prelude) &&
  !item.prelude.includes('1999/xhtml');

/** What is around a part of a sheet. */
interface Place {
  readonly layer: Layer;
  readonly context: SelectorContext;
  /** Selectors that declarations here belong to; none outside of rules. */
  readonly own: readonly Selector[] | undefined;
}

/**
 * @param areRelevant whether a rule with these declarations is worth keeping
 * @param budget pays for the selectors that are read
 */
export const readStyleSheets = (
  sheets: readonly string[],
  quirks: boolean,
  areRelevant: (declarations: readonly Declaration[]) => boolean,
  budget: Budget,
): StyleSheets => new StyleSheetReader(sheets, quirks, areRelevant, budget).result();

class StyleSheetReader {
  private readonly rules: StyleRule[] = [];
  private readonly keyframes = new Map<string, readonly Keyframe[]>();
  private readonly variables = new Map<string, string>();
  private readonly areRelevant: (declarations: readonly Declaration[]) => boolean;
  private readonly budget: Budget;
  private readonly leastSteps: number;
  private readonly hasContainers: boolean;
  private readonly rootLayer = newLayer();
  private anonymousLayers = 0;
  /** UTF-16 units that may still be read. */
  private left = mostCss;
  private isComplete = true;

  constructor(
    sheets: readonly string[],
    quirks: boolean,
    areRelevant: (declarations: readonly Declaration[]) => boolean,
    budget: Budget,
  ) {
    this.areRelevant = areRelevant;
    this.budget = budget;
    this.leastSteps = budget.steps - mostReading;
    this.hasContainers = sheets.some((sheet) => /container(?:-type)?\s*:/i.test(sheet));
    const context: SelectorContext = { parents: undefined, begins: 'nowhere', scope: undefined, quirks };
    for (const sheet of sheets) this.readSheet(sheet, { layer: this.rootLayer, context, own: undefined }, 0);
    numberLayers(this.rootLayer, 0);
  }

  result(): StyleSheets {
    const { rules, keyframes, variables, isComplete } = this;
    return { rules, keyframes, variables, isComplete };
  }

  private readSheet(sheet: string, place: Place, depth: number): void {
    if (sheet.length > this.left) this.isComplete = false;
    const content = blocksOf(sheet.slice(0, this.left));
    this.left = Math.max(this.left - sheet.length, 0);
    if (content.some(namesOtherLanguage)) return;
    for (const inner of depth < deepestImport ? importedBy(content) : []) this.readSheet(inner, place, depth + 1);
    this.readContent(content, place);
  }

  private readContent(content: Content, place: Place): void {
    let declarations: Declaration[] = [];
    for (const item of content) {
      if (!isBlock(item)) {
        declarations.push(item);
        continue;
      }
      this.addRule(place.own, declarations, place.layer);
      declarations = [];
      if (item.atRule !== undefined) this.readAtRule(item, place);
      else if (item.content) this.readRule(item, item.content, place);
    }
    this.addRule(place.own, declarations, place.layer);
  }

  private readRule(block: Block, content: Content, place: Place): void {
    // Most rules of a sheet say nothing about being seen: their selectors are not even parsed.
    const isRelevant = content.some((item) => isBlock(item) || this.areRelevant([item]));
    const own = isRelevant ? this.selectorsIn(block.prelude, place.context) : [];
    if (own.length === 0) return;
    const context: SelectorContext = { ...place.context, parents: own, begins: 'at the parents', scope: undefined };
    this.readContent(content, { ...place, own, context });
  }

  private selectorsIn(prelude: string, context: SelectorContext): readonly Selector[] {
    if (this.budget.steps < this.leastSteps) {
      this.isComplete = false;
      return [];
    }
    const selectors = selectorsOf(prelude, context);
    this.budget.steps -= stepsPerSelector * Math.max(selectors.length, 1) + prelude.length / charactersPerStep;
    return selectors;
  }

  private addRule(selectors: readonly Selector[] | undefined, declarations: Declaration[], layer: Layer): void {
    if (!selectors || selectors.length === 0 || declarations.length === 0) return;
    if (this.areRelevant(declarations)) this.rules.push({ selectors, declarations, layer: () => layer.number });
  }

  private readAtRule(block: Block, place: Place): void {
    const { atRule = '', content, prelude } = block;
    if (atRule === 'layer') this.readLayer(prelude, content, place);
    else if (content === undefined) return;
    else if (atRule === 'scope') {
      const context = scopeOf(prelude, place.context);
      if (context) this.readContent(content, { ...place, context, own: context.scope?.roots });
    } else if (atRule === 'property') {
      const initial = content.find((item) => !isBlock(item) && item.name === 'initial-value');
      if (initial && !isBlock(initial)) this.variables.set(prelude, initial.value);
    } else if (/^(?:-webkit-)?keyframes$/.test(atRule)) {
      this.keyframes.set(prelude.replace(/^["']|["']$/g, '').toLowerCase(), keyframesOf(content));
    } else if (atRuleApplies(atRule, prelude, this.hasContainers)) this.readContent(content, place);
  }

  private readLayer(prelude: string, content: Content | undefined, place: Place): void {
    const names = prelude.split(',').map((name) => name.trim());
    if (content === undefined) {
      for (const name of names) layerIn(place.layer, name);
      return;
    }
    this.anonymousLayers += 1;
    this.readContent(content, { ...place, layer: layerIn(place.layer, names[0] || ` ${this.anonymousLayers}`) });
  }
}
