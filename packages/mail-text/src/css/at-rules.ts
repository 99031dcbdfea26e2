// Whether the rules inside an at-rule apply for the person whose view we take: someone at a desktop screen, light mode, with a
// mouse, in a current browser. Syntax is css-tree's; unknown conditions are neither true nor false, as in browsers. And what a
// sheet imports: only sheets that are in a `data:` URL, as nothing is ever fetched.

import type { CssNode, Feature, FeatureRange, List, MediaQuery } from 'css-tree';
import generate from 'css-tree/generator';
import parse from 'css-tree/parser';
import { type Answer, supportsHolds } from './declarations.ts';
import { type SelectorContext, selectorsIn } from './selector.ts';
import { type Content, isBlock } from './syntax.ts';
import { callOf, lengthOf, pixelsOf, stringOf, viewport, wordsOf } from './value.ts';

const childrenOf = (list: List<CssNode> | null): readonly CssNode[] => list?.toArray() ?? [];

/** Media features and their values that match. */
const keywordFeatures = new Map<string, readonly string[]>(
  Object.entries({
    orientation: ['landscape'],
    'prefers-color-scheme': ['light'],
    'prefers-reduced-motion': ['no-preference'],
    'prefers-reduced-transparency': ['no-preference'],
    'prefers-reduced-data': ['no-preference'],
    'prefers-contrast': ['no-preference'],
    'forced-colors': ['none'],
    hover: ['hover'],
    'any-hover': ['hover'],
    pointer: ['fine'],
    'any-pointer': ['fine'],
    'display-mode': ['browser'],
    scripting: ['none'],
    update: ['fast'],
    scan: [],
    'color-gamut': ['srgb'],
    'dynamic-range': ['standard'],
    'overflow-block': ['scroll'],
    'overflow-inline': ['scroll'],
  }),
);

/** Features that are numbers, in the units that they are compared in: pixels, dots per pixel, ratios. */
const numberFeatures = new Map<string, number>(
  Object.entries({
    width: viewport.width,
    height: viewport.height,
    'device-width': viewport.width,
    'device-height': viewport.height,
    'aspect-ratio': viewport.width / viewport.height,
    'device-aspect-ratio': viewport.width / viewport.height,
    resolution: 1,
    'device-pixel-ratio': 1,
    color: 8,
    'color-index': 0,
    monochrome: 0,
    grid: 0,
  }),
);

const pixelsIn = (word: string): number | undefined => {
  const length = lengthOf(word, { bare: false, percent: false });
  return length && pixelsOf(length, { fontSize: 16, rootFontSize: 16, percentageBase: undefined });
};

const numberOf = (node: CssNode | null): number | undefined => {
  switch (node?.type) {
    case 'Number':
      return Number(node.value);
    case 'Ratio': {
      const [left, right] = [numberOf(node.left), numberOf(node.right ?? null) ?? 1];
      return left === undefined ? undefined : left / right;
    }
    case 'Dimension': {
      const unit = node.unit.toLowerCase();
      if (unit === 'dppx' || unit === 'x') return Number(node.value);
      if (unit === 'dpi') return Number(node.value) / 96;
      if (unit === 'dpcm') return (Number(node.value) * 2.54) / 96;
      return pixelsIn(node.value + unit);
    }
    case 'Function':
      return pixelsIn(generate(node).toLowerCase());
    default:
      return undefined;
  }
};

const compare = (actual: number, comparison: string, wanted: number | undefined): Answer => {
  if (wanted === undefined) return undefined;
  switch (comparison) {
    case '<':
      return actual < wanted;
    case '<=':
      return actual <= wanted;
    case '>':
      return actual > wanted;
    case '>=':
      return actual >= wanted;
    case '=':
      return Math.abs(actual - wanted) < 0.01;
    default:
      return undefined;
  }
};

/** `(max-width:600px)`, `(hover)`. */
const featureHolds = ({ name, value }: Feature): Answer => {
  const [, vendor = '', bound = '', feature = ''] = /^(-webkit-)?(min-|max-)?(.*)$/.exec(name.toLowerCase()) ?? [];
  const actual = (vendor === '') === (feature === 'device-pixel-ratio') ? undefined : numberFeatures.get(feature);
  if (actual !== undefined) {
    if (value === null) return bound === '' ? actual > 0 : undefined;
    return compare(actual, bound === '' ? '=' : bound === 'min-' ? '>=' : '<=', numberOf(value));
  }
  if (name.toLowerCase() === '-webkit-transform-3d') return true;
  const holding = vendor === '' && bound === '' ? keywordFeatures.get(feature) : undefined;
  if (holding === undefined) return undefined;
  if (value === null) return holding.some((word) => word !== 'none' && word !== 'no-preference');
  return value.type === 'Identifier' ? holding.includes(value.name.toLowerCase()) : undefined;
};

const mirrored: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '=': '=' };

/** `(400px <= width < 900px)`. */
const rangeHolds = (range: FeatureRange): Answer => {
  const isNameFirst = range.left.type === 'Identifier';
  const name = isNameFirst ? range.left : range.middle;
  const actual = name.type === 'Identifier' ? numberFeatures.get(name.name.toLowerCase()) : undefined;
  if (actual === undefined) return undefined;
  const first = isNameFirst
    ? compare(actual, range.leftComparison, numberOf(range.middle))
    : compare(actual, mirrored[range.leftComparison] ?? '', numberOf(range.left));
  if (range.rightComparison === null || first === undefined) return first;
  const second = compare(actual, range.rightComparison, numberOf(range.right));
  return second === undefined ? undefined : first && second;
};

const negated = (answer: Answer): Answer => (answer === undefined ? undefined : !answer);

const both = (one: Answer, other: Answer): Answer =>
  one === false || other === false ? false : one === undefined || other === undefined ? undefined : true;

const either = (one: Answer, other: Answer): Answer => negated(both(negated(one), negated(other)));

/** `not (…)`, `(…) and (…)`, `(…) or (…)`. */
const conditionHolds = (nodes: readonly CssNode[], ask: (node: CssNode) => Answer): Answer => {
  let answer: Answer;
  let operator = '';
  for (const node of nodes) {
    if (node.type === 'Identifier') {
      const word = node.name.toLowerCase();
      if (!/^(?:not|and|or)$/.test(word)) return undefined;
      operator += word;
      continue;
    }
    const asked = node.type === 'Condition' ? conditionHolds(childrenOf(node.children), ask) : ask(node);
    const one = operator.endsWith('not') ? negated(asked) : asked;
    if (operator.startsWith('and')) answer = both(answer, one);
    else if (operator.startsWith('or')) answer = either(answer, one);
    else answer = one;
    operator = '';
  }
  return operator === '' ? answer : undefined;
};

const mediaFeatureHolds = (node: CssNode): Answer => {
  if (node.type === 'Feature') return featureHolds(node);
  return node.type === 'FeatureRange' ? rangeHolds(node) : undefined;
};

const queryHolds = (query: MediaQuery): boolean => {
  const type = query.mediaType?.toLowerCase();
  const isRightType = type === undefined || type === 'all' || type === 'screen';
  const holds = query.condition ? conditionHolds(childrenOf(query.condition.children), mediaFeatureHolds) : true;
  const answer = isRightType ? holds : false;
  return (query.modifier?.toLowerCase() === 'not' ? negated(answer) : answer) === true;
};

/** Brackets deeper than this, or longer conditions, nobody writes; css-tree follows brackets by recursion. */
const mostBrackets = 60;
const longestCondition = 4_000;

const isReadable = (prelude: string): boolean =>
  prelude.length <= longestCondition && prelude.split('(').length <= mostBrackets;

const parsed = (prelude: string, atrule: string): readonly CssNode[] | undefined => {
  if (!isReadable(prelude)) return undefined;
  try {
    const read = parse(prelude, { context: 'atrulePrelude', atrule });
    return read.type === 'AtrulePrelude' ? childrenOf(read.children) : undefined;
  } catch {
    return undefined;
  }
};

/** A media query list as it stands in `@media` or in a style element's attribute `media`. Of a list each query is by itself. */
export const mediaHolds = (list: string): boolean => {
  if (list.trim() === '') return true;
  const prelude = parsed(list, 'media');
  if (prelude === undefined && list.includes(','))
    return list.split(',').some((query) => query.trim() !== '' && mediaHolds(query));
  const [queries] = prelude ?? [];
  if (queries?.type !== 'MediaQueryList') return false;
  const all = childrenOf(queries.children);
  return all.length === 0 || all.some((query) => query.type === 'MediaQuery' && queryHolds(query));
};

/**
 * Whether the rules inside an at-rule count; `@font-face`, `@page` and the like hold none.
 * @param hasContainers whether a sheet makes containers at all
 */
export const atRuleApplies = (name: string, prelude: string, hasContainers: boolean): boolean => {
  switch (name) {
    case 'media':
      return mediaHolds(prelude);
    case 'supports': {
      const [condition] = parsed(prelude, 'supports') ?? [];
      return condition?.type === 'Condition' && conditionHolds(childrenOf(condition.children), supportsHolds) === true;
    }
    case 'container': {
      // As if every container were as wide as the window: most are.
      const condition = parsed(prelude, 'container')?.find(({ type }) => type === 'Condition');
      const nodes = hasContainers && condition?.type === 'Condition' ? childrenOf(condition.children) : [];
      return conditionHolds(nodes, mediaFeatureHolds) === true;
    }
    default:
      return false;
  }
};

/** What `@scope (roots) to (limits)` says about the selectors inside it; nothing where it is not valid. */
export const scopeOf = (prelude: string, around: SelectorContext): SelectorContext | undefined => {
  const [scope] = parsed(prelude, 'scope') ?? [];
  if (scope?.type !== 'Scope' || scope.root?.type !== 'SelectorList') return undefined;
  const roots = selectorsIn(scope.root, around);
  const limits = scope.limit?.type === 'SelectorList' ? selectorsIn(scope.limit, around) : [];
  return roots.length === 0 ? undefined : { ...around, parents: roots, begins: 'nowhere', scope: { roots, limits } };
};

/** The text of a style sheet's `data:` URL; undefined where it is none. */
export const sheetInDataUrl = (url: string): string | undefined => {
  const [, base64, data = ''] = /^data:text\/css(?:;charset=[\w-]+)?(;base64)?,([\s\S]*)$/i.exec(url.trim()) ?? [];
  if (data === '') return undefined;
  if (base64 !== undefined) return Buffer.from(data, 'base64').toString();
  try {
    return decodeURIComponent(data);
  } catch {
    return data;
  }
};

const urlOf = (word: string): string | undefined => {
  const call = callOf(word);
  return stringOf(word) ?? (call?.name === 'url' ? (stringOf(call.body) ?? call.body) : undefined);
};

/** The sheets that a sheet imports, which only stand before its rules. */
export const importedBy = (content: Content): string[] => {
  const sheets: string[] = [];
  for (const item of content) {
    if (!isBlock(item) || item.content !== undefined || item.atRule === 'namespace') break;
    if (item.atRule !== 'import') continue;
    const [address = '', ...conditions] = wordsOf(item.prelude);
    const sheet = sheetInDataUrl(urlOf(address) ?? '');
    const isPlain = conditions.every((word) => !/^(?:layer|supports)/.test(word));
    if (sheet !== undefined && isPlain && mediaHolds(conditions.join(' '))) sheets.push(sheet);
  }
  return sheets;
};
