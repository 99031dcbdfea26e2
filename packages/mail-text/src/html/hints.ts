// Attributes that say how an element looks (`bgcolor`, `width`, `<font color>`, `hidden`) as CSS would say it. Knows no
// cascade.
import { type ColorValue, colorOf } from '../css/color.ts';
import { declared } from '../css/declared.ts';
import { type Length, lengthOf } from '../css/length.ts';
import type { Declared } from '../css/properties.ts';
import { linkDefaults } from './default-style.ts';
import type { Attributes } from './html-tokens.ts';

/** HTML standard §2.3.6, rules for parsing a legacy colour value: anything is a colour. */
const legacyColor = (written: string): ColorValue | undefined => {
  const text = written.trim().toLowerCase().slice(0, 128);
  if (text === '' || text === 'transparent') return undefined;
  const named = /^[a-z]+$/.test(text) || /^#[0-9a-f]{3}$/.test(text) ? colorOf(text) : undefined;
  if (named && !('open' in named)) return named;
  const digits = text
    .replace(/[\u{10000}-\u{10ffff}]/gu, '00')
    .replace(/^#/, '')
    .replace(/[^0-9a-f]/g, '0');
  const third = Math.max(Math.ceil(digits.length / 3), 1);
  let parts = [0, 1, 2].map((index) => digits.padEnd(third * 3, '0').slice(index * third, (index + 1) * third));
  parts = parts.map((part) => part.slice(-8));
  while ((parts[0]?.length ?? 0) > 2 && parts.every((part) => part.startsWith('0')))
    parts = parts.map((part) => part.slice(1));
  return colorOf(`#${parts.map((part) => part.slice(0, 2).padStart(2, '0')).join('')}`);
};

/** `100`, `50%`, `12.5px`: the number at the beginning counts. */
const dimension = (value: string | undefined): Length | undefined => {
  const [, number = '', unit = ''] = /^\s*\+?(\d+(?:\.\d*)?|\.\d+)(%?)/.exec(value?.slice(0, 40) ?? '') ?? [];
  return number === '' ? undefined : lengthOf(`${Number(number)}${unit || 'px'}`, { bare: false, percent: true });
};

const painted = new Set(['body', 'table', 'tbody', 'thead', 'tfoot', 'tr', 'td', 'th']);
const wide = new Set([
  'img',
  'iframe',
  'object',
  'embed',
  'video',
  'canvas',
  'svg',
  'table',
  'td',
  'th',
  'col',
  'hr',
  'input',
  'marquee',
  'pre',
]);
const tall = new Set([
  'img',
  'iframe',
  'object',
  'embed',
  'video',
  'canvas',
  'svg',
  'table',
  'td',
  'th',
  'tr',
  'marquee',
]);

/** `<font size>`: 1 to 7, or steps from 3. */
const fontSizes = ['x-small', 'small', 'medium', 'large', 'x-large', 'xx-large', 'xxx-large'];
const fontSizeOf = (size: string | undefined): string | undefined => {
  const [, sign, digits] = /^\s*([+-]?)(\d+)/.exec(size ?? '') ?? [];
  if (digits === undefined) return undefined;
  const step = sign === '' ? Number(digits) : 3 + (sign === '-' ? -1 : 1) * Number(digits);
  return fontSizes[Math.min(Math.max(step, 1), 7) - 1];
};

const strict = { quirks: false };
const say = (name: string, value: string | undefined): Declared | undefined =>
  value === undefined ? undefined : declared(name, value.slice(0, 200), strict);

/** What SVG lets attributes say as CSS does. */
const drawn = new Set(['svg', 'g', 'a', 'text', 'tspan', 'textpath', 'switch', 'rect', 'foreignobject', 'use']);
const drawnBy = [
  'display',
  'visibility',
  'opacity',
  'fill',
  'stroke',
  'fill-opacity',
  'stroke-opacity',
  'font-size',
  'color',
] as const;

const isHidden = (name: string, { hidden, type, popover, open }: Attributes): boolean =>
  hidden !== undefined ||
  popover !== undefined ||
  (name === 'dialog' && open === undefined) ||
  (name === 'input' && type?.trim().toLowerCase() === 'hidden');

/** What is hidden until it is found keeps its box, and shows nothing of it. */
const hiddenBy = ({ hidden }: Attributes): Declared | undefined =>
  hidden?.trim().toLowerCase() === 'until-found' ? say('content-visibility', 'hidden') : say('display', 'none');

const aligned: Readonly<Record<string, string>> = {
  left: '-webkit-left',
  right: '-webkit-right',
  center: '-webkit-center',
  middle: '-webkit-center',
  justify: 'justify',
};

const telling = [
  'color',
  'text',
  'bgcolor',
  'background',
  'width',
  'height',
  'size',
  'align',
  'nowrap',
  'hidden',
  'popover',
  'dir',
  'href',
] as const;
const nothing: Declared = {};

const paintHints = (name: string, { bgcolor, background, color, text }: Attributes): Declared => {
  const ground = painted.has(name) && bgcolor !== undefined ? legacyColor(bgcolor) : undefined;
  const own = name === 'font' ? color : name === 'body' ? text : undefined;
  const ink = own === undefined ? undefined : legacyColor(own);
  return {
    ...(ground ? { 'background-color': ground } : {}),
    ...(painted.has(name) && background ? { 'background-image': ['unknown'] } : {}),
    ...(ink ? { color: ink } : {}),
  };
};

const sizeHints = (name: string, attributes: Attributes): Declared => {
  const width = wide.has(name) ? dimension(attributes.width) : undefined;
  const height = tall.has(name) ? dimension(attributes.height) : undefined;
  return { ...(width ? { width } : {}), ...(height ? { height } : {}) };
};

const hintsOf = (name: string, attributes: Attributes): Declared => {
  const isDrawn = drawn.has(name);
  const direction = /^(?:ltr|rtl)$/i.test(attributes.dir?.trim() ?? '') ? attributes.dir : undefined;
  return Object.assign(
    {},
    name === 'a' && attributes.href !== undefined ? linkDefaults : undefined,
    paintHints(name, attributes),
    sizeHints(name, attributes),
    name === 'font' ? say('font-size', fontSizeOf(attributes.size)) : undefined,
    name === 'td' || name === 'th'
      ? attributes.nowrap === undefined
        ? undefined
        : say('white-space', 'nowrap')
      : undefined,
    name === 'img' || name === 'table'
      ? undefined
      : say('text-align', aligned[attributes.align?.trim().toLowerCase() ?? '']),
    /^(?:img|table)$/.test(name)
      ? say('float', /^(?:left|right)$/i.exec(attributes.align?.trim() ?? '')?.[0])
      : undefined,
    say('direction', direction),
    ...(isDrawn ? drawnBy.map((property) => say(property, attributes[property])) : []),
    isHidden(name, attributes) ? hiddenBy(attributes) : undefined,
  );
};

const remembered = new Map<string, Declared>();
const mostRemembered = 1_000;
const longestKey = 200;

/** What the attributes of an element say about its looks; weaker than any style of the message. */
export const presentationalHints = (name: string, attributes: Attributes): Declared => {
  const isSpecial = drawn.has(name) || name === 'dialog' || name === 'input';
  if (isSpecial) return hintsOf(name, attributes);
  let key = '';
  for (const attribute of telling) {
    const value = attributes[attribute];
    // Of a link it matters only that it is one.
    if (value !== undefined) key += attribute === 'href' ? ' href' : ` ${attribute}=${value}`;
  }
  if (key === '') return nothing;
  if (key.length > longestKey) return hintsOf(name, attributes);
  const known = remembered.get(name + key);
  if (known) return known;
  const hints = hintsOf(name, attributes);
  if (remembered.size >= mostRemembered) remembered.clear();
  remembered.set(name + key, hints);
  return hints;
};
