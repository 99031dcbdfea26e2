// Text in SVG: where it is written, in the coordinates of its drawing (SVG 2 §11). What is turned or sized otherwise than by
// numbers may be anywhere. Knows no style sheet.
import type { Computed } from '../css/computed.ts';
import type { Attributes } from '../html/html-tokens.ts';
import type { Box, Pen } from './box.ts';
import { anywhere, exactly, type Frame, frameIn, type Interval, type Rect, sum } from './geometry.ts';

const numbersIn = (text: string): number[] =>
  (text.match(/[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?/gi) ?? []).map(Number);

/** A number without unit, or in pixels. */
const plainNumber = (text: string | undefined): Interval | undefined => {
  if (text === undefined) return undefined;
  const [, number] = /^\s*([+-]?(?:\d+\.?\d*|\.\d+))(?:px)?\s*(?:[\s,].*)?$/i.exec(text.slice(0, 40)) ?? [];
  return number === undefined ? anywhere : exactly(Number(number));
};

/** `translate(x y)` alone moves what is in it; whatever else is written there may do anything. */
const movedBy = (transform: string | undefined): { readonly x: Interval; readonly y: Interval } | undefined => {
  if (transform === undefined || transform.trim() === '') return undefined;
  const [, list] = /^\s*translate\(([^()]*)\)\s*$/i.exec(transform.slice(0, 80)) ?? [];
  const [x = 0, y = 0] = numbersIn(list ?? '');
  return list === undefined ? { x: anywhere, y: anywhere } : { x: exactly(x), y: exactly(y) };
};

/** How large letters become by `viewBox`, at most. */
const scaleBy = (viewBox: string, width: Interval, height: Interval): number => {
  const [, , wide = 0, high = 0] = numbersIn(viewBox.slice(0, 80));
  const most = Math.max(width.hi / wide, height.hi / high);
  return wide > 0 && high > 0 && Number.isFinite(most) ? Math.min(most, 1) : 1;
};

/** The inside of an `<svg>` that has this box. */
export const beginDrawing = (box: Box, attributes: Attributes): Box => {
  const viewBox = attributes.viewbox;
  if (viewBox === undefined) return { ...box, pen: { x: exactly(0), y: exactly(0) } };
  const scale = scaleBy(viewBox, box.width, box.height ?? anywhere);
  return { ...box, scale: box.scale * scale, pen: { x: anywhere, y: anywhere } };
};

/** A part of a drawing that begins in another. */
export const openPart = (parent: Box, name: string, attributes: Attributes, computed: Computed): Box => {
  const pen = parent.pen ?? { x: anywhere, y: anywhere };
  const moved =
    movedBy(attributes.transform) ?? (name === 'svg' || name === 'use' ? { x: anywhere, y: anywhere } : undefined);
  const frame: Frame = moved ? frameIn(parent.frame, moved) : parent.frame;
  const isText = name === 'text' || name === 'tspan' || name === 'textpath';
  const isShifted = attributes.dx !== undefined || attributes.dy !== undefined || attributes.rotate !== undefined;
  const isOpen = isShifted || name === 'textpath';
  const x = isText ? plainNumber(attributes.x) : undefined;
  const y = isText ? plainNumber(attributes.y) : undefined;
  const here: Pen = name === 'text' ? { x: x ?? exactly(0), y: y ?? exactly(0) } : { x: x ?? pen.x, y: y ?? pen.y };
  return {
    ...parent,
    computed,
    frame,
    pen: isOpen ? { x: anywhere, y: anywhere } : here,
    isAnchored: parent.isAnchored || /^\s*(?:middle|end)/i.test(attributes['text-anchor'] ?? ''),
    close: () => {
      // What follows in the same text goes on where this one ended.
      if (name === 'tspan') Object.assign(pen, here);
      return anywhere;
    },
  };
};

/** Writes text that is so wide. @returns how far it reaches at most */
export const write = (box: Box, pen: Pen, width: Interval): Rect => {
  const { fontSize } = box.computed;
  const left = box.isAnchored ? Number.NEGATIVE_INFINITY : pen.x.lo;
  const rect: Rect = { left, right: pen.x.hi + width.hi, top: pen.y.lo - fontSize, bottom: pen.y.hi + fontSize * 0.35 };
  pen.x = sum(pen.x, width);
  return rect;
};
