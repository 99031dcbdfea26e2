// Each element as selectors see it: what it is called, and where it stands among the elements of its parent. Knows
// nothing of styles.
import type { StyledElement } from '../css-matching.ts';
import type { Attributes } from '../html-tokens.ts';

interface Parent {
  /** How many elements it has. */
  readonly children: number;
  met: number;
  last: StyledElement | undefined;
  byName: Map<string, number> | undefined;
}

const noClasses: ReadonlySet<string> = new Set();

const classesOf = (list: string | undefined): ReadonlySet<string> =>
  list ? new Set(list.toLowerCase().split(/\s+/).filter(Boolean)) : noClasses;

const countName = (parent: Parent, name: string): number => {
  parent.byName ??= new Map();
  const count = (parent.byName.get(name) ?? 0) + 1;
  parent.byName.set(name, count);
  return count;
};

/** @param childCounts of every element in the order in which they open, how many elements it has. */
export const createFamilies = (childCounts: readonly number[]) => {
  const root: Parent = { children: 1, met: 0, last: undefined, byName: undefined };
  const open = [root];
  let opened = 0;
  return {
    enter: (name: string, attributes: Attributes): StyledElement => {
      const parent = open.at(-1) ?? root;
      parent.met += 1;
      const element: StyledElement = {
        name,
        id: attributes.id?.trim().toLowerCase() ?? '',
        classes: classesOf(attributes.class),
        attributes,
        previous: parent.last,
        position: parent.met,
        positionOfType: countName(parent, name),
        siblings: parent.children,
      };
      parent.last = element;
      open.push({ children: childCounts[opened] ?? 0, met: 0, last: undefined, byName: undefined });
      opened += 1;
      return element;
    },
    leave: (): void => {
      open.pop();
    },
  };
};
