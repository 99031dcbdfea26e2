// How elements look to a person, and what can be asked about that. Types only.
import type { Part } from '../css/cascade.ts';
import type { Computed } from '../css/computed.ts';
import type { StyledElement } from '../css/element.ts';
import type { DecorationLine } from '../css/text-properties.ts';
import type { Variables } from '../css/variables.ts';
import type { Box } from '../layout/box.ts';
import type { Range } from '../layout/lay-text.ts';
import type { Layer } from './covers.ts';
import type { DocumentFacts } from './document-facts.ts';
import type { Ink } from './ink.ts';

/** The outermost element that hides something; `told` once it was counted. */
export interface Hider {
  told: boolean;
}

/** An `<svg>`, while it is read. */
export interface Drawing {
  /** Something is drawn behind the text that follows. */
  hasShapes: boolean;
}

/** How an element is seen, with all that its descendants inherit. */
export interface Appearance {
  /** Set where the element and all that is in it is out of sight. */
  readonly gone: Hider | undefined;
  /** Set where `visibility` hides it; a descendant may undo that. */
  readonly invisible: Hider | undefined;
  /** Set where text cannot be read (too small, in the colour of its background); pictures can be seen. */
  readonly unreadable: Hider | undefined;
  /** All properties of the element; to ask for a further one, see `properties` (css/properties.ts). */
  readonly computed: Computed;
  readonly ink: Ink;
  readonly box: Box;
  /** What it is painted with, above or below others. */
  readonly layer: Layer | undefined;
  /** Of what it is placed in, the layer. */
  readonly holder: Layer | undefined;
  /** Something else may lie behind its text than what is around it. */
  readonly isLoose: boolean;
  /** What is around it. */
  readonly around: Appearance | undefined;
  /** The drawing that it is a part of, whose text is filled. */
  readonly drawing: Drawing | undefined;
  /** Line breaks and spaces count, as in `<pre>`. */
  readonly keepsSpaces: boolean;
  /** Lines through, under and over the text, drawn by the element or by one around it. */
  readonly decorations: ReadonlySet<DecorationLine>;
  /** Inside an element that says that it was inserted. */
  readonly inserted: boolean;
  /** Custom properties that `var()` refers to. */
  readonly variables: Variables | undefined;
}

export interface SightFacts extends Pick<DocumentFacts, 'dark' | 'references'> {
  readonly quirks: boolean;
  /** Whether anything in it is painted but text. */
  readonly paints: boolean;
  /** Whether anything in it is placed, so that it may lie on text. */
  readonly places: boolean;
}

/** What of a text is seen, from the beginning on; `hider` where not all of it is. */
export interface Seen {
  readonly ranges: readonly Range[];
  readonly hider: Hider | undefined;
}

export interface Sight {
  /** How the page looks before anything is on it. */
  readonly page: Appearance;
  /** An element begins inside another. */
  open(element: StyledElement, parent: Appearance): Appearance;
  /** How an element looks that is open already, where what is around it changed. */
  again(element: StyledElement, before: Appearance, parent: Appearance): Appearance;
  /** The element ends that looked so when it began. */
  close(appearance: Appearance): void;
  /** Text that a sheet puts before or after what an element has; undefined where it puts none. */
  part(element: StyledElement, part: Part, owner: Appearance): { appearance: Appearance; text: string } | undefined;
  text(text: string, appearance: Appearance): Seen;
  breakLine(appearance: Appearance): void;
  /** The ordinals of texts that something lies on which was met only later. */
  readonly covered: () => ReadonlySet<number>;
  /** Whether all text was told that sheets add. */
  readonly isWhole: () => boolean;
  /** Whether a picture or a field is seen that has this appearance. */
  hiderOf(appearance: Appearance): Hider | undefined;
}
