// Each element as selectors see it: its name, id, classes and attributes, and its place among the elements of its parent.
import type { Ahead, Attributes, StyledElement } from '../css/element.ts';
import { readElements } from './tree-construction.ts';

/** What is known ahead of an element, while that is being read. */
interface GrowingAhead extends Ahead {
  readonly children: StyledElement[];
  next: StyledElement | undefined;
  siblingsOfType: number;
  isEmpty: boolean;
}

interface Parent {
  readonly element: StyledElement | undefined;
  /** How many elements it has. */
  readonly children: number;
  readonly ahead: GrowingAhead | undefined;
  met: number;
  last: StyledElement | undefined;
  byName: Map<string, number> | undefined;
  /** Of its elements, where somebody asks for it. */
  readonly aheads: GrowingAhead[] | undefined;
}

const noClasses: ReadonlySet<string> = new Set();

const classesOf = (list: string | undefined, quirks: boolean): ReadonlySet<string> =>
  list ? new Set((quirks ? list.toLowerCase() : list).split(/\s+/).filter(Boolean)) : noClasses;

const countName = (parent: Parent, name: string): number => {
  parent.byName ??= new Map();
  const count = (parent.byName.get(name) ?? 0) + 1;
  parent.byName.set(name, count);
  return count;
};

const newParent = (element: StyledElement | undefined, children: number, ahead: GrowingAhead | undefined): Parent => ({
  element,
  children,
  ahead,
  met: 0,
  last: undefined,
  byName: undefined,
  aheads: ahead ? [] : undefined,
});

/** Elements in the order of the document. */
export interface ElementSource {
  /** @returns the element that now begins, inside the one that was entered last and not left. */
  enter(name: string, attributes: Attributes): StyledElement;
  leave(): void;
}

export interface ElementFacts {
  /** Of every element in the order in which they open, how many elements it has. */
  readonly childCounts: readonly number[];
  /** Whether classes and ids are compared without regard to case. */
  readonly quirks: boolean;
}

/** Tells the elements before it of an element that begins. */
const addAhead = (parent: Parent, element: StyledElement, ahead: GrowingAhead): void => {
  const before = parent.aheads?.at(-1);
  if (before) before.next = element;
  parent.ahead?.children.push(element);
  if (parent.ahead) parent.ahead.isEmpty = false;
  parent.aheads?.push(ahead);
};

/** @param newAhead makes what is known ahead of an element; without it nothing is. */
const trackElements = ({ childCounts, quirks }: ElementFacts, newAhead?: () => GrowingAhead) => {
  const root = newParent(undefined, 1, undefined);
  const open = [root];
  let opened = 0;
  return {
    enter: (name: string, attributes: Attributes): StyledElement => {
      const parent = open.at(-1) ?? root;
      const children = childCounts[opened] ?? 0;
      const ahead = newAhead?.();
      const id = attributes.id?.trim() ?? '';
      parent.met += 1;
      const element: StyledElement = {
        name,
        id: quirks ? id.toLowerCase() : id,
        classes: classesOf(attributes.class, quirks),
        attributes,
        parent: parent.element,
        previous: parent.last,
        position: parent.met,
        positionOfType: countName(parent, name),
        siblings: parent.children,
        children,
        ahead,
      };
      if (ahead) addAhead(parent, element, ahead);
      parent.last = element;
      open.push(newParent(element, children, ahead));
      opened += 1;
      return element;
    },
    text: (): void => {
      const ahead = open.at(-1)?.ahead;
      if (ahead) ahead.isEmpty = false;
    },
    leave: (): void => {
      const left = open.pop();
      if (!left?.ahead) return;
      for (const [index, child] of left.ahead.children.entries()) {
        const ahead = left?.aheads?.[index];
        if (ahead) ahead.siblingsOfType = left?.byName?.get(child.name) ?? 0;
      }
    },
  };
};

/** Elements as they come, which know nothing of what follows. */
export const createElementSource = (facts: ElementFacts): ElementSource => trackElements(facts);

/** Looking ahead keeps every element in memory: of larger documents nothing is known ahead. */
const mostElements = 60_000;

/** All elements of a document, which know what follows them; undefined where there are too many. */
export const readElementsAhead = (html: string, facts: ElementFacts, mostTags: number): ElementSource | undefined => {
  if (facts.childCounts.length > mostElements) return undefined;
  const elements = trackElements(facts, () => ({ children: [], next: undefined, siblingsOfType: 0, isEmpty: true }));
  const all: StyledElement[] = [];
  readElements(
    html,
    {
      open: (name, attributes) => void all.push(elements.enter(name, attributes)),
      text: elements.text,
      close: elements.leave,
      release: () => undefined,
    },
    mostTags,
  );
  let entered = 0;
  const others = createElementSource(facts);
  return {
    enter: (name, attributes) => all[entered++] ?? others.enter(name, attributes),
    leave: () => undefined,
  };
};
