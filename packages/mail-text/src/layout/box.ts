// The boxes that elements make, while they are open. Types, and what all kinds of boxes share.
import type { Computed } from '../css/computed.ts';
import { viewport } from '../css/length.ts';
import { createFlow, type Flow } from './flow.ts';
import { atLeast, exactly, type Frame, type Interval, rootFrame, zero } from './geometry.ts';

/** What an absolutely placed box is placed in: the padding box of an element. */
export interface Holder {
  readonly frame: Frame;
  readonly left: Interval;
  readonly top: Interval;
  readonly width: Interval;
  readonly height: Interval;
}

/** Where the next letter of a drawing stands: the beginning of its base line. */
export interface Pen {
  x: Interval;
  y: Interval;
}

export type Role = 'block' | 'inline' | 'flex' | 'grid' | 'table' | 'rows' | 'row' | 'drawing';

export interface Box {
  readonly role: Role;
  readonly computed: Computed;
  readonly frame: Frame;
  /** Where what is in it stands, one thing after the other. */
  readonly flow: Flow;
  /** The content of the innermost block: from where to where its lines reach. */
  readonly left: Interval;
  readonly width: Interval;
  /** How much a line holds before it breaks: in a box that is as wide as its content, more than its width at least. */
  readonly lineRoom: Interval;
  /** Of the content, where that is known before it is read. */
  readonly height: Interval | undefined;
  readonly holder: Holder;
  readonly fixedHolder: Holder;
  /** Nothing of it is drawn. */
  readonly isGone: boolean;
  /** How large letters are drawn in it; 1 as they are. */
  readonly scale: number;
  /** Towards whoever looks; negative where its back is seen. */
  readonly facing: number;
  /** In a drawing, where its text is written; `isAnchored` where that is not its beginning. */
  readonly pen: Pen | undefined;
  readonly isAnchored: boolean;
  /** No element is in it: its lines are lines of text. */
  readonly isTextOnly: boolean;
  /** Lines beyond this many are cut off. */
  readonly mostLines: number;
  /** Of a flexible box or a row: how far its items reach. */
  readonly items: Items;
  /** Ends it once its content is known. @returns how high its content and padding are */
  readonly close: () => Interval;
}

/** Items that stand beside or below one another. */
export interface Items {
  count: number;
  main: Interval;
  cross: Interval;
  /** Tracks of a grid from above to below. */
  readonly tracks: readonly (Interval | 'collapsible')[];
}

export const noItems = (tracks: Items['tracks'] = []): Items => ({ count: 0, main: zero, cross: zero, tracks });

const window: Holder = {
  frame: { ...rootFrame, isFixed: true },
  left: zero,
  top: zero,
  width: exactly(viewport.width),
  height: exactly(viewport.height),
};

const page: Holder = { ...window, frame: rootFrame };

/** What stands around the outermost element. */
export const pageBox = (computed: Computed): Box => ({
  role: 'block',
  computed,
  frame: rootFrame,
  flow: createFlow(zero),
  left: zero,
  width: exactly(viewport.width),
  lineRoom: exactly(viewport.width),
  height: undefined,
  holder: page,
  fixedHolder: window,
  isGone: false,
  scale: 1,
  facing: 1,
  pen: undefined,
  isAnchored: false,
  isTextOnly: false,
  mostLines: Number.POSITIVE_INFINITY,
  items: noItems(),
  close: () => atLeast(0),
});
