// CSS that takes an element out of sight by clipping, moving, shrinking or filtering it. Knows no other properties.
import type { Reader } from './style.ts';
import { lengthOf } from './values.ts';

/** Farther than this no desktop window reaches. */
const farAway = 500;
const resetting = /^(?:initial|unset|revert|revert-layer|inherit)$/;

/** CSS 2 `clip`: away where the rectangle is at most a pixel wide or high. */
export const clip: Reader = (value) => {
  if (value === 'auto') return { clipped: false };
  const sides = /^rect\(([^()]*)\)$/
    .exec(value)?.[1]
    ?.split(/[\s,]+/)
    .filter((side) => side !== '');
  if (sides?.length !== 4) return undefined;
  const [top, right, bottom, left] = sides.map((side) => lengthOf(side)?.amount);
  const span = (from: number | undefined, to: number | undefined) =>
    from === undefined || to === undefined ? Number.POSITIVE_INFINITY : to - from;
  return { clipped: span(top, bottom) <= 1 || span(left, right) <= 1 };
};

export const clipPath: Reader = (value) => {
  if (value === 'none' || resetting.test(value)) return { clippedByPath: false };
  const inset = /^inset\(([^()]*)\)/.exec(value)?.[1]?.trim();
  if (inset !== undefined) {
    const [top = 0, right = top, bottom = top, left = right] = inset.split(' ').map((side) => Number.parseFloat(side));
    const isShare = inset.includes('%');
    const most = isShare ? 99 : farAway;
    return { clippedByPath: top + bottom >= most || left + right >= most };
  }
  const nothing =
    /^(?:circle|ellipse)\(\s*0(?:px|%)?\b(?!\.)|^polygon\(\s*(?:0(?:px|%)? 0(?:px|%)?\s*,?\s*)+\)|^rect\((?:0(?:px)? ?)+\)/;
  return /\(/.test(value) ? { clippedByPath: nothing.test(value) } : undefined;
};

/** Degrees of each unit of CSS Values 4 §7.1. */
const degreesOf: Readonly<Record<string, number>> = { deg: 1, grad: 0.9, rad: 180 / Math.PI, turn: 360 };
/** So many degrees beside a right angle nothing can be read. */
const edge = 3;

/** Whether what is turned by this angle around an axis in its plane is seen from its edge. */
const isEdgeOn = (angle: string): boolean => {
  const [, number = '', unit = ''] = /^([+-]?\d*\.?\d+)(deg|grad|rad|turn)$/.exec(angle.trim()) ?? [];
  const degrees = Number(number) * (degreesOf[unit] ?? 0);
  return Math.abs((Math.abs(degrees) % 180) - 90) <= edge;
};

/** A turn around the axis out of the page leaves text to be read. */
const isTurnedAway = (value: string): boolean =>
  [...value.matchAll(/rotate[xy]\(([^()]*)\)/g)].some(([, angle = '']) => isEdgeOn(angle)) ||
  [...value.matchAll(/rotate3d\(([^()]*)\)/g)].some(([, list = '']) => {
    const [x = '', y = '', , angle = ''] = list.split(',');
    return (Number(x) !== 0 || Number(y) !== 0) && isEdgeOn(angle);
  });

export const transform: Reader = (value) => {
  if (value === 'none') return { transformedAway: false, turnedAround: false };
  const moved = [...value.matchAll(/translate(?:x|y|3d)?\(([^()]*)\)/g)].some(([, list = '']) =>
    list.split(',').some((part) => {
      const read = lengthOf(part.trim());
      if (read === undefined) return false;
      const far = read.unit === 'px' ? farAway : 100;
      // To the right and down there is more room, and a share of itself leaves an element near its place.
      return read.amount <= -far || (read.unit !== '%' && read.amount >= far * 4);
    }),
  );
  const shrunk = [...value.matchAll(/scale(?:x|y|3d)?\(([^()]*)\)/g)].some(([, list = '']) =>
    list.split(',').some((factor) => Math.abs(Number.parseFloat(factor)) <= 0.05),
  );
  return {
    turnedAround: /rotate[xy]\(-?180deg\)|rotate3d\([^()]*,\s*-?180deg\)/.test(value),
    transformedAway: moved || shrunk || isTurnedAway(value) || /matrix\(0[, ]+0[, ]+0[, ]+0\b/.test(value),
  };
};

/** `scale: 0` and `translate: -9999px`, which work like the functions of `transform`. */
export const scale: Reader = (value) => ({
  scaledAway:
    !resetting.test(value) &&
    value !== 'none' &&
    transform(`scale(${value.replaceAll(' ', ',')})`)?.transformedAway === true,
});
export const translate: Reader = (value) => ({
  translatedAway: transform(`translate(${value.replaceAll(' ', ',')})`)?.transformedAway === true,
});

/** `rotate: y 90deg`, `rotate: 90deg 0 1 0`. */
export const rotate: Reader = (value) => {
  const words = value.split(/\s+/);
  const angle = words.find((word) => /[a-z]$/.test(word) && !/^[xyz]$/.test(word)) ?? '';
  const axis = words.filter((word) => word !== angle);
  const inPlane = axis.length === 1 ? axis[0] !== 'z' : axis.slice(0, 2).some((part) => Number(part) !== 0);
  return { rotatedAway: inPlane && isEdgeOn(angle) };
};

/** Letters blurred by so many pixels are a cloud. */
const unreadableBlur = 4;

/** A share from 0 to 1, also written in percent. */
export const opacityOf = (value: string): number | undefined => {
  const read = /^([+-]?\d*\.?\d+)(%?)$/.exec(value);
  return read ? Number(read[1]) / (read[2] === '%' ? 100 : 1) : undefined;
};

export const filter: Reader = (value) => {
  const microsoft = /alpha\([^()]*opacity\s*=\s*(\d+)/.exec(value)?.[1];
  const standard = opacityOf(/(?:^|\s)opacity\(\s*([^()\s]+)\s*\)/.exec(value)?.[1] ?? '');
  const blur = lengthOf(/blur\(\s*([^()\s]+)\s*\)/.exec(value)?.[1] ?? '');
  return {
    filteredAway:
      (blur !== undefined && blur.amount >= unreadableBlur) ||
      (microsoft !== undefined && Number(microsoft) <= 5) ||
      (standard !== undefined && standard <= 0.05),
  };
};
