// `transform`, `translate`, `scale` and `rotate` → one matrix, and what of it is seen from the front. Knows no element.
import { angleOf, isRelativeToWhole, lengthOf, type Measure, numberOf, pixelsOf, shareOf } from './length.ts';
import type { Properties } from './properties.ts';
import type { Call, Words } from './value.ts';

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

/** The box that shares refer to; pixels. */
interface Extent {
  readonly width: number;
  readonly height: number;
}

type Font = Omit<Measure, 'whole'>;

const axes: Readonly<Record<string, readonly [number, number, number]>> = { x: [1, 0, 0], y: [0, 1, 0], z: [0, 0, 1] };

/** Undefined where the arguments are not valid. */
const matrixOf = (call: Call, extent: Extent, font: Font): Matrix | undefined => {
  const words = call.args.map((words) => (words.length === 1 ? (words[0] ?? '') : ''));
  const lengths = (wholes: readonly number[]): number[] =>
    words.map((word, index) => {
      const length = lengthOf(word, { bare: false, percent: true });
      return (length && pixelsOf(length, { ...font, whole: wholes[index] ?? 0 })) ?? Number.NaN;
    });
  const angles = words.map((word) => angleOf(word) ?? Number.NaN);
  const shares = words.map((word) => shareOf(word) ?? Number.NaN);
  const [x = 0, y = 0, z = 0] = /^translate/.test(call.name) ? lengths([extent.width, extent.height]) : [];
  const [first = 1, second = first, third = 1] = shares;
  switch (call.name) {
    case 'translate':
    case 'translate3d':
      return moving(x, y, z);
    case 'translatex':
      return moving(x, 0, 0);
    case 'translatey':
      return moving(0, lengths([extent.height])[0] ?? 0, 0);
    case 'translatez':
      return moving(0, 0, x);
    case 'scale':
      return scaling(first, second, 1);
    case 'scale3d':
      return scaling(first, second, third);
    case 'scalex':
      return scaling(first, 1, 1);
    case 'scaley':
      return scaling(1, first, 1);
    case 'scalez':
      return scaling(1, 1, first);
    case 'rotate':
    case 'rotatez':
      return turning(0, 0, 1, angles[0] ?? Number.NaN);
    case 'rotatex':
      return turning(1, 0, 0, angles[0] ?? Number.NaN);
    case 'rotatey':
      return turning(0, 1, 0, angles[0] ?? Number.NaN);
    case 'rotate3d':
      return turning(first, shares[1] ?? 0, shares[2] ?? 0, angles[3] ?? Number.NaN);
    case 'skew':
      return skewing(angles[0] ?? Number.NaN, words.length > 1 ? (angles[1] ?? Number.NaN) : 0);
    case 'skewx':
      return skewing(angles[0] ?? Number.NaN, 0);
    case 'skewy':
      return skewing(0, angles[0] ?? Number.NaN);
    case 'matrix': {
      const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = words.map((word) => numberOf(word) ?? Number.NaN);
      return words.length === 6 ? [a, b, 0, 0, c, d, 0, 0, 0, 0, 1, 0, e, f, 0, 1] : undefined;
    }
    case 'matrix3d': {
      const numbers = words.map((word) => numberOf(word) ?? Number.NaN);
      return numbers.length === 16 ? numbers : undefined;
    }
    case 'perspective': {
      const [distance = 0] = lengths([0]);
      return words[0] === 'none' || !(distance > 0)
        ? identity
        : identity.map((value, index) => (index === 11 ? -1 / distance : value));
    }
    default:
      return undefined;
  }
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

/** Whether an element is turned, moved or scaled at all. */
export const isTransformed = ({ translate, rotate, scale, transform }: Properties): boolean =>
  transform.length > 0 || translate[0] !== 'none' || rotate[0] !== 'none' || scale[0] !== 'none';

/** How an element is drawn: x' = a x + c y + e, y' = b x + d y + f, around its origin. */
export interface Drawing {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly f: number;
  /** Towards whoever looks; negative where the back of the element is seen. */
  readonly facing: number;
}

/** Bigger lists nobody writes. */
const mostCalls = 40;

/** The drawing of an element of this extent; undefined where what it says is not valid. */
export const drawingOf = (style: Properties, extent: Extent, font: Font): Drawing | undefined => {
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

/** Whether how far it moves hangs on how large the element is. */
export const movesBySize = (style: Properties): boolean =>
  callsOf(style).some(
    ({ name, args }) =>
      name.startsWith('translate') &&
      args.some(([word = '']) => {
        const length = lengthOf(word, { bare: false, percent: true });
        return length !== undefined && isRelativeToWhole(length);
      }),
  );
