// Whether an at-rule holds for the person whose view we take: someone at a desktop screen, light mode, with a mouse.
import { lengthOf, pixelsOf, viewport } from './css-values.ts';

const keywordFeatures = new Map<string, readonly string[]>(
  Object.entries({
    orientation: ['landscape'],
    'prefers-color-scheme': ['light', 'no-preference'],
    'prefers-reduced-motion': ['no-preference'],
    'prefers-contrast': ['no-preference'],
    'forced-colors': ['none'],
    'inverted-colors': ['none'],
    hover: ['hover'],
    'any-hover': ['hover'],
    pointer: ['fine'],
    'any-pointer': ['fine'],
    'display-mode': ['browser'],
    scripting: ['none'],
    update: ['fast'],
  }),
);

const sizeFeature = /^(min-|max-|)(?:device-)?(width|height)$/;
const ratioFeature = /^(?:-webkit-|-o-|-moz-)?(min-|max-|min--moz-)?(?:device-pixel-ratio|resolution)$/;

const compare = (bound: string, actual: number, wanted: number): boolean => {
  if (bound.startsWith('min-')) return actual >= wanted;
  return bound.startsWith('max-') ? actual <= wanted : actual === wanted;
};

const resolutionOf = (value: string): number => {
  const amount = Number.parseFloat(value);
  if (value.endsWith('dpi')) return amount / 96;
  return value.endsWith('dpcm') ? (amount * 2.54) / 96 : amount;
};

/** One feature such as `max-width:600px`. An unknown one with a value holds: what it hides is hidden to someone. */
const featureHolds = (feature: string): boolean => {
  const [name = '', value] = feature.split(':').map((part) => part.trim());
  const allowed = keywordFeatures.get(name);
  if (allowed) return value === undefined ? allowed[0] !== 'none' : allowed.includes(value);
  const size = sizeFeature.exec(name);
  if (size) {
    const actual = size[2] === 'width' ? viewport.width : viewport.height;
    const length = value === undefined ? undefined : lengthOf(value);
    return length ? compare(size[1] ?? '', actual, pixelsOf(length, 16, actual)) : value === undefined;
  }
  const ratio = ratioFeature.exec(name);
  if (ratio && value !== undefined) return compare(ratio[1] ?? '', 1, resolutionOf(value));
  const range = /^(width|height)\s*(<=?|>=?)\s*(\S+)$/.exec(feature);
  if (range) {
    const length = lengthOf(range[3] ?? '');
    const actual = range[1] === 'width' ? viewport.width : viewport.height;
    return length ? compare(range[2]?.startsWith('<') ? 'max-' : 'min-', actual, pixelsOf(length, 16, actual)) : false;
  }
  return !name.startsWith('-ms-') && !name.startsWith('-moz-');
};

/** One query of a list, such as `only screen and (min-width:480px)`. */
const queryHolds = (query: string): boolean => {
  const negated = /^not\b/.test(query);
  const rest = query.replace(/^(?:not|only)\s+/, '');
  const type = /^[a-z-]+/.exec(rest)?.[0];
  const typeHolds = type === undefined || type === 'and' || type === 'all' || type === 'screen';
  const features = [...rest.matchAll(/\(\s*([^()]*?)\s*\)/g)].map(([, feature = '']) => featureHolds(feature));
  const holds = typeHolds && (/\)\s*or\s*\(/.test(rest) ? features.some(Boolean) : features.every(Boolean));
  return negated ? !holds : holds;
};

/** A media query list as it stands in `@media` or in a style element's attribute `media`. */
export const mediaHolds = (list: string): boolean => {
  const queries = list.replace(/\s+/g, ' ').toLowerCase().split(',');
  return list.trim() === '' || queries.some((query) => queryHolds(query.trim()));
};

/** Whether the rules inside an at-rule count; `@keyframes`, `@font-face` and the like hold none. */
export const atRuleApplies = (atRule: string): boolean => {
  const [, name = '', condition = ''] = /^@([a-z-]+)\s*([\s\S]*)$/.exec(atRule) ?? [];
  switch (name) {
    case 'media':
      return mediaHolds(condition);
    case 'supports':
      return !/^not\b/.test(condition.trim());
    case 'layer':
    case 'container':
    case 'scope':
      return true;
    default:
      return false;
  }
};
