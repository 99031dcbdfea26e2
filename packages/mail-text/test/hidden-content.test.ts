import { expect, test } from 'vitest';
import { readableHtml } from '../src/html/readable-html.ts';
import { textOfHtml } from './text-of-html.ts';

const hidden = (html: string) => {
  const { text, removed } = readableHtml(`<p>Before</p>${html}<p>After</p>`);
  expect(text).not.toContain('SECRET');
  expect(text.replace(/\s+/g, ' ')).toBe('Before After');
  expect(removed.hiddenElements).toBe(1);
};

test.each([
  ['the attribute hidden', '<div hidden>SECRET</div>'],
  ['display:none', '<div style="DISPLAY : none">SECRET</div>'],
  ['display:none that a later, invalid value does not undo', '<div style="display:none; display:nothing">SECRET</div>'],
  ['display:none in CSS escapes and comments', '<div style="d\\69 splay/* x */:/**/no\\6e e">SECRET</div>'],
  ['an important value against a later one', '<div style="display:none!important;display:block">SECRET</div>'],
  ['visibility:hidden', '<div style="visibility:hidden">SECRET</div>'],
  ['opacity 0', '<div style="opacity:0">SECRET</div>'],
  ['opacities that multiply to nearly nothing', '<div style="opacity:.2"><p style="opacity:20%">SECRET</p></div>'],
  ['a height of one pixel with the rest cut off', '<div style="height:1px;overflow:hidden">SECRET</div>'],
  ['a width of 0 with the rest cut off', '<span style="display:inline-block;width:0px;overflow:hidden">SECRET</span>'],
  ['max-height 0', '<div style="max-height:0px;overflow:hidden">SECRET</div>'],
  ['font-size 0', '<div style="font-size:0">SECRET</div>'],
  ['font-size 1px in the shorthand', '<div style="font:bold 1px/1 Arial">SECRET</div>'],
  ['font-size in parts of nothing', '<div style="font-size:0"><p style="font-size:2em">SECRET</p></div>'],
  ['clip', '<div style="position:absolute;clip:rect(0 0 0 0)">SECRET</div>'],
  ['clip-path', '<div style="clip-path: inset(50%)">SECRET</div>'],
  ['a place left of the screen', '<div style="position:absolute;left:-9999px">SECRET</div>'],
  ['a place above the screen', '<div style="position:fixed;top:-100em">SECRET</div>'],
  ['a negative margin', '<div style="margin:0 0 0 -9999px">SECRET</div>'],
  ['text-indent', '<div style="text-indent:-9999px">SECRET</div>'],
  ['a transform', '<div style="transform:translateX(-9999px)">SECRET</div>'],
  ['scaling to nothing', '<div style="transform:scale(0)">SECRET</div>'],
  ['white text on the white page', '<div style="color:#ffffff">SECRET</div>'],
  ['nearly white text', '<div style="color:#fdfdfd">SECRET</div>'],
  ['text in the named colour of its background', '<div style="background:navy;color:#000081">SECRET</div>'],
  [
    'the background of an outer element',
    '<table bgcolor="#222222"><tr><td><font color="#232323">SECRET</font></table>',
  ],
  ['transparent text', '<div style="color:rgba(0,0,0,0)">SECRET</div>'],
  ['transparent text in the newer notation', '<div style="color:rgb(0 0 0 / 1%)">SECRET</div>'],
  ['no width and height', '<div style="width:0;height:0;overflow:hidden">SECRET</div>'],
  ['lines without a height that are cut off', '<div style="line-height:0;overflow:hidden">SECRET</div>'],
  ['a gradient of its own colour', '<div style="background:linear-gradient(#000,#000);color:#000">SECRET</div>'],
  ['a mask that lets nothing through', '<div style="mask-image:linear-gradient(#0000,#0000)">SECRET</div>'],
  ['a prefixed mask', '<div style="-webkit-mask:linear-gradient(transparent,transparent)">SECRET</div>'],
  ['its back', '<div style="transform:rotateY(180deg);backface-visibility:hidden">SECRET</div>'],
  ['rotate', '<div style="rotate:x 90deg">SECRET</div>'],
  ['dots for letters', '<div style="-webkit-text-security:disc">SECRET</div>'],
  ['no block size', '<div style="block-size:0;overflow:hidden">SECRET</div>'],
  ['a popover that nobody opened', '<div popover>SECRET</div>'],
  [':has()', '<style>div:has(> .x){display:none}</style><div><b class="x">SECRET</b></div>'],
  ['the place of a video', '<video>SECRET</video>'],
  ['a place right of the window', '<div style="position:absolute;left:100vw">SECRET</div>'],
  ['zoom', '<div style="zoom:.01">SECRET</div>'],
  ['a drawing without size', '<svg width="0" height="0"><text>SECRET</text></svg>'],
  ['a rule for a class', '<style>.x{display:none}</style><div class="y X">SECRET</div>'],
  ['a rule for an id', '<style>#x{display:none}</style><div id="x">SECRET</div>'],
  ['a rule for an element', '<style>aside{display:none}</style><aside>SECRET</aside>'],
  [
    'a rule in a list, with a parent',
    '<style>p.no, div.a > .b{display:none}</style><div class="a"><p class="b">SECRET</p></div>',
  ],
  ['a rule with :not', '<style>div:not(.seen){display:none}</style><div>SECRET</div>'],
  ['a rule for an attribute', '<style>[data-x^="hi"]{display:none}</style><div data-x="hidden">SECRET</div>'],
  ['a rule that follows the text', '<div class="x">SECRET</div><style>.x{display:none}</style>'],
  [
    'a rule for screens',
    '<style>@media only screen and (min-width:480px){.x{display:none}}</style><div class="x">SECRET</div>',
  ],
  [
    'the rule with the higher specificity',
    '<style>#x{display:none} .x{display:block}</style><div id="x" class="x">SECRET</div>',
  ],
  [
    'an important rule against an inline style',
    '<style>.x{display:none!important}</style><div class="x" style="display:block">SECRET</div>',
  ],
  ['a variable of the sheet', '<style>:root{--no:none}.x{display:var(--no)}</style><div class="x">SECRET</div>'],
  ['a variable of the element around it', '<div style="--s:0px"><p style="font-size:var(--s)">SECRET</p></div>'],
  ['what a variable falls back to', '<div style="display:var(--unknown, none)">SECRET</div>'],
  ['its place among its siblings', '<style>div :nth-child(2){display:none}</style><div><i></i><b>SECRET</b></div>'],
  ['being the last of its siblings', '<style>div :last-child{display:none}</style><div><i></i><b>SECRET</b></div>'],
  ['being the only one', '<style>div :only-child{opacity:0}</style><div><b>SECRET</b></div>'],
  ['being the first of its type', '<style>b:first-of-type{opacity:0}</style><div><i></i><b>SECRET</b></div>'],
  ['the element before it', '<style>.a+b{display:none}</style><i class="a"></i><b>SECRET</b>'],
  ['an element somewhere before it', '<style>.a ~ b{display:none}</style><i class="a"></i><u></u><b>SECRET</b>'],
  ['a rule with :is', '<style>:is(.x,.y){display:none}</style><div class="y">SECRET</div>'],
  ['a rule with :root', '<style>:root .x{display:none}</style><div class="x">SECRET</div>'],
  ['what holds as long as nobody points at it', '<style>.x:not(:hover){opacity:0}</style><div class="x">SECRET</div>'],
  [
    'a rule inside a rule',
    '<style>.a{color:red;& .b{display:none}}</style><div class="a"><p class="b">SECRET</p></div>',
  ],
  ['the property scale', '<div style="scale:0">SECRET</div>'],
  ['the property translate', '<div style="translate:-9999px 0">SECRET</div>'],
  ['the property rotate', '<div style="rotate:y 90deg">SECRET</div>'],
  ['the property rotate with an axis of numbers', '<div style="rotate:0 1 0 -0.25turn">SECRET</div>'],
  ['a turn in another unit', '<div style="transform:rotateX(100grad)">SECRET</div>'],
  ['more than one turn', '<div style="transform:rotateY(450deg)">SECRET</div>'],
  ['a transform to the right', '<div style="transform:translateX(9999px)">SECRET</div>'],
  ['the property inset', '<div style="position:absolute;inset:-9999px auto auto 0">SECRET</div>'],
  ['clip-path in pixels', '<div style="clip-path:inset(0 0 9999px 0)">SECRET</div>'],
  ['a sum that comes to nothing', '<div style="font-size:calc(1px - 1px)">SECRET</div>'],
  ['a product', '<div style="position:absolute;left:calc(-1 * 9999px)">SECRET</div>'],
  ['clamp()', '<div style="font-size:clamp(0px, 2vw, 1px)">SECRET</div>'],
  ['blurring', '<div style="filter:blur(20px)">SECRET</div>'],
  ['white in oklch', '<div style="color:oklch(100% 0 0)">SECRET</div>'],
  ['white in color()', '<div style="color:color(srgb 1 1 1)">SECRET</div>'],
  ['white as the colour of light mode', '<div style="color:light-dark(#fff, #000)">SECRET</div>'],
  ['a mix of white and no black', '<div style="color:color-mix(in srgb, white 100%, black)">SECRET</div>'],
  ['a background in the colour of the text', '<div style="color:#123456;background:currentColor">SECRET</div>'],
  ['opacity in SVG', '<svg><text opacity="0">SECRET</text></svg>'],
  ['no fill in SVG', '<svg><text fill="none">SECRET</text></svg>'],
  ['the alternative text of a picture without width', '<img alt="SECRET" style="width:0">'],
  ['being there for programs that know no meter', '<meter>SECRET</meter>'],
  ['formatting left open in an earlier paragraph', '<p><font style="font-size:0"></p>SECRET</font>'],
  ['a paragraph that the next one ends', '<p style="display:none">SECRET<p>'],
])('text hidden by %s is left out and counted', (_, html) => hidden(html));

test('hidden elements inside a hidden element are counted as one', () => {
  expect(readableHtml('<div hidden><p hidden>a</p><p style="display:none">b</p></div>').removed.hiddenElements).toBe(1);
});

test('each of several hidden elements is counted, empty ones are not', () => {
  expect(readableHtml('<i hidden>a</i>b<i hidden>c</i><i hidden> </i>').removed.hiddenElements).toBe(2);
});

test('hidden alternative texts, link targets and images are left out as well', () => {
  const html = '<div style="display:none"><a href="https://example.com/x"><img alt="SECRET"></a></div>Text';
  expect(readableHtml(html)).toMatchObject({ text: 'Text', removed: { hiddenElements: 1 } });
  expect(
    textOfHtml('<a href="https://example.com/x"></a><a href="https://example.com/y"><img width="1" height="1"></a>'),
  ).toBe('');
});

test('comments, also conditional ones, are no text', () => {
  expect(textOfHtml('a<!-- SECRET --><!--[if mso]>SECRET<![endif]--><!--[if !mso]><!-->b<!--<![endif]-->')).toBe('ab');
});

test('the padding after a preheader leaves nothing behind', () => {
  const padding = '&#847;&zwnj;&nbsp;&#8199;&shy;&#65279;'.repeat(40);
  expect(textOfHtml(`<div>Short and sweet ${padding}</div><p>Text</p>`)).toBe('Short and sweet\n\nText');
});

test.each([
  ['<details><summary>Terms</summary><p>all of them</p></details>End', 'Terms\n\nall of them\n\nEnd'],
  ['<details>before<summary>Terms</summary>after</details>', 'before\nTerms\nafter'],
  ['<details><details><summary>Inner</summary>deep</details></details>', 'Inner\ndeep'],
  ['<details>no summary', 'no summary'],
])('closed details are text, because a person can open them: %s', (html, text) => {
  expect(readableHtml(html)).toMatchObject({ text, removed: { hiddenElements: 0, invisibleCharacters: 0 } });
});

test('what is hidden inside closed details stays hidden', () => {
  const html = '<details><summary>Terms</summary><p style="display:none">SECRET</p></details>';
  expect(readableHtml(html)).toMatchObject({ text: 'Terms', removed: { hiddenElements: 1 } });
});

test.each([
  [
    'visible inside an invisible element',
    '<div style="visibility:hidden"><p style="visibility:visible">SEEN</p></div>',
  ],
  ['larger inside a zero-size wrapper', '<td style="font-size:0"><div style="font-size:16px">SEEN</div></td>'],
  ['white on a dark cell', '<table><tr><td bgcolor="#003366"><span style="color:#fff">SEEN</span></td></tr></table>'],
  [
    'white on a picture',
    '<div style="background:url(https://example.com/a.png)"><span style="color:white">SEEN</span></div>',
  ],
  ['white on a gradient', '<div style="background-image:linear-gradient(#000,#333);color:#fff">SEEN</div>'],
  ['grey on white', '<p style="color:#999">SEEN</p>'],
  ['red on a green of the same brightness', '<p style="background:#008000;color:#e00000">SEEN</p>'],
  ['hidden on telephones only', '<style>@media (max-width:600px){.x{display:none}}</style><p class="x">SEEN</p>'],
  ['hidden in print only', '<style media="print">.x{display:none}</style><p class="x">SEEN</p>'],
  [
    'hidden in dark mode only',
    '<style>@media (prefers-color-scheme:dark){.x{display:none}}</style><p class="x">SEEN</p>',
  ],
  ['a button that only Outlook draws otherwise', '<a href="https://example.com/x" style="mso-hide:all">SEEN</a>'],
  ['shown by a stronger rule', '<style>.x{display:none} p.x{display:block}</style><p class="x">SEEN</p>'],
  ['behind an end tag of formatting', '<font style="display:none"><p></font>SEEN</p>'],
  ['after a hidden paragraph that was never closed', '<p hidden>gone<p>SEEN'],
  ['in the row after a hidden one', '<table><tr style="display:none"><td>gone<tr><td>SEEN</table>'],
  ['in a small cell that grows with its text', '<table><tr><td width="1" height="1">SEEN</td></tr></table>'],
  ['under a rule that matches only when pointed at', '<style>p:hover{display:none}</style><p>SEEN</p>'],
  [
    'in the body of a second document that was appended',
    '<body bgcolor="#000" text="#fff">a<html><body bgcolor="#fff">SEEN',
  ],
  ['under a rule for another place', '<style>p:nth-child(2n){display:none}</style><p>SEEN</p><p>x</p>'],
  ['under a rule for the last one', '<style>p:last-child{display:none}</style><p>SEEN</p><p>x</p>'],
  ['beside another element', '<style>.a + .x{display:none}</style><i class="a"></i><u></u><p class="x">SEEN</p>'],
  ['under a rule for a pseudo-element', '<style>p::first-line{display:none}</style><p>SEEN</p>'],
  ['in a colour that a variable gives', '<style>:root{--c:#000}</style><p style="color:var(--c)">SEEN</p>'],
  ['with an unknown variable', '<p style="display:var(--unknown)">SEEN</p>'],
  ['centred by a transform', '<p style="position:absolute;left:50%;transform:translate(-50%,-50%)">SEEN</p>'],
  ['at a width that is calculated', '<p style="overflow:hidden;width:calc(100% - 40px)">SEEN</p>'],
  ['raised without a line of its own', '<p>$9<sup style="line-height:0;font-size:70%">SEEN</sup></p>'],
  ['in a box of no size that cuts nothing off', '<div style="width:0;height:0;max-height:0">SEEN</div>'],
  ['in a line, which has no size', '<span style="height:0;max-width:0;overflow:hidden">SEEN</span>'],
  ['in a line, which nothing transforms', '<span style="transform:scale(0)">SEEN</span>'],
  ['clipped where it is not positioned', '<div style="clip:rect(0,0,0,0)">SEEN</div>'],
  ['in a cell, which grows', '<table><tr><td style="height:0;max-height:0;overflow:hidden">SEEN</td></tr></table>'],
  ['in a box held open by its least height', '<div style="height:0;min-height:40px;overflow:hidden">SEEN</div>'],
  ['in the padding of a box', '<div style="height:0;overflow:hidden;padding-bottom:40px">SEEN</div>'],
  ['hidden in Outlook only', '<div style="mso-hide:all">SEEN</div>'],
  ['shown where scripts do not run', '<noscript>SEEN</noscript>'],
  ['white with a shadow', '<div style="color:#fff;text-shadow:0 0 2px #000">SEEN</div>'],
  ['white with a stroke', '<div style="color:#fff;-webkit-text-stroke:1px #000">SEEN</div>'],
  [
    'brought in by an animation',
    '<style>@keyframes s{to{opacity:1}}.x{opacity:0;animation:s 1s forwards}</style><p class="x">SEEN</p>',
  ],
  ['behind a mask that lets all through', '<div style="mask-image:linear-gradient(#000,#000)">SEEN</div>'],
  [
    'under a condition that does not hold',
    '<style>@supports (display:no){.x{display:none}}</style><p class="x">SEEN</p>',
  ],
  ['drawn in SVG', '<svg width="90" height="20"><text fill="#333">SEEN</text></svg>'],
  ['with aria-hidden, which only takes it from those who hear', '<div aria-hidden="true">SEEN</div>'],
  ['with a filter of Internet Explorer 8', '<div style="filter:alpha(opacity=0)">SEEN</div>'],
  ['without width and height, but with nothing cut off', '<div style="width:0;height:0">SEEN</div>'],
  ['in lines without height', '<div style="line-height:0">SEEN</div>'],
  ['raised in a line without height', '<style>sup{line-height:0}</style>$9<sup>SEEN</sup>'],
  ['hidden in Outlook alone', '<div style="mso-hide:all">SEEN</div>'],
  ['without max-height, but with nothing cut off', '<div style="max-height:0">SEEN</div>'],
  ['in noscript, because mail runs none', '<noscript>SEEN</noscript>'],
  ['pushed together', '<div style="letter-spacing:-1em">SEEN</div>'],
  ['white with a dark shadow', '<div style="color:#fff;text-shadow:0 1px 2px #000">SEEN</div>'],
  ['white with a dark outline', '<div style="color:#fff;-webkit-text-stroke:1px #000">SEEN</div>'],
  ['after a broken sheet', '<style>.x{{{ </style><p class="x">SEEN</p>'],
])('text that a person sees stays: %s', (_, html) => {
  expect(textOfHtml(html)).toContain('SEEN');
});

test('of a mobile and a desktop version the desktop one is rendered', () => {
  const html =
    '<style>.mobile{display:none} @media (max-width:480px){.mobile{display:block!important}.desktop{display:none!important}}</style>' +
    '<div class="desktop">Wide</div><div class="mobile">Narrow</div>';
  expect(textOfHtml(html)).toBe('Wide');
});

test('rules for the body hold for text that stands in none', () => {
  expect(textOfHtml('<style>body{color:#fff}</style>SECRET<p style="color:#000">Text</p>')).toBe('Text');
});
