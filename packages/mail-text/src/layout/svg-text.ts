// Text in SVG: where it is, in the coordinates of its `<svg>` (SVG 2 §11). What is transformed or positioned otherwise than by
// plain numbers may be anywhere.
import type { Computed } from '../css/computed.ts';
import type { Attributes } from '../css/element.ts';
import type { Box, TextPosition } from './box.ts';
import { anywhere, exactly, type Frame, frameIn, type Interval, type Rect, sum } from './geometry.ts';

const numbersIn = (text: string): number[] =>
  (text.match(/[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?/gi) ?? []).map(Number);

/** A number without unit, or in pixels. */
const plainNumber = (text: string | undefined): Interval | undefined => {
  if (text === undefined) return undefined;
  const [, number] = /^\s*([+-]?(?:\d+\.?\d*|\.\d+))(?:px)?\s*(?:[\s,].*)?$/i.exec(text.slice(0, 40)) ?? [];
  return number === undefined ? anywhere : exactly(Number(number));
};

/** Of `transform` only `translate(x y)` is followed; whatever else is written there may do anything. */
const translationIn = (transform: string | undefined): { readonly x: Interval; readonly y: Interval } | undefined => {
  if (transform === undefined || transform.trim() === '') return undefined;
  const [, list] = /^\s*translate\(([^()]*)\)\s*$/i.exec(transform.slice(0, 80)) ?? [];
  const [x = 0, y = 0] = numbersIn(list ?? '');
  return list === undefined ? { x: anywhere, y: anywhere } : { x: exactly(x), y: exactly(y) };
};

/** How large letters become by `viewBox`, at most. */
const scaleOf = (viewBox: string, width: Interval, height: Interval): number => {
  const [, , wide = 0, high = 0] = numbersIn(viewBox.slice(0, 80));
  const most = Math.max(width.hi / wide, height.hi / high);
  return wide > 0 && high > 0 && Number.isFinite(most) ? Math.min(most, 1) : 1;
};

/** The box of what is in an `<svg>` that has this box itself. */
export const openSvg = (box: Box, attributes: Attributes): Box => {
  const viewBox = attributes.viewbox;
  if (viewBox === undefined) return { ...box, textPosition: { x: exactly(0), y: exactly(0) } };
  const scale = scaleOf(viewBox, box.width, box.height ?? anywhere);
  return { ...box, scale: box.scale * scale, textPosition: { x: anywhere, y: anywhere } };
};

/** The box of an SVG element in that of its parent. */
export const openSvgElement = (parent: Box, name: string, attributes: Attributes, computed: Computed): Box => {
  const current = parent.textPosition ?? { x: anywhere, y: anywhere };
  const translation =
    translationIn(attributes.transform) ??
    (name === 'svg' || name === 'use' ? { x: anywhere, y: anywhere } : undefined);
  const frame: Frame = translation ? frameIn(parent.frame, translation) : parent.frame;
  const isText = name === 'text' || name === 'tspan' || name === 'textpath';
  const isShifted = attributes.dx !== undefined || attributes.dy !== undefined || attributes.rotate !== undefined;
  const isUnknown = isShifted || name === 'textpath';
  const x = isText ? plainNumber(attributes.x) : undefined;
  const y = isText ? plainNumber(attributes.y) : undefined;
  const own: TextPosition =
    name === 'text' ? { x: x ?? exactly(0), y: y ?? exactly(0) } : { x: x ?? current.x, y: y ?? current.y };
  return {
    ...parent,
    computed,
    frame,
    textPosition: isUnknown ? { x: anywhere, y: anywhere } : own,
    isAnchored: parent.isAnchored || /^\s*(?:middle|end)/i.test(attributes['text-anchor'] ?? ''),
    close: () => {
      // What follows in the same text goes on where this one ended.
      if (name === 'tspan') Object.assign(current, own);
      return anywhere;
    },
  };
};

/** Places text of this width at the current text position, and moves that behind it. @returns how far the text reaches at most */
export const placeSvgText = (box: Box, current: TextPosition, width: Interval): Rect => {
  const { fontSize } = box.computed;
  const left = box.isAnchored ? Number.NEGATIVE_INFINITY : current.x.lo;
  const rect: Rect = {
    left,
    right: current.x.hi + width.hi,
    top: current.y.lo - fontSize,
    bottom: current.y.hi + fontSize * 0.35,
  };
  current.x = sum(current.x, width);
  return rect;
};
