// `transform`, `translate`, `scale` and `rotate` (CSS Transforms 1 and 2) → one matrix, projected onto the screen.

import type { Properties } from './properties.ts';
import type { Call, Words } from './value.ts';
import { angleOf, lengthOf, type Measure, numberOf, pixelsOf, shareOf } from './value.ts';

/** Four by four, column by column, as `matrix3d()` has it. */
type Matrix = readonly number[];

const identity: Matrix = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

const at = (matrix: Matrix, index: number): number => matrix[index] ?? 0;

const multiply = (one: Matrix, other: Matrix): Matrix =>
  identity.map((_, index) => {
    const [column, row] = [Math.floor(index / 4), index % 4];
    return [0, 1, 2, 3].reduce((sum, k) => sum + at(one, k * 4 + row) * at(other, column * 4 + k), 0);
  });

const scaling = (x: number, y: number, z: number): Matrix => [x, 0, 0, 0, 0, y, 0, 0, 0, 0, z, 0, 0, 0, 0, 1];
const moving = (x: number, y: number, z: number): Matrix => [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, x, y, z, 1];

/** CSS Transforms 2 §14.1: turning by an angle around an axis. */
const turning = (x: number, y: number, z: number, angle: number): Matrix => {
  const length = Math.hypot(x, y, z);
  if (length === 0) return identity;
  const [a, b, c] = [x / length, y / length, z / length];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const rest = 1 - cos;
  return [
    ...[a * a * rest + cos, a * b * rest + c * sin, a * c * rest - b * sin, 0],
    ...[a * b * rest - c * sin, b * b * rest + cos, b * c * rest + a * sin, 0],
    ...[a * c * rest + b * sin, b * c * rest - a * sin, c * c * rest + cos, 0],
    ...[0, 0, 0, 1],
  ];
};

const skewing = (x: number, y: number): Matrix => [1, Math.tan(y), 0, 0, Math.tan(x), 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

/** The box that percentages refer to; pixels. */
interface Extent {
  readonly width: number;
  readonly height: number;
}

type Font = Omit<Measure, 'percentageBase'>;

const axes: Readonly<Record<string, readonly [number, number, number]>> = { x: [1, 0, 0], y: [0, 1, 0], z: [0, 0, 1] };

/** Undefined where the function is not known or its arguments are not valid. */
const matrixOf = (call: Call, extent: Extent, font: Font): Matrix | undefined => {
  const words = call.args.map((words) => (words.length === 1 ? (words[0] ?? '') : ''));
  const [, kind = '', axis = ''] = /^(translate|scale|rotate|skew)(x|y|z|3d)?$/.exec(call.name) ?? [];
  switch (kind) {
    case 'translate':
      return translation(
        axis,
        pixelsAlong(words, axis === 'y' ? [extent.height] : [extent.width, extent.height], font),
      );
    case 'scale':
      return scale(
        axis,
        words.map((word) => shareOf(word) ?? Number.NaN),
      );
    case 'rotate':
      return rotation(axis, words);
    case 'skew':
      return skew(axis, words.map(radiansOf));
    default:
      return otherMatrix(call.name, words, font);
  }
};

const radiansOf = (word: string): number => angleOf(word) ?? Number.NaN;

/** @param bases what percentages refer to, argument by argument */
const pixelsAlong = (words: Words, bases: readonly number[], font: Font): number[] =>
  words.map((word, index) => {
    const length = lengthOf(word, { bare: false, percent: true });
    return (length && pixelsOf(length, { ...font, percentageBase: bases[index] ?? 0 })) ?? Number.NaN;
  });

const translation = (axis: string, [x = 0, y = 0, z = 0]: readonly number[]): Matrix => {
  if (axis === 'x') return moving(x, 0, 0);
  if (axis === 'y') return moving(0, x, 0);
  return axis === 'z' ? moving(0, 0, x) : moving(x, y, z);
};

const scale = (axis: string, [first = 1, second = first, third = 1]: readonly number[]): Matrix => {
  if (axis === 'x') return scaling(first, 1, 1);
  if (axis === 'y') return scaling(1, first, 1);
  if (axis === 'z') return scaling(1, 1, first);
  return scaling(first, second, axis === '3d' ? third : 1);
};

const rotation = (axis: string, words: Words): Matrix => {
  const [angle = Number.NaN] = words.map(radiansOf);
  if (axis === 'x') return turning(1, 0, 0, angle);
  if (axis === 'y') return turning(0, 1, 0, angle);
  if (axis !== '3d') return turning(0, 0, 1, angle);
  const [x = 1, y = 0, z = 0] = words.map((word) => shareOf(word) ?? Number.NaN);
  return turning(x, y, z, radiansOf(words[3] ?? ''));
};

const skew = (axis: string, [first = Number.NaN, second = 0]: readonly number[]): Matrix => {
  if (axis === 'x') return skewing(first, 0);
  return axis === 'y' ? skewing(0, first) : skewing(first, second);
};

const otherMatrix = (name: string, words: Words, font: Font): Matrix | undefined => {
  const numbers = words.map((word) => numberOf(word) ?? Number.NaN);
  if (name === 'matrix') {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = numbers;
    return numbers.length === 6 ? [a, b, 0, 0, c, d, 0, 0, 0, 0, 1, 0, e, f, 0, 1] : undefined;
  }
  if (name === 'matrix3d') return numbers.length === 16 ? numbers : undefined;
  if (name !== 'perspective') return undefined;
  const [distance = 0] = pixelsAlong(words, [0], font);
  if (words[0] === 'none' || !(distance > 0)) return identity;
  return identity.map((value, index) => (index === 11 ? -1 / distance : value));
};

const call = (name: string, words: Words): Call => ({ name, args: words.map((word) => [word]), body: '' });

/** The three properties that do by themselves what functions of `transform` do. */
const callsOf = ({ translate, rotate, scale, transform }: Properties): readonly Call[] => {
  const calls: Call[] = [];
  if (translate[0] !== 'none') calls.push(call('translate3d', translate));
  if (rotate[0] !== 'none') {
    const angle = rotate.find((word) => numberOf(word) === undefined && angleOf(word) !== undefined) ?? '0deg';
    const named = rotate.find((word) => axes[word] !== undefined);
    const numbers = rotate.filter((word) => word !== angle && numberOf(word) !== undefined);
    const axis = named === undefined ? numbers : (axes[named] ?? []).map(String);
    calls.push(axis.length === 3 ? call('rotate3d', [...axis, angle]) : call('rotate', [angle]));
  }
  if (scale[0] !== 'none') calls.push(call(scale.length > 2 ? 'scale3d' : 'scale', scale));
  return calls.length === 0 ? transform : [...calls, ...transform];
};

/** Whether an element is transformed at all. */
export const isTransformed = ({ translate, rotate, scale, transform }: Properties): boolean =>
  transform.length > 0 || translate[0] !== 'none' || rotate[0] !== 'none' || scale[0] !== 'none';

/** How an element is drawn: x' = a x + c y + e, y' = b x + d y + f, around its origin. */
export interface Projection {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly f: number;
  /** Towards the viewer; negative where the back face is seen. */
  readonly facing: number;
}

/** Longer lists nobody writes. */
const mostCalls = 40;

/** The projection of an element of this extent; undefined where what it says is not valid. */
export const projectionOf = (style: Properties, extent: Extent, font: Font): Projection | undefined => {
  let matrix = identity;
  for (const one of callsOf(style).slice(0, mostCalls)) {
    const next = matrixOf(one, extent, font);
    if (!next?.every((value) => !Number.isNaN(value))) return undefined;
    matrix = multiply(matrix, next);
  }
  // A plane that is nearer than the eye is not drawn.
  const depth = at(matrix, 15) > 0 ? at(matrix, 15) : Number.POSITIVE_INFINITY;
  const [a, b, c, d, e, f] = [0, 1, 4, 5, 12, 13].map((index) => at(matrix, index) / depth);
  return { a: a ?? 1, b: b ?? 0, c: c ?? 0, d: d ?? 1, e: e ?? 0, f: f ?? 0, facing: at(matrix, 10) };
};
