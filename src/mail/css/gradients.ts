// Pictures that CSS draws from colours: as a background and as a mask. Fetches nothing.
import type { Reader } from './style.ts';
import { type Color, colorOf, isIndistinct } from './values.ts';

const isPicture = (value: string): boolean => /(?:url|gradient|image-set|image)\(/.test(value);

/** The colours of one gradient; undefined for other pictures, and where a colour cannot be read. */
const gradientColors = (value: string): Color[] | undefined => {
  const list = /^(?:-webkit-)?(?:repeating-)?(?:linear|radial|conic)-gradient\((.*)\)$/.exec(value.trim())?.[1];
  const stops = list?.match(/(?:[^,()]|\([^()]*\))+/g) ?? [];
  const colors = stops.map((stop) => colorOf(stop.trim().replace(/(?:\s+-?[\d.]+(?:%|px|em|deg)?)+$/, '')));
  // The first argument may be a direction.
  const found = colors[0] === undefined ? colors.slice(1) : colors;
  return found.length > 0 && found.every((read) => read !== undefined) ? found : undefined;
};

/** What lies under the text: a gradient whose ends nobody tells apart is a colour. */
export const imageOf = (value: string): 'none' | 'picture' | Color => {
  if (!isPicture(value)) return 'none';
  const colors = gradientColors(value);
  const [first] = colors ?? [];
  return first !== undefined && first.alpha === 1 && colors?.every((color) => isIndistinct(color, first)) === true
    ? first
    : 'picture';
};

/** Whether a mask lets nothing through. */
export const mask: Reader = (value) => ({
  masked: gradientColors(value)?.every(({ alpha }) => alpha < 0.06) === true,
});
