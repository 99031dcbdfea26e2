// What `filter` does to a colour (Filter Effects 1 §6, §8). Knows no element.
import type { Color } from '../css/color.ts';
import { angleOf, shareOf } from '../css/length.ts';
import type { Call } from '../css/value.ts';

type Paint = (color: Color) => Color;

const channel = (value: number): number => Math.min(Math.max(value, 0), 255);

const each =
  (change: (value: number) => number): Paint =>
  ({ red, green, blue, alpha }) => ({
    red: channel(change(red)),
    green: channel(change(green)),
    blue: channel(change(blue)),
    alpha,
  });

/** Three rows of three. */
const mixed =
  (rows: readonly number[]): Paint =>
  ({ red, green, blue, alpha }) => {
    const row = (at: number) =>
      channel((rows[at] ?? 0) * red + (rows[at + 1] ?? 0) * green + (rows[at + 2] ?? 0) * blue);
    return { red: row(0), green: row(3), blue: row(6), alpha };
  };

/** From colours as they are (0) to their brightness alone (1), and beyond. */
const saturated = (amount: number): Paint =>
  mixed([
    ...[0.213 + 0.787 * amount, 0.715 - 0.715 * amount, 0.072 - 0.072 * amount],
    ...[0.213 - 0.213 * amount, 0.715 + 0.285 * amount, 0.072 - 0.072 * amount],
    ...[0.213 - 0.213 * amount, 0.715 - 0.715 * amount, 0.072 + 0.928 * amount],
  ]);

const sepia = (amount: number): Paint => {
  const rest = 1 - amount;
  return mixed([
    ...[0.393 + 0.607 * rest, 0.769 - 0.769 * rest, 0.189 - 0.189 * rest],
    ...[0.349 - 0.349 * rest, 0.686 + 0.314 * rest, 0.168 - 0.168 * rest],
    ...[0.272 - 0.272 * rest, 0.534 - 0.534 * rest, 0.131 + 0.869 * rest],
  ]);
};

const hueTurned = (angle: number): Paint => {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return mixed([
    ...[0.213 + cos * 0.787 - sin * 0.213, 0.715 - cos * 0.715 - sin * 0.715, 0.072 - cos * 0.072 + sin * 0.928],
    ...[0.213 - cos * 0.213 + sin * 0.143, 0.715 + cos * 0.285 + sin * 0.14, 0.072 - cos * 0.072 - sin * 0.283],
    ...[0.213 - cos * 0.213 - sin * 0.787, 0.715 - cos * 0.715 + sin * 0.715, 0.072 + cos * 0.928 + sin * 0.072],
  ]);
};

/** What one function does to colours; undefined where it does something else. */
export const paintBy = ({ name, args }: Call): Paint | undefined => {
  const [word] = args[0] ?? [];
  const amount = word === undefined ? 1 : (shareOf(word) ?? 1);
  const share = Math.min(Math.max(amount, 0), 1);
  switch (name) {
    case 'brightness':
      return each((value) => value * amount);
    case 'contrast':
      return each((value) => (value - 127.5) * amount + 127.5);
    case 'invert':
      return each((value) => value * (1 - share) + (255 - value) * share);
    case 'grayscale':
      return saturated(1 - share);
    case 'saturate':
      return saturated(amount);
    case 'sepia':
      return sepia(share);
    case 'hue-rotate':
      return hueTurned(word === undefined ? 0 : (angleOf(word) ?? 0));
    default:
      return undefined;
  }
};
