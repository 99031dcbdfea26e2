// Whether a person sees an element and its text: from its computed style, what it inherits, what it is painted with and where its
// box is. When in doubt, it is seen.

import type { Cascade, PseudoElement } from '../css/cascade.ts';
import { type Computed, computedOf, createComputer, restingStyle, rootComputed } from '../css/computed.ts';
import type { Cascaded, Variables } from '../css/declaration-blocks.ts';
import type { StyledElement } from '../css/element.ts';
import type { Declared } from '../css/properties.ts';
import { textOfContent } from '../css/value.ts';
import { type Box, type ElementFacts, initialBox } from '../layout/box.ts';
import type { Frame } from '../layout/geometry.ts';
import { openBox } from '../layout/open-box.ts';
import { openSvg, openSvgElement } from '../layout/svg-text.ts';
import {
  isBoxOutOfSight,
  layOutLineBreak,
  layOutText,
  leastOnPage,
  type PageState,
  type Range,
} from '../layout/text-layout.ts';
import { type Appearance, decorationsOf, type HiddenBy, isReplacedByImage, svgAround } from './appearance.ts';
import { defaultStyle, presentationalHints } from './default-styles.ts';
import type { DocumentFacts } from './document-scan.ts';
import {
  createOcclusion,
  fillsContainingBlock,
  isOpaque,
  mayBeAboveOthers,
  mayBeBehindOthers,
  stackingContextOf,
} from './stacking.ts';
import { hasFarShadow, isReadable, onUnknownBackdrop, pagePaint, textPaintOf } from './text-paint.ts';

/** What of a text is seen, from the beginning on; `hiddenBy` where not all of it is. */
interface VisibleText {
  readonly ranges: readonly Range[];
  readonly hiddenBy: HiddenBy | undefined;
}

export interface VisibilityFacts extends Pick<DocumentFacts, 'dark' | 'references'> {
  readonly quirks: boolean;
  /** Whether anything in it is painted but text. */
  readonly hasPaintedBoxes: boolean;
  /** Whether anything in it is positioned, so that it may be painted on text. */
  readonly hasPositionedBoxes: boolean;
}

/** A share of opacity under which nobody sees anything. */
const faintest = 0.03;
/** Pixels. Letters of this size or smaller are specks. */
const smallestLetter = 2.2;
/** UTF-16 units that style sheets add to a message in all: one rule may add its text to every element. */
const mostGenerated = 20_000;

const noHints: Declared = {};

/** The elements of a document as they are seen, in the order of the document. */
export class Visibility {
  /** How the page is seen before anything is on it. */
  readonly page: Appearance;
  private readonly cascade: Cascade;
  private readonly facts: VisibilityFacts;
  private readonly knownOccluded: ReadonlySet<number>;
  private readonly pageState: PageState;
  private readonly occlusion = createOcclusion();
  private readonly compute = createComputer();
  private readonly hiddenByOcclusion: HiddenBy = { isCounted: false };
  private readonly hiddenByFrames = new WeakMap<Frame, HiddenBy>();
  private elements = 0;
  private texts = 0;
  private generatedLength = 0;
  /** An element was met that may be painted behind the text of others. */
  private hasBoxBehindOthers = false;

  /** @param occluded texts that something is painted on, as an earlier reading of the same document found */
  constructor(cascade: Cascade, facts: VisibilityFacts, occluded: ReadonlySet<number>) {
    this.cascade = cascade;
    this.facts = facts;
    this.knownOccluded = occluded;
    this.pageState = { lowestVisible: 0, tracksText: facts.hasPositionedBoxes, lastText: undefined };
    const computed: Computed = { ...rootComputed, dark: facts.dark };
    this.page = {
      hidden: undefined,
      invisible: undefined,
      unreadable: undefined,
      computed,
      paint: pagePaint(facts.dark),
      box: initialBox(computed),
      stacking: undefined,
      containingStacking: undefined,
      mayBeAboveOthers: false,
      parent: undefined,
      svg: undefined,
      preservesSpaces: false,
      decorations: new Set(),
      isInserted: false,
      variables: cascade.variables,
    };
  }

  /** An element begins inside another. */
  open(element: StyledElement, parent: Appearance): Appearance {
    if (parent.hidden) return parent;
    const { name, attributes } = element;
    const { computed, variables } = this.styleOf(element, parent);
    if (computed.style.display === 'none') return { ...parent, computed, hidden: { isCounted: false } };
    if (parent.svg && name !== 'foreignobject') {
      const box = openSvgElement(parent.box, name, attributes, computed);
      return this.appearanceOf(name, computed, box, parent, variables);
    }
    const box = openBox(parent.box, computed, this.elementFacts(element));
    const content = name === 'svg' ? openSvg(box, attributes) : box;
    return this.appearanceOf(name, computed, content, parent, variables);
  }

  /** How an open element is seen where what is around it changed. */
  restyle(element: StyledElement, before: Appearance, parent: Appearance): Appearance {
    if (parent.hidden) return { ...before, hidden: parent.hidden };
    const { computed, variables } = this.styleOf(element, parent);
    if (computed.style.display === 'none') return { ...before, computed, hidden: { isCounted: false } };
    return this.appearanceOf(element.name, computed, { ...before.box, computed }, parent, variables);
  }

  /** The element ends that looked so when it began: what it occludes is known now. */
  close(appearance: Appearance): void {
    const { box, computed, paint, stacking, parent } = appearance;
    const height = box.close();
    if (!this.facts.hasPositionedBoxes || !parent || !stacking || stacking === parent.stacking) return;
    if (!isOpaque(computed, paint, parent.paint)) return;
    const { position } = computed.style;
    const fills = fillsContainingBlock(computed)
      ? { context: position === 'fixed' ? undefined : parent.containingStacking }
      : undefined;
    // What fills the page scrolls away with it; what fills the window does not.
    const fillsPage = fills?.context === undefined && position === 'absolute';
    this.occlusion.addOccluder({
      context: stacking,
      fills: fillsPage ? undefined : fills,
      rect: leastOnPage(box, height),
    });
  }

  /** Text that a style sheet puts before or after the content of an element; undefined where it puts none. */
  pseudoElement(
    element: StyledElement,
    part: PseudoElement,
    owner: Appearance,
  ): { appearance: Appearance; text: string } | undefined {
    const cascaded = owner.hidden ? undefined : this.cascade.pseudoStyleOf(element, part, owner.variables);
    if (!cascaded) return undefined;
    const computed = this.computedFor('', noHints, cascaded, owner);
    const text = textOfContent(computed.style.content, element.attributes);
    if (text === undefined || computed.style.display === 'none') return undefined;
    this.generatedLength += text.length;
    if (this.generatedLength > mostGenerated) return undefined;
    const box = openBox(owner.box, computed, {
      isReplaced: false,
      isPage: false,
      children: 0,
      rowSpan: 1,
      isEmptyReference: this.isEmptyReference,
    });
    return { appearance: this.appearanceOf('', computed, box, owner, cascaded.variables), text };
  }

  text(text: string, appearance: Appearance): VisibleText {
    const { hidden, invisible, unreadable, box, computed } = appearance;
    if (hidden) return { ranges: [], hiddenBy: hidden };
    const ranges = layOutText(box, text, this.pageState);
    const hiddenBy = invisible ?? unreadable;
    const ordinal = this.texts;
    this.texts += 1;
    if (hiddenBy) return { ranges: [], hiddenBy };
    if (this.knownOccluded.has(ordinal)) return { ranges: [], hiddenBy: this.hiddenByOcclusion };
    if (this.facts.hasPositionedBoxes && text.trim() !== '') {
      this.occlusion.addText({ ordinal, context: appearance.stacking, rect: this.pageState.lastText });
    }
    if (hasFarShadow(computed)) return { ranges: [{ from: 0, to: text.length }], hiddenBy: undefined };
    const isComplete = ranges.length === 1 && ranges[0]?.from === 0 && ranges[0].to === text.length;
    return { ranges, hiddenBy: isComplete ? undefined : this.hiddenByFrame(box.frame) };
  }

  lineBreak({ hidden, box }: Appearance): void {
    if (!hidden) layOutLineBreak(box);
  }

  /** What hides an image or a form control that has this appearance. */
  hiddenBy({ hidden, invisible, box }: Appearance): HiddenBy | undefined {
    if (hidden || invisible) return hidden ?? invisible;
    return isBoxOutOfSight(box, this.pageState) ? this.hiddenByFrame(box.frame) : undefined;
  }

  /** The ordinals of the texts that something is painted on which was met only later. */
  occludedTexts(): ReadonlySet<number> {
    return this.occlusion.occludedTexts();
  }

  /** Whether all text was taken that style sheets add. */
  isComplete(): boolean {
    return this.generatedLength <= mostGenerated;
  }

  private hiddenByFrame(frame: Frame): HiddenBy {
    const hiddenBy = this.hiddenByFrames.get(frame) ?? { isCounted: false };
    this.hiddenByFrames.set(frame, hiddenBy);
    return hiddenBy;
  }

  private readonly isEmptyReference = (id: string): boolean => this.facts.references.get(id) === false;
  private readonly isMissingReference = (id: string): boolean => this.facts.references.get(id) !== true;

  private elementFacts({ name, attributes, children }: StyledElement): ElementFacts {
    return {
      isReplaced: replacedElements.has(name),
      isPage: name === 'body' || name === 'html',
      children,
      rowSpan: Number.parseInt(attributes.rowspan ?? '1', 10) || 1,
      isEmptyReference: this.isEmptyReference,
    };
  }

  private styleOf(element: StyledElement, parent: Appearance) {
    const { name, attributes } = element;
    const cascaded = this.cascade.styleOf(element, attributes.style, parent.variables);
    const computed = this.computedFor(name, presentationalHints(name, attributes), cascaded, parent);
    return { computed, variables: cascaded.variables };
  }

  private computedFor(name: string, hints: Declared, cascaded: Cascaded, parent: Appearance): Computed {
    const { keyframes } = this.cascade;
    const defaults = defaultStyle(name, this.facts.quirks);
    const computed = this.compute(defaults, hints, cascaded.declared, parent.computed);
    if (keyframes.size === 0) return computed;
    const resting = restingStyle(computed.style, keyframes, cascaded.important);
    return resting ? computedOf(defaults, { ...hints, ...cascaded.declared, ...resting }, parent.computed) : computed;
  }

  private appearanceOf(
    name: string,
    computed: Computed,
    box: Box,
    parent: Appearance,
    variables: Variables | undefined,
  ): Appearance {
    const { style } = computed;
    const paintAround = name === 'html' && computed.dark ? pagePaint(true) : parent.paint;
    const paint = textPaintOf(computed, paintAround, this.isMissingReference);
    const svg = svgAround(name, parent);
    this.elements += 1;
    const stacking = stackingContextOf(computed, parent.stacking, this.elements);
    const { hasPaintedBoxes } = this.facts;
    this.hasBoxBehindOthers ||= hasPaintedBoxes && mayBeBehindOthers(computed);
    const isAbove = hasPaintedBoxes && (parent.mayBeAboveOthers || mayBeAboveOthers(computed));
    const hasUnknownBackdrop = svg ? svg.hasShapes : isAbove || this.hasBoxBehindOthers;
    const isHidden = box.isHidden || paint.isHidden || paint.opacity < faintest || isReplacedByImage(style.content);
    const isUnreadable =
      computed.fontSize * box.scale <= smallestLetter ||
      style['font-size-adjust'][0] === '0' ||
      style['-webkit-text-security'] !== 'none' ||
      !isReadable(computed, hasUnknownBackdrop ? onUnknownBackdrop(paint) : paint, svg !== undefined);
    return {
      hidden: parent.hidden ?? (isHidden ? { isCounted: false } : undefined),
      invisible: style.visibility === 'visible' ? undefined : (parent.invisible ?? { isCounted: false }),
      unreadable: isUnreadable ? (parent.unreadable ?? { isCounted: false }) : undefined,
      computed,
      paint,
      box,
      stacking,
      containingStacking: style.position === 'static' ? parent.containingStacking : stacking,
      mayBeAboveOthers: isAbove,
      parent,
      svg,
      preservesSpaces: /^pre(?!-line)|^break/.test(style['white-space']),
      decorations: decorationsOf(computed, parent),
      isInserted: parent.isInserted || (name === 'ins' && style['text-decoration-line'].length > 0),
      variables,
    };
  }
}

/** Replaced elements and form controls. */
const replacedElements = new Set(['img', 'input', 'video', 'canvas', 'iframe', 'embed', 'meter', 'progress', 'svg']);
