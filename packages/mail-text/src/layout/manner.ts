// How an element takes part in the layout around it, by its display and position (CSS Display 3 §2.7). Knows no place and no
// size.
import type { Computed } from '../css/computed.ts';
import type { Properties } from '../css/properties.ts';
import { isTransformed } from '../css/transform.ts';
import type { Box, Role } from './box.ts';

/** What is known of an element besides its style. */
export interface ElementFacts {
  /** Pictures and fields, which have a size of their own. */
  readonly isReplaced: boolean;
  /** How many elements are in it. */
  readonly children: number;
  /** What cannot be shown of it can be scrolled to with the whole page. */
  readonly isPage: boolean;
  /** Rows that a cell reaches over. */
  readonly rowSpan: number;
  /** Whether something of the document has this id and is empty. */
  readonly isEmptyReference: (id: string) => boolean;
}

export type Manner = 'in flow' | 'in line' | 'inline' | 'item' | 'floating' | 'placed' | 'row' | 'cell';

const isOutOfFlow = ({ position }: Properties): boolean => position === 'absolute' || position === 'fixed';

const blockDisplay = (display: string): string =>
  display
    .replace(/^-webkit-inline-box$/, '-webkit-box')
    .replace(/^inline-(?=flex|grid|table)/, '')
    .replace(/^(?:inline|inline-block|ruby|ruby-text|contents)$/, 'block');

export const mannerOf = ({ style }: Computed, parent: Box, facts: ElementFacts): Manner => {
  const { display } = style;
  if (isOutOfFlow(style)) return 'placed';
  if (parent.role === 'flex' || parent.role === 'grid') return 'item';
  if (style.float !== 'none') return 'floating';
  if (display === 'table-cell' || display === 'table-caption') return display === 'table-cell' ? 'cell' : 'in flow';
  if (/^table-/.test(display)) return 'row';
  if (/^inline-|^-webkit-inline-box$/.test(display)) return 'in line';
  if (/^(?:inline|ruby|ruby-text|math)$/.test(display)) return facts.isReplaced ? 'in line' : 'inline';
  return 'in flow';
};

export const roleOf = (display: string, isItem: boolean): Role => {
  const shown = isItem ? blockDisplay(display) : display;
  if (/flex$/.test(shown)) return 'flex';
  if (/grid$/.test(shown)) return 'grid';
  if (shown === 'table' || shown === 'inline-table') return 'table';
  if (shown === 'table-row') return 'row';
  if (/^table-(?:row|header|footer)-group$/.test(shown)) return 'rows';
  return 'block';
};

/** Whether what is placed in it is placed in it, wherever else it would be. */
export const holds = (style: Properties): boolean =>
  isTransformed(style) ||
  style.filter.length > 0 ||
  style['backdrop-filter'][0] !== 'none' ||
  style.perspective[0] !== 'none' ||
  style.contain.some((word) => /^(?:strict|content|paint|layout)$/.test(word)) ||
  style['will-change'].some((word) => /^(?:transform|filter|perspective|translate|rotate|scale)$/.test(word));
