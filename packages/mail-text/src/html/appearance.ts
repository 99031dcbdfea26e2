// What is painted over text: opaque boxes that stand above it (CSS 2.2, appendix E, in short). Only what is certain counts: a
// box that fills what its text stands in, or whose place and size are known beyond doubt. Knows no cascade.
import type { Variables } from '../css/block-meaning.ts';
import type { Part } from '../css/cascade.ts';
import type { Computed } from '../css/computed.ts';
import type { StyledElement } from '../css/element.ts';
import type { DecorationLine } from '../css/text-properties.ts';
import type { Box } from '../layout/box.ts';
import type { Rect } from '../layout/geometry.ts';
import type { Range } from '../layout/text-layout.ts';
import type { Ink } from './ink.ts';
import type { DocumentFacts } from './survey.ts';

/** An element that is painted as one, above or below others. */
export interface Layer {
  readonly around: Layer | undefined;
  /** How many are around it. */
  readonly depth: number;
  /** Higher ones are painted later; of equals the later in the document. */
  readonly height: number;
  readonly order: number;
  /** Where its content ends is where it ends: nothing stands out of it. */
  readonly holdsContent: boolean;
  /** It stands elsewhere than the flow of the text would have it. */
  readonly isMoved: boolean;
}

interface Text {
  readonly ordinal: number;
  readonly layer: Layer | undefined;
  /** As far as it reaches at most, on the page. */
  readonly rect: Rect | undefined;
}

interface Cover {
  readonly layer: Layer;
  /** What it fills wholly; undefined where it fills the window for good. */
  readonly fills: { readonly holder: Layer | undefined } | undefined;
  /** As far as it reaches at least. */
  readonly rect: Rect | undefined;
}

const pathOf = (layer: Layer | undefined): Layer[] => {
  const path: Layer[] = [];
  for (let at = layer; at; at = at.around) path.push(at);
  return path.reverse();
};

/** Whether one is painted above the other; neither contains the other. */
const isAbove = (cover: readonly Layer[], text: readonly Layer[]): boolean => {
  const at = cover.findIndex((layer, index) => layer !== text[index]);
  const [one, other] = [cover[at], text[at]];
  if (at < 0 || !one) return false;
  if (!other) return one.height >= 0;
  return one.height > other.height || (one.height === other.height && one.order > other.order);
};

const isWithin = (inner: Rect, outer: Rect): boolean =>
  inner.left >= outer.left && inner.right <= outer.right && inner.top >= outer.top && inner.bottom <= outer.bottom;

const isFilledOver = (cover: Cover, path: readonly Layer[]): boolean => {
  if (!cover.fills) return false;
  const { holder } = cover.fills;
  if (holder === undefined) return true;
  const at = path.indexOf(holder);
  return at >= 0 && holder.holdsContent && path.slice(at + 1).every(({ isMoved }) => !isMoved);
};

/** More texts and covers than these are not compared, nor any in more layers. */
const mostTexts = 1_000;
const mostCovers = 50;
const deepest = 30;

const isShallow = (layer: Layer | undefined): boolean => layer === undefined || layer.depth <= deepest;

export const createCovers = () => {
  const texts: Text[] = [];
  const covers: Cover[] = [];
  return {
    addText: (text: Text): void => {
      if (texts.length < mostTexts && isShallow(text.layer)) texts.push(text);
    },
    addCover: (cover: Cover): void => {
      if (covers.length < mostCovers && isShallow(cover.layer)) covers.push(cover);
    },
    /** The ordinals of the texts that nobody sees for what lies above them. */
    covered: (): ReadonlySet<number> => {
      const hidden = new Set<number>();
      for (const cover of covers) {
        const above = pathOf(cover.layer);
        for (const { ordinal, layer, rect } of texts) {
          const path = pathOf(layer);
          const isUnder =
            isFilledOver(cover, path) || (rect !== undefined && cover.rect !== undefined && isWithin(rect, cover.rect));
          if (isUnder && isAbove(above, path)) hidden.add(ordinal);
        }
      }
      return hidden;
    },
  };
};

// How elements look to a person, and what can be asked about that. Types only.

/** The outermost element that hides something; `told` once it was counted. */
export interface Hider {
  told: boolean;
}

/** An `<svg>`, while it is read. */
export interface Drawing {
  /** Something is drawn behind the text that follows. */
  hasShapes: boolean;
}

/** How an element is seen, with all that its descendants inherit. */
export interface Appearance {
  /** Set where the element and all that is in it is out of sight. */
  readonly gone: Hider | undefined;
  /** Set where `visibility` hides it; a descendant may undo that. */
  readonly invisible: Hider | undefined;
  /** Set where text cannot be read (too small, in the colour of its background); pictures can be seen. */
  readonly unreadable: Hider | undefined;
  /** All properties of the element; to ask for a further one, see `properties` (css/properties.ts). */
  readonly computed: Computed;
  readonly ink: Ink;
  readonly box: Box;
  /** What it is painted with, above or below others. */
  readonly layer: Layer | undefined;
  /** Of what it is placed in, the layer. */
  readonly holder: Layer | undefined;
  /** Something else may lie behind its text than what is around it. */
  readonly isLoose: boolean;
  /** What is around it. */
  readonly around: Appearance | undefined;
  /** The drawing that it is a part of, whose text is filled. */
  readonly drawing: Drawing | undefined;
  /** Line breaks and spaces count, as in `<pre>`. */
  readonly keepsSpaces: boolean;
  /** Lines through, under and over the text, drawn by the element or by one around it. */
  readonly decorations: ReadonlySet<DecorationLine>;
  /** Inside an element that says that it was inserted. */
  readonly inserted: boolean;
  /** Custom properties that `var()` refers to. */
  readonly variables: Variables | undefined;
}

export interface SightFacts extends Pick<DocumentFacts, 'dark' | 'references'> {
  readonly quirks: boolean;
  /** Whether anything in it is painted but text. */
  readonly paints: boolean;
  /** Whether anything in it is placed, so that it may lie on text. */
  readonly places: boolean;
}

/** What of a text is seen, from the beginning on; `hider` where not all of it is. */
export interface Seen {
  readonly ranges: readonly Range[];
  readonly hider: Hider | undefined;
}

export interface Sight {
  /** How the page looks before anything is on it. */
  readonly page: Appearance;
  /** An element begins inside another. */
  open(element: StyledElement, parent: Appearance): Appearance;
  /** How an element looks that is open already, where what is around it changed. */
  again(element: StyledElement, before: Appearance, parent: Appearance): Appearance;
  /** The element ends that looked so when it began. */
  close(appearance: Appearance): void;
  /** Text that a sheet puts before or after what an element has; undefined where it puts none. */
  part(element: StyledElement, part: Part, owner: Appearance): { appearance: Appearance; text: string } | undefined;
  text(text: string, appearance: Appearance): Seen;
  breakLine(appearance: Appearance): void;
  /** The ordinals of texts that something lies on which was met only later. */
  readonly covered: () => ReadonlySet<number>;
  /** Whether all text was told that sheets add. */
  readonly isWhole: () => boolean;
  /** Whether a picture or a field is seen that has this appearance. */
  hiderOf(appearance: Appearance): Hider | undefined;
}
