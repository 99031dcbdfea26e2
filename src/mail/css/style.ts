// What CSS can say about an element as far as it decides whether text is seen. Types only.
import type { Color, Length } from './values.ts';

/** Custom properties by name (`--x`), as an element hands them on. */
export type Variables = ReadonlyMap<string, string>;

export type DecorationLine = 'underline' | 'overline' | 'line-through';

/** What the declarations for one element come to; absent: nothing was said. */
export interface Style {
  readonly display?: 'none' | 'inline' | 'block';
  readonly visibility?: 'visible' | 'hidden' | 'inherit';
  readonly opacity?: number;
  readonly width?: Length | 'auto';
  readonly height?: Length | 'auto';
  readonly maxWidth?: Length | 'auto';
  readonly maxHeight?: Length | 'auto';
  readonly overflow?: 'visible' | 'hidden';
  readonly fontSize?: Length | number;
  readonly lineHeight?: Length | 'normal';
  readonly textIndent?: Length;
  readonly letterSpacing?: Length;
  readonly color?: Color | 'inherit';
  readonly textFill?: Color | 'inherit';
  readonly backgroundColor?: Color | 'text colour';
  /** A colour: a gradient between colours that nobody tells apart. */
  readonly backgroundImage?: 'none' | 'picture' | Color;
  readonly backgroundClip?: 'text' | 'box';
  readonly clipped?: boolean;
  readonly clippedByPath?: boolean;
  readonly position?: 'static' | 'relative' | 'taken out';
  readonly left?: Length | 'auto';
  readonly right?: Length | 'auto';
  readonly top?: Length | 'auto';
  readonly bottom?: Length | 'auto';
  readonly marginLeft?: Length | 'auto';
  readonly marginTop?: Length | 'auto';
  readonly transformedAway?: boolean;
  readonly scaledAway?: boolean;
  readonly translatedAway?: boolean;
  readonly filteredAway?: boolean;
  readonly rotatedAway?: boolean;
  /** Its back is to the front. */
  readonly turnedAround?: boolean;
  readonly backHidden?: boolean;
  /** Its mask lets nothing through. */
  readonly masked?: boolean;
  readonly animated?: boolean;
  readonly outlined?: boolean;
  readonly dotted?: boolean;
  readonly minHeight?: Length | 'auto';
  readonly paddingAbove?: Length | 'auto';
  readonly whiteSpace?: 'kept' | 'collapsed';
  /** What `text-decoration(-line)` draws: any of `underline`, `overline`, `line-through`; an empty list for `none`. */
  readonly textDecorationLine?: readonly DecorationLine[];
  /** All that hold for the element, where it sets any. */
  readonly variables?: Variables;
}

/** The value of one property, in lower case → what it means; undefined where no browser would accept it. */
export type Reader = (value: string) => Style | undefined;
