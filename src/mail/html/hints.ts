// Attributes that say how an element looks (`bgcolor`, `width`, `<font color>`) as CSS would say it. Knows no cascade.
import type { Style } from '../css-style.ts';
import { type Color, colorOf, type Length, lengthOf } from '../css-values.ts';
import type { Attributes } from '../html-tokens.ts';

/** Old colour attributes may lack the `#`. */
const colorAttribute = (value: string | undefined): Color | undefined => {
  const text = value?.trim().toLowerCase().slice(0, 60) ?? '';
  return colorOf(text) ?? (/^(?:[0-9a-f]{3}|[0-9a-f]{6})$/.test(text) ? colorOf(`#${text}`) : undefined);
};

const sizeAttribute = (value: string | undefined): Length | undefined =>
  value === undefined ? undefined : lengthOf(value.slice(0, 60).trim().toLowerCase());

const painted = new Set(['body', 'table', 'tbody', 'thead', 'tfoot', 'tr', 'td', 'th']);
const sized = new Set(['img', 'iframe', 'object', 'svg', 'table', 'td', 'th', 'tr']);

const nothing: Style = {};
const telling = ['color', 'text', 'bgcolor', 'background', 'width', 'height'] as const;

/** What the attributes of an element say about its looks; weaker than any style. */
export const presentationalHints = (name: string, attributes: Attributes): Style => {
  if (telling.every((attribute) => attributes[attribute] === undefined)) return nothing;
  const color =
    name === 'font' ? colorAttribute(attributes.color) : name === 'body' ? colorAttribute(attributes.text) : undefined;
  const background = painted.has(name) ? colorAttribute(attributes.bgcolor) : undefined;
  const width = sized.has(name) ? sizeAttribute(attributes.width) : undefined;
  const height = sized.has(name) ? sizeAttribute(attributes.height) : undefined;
  return {
    ...(color ? { color } : {}),
    ...(background ? { backgroundColor: background } : {}),
    ...(painted.has(name) && attributes.background ? { backgroundImage: 'picture' as const } : {}),
    ...(width ? { width } : {}),
    ...(height ? { height } : {}),
  };
};
