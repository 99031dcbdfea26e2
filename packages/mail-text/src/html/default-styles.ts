// How elements look where the message says nothing (HTML standard §15.3), as far as it decides what is seen: the user agent style
// sheet, and presentational hints, which are attributes (`bgcolor`, `width`, `<font color>`, `hidden`) that say what CSS would.

import { BoundedCache } from '../bounded-cache.ts';
import { type ColorValue, colorOf } from '../css/color.ts';
import { declared } from '../css/declarations.ts';
import type { Attributes } from '../css/element.ts';
import type { Declared } from '../css/properties.ts';
import { blocksOf, isBlock } from '../css/syntax.ts';
import { type Length, lengthOf } from '../css/value.ts';

const userAgentSheet = `
html, body, address, article, aside, blockquote, center, dd, details, dialog, dir, div, dl, dt, fieldset, figcaption,
figure, footer, form, h1, h2, h3, h4, h5, h6, header, hgroup, hr, legend, listing, main, menu, nav, ol, optgroup, option,
p, plaintext, pre, search, section, summary, ul, xmp { display: block }
body { margin: 8px }
basefont, datalist, head, link, meta, noembed, noframes, param, rp, script, style, template, title { display: none }
p, blockquote, dl, ol, ul, menu, dir, pre, listing, xmp, plaintext, figure { margin-top: 1em; margin-bottom: 1em }
blockquote, figure { margin-left: 40px; margin-right: 40px }
ol, ul, menu, dir { padding-left: 40px }
dd { margin-left: 40px }
li { display: list-item }
h1 { font-size: 2em; margin-top: .67em; margin-bottom: .67em }
h2 { font-size: 1.5em; margin-top: .83em; margin-bottom: .83em }
h3 { font-size: 1.17em; margin-top: 1em; margin-bottom: 1em }
h4 { margin-top: 1.33em; margin-bottom: 1.33em }
h5 { font-size: .83em; margin-top: 1.67em; margin-bottom: 1.67em }
h6 { font-size: .67em; margin-top: 2.33em; margin-bottom: 2.33em }
hr { margin-top: .5em; margin-bottom: .5em; border: 1px inset; color: gray; overflow: hidden }
fieldset { padding: .35em .75em .625em; border: 2px groove; margin-left: 2px; margin-right: 2px }
small, sub, sup { font-size: smaller }
big { font-size: larger }
rt { display: ruby-text; font-size: 50%; text-indent: 0 }
ruby { display: ruby }
sub { vertical-align: sub }
sup { vertical-align: super }
pre, listing, xmp, plaintext, textarea { white-space: pre }
textarea { white-space: pre-wrap }
nobr { white-space: nowrap }
pre, listing, xmp, plaintext, code, kbd, samp, tt { font-size: 13px }
center { text-align: -webkit-center }
mark { background: mark; color: marktext }
s, strike, del { text-decoration: line-through }
u, ins { text-decoration: underline }
table { display: table; text-indent: 0; box-sizing: border-box }
caption { display: table-caption; text-align: -webkit-center }
colgroup { display: table-column-group }
col { display: table-column }
tbody { display: table-row-group }
thead { display: table-header-group }
tfoot { display: table-footer-group }
tr { display: table-row }
td, th { display: table-cell; padding: 1px }
th { text-align: -webkit-center }
button, input, select, textarea { display: inline-block; font-size: 13.3333px; line-height: normal; letter-spacing: normal;
  word-spacing: normal; text-indent: 0; text-shadow: none; text-align: start; color: fieldtext }
button, input { text-align: center }
input, select, textarea { background: field }
button { background: buttonface; color: buttontext; padding: 1px 6px; border: 2px outset; box-sizing: border-box }
input { overflow: clip; white-space: pre }
img, video, canvas, iframe, object, embed, audio, meter, progress, svg, math { overflow: clip }
img, object, canvas { overflow: visible }
svg { overflow: hidden }
marquee { display: inline-block; overflow: hidden }
dialog { position: absolute; left: 0; right: 0; margin: auto; border: solid; padding: 1em; background: canvas; color: canvastext }
`;

/** In quirks mode tables do not inherit the font. */
const quirksSheet = `
table { font-size: initial; line-height: initial; white-space: initial; text-align: initial }
`;

const declarationsByName = (sheet: string): Map<string, Declared> => {
  const byName = new Map<string, Declared>();
  for (const block of blocksOf(sheet)) {
    if (!isBlock(block)) continue;
    const declarations = (block.content ?? []).map((item) =>
      isBlock(item) ? {} : declared(item.name, item.value, { quirks: false }),
    );
    for (const name of block.prelude.split(',')) {
      byName.set(name.trim(), Object.assign({}, byName.get(name.trim()), ...declarations));
    }
  }
  return byName;
};

let tables: { readonly standard: Map<string, Declared>; readonly quirks: Map<string, Declared> } | undefined;

const noDeclarations: Declared = {};

/** What the user agent style sheet says of elements of this name. */
export const defaultStyle = (name: string, quirks: boolean): Declared => {
  tables ??= { standard: declarationsByName(userAgentSheet), quirks: declarationsByName(userAgentSheet + quirksSheet) };
  return (quirks ? tables.quirks : tables.standard).get(name) ?? noDeclarations;
};

const linkStyle: Declared = { color: { contextual: '-webkit-link' }, 'text-decoration-line': ['underline'] };

// Presentational hints.

/** HTML standard §2.3.6, rules for parsing a legacy colour value: anything is a colour. */
const legacyColor = (written: string): ColorValue | undefined => {
  const text = written.trim().toLowerCase().slice(0, 128);
  if (text === '' || text === 'transparent') return undefined;
  const named = /^[a-z]+$/.test(text) || /^#[0-9a-f]{3}$/.test(text) ? colorOf(text) : undefined;
  if (named && !('contextual' in named)) return named;
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

/** Elements whose `bgcolor` and `background`, `width` and `height` count. */
const withBackground = new Set(['body', 'table', 'tbody', 'thead', 'tfoot', 'tr', 'td', 'th']);
const withWidth = new Set('img iframe object embed video canvas svg table td th col hr input marquee pre'.split(' '));
const withHeight = new Set('img iframe object embed video canvas svg table td th tr marquee'.split(' '));

/** `<font size>`: 1 to 7, or steps from 3. */
const fontSizes = ['x-small', 'small', 'medium', 'large', 'x-large', 'xx-large', 'xxx-large'];
const fontSizeOf = (size: string | undefined): string | undefined => {
  const [, sign, digits] = /^\s*([+-]?)(\d+)/.exec(size ?? '') ?? [];
  if (digits === undefined) return undefined;
  const step = sign === '' ? Number(digits) : 3 + (sign === '-' ? -1 : 1) * Number(digits);
  return fontSizes[Math.min(Math.max(step, 1), 7) - 1];
};

const strict = { quirks: false };
const declare = (name: string, value: string | undefined): Declared | undefined =>
  value === undefined ? undefined : declared(name, value.slice(0, 200), strict);

/** SVG's presentation attributes (SVG 2 §6.6), and the elements that they are read of. */
const svgElements = new Set(['svg', 'g', 'a', 'text', 'tspan', 'textpath', 'switch', 'rect', 'foreignobject', 'use']);
const presentationAttributes = [
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

/** `hidden=until-found` keeps the box, and shows nothing of its content. */
const hiddenBy = ({ hidden }: Attributes): Declared | undefined =>
  hidden?.trim().toLowerCase() === 'until-found' ? declare('content-visibility', 'hidden') : declare('display', 'none');

const alignments: Readonly<Record<string, string>> = {
  left: '-webkit-left',
  right: '-webkit-right',
  center: '-webkit-center',
  middle: '-webkit-center',
  justify: 'justify',
};

/** All attributes that hints are made of, but for those of SVG, dialogs and form controls. */
const hintAttributes = [
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

const colorHints = (name: string, { bgcolor, background, color, text }: Attributes): Declared => {
  const backgroundColor = withBackground.has(name) && bgcolor !== undefined ? legacyColor(bgcolor) : undefined;
  const own = name === 'font' ? color : name === 'body' ? text : undefined;
  const textColor = own === undefined ? undefined : legacyColor(own);
  return {
    ...(backgroundColor ? { 'background-color': backgroundColor } : {}),
    ...(withBackground.has(name) && background ? { 'background-image': ['unknown'] } : {}),
    ...(textColor ? { color: textColor } : {}),
  };
};

const sizeHints = (name: string, attributes: Attributes): Declared => {
  const width = withWidth.has(name) ? dimension(attributes.width) : undefined;
  const height = withHeight.has(name) ? dimension(attributes.height) : undefined;
  return { ...(width ? { width } : {}), ...(height ? { height } : {}) };
};

const hintsOf = (name: string, attributes: Attributes): Declared => {
  const isSvg = svgElements.has(name);
  const direction = /^(?:ltr|rtl)$/i.test(attributes.dir?.trim() ?? '') ? attributes.dir : undefined;
  return Object.assign(
    {},
    name === 'a' && attributes.href !== undefined ? linkStyle : undefined,
    colorHints(name, attributes),
    sizeHints(name, attributes),
    name === 'font' ? declare('font-size', fontSizeOf(attributes.size)) : undefined,
    name === 'td' || name === 'th'
      ? attributes.nowrap === undefined
        ? undefined
        : declare('white-space', 'nowrap')
      : undefined,
    name === 'img' || name === 'table'
      ? undefined
      : declare('text-align', alignments[attributes.align?.trim().toLowerCase() ?? '']),
    /^(?:img|table)$/.test(name)
      ? declare('float', /^(?:left|right)$/i.exec(attributes.align?.trim() ?? '')?.[0])
      : undefined,
    declare('direction', direction),
    ...(isSvg ? presentationAttributes.map((property) => declare(property, attributes[property])) : []),
    isHidden(name, attributes) ? hiddenBy(attributes) : undefined,
  );
};

const cache = new BoundedCache<Declared>(1_000, 200);

/** What the attributes of an element say about its looks; weaker than any style sheet of the message. */
export const presentationalHints = (name: string, attributes: Attributes): Declared => {
  const isSpecial = svgElements.has(name) || name === 'dialog' || name === 'input';
  if (isSpecial) return hintsOf(name, attributes);
  let key = '';
  for (const attribute of hintAttributes) {
    const value = attributes[attribute];
    // Of a link it matters only that it is one.
    if (value !== undefined) key += attribute === 'href' ? ' href' : ` ${attribute}=${value}`;
  }
  if (key === '') return noDeclarations;
  key = name + key;
  const known = cache.get(key);
  if (known) return known;
  const hints = hintsOf(name, attributes);
  cache.set(key, hints);
  return hints;
};
