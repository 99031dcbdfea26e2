// What is painted over text: opaque boxes that stand above it (CSS 2.2, appendix E, in short). Only what is certain counts: a
// box that fills what its text stands in, or whose place and size are known beyond doubt. Knows no cascade.
import type { Rect } from '../layout/geometry.ts';

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

export type Covers = ReturnType<typeof createCovers>;
