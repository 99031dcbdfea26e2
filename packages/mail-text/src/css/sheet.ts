// Style sheets → the rules that count for the person whose view we take, in one list: at-rules judged, rules inside rules
// unfolded, cascade layers numbered. Bounded in bytes and rules. Knows no property.
import { type Block, blocksOf, type Content, type Declaration, isBlock } from './blocks.ts';
import { atRuleApplies, importedBy, scopeOf } from './conditions.ts';
import { declared } from './declared.ts';
import type { Budget } from './matching.ts';
import { type Declared, isPropertyName, type Properties, type PropertyName, properties } from './properties.ts';
import { type Selector, type SelectorContext, selectorsOf } from './selector.ts';

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

interface ReadSheets {
  readonly rules: readonly StyleRule[];
  readonly keyframes: ReadonlyMap<string, readonly Keyframe[]>;
  /** What custom properties are where nobody sets them (`@property`). */
  readonly variables: ReadonlyMap<string, string>;
  /** False where there was more than is read of one message. */
  readonly isWhole: boolean;
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

interface Place {
  readonly layer: Layer;
  readonly context: SelectorContext;
  /** Selectors whose declarations stand here by themselves; none outside of rules. */
  readonly own: readonly Selector[] | undefined;
}

/**
 * @param isTelling whether a rule with these declarations is worth keeping
 * @param budget pays for the selectors that are read
 */
export const readSheets = (
  sheets: readonly string[],
  quirks: boolean,
  isTelling: (declarations: readonly Declaration[]) => boolean,
  budget: Budget,
): ReadSheets => {
  const rules: StyleRule[] = [];
  const keyframes = new Map<string, readonly Keyframe[]>();
  const variables = new Map<string, string>();
  const hasContainers = sheets.some((sheet) => /container(?:-type)?\s*:/i.test(sheet));
  const root = newLayer();
  let anonymous = 0;
  const leastSteps = budget.steps - mostReading;
  let left = mostCss;
  let isWhole = true;

  const keep = (own: readonly Selector[] | undefined, declarations: Declaration[], layer: Layer): void => {
    if (!own || own.length === 0 || declarations.length === 0) return;
    const telling = declarations.splice(0);
    if (!isTelling(telling)) return;
    rules.push({ selectors: own, declarations: telling, layer: () => layer.number });
  };

  const selectorsFor = (prelude: string, context: SelectorContext): readonly Selector[] => {
    if (budget.steps < leastSteps) {
      isWhole = false;
      return [];
    }
    const selectors = selectorsOf(prelude, context);
    budget.steps -= stepsPerSelector * Math.max(selectors.length, 1) + prelude.length / charactersPerStep;
    return selectors;
  };

  const readRule = (block: Block, content: Content, place: Place): void => {
    // Most rules of a sheet say nothing about being seen: their selectors are not even parsed.
    const isWorthIt = content.some((item) => isBlock(item) || isTelling([item]));
    const own = isWorthIt ? selectorsFor(block.prelude, place.context) : [];
    if (own.length === 0) return;
    const context: SelectorContext = { ...place.context, parents: own, begins: 'at the parents', scope: undefined };
    readContent(content, { ...place, own, context });
  };

  const readLayer = (block: Block, content: Content | undefined, place: Place): void => {
    const names = block.prelude.split(',').map((name) => name.trim());
    if (content === undefined) {
      for (const name of names) layerIn(place.layer, name);
      return;
    }
    anonymous += 1;
    readContent(content, { ...place, layer: layerIn(place.layer, names[0] || ` ${anonymous}`) });
  };

  const readAtRule = ({ atRule = '', ...block }: Block, place: Place): void => {
    const { content, prelude } = block;
    if (atRule === 'layer') readLayer({ atRule, ...block }, content, place);
    else if (content === undefined) return;
    else if (atRule === 'scope') {
      const context = scopeOf(prelude, place.context);
      if (context) readContent(content, { ...place, context, own: context.scope?.roots });
    } else if (atRule === 'property') {
      const initial = content.find((item) => !isBlock(item) && item.name === 'initial-value');
      if (initial && !isBlock(initial)) variables.set(prelude, initial.value);
    } else if (/^(?:-webkit-)?keyframes$/.test(atRule)) {
      keyframes.set(prelude.replace(/^["']|["']$/g, '').toLowerCase(), keyframesOf(content));
    } else if (atRuleApplies(atRule, prelude, hasContainers)) readContent(content, place);
  };

  const readContent = (content: Content, place: Place): void => {
    let declarations: Declaration[] = [];
    for (const item of content) {
      if (!isBlock(item)) {
        declarations.push(item);
        continue;
      }
      keep(place.own, declarations, place.layer);
      declarations = [];
      if (item.atRule !== undefined) readAtRule(item, place);
      else if (item.content) readRule(item, item.content, place);
    }
    keep(place.own, declarations, place.layer);
  };

  const context: SelectorContext = { parents: undefined, begins: 'nowhere', scope: undefined, quirks };
  const readSheet = (sheet: string, depth: number): void => {
    if (sheet.length > left) isWhole = false;
    const content = blocksOf(sheet.slice(0, left));
    left = Math.max(left - sheet.length, 0);
    if (content.some(namesOtherLanguage)) return;
    for (const inner of depth < deepestImport ? importedBy(content) : []) readSheet(inner, depth + 1);
    readContent(content, { layer: root, context, own: undefined });
  };
  for (const sheet of sheets) readSheet(sheet, 0);
  numberLayers(root, 0);
  return { rules, keyframes, variables, isWhole };
};

// What an element looks like once its animations have run: that is what a person reads. Knows no element.

/** Seconds. What goes on for longer is what a person sees of it. */
const soon = 5;

const rules = { quirks: false };

const meaningOf = (declarations: readonly Declaration[]): Declared =>
  Object.assign({}, ...declarations.map(({ name, value }) => declared(name, value, rules)));

const frameAt = (frames: readonly Keyframe[], at: number): Declared =>
  meaningOf(frames.filter((frame) => frame.at === at).flatMap(({ declarations }) => declarations));

/** At a whole number of runs, whether the last one ends where the animation begins. */
const endsAtStart = (direction: string, iterations: number): boolean => {
  if (direction === 'reverse') return true;
  if (direction === 'alternate') return iterations % 2 === 0;
  return direction === 'alternate-reverse' && iterations % 2 === 1;
};

/** While it runs: a property that is the same all the time is so; of others what would hide is not taken for granted. */
const meanwhile = (frames: readonly Keyframe[]): Declared => {
  const [start, end] = [frameAt(frames, 0), frameAt(frames, 1)];
  const all = frames.map(({ declarations }) => meaningOf(declarations));
  const names = new Set(all.flatMap((frame) => Object.keys(frame)).filter(isPropertyName));
  const says: { [Name in PropertyName]?: Declared[Name] } = {};
  for (const name of names) {
    const isSteady = [start, end, ...all].every((frame) => JSON.stringify(frame[name]) === JSON.stringify(start[name]));
    Object.assign(says, { [name]: isSteady ? start[name] : properties[name].initial });
  }
  return says;
};

const itemOf = <Item>(list: readonly Item[], index: number): Item | undefined => list[index % list.length];

const restingFrame = (style: Properties, index: number, frames: readonly Keyframe[]): Declared => {
  const duration = itemOf(style['animation-duration'], index) ?? 0;
  const delay = itemOf(style['animation-delay'], index) ?? 0;
  const iterations = itemOf(style['animation-iteration-count'], index) ?? 1;
  const direction = itemOf(style['animation-direction'], index) ?? 'normal';
  const fill = itemOf(style['animation-fill-mode'], index) ?? 'none';
  const isPaused = itemOf(style['animation-play-state'], index) === 'paused';
  const isReversed = direction === 'reverse' || direction === 'alternate-reverse';
  if (delay > soon || (isPaused && delay >= 0)) {
    const shows = fill === 'backwards' || fill === 'both' || (isPaused && delay === 0 && duration > 0);
    return shows ? frameAt(frames, isReversed ? 1 : 0) : {};
  }
  if (isPaused || delay + duration * iterations > soon) return meanwhile(frames);
  if (fill !== 'forwards' && fill !== 'both') return {};
  return frameAt(frames, endsAtStart(direction, iterations) ? 0 : 1);
};

/** Properties that no animation changes. */
const fixed = /^(?:animation-|direction$|writing-mode$)/;

/**
 * What animations make of an element in the end; nothing where it has none.
 * @param important properties that no animation overrides
 */
export const restingStyle = (
  style: Properties,
  keyframes: ReadonlyMap<string, readonly Keyframe[]>,
  important: ReadonlySet<PropertyName>,
): Declared | undefined => {
  const names = style['animation-name'];
  if (keyframes.size === 0 || names.every((name) => !keyframes.has(name))) return undefined;
  const together = Object.assign(
    {},
    ...names.map((name, index) => restingFrame(style, index, keyframes.get(name) ?? [])),
  ) as Declared;
  return Object.fromEntries(
    Object.entries(together).filter(([name]) => !fixed.test(name) && isPropertyName(name) && !important.has(name)),
  );
};
