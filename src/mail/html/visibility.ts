// Whether a person sees an element, or its text: from what the cascade says about it and what it inherits. Knows nothing
// of how text is laid out.
import type { DecorationLine, Style, Variables } from '../css/style.ts';
import { blend, type Color, isIndistinct, type Length, pixelsOf, viewport } from '../css/values.ts';
import type { Attributes } from '../html-tokens.ts';
import { farAway, isBox, isOffScreen, isSquashed } from './box.ts';

/** The outermost element that hides something; `told` once it was counted. */
export interface Hider {
  told: boolean;
}

/** How an element is seen, with all that its descendants inherit. */
export interface Appearance {
  /** Set where the element and all that is in it is out of sight. */
  readonly gone: Hider | undefined;
  /** Set where `visibility` hides it; a descendant may undo that. */
  readonly invisible: Hider | undefined;
  /** Set where text cannot be read (too small, in the colour of its background, indented away); pictures can be seen. */
  readonly unreadable: Hider | undefined;
  readonly fontSize: number;
  readonly lineHeight: Length | 'normal';
  readonly textIndent: number;
  /** Pixels between letters beyond the usual. */
  readonly letterSpacing: number;
  readonly opacity: number;
  /** A shadow or a stroke draws the letters, whatever their colour. */
  readonly outlined: boolean;
  /** Each letter is drawn as a dot, as in a password field. */
  readonly dotted: boolean;
  readonly color: Color;
  /** What lies under the text; `picture` where an image or a gradient is drawn, whose colours nobody knows. */
  readonly background: Color | 'picture';
  /** Line breaks and spaces count, as in `<pre>`. */
  readonly keepsSpaces: boolean;
  /** Lines through, under and over the text, drawn by the element or by one around it. */
  readonly decorations: ReadonlySet<DecorationLine>;
  /** Inside an insertion that is drawn as one. */
  readonly inserted: boolean;
  /** Custom properties that `var()` refers to. */
  readonly variables: Variables | undefined;
}

const black: Color = { red: 0, green: 0, blue: 0, alpha: 1 };
const white: Color = { red: 255, green: 255, blue: 255, alpha: 1 };
const linkBlue: Color = { red: 0, green: 0, blue: 238, alpha: 1 };

export const rootAppearance: Appearance = {
  gone: undefined,
  invisible: undefined,
  unreadable: undefined,
  fontSize: 16,
  lineHeight: 'normal',
  textIndent: 0,
  letterSpacing: 0,
  opacity: 1,
  outlined: false,
  dotted: false,
  color: black,
  background: white,
  keepsSpaces: false,
  decorations: new Set(),
  inserted: false,
  variables: undefined,
};

/** Letters of this many pixels or fewer are specks. */
const smallestLetter = 2;
const faintest = 0.06;

const isTrue = (value: string | undefined): boolean => value?.trim().toLowerCase() === 'true';

/** Whether the element goes out of sight with everything in it. */
const isGone = (
  name: string,
  attributes: Attributes,
  style: Style,
  { fontSize, lineHeight, opacity }: Pick<Appearance, 'fontSize' | 'lineHeight' | 'opacity'>,
): boolean =>
  style.display === 'none' ||
  (attributes.hidden !== undefined && style.display === undefined) ||
  (attributes.popover !== undefined && style.display === undefined) ||
  (name === 'dialog' && attributes.open === undefined && style.display === undefined) ||
  isTrue(attributes['aria-hidden']) ||
  // An animation may bring it in.
  (opacity < faintest && style.animated !== true) ||
  style.filteredAway === true ||
  style.masked === true ||
  style.clippedByPath === true ||
  (isBox(name, style) && isMovedAway(style)) ||
  // CSS 2 §11.1.2: for elements that are positioned absolutely.
  (style.clipped === true && style.position === 'taken out') ||
  (isBox(name, style) && isSquashed(name, style, fontSize, lineHeight)) ||
  isOffScreen(style, fontSize);

const isMovedAway = (style: Style): boolean =>
  style.transformedAway === true ||
  style.scaledAway === true ||
  style.translatedAway === true ||
  style.rotatedAway === true ||
  (style.turnedAround === true && style.backHidden === true);

const backgroundOf = (style: Style, color: Color, parent: Appearance): Color | 'picture' => {
  if (style.backgroundImage === 'picture') return 'picture';
  if (style.backgroundImage !== undefined && style.backgroundImage !== 'none') return style.backgroundImage;
  const own = style.backgroundColor === 'text colour' ? color : style.backgroundColor;
  if (own === undefined || own.alpha === 0) return parent.background;
  if (own.alpha === 1) return own;
  return parent.background === 'picture' ? 'picture' : blend(own, parent.background);
};

const colorOf = (name: string, attributes: Attributes, style: Style, parent: Appearance): Color => {
  const said = style.textFill !== undefined && style.textFill !== 'inherit' ? style.textFill : style.color;
  if (said !== undefined && said !== 'inherit') return said;
  return said === undefined && name === 'a' && attributes.href !== undefined ? linkBlue : parent.color;
};

const isDrawnInBackground = (color: Color, background: Color | 'picture'): boolean =>
  color.alpha < faintest || (background !== 'picture' && isIndistinct(blend(color, background), background));

const fontSizeOf = (size: Style['fontSize'], parent: number): number => {
  if (size === undefined) return parent;
  return typeof size === 'number' ? size : pixelsOf(size, parent, parent);
};

const visibilityOf = (style: Style, parent: Appearance): Hider | undefined => {
  if (style.visibility === 'visible') return undefined;
  if (style.visibility === 'hidden') return parent.invisible ?? { told: false };
  return parent.invisible;
};

const drawnByName: Readonly<Record<string, readonly DecorationLine[]>> = {
  s: ['line-through'],
  strike: ['line-through'],
  del: ['line-through'],
  u: ['underline'],
  ins: ['underline'],
};

/**
 * CSS Text Decoration 3 §2.1: an element cannot take away what one around it draws, unless it stands apart from the
 * line (taken out of it).
 */
const decorationsOf = (name: string, style: Style, parent: Appearance): ReadonlySet<DecorationLine> => {
  const around = style.position === 'taken out' ? rootAppearance.decorations : parent.decorations;
  const own = style.textDecorationLine ?? drawnByName[name] ?? [];
  return own.length > 0 ? new Set([...around, ...own]) : around;
};

/** Elements that look special without any style. */
const special = new Set(['a', 'dialog', 'pre', 'textarea', 'listing', 'xmp', ...Object.keys(drawnByName)]);

/** Most elements look as the one around them does. */
const saysNothing = (name: string, attributes: Attributes, style: Style): boolean =>
  !special.has(name) &&
  attributes.hidden === undefined &&
  attributes.popover === undefined &&
  attributes['aria-hidden'] === undefined &&
  Object.keys(style).length === 0;

/** How an element is seen that stands in another: `style` is what the cascade says about it. */
export const appearanceOf = (name: string, attributes: Attributes, style: Style, parent: Appearance): Appearance => {
  if (saysNothing(name, attributes, style)) return parent;
  const fontSize = fontSizeOf(style.fontSize, parent.fontSize);
  const opacity = parent.opacity * (style.opacity ?? 1);
  const color = colorOf(name, attributes, style, parent);
  const paintsLetters = style.backgroundClip === 'text';
  const background = paintsLetters ? 'picture' : backgroundOf(style, color, parent);
  const lineHeight = style.lineHeight ?? parent.lineHeight;
  const textIndent =
    style.textIndent === undefined ? parent.textIndent : pixelsOf(style.textIndent, fontSize, viewport.width);
  const letterSpacing =
    style.letterSpacing === undefined ? parent.letterSpacing : pixelsOf(style.letterSpacing, fontSize, fontSize);
  const outlined = style.outlined ?? parent.outlined;
  const dotted = style.dotted ?? parent.dotted;
  const isUnreadable =
    fontSize <= smallestLetter ||
    dotted ||
    Math.abs(textIndent) >= farAway ||
    // All letters in one place.
    letterSpacing <= -fontSize ||
    (!paintsLetters && !outlined && isDrawnInBackground(color, background));
  return {
    gone:
      parent.gone ?? (isGone(name, attributes, style, { fontSize, lineHeight, opacity }) ? { told: false } : undefined),
    invisible: visibilityOf(style, parent),
    unreadable: isUnreadable ? (parent.unreadable ?? { told: false }) : undefined,
    fontSize,
    lineHeight,
    textIndent,
    letterSpacing,
    opacity,
    outlined,
    dotted,
    color,
    background,
    keepsSpaces:
      style.whiteSpace === undefined
        ? parent.keepsSpaces || name === 'pre' || name === 'textarea' || name === 'listing' || name === 'xmp'
        : style.whiteSpace === 'kept',
    decorations: decorationsOf(name, style, parent),
    inserted: parent.inserted || (name === 'ins' && style.textDecorationLine?.length !== 0),
    variables: style.variables ?? parent.variables,
  };
};
