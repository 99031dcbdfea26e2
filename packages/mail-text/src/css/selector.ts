// What a selector asks for, in the order in which it is compared: from the element outwards. Knows no syntax and no element.

export interface AttributeTest {
  readonly kind: 'attribute';
  readonly name: string;
  readonly operator: string;
  readonly value: string;
  readonly ignoresCase: boolean;
}

/** `:nth-child(2n+1)` and the like: the places `step × n + first`. */
export interface PositionTest {
  readonly kind: 'position';
  readonly ofType: boolean;
  readonly fromEnd: boolean;
  readonly step: number;
  readonly first: number;
  /** Only elements that match one of these are counted. */
  readonly of: readonly Selector[] | undefined;
}

export type Test =
  | AttributeTest
  | PositionTest
  | { readonly kind: 'any' | 'none' | 'has'; readonly list: readonly Selector[] }
  | { readonly kind: 'state'; readonly name: string; readonly argument: readonly string[] }
  /** `@scope`: it is a root, or stands in one with no limit between. */
  | { readonly kind: 'inside'; readonly roots: readonly Selector[]; readonly limits: readonly Selector[] }
  /** The element that `:has()` was asked of. */
  | { readonly kind: 'anchor' };

export interface Compound {
  /** `*` for all. */
  readonly type: string | undefined;
  readonly ids: readonly string[];
  readonly classes: readonly string[];
  readonly tests: readonly Test[];
}

export type Combinator = ' ' | '>' | '+' | '~';

export const isCombinator = (name: string): name is Combinator =>
  name === ' ' || name === '>' || name === '+' || name === '~';

export interface Step {
  readonly compound: Compound;
  /** Towards the next step. */
  readonly combinator: Combinator;
}

export interface Selector {
  /** From the element itself outwards. */
  readonly steps: readonly Step[];
  /** The three counts in one number, each below 256. */
  readonly specificity: number;
  /** It asks for this part of the element (`before`), not for the element itself. */
  readonly pseudoElement: string | undefined;
}

const place = (ofType: boolean, fromEnd: boolean): PositionTest => ({
  ...{ kind: 'position', ofType, fromEnd, step: 0, first: 1, of: undefined },
});

/** Places that have a name of their own. */
export const simplePositions = new Map<string, readonly PositionTest[]>([
  ['first-child', [place(false, false)]],
  ['last-child', [place(false, true)]],
  ['only-child', [place(false, false), place(false, true)]],
  ['first-of-type', [place(true, false)]],
  ['last-of-type', [place(true, true)]],
  ['only-of-type', [place(true, false), place(true, true)]],
]);

const testLooksAhead = (test: Test): boolean => {
  switch (test.kind) {
    case 'has':
      return true;
    case 'state':
      return test.name === 'empty';
    case 'position':
      return (test.fromEnd && (test.ofType || test.of !== undefined)) || test.of?.some(looksAhead) === true;
    case 'any':
    case 'none':
      return test.list.some(looksAhead);
    case 'inside':
      return test.roots.some(looksAhead) || test.limits.some(looksAhead);
    default:
      return false;
  }
};

/** Whether a selector asks for something that is known only when more of the document has been read. */
export const looksAhead = ({ steps }: Selector): boolean =>
  steps.some(({ compound }) => compound.tests.some(testLooksAhead));
