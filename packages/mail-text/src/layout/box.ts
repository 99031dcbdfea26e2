// The boxes that elements generate (CSS 2.2 §9.2, CSS Display 3), while their elements are open: which kind of box an element
// generates, which formatting context is in it, what it is the containing block of.
import type { Computed } from '../css/computed.ts';
import type { Properties } from '../css/properties.ts';
import { isTransformed } from '../css/transform.ts';
import { viewport } from '../css/value.ts';
import { Flow } from './flow.ts';
import { atLeast, exactly, type Frame, type Interval, rootFrame, zero } from './geometry.ts';

/** What is known of an element besides its style. */
export interface ElementFacts {
  /** A replaced element or a form control, which has a size of its own. */
  readonly isReplaced: boolean;
  /** How many child elements it has. */
  readonly children: number;
  /** The root or the body: what overflows it can be scrolled to. */
  readonly isPage: boolean;
  /** Rows that a table cell spans. */
  readonly rowSpan: number;
  /** Whether an element of the document has this id and is empty. */
  readonly isEmptyReference: (id: string) => boolean;
}

/** What an absolutely positioned box is positioned in: the padding box of an ancestor (CSS 2.2 §10.1). */
export interface ContainingBlock {
  readonly frame: Frame;
  readonly left: Interval;
  readonly top: Interval;
  readonly width: Interval;
  readonly height: Interval;
}

/** The current text position in an SVG text (SVG 2 §11.2): where the base line of the next letter begins. */
export interface TextPosition {
  x: Interval;
  y: Interval;
}

/** How a box takes part in the formatting context around it; `item` is one of a flex container or a grid. */
export type BoxType = 'block' | 'atomic inline' | 'inline' | 'item' | 'float' | 'absolute' | 'table row' | 'table cell';

/** The formatting context that the content of a box is in. */
export type FormattingContext = 'block' | 'inline' | 'flex' | 'grid' | 'table' | 'row group' | 'row';

export interface Box {
  readonly context: FormattingContext;
  readonly computed: Computed;
  readonly frame: Frame;
  /** The flow of its content; a block that is in the block formatting context of its parent shares that of its parent. */
  readonly flow: Flow;
  /** The content box of the innermost block: from where to where its lines reach. */
  readonly left: Interval;
  readonly width: Interval;
  /** How much a line holds before it breaks: in a shrink-to-fit box more than its width at least. */
  readonly availableLineWidth: Interval;
  /** Of the content, where that is known before it is read. */
  readonly height: Interval | undefined;
  /** Of absolutely and of fixed positioned descendants. */
  readonly containingBlock: ContainingBlock;
  readonly fixedContainingBlock: ContainingBlock;
  /** Nothing of it is painted. */
  readonly isHidden: boolean;
  /** How large letters are drawn in it; 1 as they are. */
  readonly scale: number;
  /** Towards the viewer; negative where the back face is seen. */
  readonly facing: number;
  /** Within SVG, where its text is; `isAnchored` where that is not the beginning of the text. */
  readonly textPosition: TextPosition | undefined;
  readonly isAnchored: boolean;
  /** It has no child elements: its lines are lines of text. */
  readonly isTextOnly: boolean;
  /** Lines beyond this many are cut off. */
  readonly maxLines: number;
  /** Of a flex container, a grid or a table row: how far its items reach. */
  readonly items: Items;
  /** Ends it once its content is known. @returns the height of its padding box */
  readonly close: () => Interval;
}

/** Items or cells beside or below one another. */
export interface Items {
  count: number;
  /** Along the main and the cross axis. */
  main: Interval;
  cross: Interval;
  /** Row tracks of a grid, from above to below. */
  readonly tracks: readonly (Interval | 'collapsible')[];
}

export const noItems = (tracks: Items['tracks'] = []): Items => ({ count: 0, main: zero, cross: zero, tracks });

const windowBlock: ContainingBlock = {
  frame: { ...rootFrame, isFixed: true },
  left: zero,
  top: zero,
  width: exactly(viewport.width),
  height: exactly(viewport.height),
};

/** The box around the root element, with the initial containing block. */
export const initialBox = (computed: Computed): Box => ({
  context: 'block',
  computed,
  frame: rootFrame,
  flow: new Flow(zero),
  left: zero,
  width: exactly(viewport.width),
  availableLineWidth: exactly(viewport.width),
  height: undefined,
  containingBlock: { ...windowBlock, frame: rootFrame },
  fixedContainingBlock: windowBlock,
  isHidden: false,
  scale: 1,
  facing: 1,
  textPosition: undefined,
  isAnchored: false,
  isTextOnly: false,
  maxLines: Number.POSITIVE_INFINITY,
  items: noItems(),
  close: () => atLeast(0),
});

const isAbsolute = ({ position }: Properties): boolean => position === 'absolute' || position === 'fixed';

export const boxTypeOf = ({ style }: Computed, parent: Box, facts: ElementFacts): BoxType => {
  const { display } = style;
  if (isAbsolute(style)) return 'absolute';
  if (parent.context === 'flex' || parent.context === 'grid') return 'item';
  if (style.float !== 'none') return 'float';
  if (display === 'table-cell' || display === 'table-caption') return display === 'table-cell' ? 'table cell' : 'block';
  if (/^table-/.test(display)) return 'table row';
  if (/^inline-|^-webkit-inline-box$/.test(display)) return 'atomic inline';
  if (/^(?:inline|ruby|ruby-text|math)$/.test(display)) return facts.isReplaced ? 'atomic inline' : 'inline';
  return 'block';
};

/** CSS Display 3 §2.7: the display of an item is made block-level. */
const blockified = (display: string): string =>
  display
    .replace(/^-webkit-inline-box$/, '-webkit-box')
    .replace(/^inline-(?=flex|grid|table)/, '')
    .replace(/^(?:inline|inline-block|ruby|ruby-text|contents)$/, 'block');

export const formattingContextOf = (display: string, isItem: boolean): FormattingContext => {
  const shown = isItem ? blockified(display) : display;
  if (/flex$/.test(shown)) return 'flex';
  if (/grid$/.test(shown)) return 'grid';
  if (shown === 'table' || shown === 'inline-table') return 'table';
  if (shown === 'table-row') return 'row';
  if (/^table-(?:row|header|footer)-group$/.test(shown)) return 'row group';
  return 'block';
};

/** Whether it is the containing block of all positioned descendants, fixed ones included (CSS Transforms 1 §2 and others). */
export const containsFixed = (style: Properties): boolean =>
  isTransformed(style) ||
  style.filter.length > 0 ||
  style['backdrop-filter'][0] !== 'none' ||
  style.perspective[0] !== 'none' ||
  style.contain.some((word) => /^(?:strict|content|paint|layout)$/.test(word)) ||
  style['will-change'].some((word) => /^(?:transform|filter|perspective|translate|rotate|scale)$/.test(word));
