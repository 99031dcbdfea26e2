// What a selector may ask of an element. Types only.
import type { Attributes } from '../html/html-tokens.ts';

export interface StyledElement {
  readonly name: string;
  /** In lower case where the document is in quirks mode; so are the classes. */
  readonly id: string;
  readonly classes: ReadonlySet<string>;
  readonly attributes: Attributes;
  readonly parent: StyledElement | undefined;
  /** The element before it with the same parent. */
  readonly previous: StyledElement | undefined;
  /** From 1, among the elements of its parent; among those of its name. */
  readonly position: number;
  readonly positionOfType: number;
  /** How many elements its parent has, and it itself. */
  readonly siblings: number;
  readonly children: number;
  /** What the rules of sheets remember of it, for the elements inside. */
  underneath?: unknown;
  /** What comes after its start tag; absent where no sheet asks for that. */
  readonly ahead: Ahead | undefined;
}

export interface Ahead {
  readonly children: readonly StyledElement[];
  readonly next: StyledElement | undefined;
  /** How many elements of its name its parent has. */
  readonly siblingsOfType: number;
  /** Neither elements nor text are in it. */
  readonly isEmpty: boolean;
}
