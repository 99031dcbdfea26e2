// The newer colour functions (CSS Color 4 and 5) → red, green and blue. Of the Lab spaces only what is nearly grey: no
// other of their colours hides text on the backgrounds that mail has. Knows no property.
import type { Color } from './values.ts';

/** More colour than this is no grey. */
const mostChroma = { oklab: 0.02, lab: 4 } as const;

const numberOf = (text: string | undefined, whole: number): number =>
  text?.endsWith('%') ? (Number(text.slice(0, -1)) * whole) / 100 : Number(text === 'none' ? 0 : text);

/** sRGB's transfer function, 0–1 → 0–255. */
const encoded = (linear: number): number =>
  255 * Math.min(Math.max(linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055, 0), 1);

const grey = (linear: number, alpha: number): Color => {
  const channel = encoded(linear);
  return { red: channel, green: channel, blue: channel, alpha };
};

const ofLightness = (name: string, parts: readonly string[], alpha: number): Color | undefined => {
  const isOk = name.startsWith('ok');
  const lightness = numberOf(parts[0], isOk ? 1 : 100);
  const [first, second] = [numberOf(parts[1], isOk ? 0.4 : 125), numberOf(parts[2], isOk ? 0.4 : 125)];
  const chroma = name.endsWith('lch') ? Math.abs(first) : Math.hypot(first, second);
  // CSS Color 4 §4.4: at the ends of lightness every colour is white or black.
  const isEnd = lightness >= (isOk ? 1 : 100) || lightness <= 0;
  if (Number.isNaN(lightness) || (!isEnd && !(chroma <= (isOk ? mostChroma.oklab : mostChroma.lab)))) return undefined;
  return grey(isOk ? lightness ** 3 : ((lightness + 16) / 116) ** 3, alpha);
};

const ofWhiteAndBlack = (parts: readonly string[], alpha: number): Color | undefined => {
  const [white, black] = [numberOf(parts[1], 1), numberOf(parts[2], 1)];
  const isGrey = white + black >= 0.97;
  const channel = (255 * white) / Math.max(white + black, 1);
  return isGrey ? { red: channel, green: channel, blue: channel, alpha } : undefined;
};

/** `hwb()`, `lab()`, `lch()`, `oklab()`, `oklch()`, `color(srgb …)`; undefined where that is none of these, or no grey. */
export const newerColor = (value: string): Color | undefined => {
  const [, name = '', body = ''] = /^(hwb|lab|lch|oklab|oklch|color)\(([^()]*)\)$/.exec(value) ?? [];
  if (name === '') return undefined;
  const [main = '', last] = body.split('/');
  const parts = main.split(/[\s,]+/).filter((part) => part !== '');
  const alpha = last === undefined ? 1 : numberOf(last.trim(), 1);
  if (Number.isNaN(alpha)) return undefined;
  if (name === 'hwb') return ofWhiteAndBlack(parts, alpha);
  if (name !== 'color') return ofLightness(name, parts, alpha);
  const [red = Number.NaN, green = Number.NaN, blue = Number.NaN] = parts
    .slice(1)
    .map((part) => 255 * numberOf(part, 1));
  const isKnown = /^(?:srgb|display-p3)$/.test(parts[0] ?? '') && !Number.isNaN(red + green + blue);
  return isKnown ? { red, green, blue, alpha } : undefined;
};

/**
 * `light-dark()` and `color-mix()`, whose arguments are colours: the one that is seen in light mode, or that makes up
 * nearly all of the mix; undefined elsewhere.
 */
export const chosenColor = (value: string): string | undefined => {
  const light = /^light-dark\(\s*((?:[^(),]|\([^()]*\))+),/.exec(value)?.[1];
  if (light !== undefined) return light.trim();
  const mix =
    /^color-mix\([^,]*,\s*((?:[^(),%]|\([^()]*\))+?)\s*(\d+)?%?\s*,\s*((?:[^(),%]|\([^()]*\))+?)\s*(\d+)?%?\s*\)$/.exec(
      value,
    );
  const [, first = '', firstShare, second = '', secondShare] = mix ?? [];
  const share = Number(firstShare ?? 100 - Number(secondShare ?? 50));
  if (!mix || (share > 5 && share < 95)) return undefined;
  return share >= 95 ? first : second;
};
