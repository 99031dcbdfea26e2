// Lists while they are open: bullets, numbers and how far they are indented. Knows no other elements.

import type { TextLines } from '../text/text-lines.ts';
import type { Attributes } from './html-tokens.ts';

interface OpenList {
  readonly isOrdered: boolean;
  next: number;
}

/** Deeper lists are indented no further: the sender chooses how deep they are. */
const deepestIndent = 8;

const isList = (name: string): boolean => name === 'ul' || name === 'ol' || name === 'menu' || name === 'dir';

export const createLists = (out: TextLines) => {
  const lists: OpenList[] = [];
  const layOut = () => (lists.length > 0 ? out.endLine() : out.endBlock());
  return {
    /** Whether the element belongs to a list and was dealt with. */
    open: (name: string, attributes: Attributes): boolean => {
      if (isList(name)) {
        layOut();
        const start = Number.parseInt(attributes.start ?? '1', 10);
        lists.push({ isOrdered: name === 'ol', next: Number.isSafeInteger(start) ? start : 1 });
        return true;
      }
      if (name !== 'li') return false;
      out.endLine();
      const list = lists.at(-1);
      const value = Number.parseInt(attributes.value ?? '', 10);
      if (list && Number.isSafeInteger(value)) list.next = value;
      const indent = '  '.repeat(Math.min(Math.max(lists.length - 1, 0), deepestIndent));
      out.mark(`${indent}${list?.isOrdered ? `${list.next}.` : '-'} `);
      if (list) list.next += 1;
      return true;
    },
    close: (name: string): boolean => {
      if (!isList(name)) return false;
      lists.pop();
      layOut();
      return true;
    },
  };
};
