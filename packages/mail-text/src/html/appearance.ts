// How one element is seen: what hides it, what it is painted with, where its box is, and what its descendants inherit of that.

import type { Computed } from '../css/computed.ts';
import type { Variables } from '../css/declaration-blocks.ts';
import type { DecorationLine } from '../css/text-properties.ts';
import { callOf, type Words } from '../css/value.ts';
import type { Box } from '../layout/box.ts';
import type { StackingContext } from './stacking.ts';
import type { TextPaint } from './text-paint.ts';

/** What hides something: an element (of nested ones the outermost), a frame, or boxes above it. */
export interface HiddenBy {
  /** It was counted among the hidden elements. */
  isCounted: boolean;
}

/** An `<svg>`, while it is read. */
interface Svg {
  /** Something is painted behind the text that follows. */
  hasShapes: boolean;
}

/** How an element is seen, with all that its descendants inherit. */
export interface Appearance {
  /** Set where nobody sees the element and all that is in it. */
  readonly hidden: HiddenBy | undefined;
  /** Set where `visibility` hides it; a descendant may undo that. */
  readonly invisible: HiddenBy | undefined;
  /** Set where text cannot be read (too small, in the colour of its background); images can be seen. */
  readonly unreadable: HiddenBy | undefined;
  /** All properties of the element; to ask for a further one, see `properties` (css/properties.ts). */
  readonly computed: Computed;
  readonly paint: TextPaint;
  readonly box: Box;
  readonly stacking: StackingContext | undefined;
  /** The stacking context of the containing block of absolutely positioned descendants. */
  readonly containingStacking: StackingContext | undefined;
  /** Something else may be behind its text than the backgrounds of what is around it. */
  readonly mayBeAboveOthers: boolean;
  readonly parent: Appearance | undefined;
  /** The `<svg>` that it is in, whose text is filled and stroked. */
  readonly svg: Svg | undefined;
  /** Line breaks and spaces count, as in `<pre>`. */
  readonly preservesSpaces: boolean;
  /** Lines through, under and over the text, drawn by the element or by one around it. */
  readonly decorations: ReadonlySet<DecorationLine>;
  /** In an `<ins>` that shows itself as such. */
  readonly isInserted: boolean;
  /** Custom properties that `var()` refers to. */
  readonly variables: Variables | undefined;
}

const svgShapes = new Set(['rect', 'circle', 'ellipse', 'line', 'polyline', 'polygon', 'path', 'image', 'use']);

/** The `<svg>` that an element of this name is in; a shape is behind what follows it. */
export const svgAround = (name: string, { svg }: Appearance): Svg | undefined => {
  if (name === 'foreignobject') return undefined;
  if (svg && svgShapes.has(name)) svg.hasShapes = true;
  return svg ?? (name === 'svg' ? { hasShapes: false } : undefined);
};

const noDecorations: ReadonlySet<DecorationLine> = new Set();

/** CSS Text Decoration 3 §2.1: an element cannot take away the lines of its parent, unless it is out of its flow. */
export const decorationsOf = ({ style }: Computed, parent: Appearance): ReadonlySet<DecorationLine> => {
  const isOutOfFlow =
    style.position === 'absolute' ||
    style.position === 'fixed' ||
    style.float !== 'none' ||
    /^inline-./.test(style.display);
  const around = isOutOfFlow ? noDecorations : parent.decorations;
  const own = style['text-decoration-line'];
  return own.length > 0 ? new Set([...around, ...own]) : around;
};

/** `content` with an image in the place of what an element has in it. */
export const isReplacedByImage = (content: Words): boolean =>
  content.length === 1 && /^["']?data:image\//i.test(callOf(content[0] ?? '')?.body ?? '');
