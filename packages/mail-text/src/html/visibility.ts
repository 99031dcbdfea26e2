// Whether a person sees an element, and its text: from what the cascade says about it, what it inherits, what it is drawn
// with and where it stands. When in doubt, it is seen. Knows nothing of how text is told.

import type { Cascaded, Variables } from '../css/block-meaning.ts';
import type { Cascade } from '../css/cascade.ts';
import { type Computed, computedOf, createComputer, rootComputed } from '../css/computed.ts';
import type { StyledElement } from '../css/element.ts';
import type { Declared } from '../css/properties.ts';
import { restingStyle } from '../css/sheet.ts';
import type { DecorationLine } from '../css/text-properties.ts';
import { callOf } from '../css/value.ts';
import { type Box, initialBox } from '../layout/box.ts';
import type { Frame } from '../layout/geometry.ts';
import { openBox } from '../layout/open-box.ts';
import { openSvg, openSvgElement } from '../layout/svg-text.ts';
import { isBoxOutOfSight, layOutLineBreak, layOutText, leastOnPage, type PageState } from '../layout/text-layout.ts';
import type { Appearance, Drawing, Hider, Sight, SightFacts } from './appearance.ts';
import { createCovers } from './appearance.ts';
import { defaultStyle, presentationalHints } from './default-style.ts';
import { hasFarShadow, inkOf, isReadable, onAnything, pageInk } from './ink.ts';
import { fillsHolder, generatedText, isLoose, isOpaque, layerOf, paintsElsewhere } from './layers.ts';

/** A share of opacity under which nobody sees anything. */
const faintest = 0.03;
/** Pixels. Letters of this size or smaller are specks. */
const smallestLetter = 2.2;

const replaced = new Set(['img', 'input', 'video', 'canvas', 'iframe', 'embed', 'meter', 'progress', 'svg']);

/** CSS Text Decoration 3 §2.1: an element cannot take away what one around it draws, unless it stands apart from the line. */
const decorationsOf = ({ style }: Computed, parent: Appearance): ReadonlySet<DecorationLine> => {
  const isApart =
    style.position === 'absolute' ||
    style.position === 'fixed' ||
    style.float !== 'none' ||
    /^inline-./.test(style.display);
  const around = isApart ? none : parent.decorations;
  const own = style['text-decoration-line'];
  return own.length > 0 ? new Set([...around, ...own]) : around;
};

const none: ReadonlySet<DecorationLine> = new Set();

/** A picture in the place of what an element has in it. */
const isReplacedByPicture = (words: readonly string[]): boolean =>
  words.length === 1 && /^["']?data:image\//i.test(callOf(words[0] ?? '')?.body ?? '');

const shapes = new Set(['rect', 'circle', 'ellipse', 'line', 'polyline', 'polygon', 'path', 'image', 'use']);

/** The drawing that an element of this name is a part of; a shape is behind what follows it. */
const drawingOf = (name: string, { drawing }: Appearance): Drawing | undefined => {
  if (name === 'foreignobject') return undefined;
  if (drawing && shapes.has(name)) drawing.hasShapes = true;
  return drawing ?? (name === 'svg' ? { hasShapes: false } : undefined);
};

/** UTF-16 units that sheets add to a message in all: one rule may add its text to every element. */
const mostGenerated = 20_000;

const noHints: Declared = {};

/** @param covered texts that something lies on, as an earlier reading of the same document found */
export const createSight = (
  cascade: Cascade,
  { quirks, dark, references, paints, places }: SightFacts,
  covered: ReadonlySet<number> = new Set(),
): Sight => {
  const root: Computed = { ...rootComputed, dark };
  const page: PageState = { lowestVisible: 0, tracksText: places, lastText: undefined };
  const covers = createCovers();
  const byCover: Hider = { told: false };
  let [elements, texts] = [0, 0];
  let somethingIsElsewhere = false;
  let generated = 0;
  const compute = createComputer();
  const hidersOfFrames = new WeakMap<Frame, Hider>();
  const isEmptyReference = (id: string): boolean => references.get(id) === false;
  const isMissing = (id: string): boolean => references.get(id) !== true;

  const computedFor = (name: string, hints: Declared, cascaded: Cascaded, parent: Appearance): Computed => {
    const usual = defaultStyle(name, quirks);
    const computed = compute(usual, hints, cascaded.declared, parent.computed);
    if (cascade.keyframes.size === 0) return computed;
    const resting = restingStyle(computed.style, cascade.keyframes, cascaded.important);
    return resting ? computedOf(usual, { ...hints, ...cascaded.declared, ...resting }, parent.computed) : computed;
  };
  const looking = (
    name: string,
    computed: Computed,
    box: Box,
    parent: Appearance,
    variables: Variables | undefined,
  ): Appearance => {
    const { style } = computed;
    const ink =
      name === 'html' && computed.dark
        ? inkOf(computed, pageInk(true), isMissing)
        : inkOf(computed, parent.ink, isMissing);
    const drawing = drawingOf(name, parent);
    const isGone = box.isHidden || ink.isGone || ink.opacity < faintest || isReplacedByPicture(style.content);
    const isTooSmall = computed.fontSize * box.scale <= smallestLetter || style['font-size-adjust'][0] === '0';
    const isSecret = style['-webkit-text-security'] !== 'none';
    elements += 1;
    const layer = layerOf(computed, parent.layer, elements);
    somethingIsElsewhere ||= paints && paintsElsewhere(computed);
    const loose = paints && (parent.isLoose || isLoose(computed));
    const isOpen = drawing ? drawing.hasShapes : loose || somethingIsElsewhere;
    const isHidden =
      isTooSmall || isSecret || !isReadable(computed, isOpen ? onAnything(ink) : ink, drawing !== undefined);
    return {
      gone: parent.gone ?? (isGone ? { told: false } : undefined),
      invisible: style.visibility === 'visible' ? undefined : (parent.invisible ?? { told: false }),
      unreadable: isHidden ? (parent.unreadable ?? { told: false }) : undefined,
      computed,
      ink,
      box,
      layer,
      holder: style.position === 'static' ? parent.holder : layer,
      isLoose: loose,
      around: parent,
      drawing,
      keepsSpaces: /^pre(?!-line)|^break/.test(style['white-space']),
      decorations: decorationsOf(computed, parent),
      inserted: parent.inserted || (name === 'ins' && computed.style['text-decoration-line'].length > 0),
      variables,
    };
  };
  /** An element ends; where it lies on others that is known now. */
  const close = (appearance: Appearance): void => {
    const { box, computed, ink, layer, around } = appearance;
    const height = box.close();
    if (!places || !around || layer === around.layer || !layer || !isOpaque(computed, ink, around.ink)) return;
    const fills = fillsHolder(computed)
      ? { holder: computed.style.position === 'fixed' ? undefined : around.holder }
      : undefined;
    const isOnPage = fills?.holder === undefined && computed.style.position === 'absolute';
    covers.addCover({ layer, fills: isOnPage ? undefined : fills, rect: leastOnPage(box, height) });
  };
  const cascadedFor = (element: StyledElement, parent: Appearance) => {
    const { name, attributes } = element;
    const cascaded = cascade.styleOf(element, attributes.style, parent.variables);
    return { cascaded, computed: computedFor(name, presentationalHints(name, attributes), cascaded, parent) };
  };

  const start: Appearance = {
    ...{ gone: undefined, invisible: undefined, unreadable: undefined },
    computed: root,
    ink: pageInk(dark),
    box: initialBox(root),
    ...{ layer: undefined, holder: undefined, isLoose: false, around: undefined },
    ...{ drawing: undefined, keepsSpaces: false, decorations: none, inserted: false, variables: cascade.variables },
  };
  return {
    page: start,
    open: (element, parent) => {
      if (parent.gone) return parent;
      const { cascaded, computed } = cascadedFor(element, parent);
      if (computed.style.display === 'none') return { ...parent, computed, gone: { told: false } };
      if (parent.drawing && element.name !== 'foreignobject') {
        const part = openSvgElement(parent.box, element.name, element.attributes, computed);
        return looking(element.name, computed, part, parent, cascaded.variables);
      }
      const box = openBox(parent.box, computed, {
        isReplaced: replaced.has(element.name),
        isPage: element.name === 'body' || element.name === 'html',
        children: element.children,
        rowSpan: Number.parseInt(element.attributes.rowspan ?? '1', 10) || 1,
        isEmptyReference,
      });
      const inside = element.name === 'svg' ? openSvg(box, element.attributes) : box;
      return looking(element.name, computed, inside, parent, cascaded.variables);
    },
    again: (element, before, parent) => {
      if (parent.gone) return { ...before, gone: parent.gone };
      const { cascaded, computed } = cascadedFor(element, parent);
      if (computed.style.display === 'none') return { ...before, computed, gone: { told: false } };
      return looking(element.name, computed, { ...before.box, computed }, parent, cascaded.variables);
    },
    close,
    part: (element, part, owner) => {
      const cascaded = owner.gone ? undefined : cascade.partOf(element, part, owner.variables);
      if (!cascaded) return undefined;
      const computed = computedFor('', noHints, cascaded, owner);
      const text = generatedText(computed.style.content, element);
      if (text === undefined || computed.style.display === 'none') return undefined;
      generated += text.length;
      if (generated > mostGenerated) return undefined;
      const box = openBox(owner.box, computed, {
        isReplaced: false,
        isPage: false,
        children: 0,
        rowSpan: 1,
        isEmptyReference,
      });
      return { appearance: looking('', computed, box, owner, cascaded.variables), text };
    },
    text: (text, appearance) => {
      const { gone, invisible, unreadable, box, computed } = appearance;
      if (gone) return { ranges: [], hider: gone };
      const laid = layOutText(box, text, page);
      const hider = invisible ?? unreadable;
      const ordinal = texts;
      texts += 1;
      if (hider) return { ranges: [], hider };
      if (covered.has(ordinal)) return { ranges: [], hider: byCover };
      if (places && text.trim() !== '') covers.addText({ ordinal, layer: appearance.layer, rect: page.lastText });
      if (hasFarShadow(computed)) return { ranges: [{ from: 0, to: text.length }], hider: undefined };
      const isWhole = laid.length === 1 && laid[0]?.from === 0 && laid[0].to === text.length;
      if (isWhole) return { ranges: laid, hider: undefined };
      const ofFrame = hidersOfFrames.get(box.frame) ?? { told: false };
      hidersOfFrames.set(box.frame, ofFrame);
      return { ranges: laid, hider: ofFrame };
    },
    covered: covers.covered,
    isWhole: () => generated <= mostGenerated,
    breakLine: ({ gone, box }) => {
      if (!gone) layOutLineBreak(box);
    },
    hiderOf: ({ gone, invisible, box }) => {
      if (gone || invisible) return gone ?? invisible;
      if (!isBoxOutOfSight(box, page)) return undefined;
      const ofFrame = hidersOfFrames.get(box.frame) ?? { told: false };
      hidersOfFrames.set(box.frame, ofFrame);
      return ofFrame;
    },
  };
};
