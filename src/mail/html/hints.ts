// Attributes that say how an element looks (`bgcolor`, `width`, `<font color>`) as CSS would say it. Knows no cascade.
import { styleOf } from '../css/properties.ts';
import type { Style } from '../css/style.ts';
import { type Color, colorOf, type Length, lengthOf } from '../css/values.ts';
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

/** What SVG lets attributes say as well; text is drawn in `fill` there. */
const drawn = new Set(['svg', 'g', 'text', 'tspan', 'textpath']);
const drawnBy = ['display', 'visibility', 'opacity', 'font-size'] as const;

const drawingHints = (attributes: Attributes): Style => {
  const fill = attributes.fill?.trim().toLowerCase().slice(0, 60);
  const color = fill === 'none' ? colorOf('transparent') : colorOf(fill ?? '');
  const styles = drawnBy.map((name) => styleOf(name, attributes[name]?.trim().toLowerCase().slice(0, 60) ?? ''));
  return Object.assign({}, ...styles, color && { color });
};

const nothing: Style = {};
const telling = ['color', 'text', 'bgcolor', 'background', 'width', 'height'] as const;

const sizeHints = (name: string, attributes: Attributes): Style => {
  const width = sized.has(name) ? sizeAttribute(attributes.width) : undefined;
  const height = sized.has(name) ? sizeAttribute(attributes.height) : undefined;
  return { ...(width ? { width } : {}), ...(height ? { height } : {}) };
};

/** What the attributes of an element say about its looks; weaker than any style. */
export const presentationalHints = (name: string, attributes: Attributes): Style => {
  if (drawn.has(name)) return { ...sizeHints(name, attributes), ...drawingHints(attributes) };
  if (telling.every((attribute) => attributes[attribute] === undefined)) return nothing;
  const color =
    name === 'font' ? colorAttribute(attributes.color) : name === 'body' ? colorAttribute(attributes.text) : undefined;
  const background = painted.has(name) ? colorAttribute(attributes.bgcolor) : undefined;
  return {
    ...(color ? { color } : {}),
    ...(background ? { backgroundColor: background } : {}),
    ...(painted.has(name) && attributes.background ? { backgroundImage: 'picture' as const } : {}),
    ...sizeHints(name, attributes),
  };
};
