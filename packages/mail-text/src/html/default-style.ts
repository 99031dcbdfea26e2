// What browsers do with elements by themselves, as far as it decides what is seen (HTML standard §15.3). Knows no cascade.
import { blocksOf, isBlock } from '../css/blocks.ts';
import { declared } from '../css/declared.ts';
import type { Declared } from '../css/properties.ts';

const usual = `
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

/** In quirks mode tables begin anew with the font. */
const quirky = `
table { font-size: initial; line-height: initial; white-space: initial; text-align: initial }
`;

const read = (sheet: string): Map<string, Declared> => {
  const byName = new Map<string, Declared>();
  for (const block of blocksOf(sheet)) {
    if (!isBlock(block)) continue;
    const says = (block.content ?? []).map((item) =>
      isBlock(item) ? {} : declared(item.name, item.value, { quirks: false }),
    );
    for (const name of block.prelude.split(',')) {
      byName.set(name.trim(), Object.assign({}, byName.get(name.trim()), ...says));
    }
  }
  return byName;
};

let tables: { readonly standard: Map<string, Declared>; readonly quirks: Map<string, Declared> } | undefined;

const nothing: Declared = {};

/** What holds for an element of this name unless something else is said. */
export const defaultStyle = (name: string, quirks: boolean): Declared => {
  tables ??= { standard: read(usual), quirks: read(usual + quirky) };
  return (quirks ? tables.quirks : tables.standard).get(name) ?? nothing;
};

const linkStyle: Declared = { color: { open: '-webkit-link' }, 'text-decoration-line': ['underline'] };

/** What holds for a link, besides. */
export const linkDefaults = linkStyle;
