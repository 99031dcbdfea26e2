// CSS lengths and colours as senders write them → numbers. What a browser would not understand is undefined: it leaves
// an earlier declaration in force. Knows nothing of properties or elements.
import { chosenColor, newerColor } from './color-functions.ts';
import { colorNames } from './color-names.ts';
import { calculated } from './math.ts';

export interface Length {
  readonly amount: number;
  readonly unit: string;
}

/** Red, green and blue 0–255, alpha 0–1. */
export interface Color {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
  readonly alpha: number;
}

const lengthPattern =
  /^([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)(px|pt|pc|in|cm|mm|q|em|rem|ex|ch|%|vw|vh|vmin|vmax)?$/;

/** A length or percentage; a bare number is pixels, as mail clients read it. */
export const lengthOf = (value: string): Length | undefined => {
  if (/^(?:calc|min|max|clamp)\(/.test(value)) {
    const result = calculated(value, (amount) => pixelsOf(amount, usualFontSize, viewport.width));
    return result && { amount: result.amount, unit: result.unit || 'px' };
  }
  const match = lengthPattern.exec(value);
  return match?.[1] === undefined ? undefined : { amount: Number(match[1]), unit: match[2] ?? 'px' };
};

/** Pixels. */
const usualFontSize = 16;

/** The screen of the person whose view is asked for: a desktop window. */
export const viewport = { width: 1280, height: 800 } as const;

/** Pixels, given the font size and what 100 % is. */
export const pixelsOf = ({ amount, unit }: Length, fontSize: number, whole: number): number => {
  switch (unit) {
    case 'pt':
      return (amount * 4) / 3;
    case 'pc':
    case 'rem':
      return amount * 16;
    case 'in':
      return amount * 96;
    case 'cm':
      return amount * 37.8;
    case 'mm':
      return amount * 3.78;
    case 'q':
      return amount * 0.945;
    case 'em':
      return amount * fontSize;
    case 'ex':
    case 'ch':
      return (amount * fontSize) / 2;
    case '%':
      return (amount * whole) / 100;
    case 'vw':
    case 'vmax':
      return (amount * viewport.width) / 100;
    case 'vh':
    case 'vmin':
      return (amount * viewport.height) / 100;
    default:
      return amount;
  }
};

const clamp = (value: number, most: number): number => Math.min(Math.max(value, 0), most);

const hexColor = (digits: string): Color | undefined => {
  const wide = digits.length <= 4 ? digits.replace(/./g, '$&$&') : digits;
  if (wide.length !== 6 && wide.length !== 8) return undefined;
  const part = (at: number) => Number.parseInt(wide.slice(at, at + 2), 16);
  return { red: part(0), green: part(2), blue: part(4), alpha: wide.length === 8 ? part(6) / 255 : 1 };
};

const numberOf = (text: string | undefined, whole: number): number =>
  text?.endsWith('%') ? (Number(text.slice(0, -1)) * whole) / 100 : Number(text ?? Number.NaN);

const degreesOf = (text: string): number => {
  const amount = Number.parseFloat(text);
  if (text.endsWith('turn')) return amount * 360;
  return text.endsWith('rad') ? (amount * 180) / Math.PI : amount;
};

/** CSS Color 4 §7.1. */
const fromHsl = (hue: number, saturation: number, lightness: number): Omit<Color, 'alpha'> => {
  const channel = (shift: number): number => {
    const position = (((shift + hue / 30) % 12) + 12) % 12;
    const swing = saturation * Math.min(lightness, 1 - lightness);
    return (lightness - swing * Math.max(-1, Math.min(position - 3, 9 - position, 1))) * 255;
  };
  return { red: channel(0), green: channel(8), blue: channel(4) };
};

const functionColor = (name: string, body: string): Color | undefined => {
  const parts = body.split(/[\s,/]+/).filter((part) => part !== '');
  if (parts.length < 3 || parts.length > 4) return undefined;
  const alpha = parts[3] === undefined ? 1 : clamp(numberOf(parts[3], 1), 1);
  const hueFirst = name.startsWith('hsl');
  const [first, second, third] = hueFirst
    ? [degreesOf(parts[0] ?? ''), clamp(numberOf(parts[1], 1), 1), clamp(numberOf(parts[2], 1), 1)]
    : [numberOf(parts[0], 255), numberOf(parts[1], 255), numberOf(parts[2], 255)];
  if ([first, second, third, alpha].some((part) => part === undefined || Number.isNaN(part))) return undefined;
  if (hueFirst) return { ...fromHsl(first ?? 0, second ?? 0, third ?? 0), alpha };
  return { red: clamp(first ?? 0, 255), green: clamp(second ?? 0, 255), blue: clamp(third ?? 0, 255), alpha };
};

/** A colour in any of the notations that mail uses; `currentcolor`, `inherit` and the like are undefined. */
export const colorOf = (value: string): Color | undefined => {
  if (value === 'transparent') return { red: 0, green: 0, blue: 0, alpha: 0 };
  const hex = /^#([0-9a-f]{3,8})$/.exec(value)?.[1] ?? colorNames.get(value);
  if (hex !== undefined) return hexColor(hex);
  const call = /^(rgba?|hsla?)\(([^()]*)\)$/.exec(value);
  if (call) return functionColor(call[1] ?? '', call[2] ?? '');
  const chosen = chosenColor(value);
  return chosen === undefined ? newerColor(value) : colorOf(chosen);
};

/** The colour that is seen where `over` lies on an opaque `under`. */
export const blend = (over: Color, under: Color): Color => {
  const mix = (above: number, below: number) => above * over.alpha + below * (1 - over.alpha);
  return {
    red: mix(over.red, under.red),
    green: mix(over.green, under.green),
    blue: mix(over.blue, under.blue),
    alpha: 1,
  };
};

/** WCAG 2 relative luminance. */
const luminance = ({ red, green, blue }: Color): number => {
  const linear = (channel: number) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
};

/** Whether text of one colour cannot be read on the other: nearly no contrast and nearly the same hue. */
export const isIndistinct = (text: Color, background: Color): boolean => {
  const apart = Math.max(
    Math.abs(text.red - background.red),
    Math.abs(text.green - background.green),
    Math.abs(text.blue - background.blue),
  );
  if (apart > 30) return false;
  const [one, other] = [luminance(text), luminance(background)];
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05) < 1.15;
};
