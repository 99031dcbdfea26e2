// The declarations of a rule or of a style attribute → the values they declare (CSS Cascade 5), read once, repeated ones collapsed,
// so that an element pays only for what applies to it; and `var()` → the value of the custom property (CSS Variables 1).
import { tokenize, tokenTypes as types } from 'css-tree/tokenizer';
import { ident } from 'css-tree/utils';
import { declared, unsetBy } from './declarations.ts';
import type { Declared, PropertyName } from './properties.ts';
import type { Budget } from './selector-matching.ts';
import type { Declaration } from './syntax.ts';
import type { ReadingRules } from './text-properties.ts';

/** The custom properties of an element, by name (`--x`). */
export type Variables = ReadonlyMap<string, string>;

/** What the cascade comes to for an element, or for a part of one. */
export interface Cascaded {
  readonly declared: Declared;
  /** Of these the values that are important: no animation overrides them. */
  readonly important: ReadonlySet<PropertyName>;
  /** The custom properties that it hands on. */
  readonly variables: Variables | undefined;
}

/** Declared values, or a declaration with `var()`, whose value is known only at the element. */
type Step =
  | { readonly kind: 'known'; readonly declared: Declared; readonly size: number; readonly important: boolean }
  | { readonly kind: 'variable'; readonly declaration: Declaration; readonly important: boolean };

/** What the declarations of one block come to; of repeated ones the last counts. */
export interface Block {
  readonly steps: readonly Step[];
  readonly custom: readonly Declaration[];
}

/** A block that applies to an element, with its place in the cascade. */
export interface Applied {
  readonly block: Block;
  readonly rank: number;
  readonly importantRank: number;
}

/**
 * Values that are kept of all rules together; `all` has more than a hundred. They take some fifty bytes each, and stay
 * until the message is read: rules beyond say nothing, and what they would have hidden is seen.
 */
const mostKept = 200_000;

/** What it costs, in steps of the budget, to read a declaration; what a custom property costs an element. */
const stepsPerReading = 40;
/** `all` says something of every property. */
const stepsOfAll = 100;
const stepsPerVariable = 5;

const byImportance = (applied: readonly Applied[]): readonly Applied[] =>
  applied.toSorted((one, other) => one.importantRank - other.importantRank);

const hasImportant = ({ block }: Applied): boolean =>
  block.steps.some(({ important }) => important) || block.custom.some(({ important }) => important);

/** Whether it comes to the same at every element: it has no `var()` and sets no custom property. */
export const isFixed = ({ block }: Applied): boolean =>
  block.custom.length === 0 && block.steps.every(({ kind }) => kind === 'known');

const emptyBlock: Block = { steps: [], custom: [] };

/** How many values a block holds. */
export const sizeOf = ({ steps, custom }: Block): number =>
  steps.reduce((sum, step) => sum + (step.kind === 'known' ? step.size : 1), custom.length);

const isCustom = ({ name }: Declaration): boolean => name.startsWith('--');
const hasVariable = ({ value }: Declaration): boolean => refersToVariables(value);

const wideKeyword = /^(?:initial|inherit|unset|revert|revert-layer)$/i;

/** Reads the declaration blocks of one document and applies them; the budget pays for both. */
export class DeclarationBlocks {
  private readonly budget: Budget;
  private readonly rules: ReadingRules;
  /** Values that are kept of rules. */
  private kept = 0;

  constructor(budget: Budget, rules: ReadingRules) {
    this.budget = budget;
    this.rules = rules;
  }

  /** Whether any of the declarations says something about being seen. */
  areRelevant(declarations: readonly Declaration[]): boolean {
    return declarations.some(
      (declaration) => isCustom(declaration) || hasVariable(declaration) || this.declaredBy(declaration) !== undefined,
    );
  }

  /** A block that is kept as long as the message is read, as those of rules are. */
  readOfRule(declarations: readonly Declaration[]): Block {
    if (this.kept > mostKept) return emptyBlock;
    const block = this.read(declarations);
    this.kept += sizeOf(block);
    return block;
  }

  read(declarations: readonly Declaration[]): Block {
    const steps: Step[] = [];
    const custom: Declaration[] = [];
    for (const { declaration, declared } of this.lastOfEach(declarations)) {
      const { important } = declaration;
      if (isCustom(declaration)) custom.push(declaration);
      else if (declared === undefined) steps.push({ kind: 'variable', declaration, important });
      else addKnown(steps, declared, important);
    }
    return { steps, custom };
  }

  /** What blocks come to together, in the order of their ranks. */
  merge(applied: readonly Applied[], inherited: Variables | undefined): Cascaded {
    const variables = this.variablesOf(applied, inherited);
    const declared: { [Name in PropertyName]?: Declared[Name] } = {};
    const important = new Set<PropertyName>();
    const add = (step: Step): void => {
      if (step.kind === 'known') this.budget.steps -= step.size;
      const values = step.kind === 'known' ? step.declared : this.substitute(step.declaration, variables);
      Object.assign(declared, values);
      if (step.important) for (const name of Object.keys(values)) important.add(name as PropertyName);
    };
    for (const { block } of applied) for (const step of block.steps) if (!step.important) add(step);
    for (const { block } of applied.some(hasImportant) ? byImportance(applied) : []) {
      for (const step of block.steps) if (step.important) add(step);
    }
    return { declared, important, variables };
  }

  /** Whether all rules were kept. */
  isComplete(): boolean {
    return this.kept <= mostKept;
  }

  private declaredBy({ name, value }: Declaration): Declared | undefined {
    const values = declared(name, value, this.rules);
    this.budget.steps -= name === 'all' ? stepsOfAll : 1;
    return values;
  }

  /** Of declarations of the same property the last valid one. */
  private lastOfEach(declarations: readonly Declaration[]) {
    const last = new Map<string, { declaration: Declaration; declared: Declared | undefined }>();
    for (const declaration of declarations) {
      const isKnown = !isCustom(declaration) && !hasVariable(declaration);
      const values = isKnown ? this.declaredBy(declaration) : undefined;
      if (isKnown && values === undefined) continue;
      const key = `${declaration.important ? '!' : ''}${declaration.name}`;
      last.delete(key);
      last.set(key, { declaration, declared: values });
    }
    return last.values();
  }

  /** The custom properties of an element, its own before those it inherits. */
  private variablesOf(applied: readonly Applied[], inherited: Variables | undefined): Variables | undefined {
    // A copy of all that hold costs as much as there are: beyond the budget an element has those of its parent.
    if (this.budget.steps <= 0 || applied.every(({ block }) => block.custom.length === 0)) return inherited;
    const variables = new Map(inherited);
    const set = ({ name, value }: Declaration): void => {
      if (!wideKeyword.test(value)) variables.set(name, value);
      else if (value.toLowerCase() === 'initial' || !inherited?.has(name)) variables.delete(name);
      else variables.set(name, inherited.get(name) ?? '');
    };
    for (const { block } of applied) for (const one of block.custom) if (!one.important) set(one);
    for (const { block } of byImportance(applied)) for (const one of block.custom) if (one.important) set(one);
    this.budget.steps -= stepsPerVariable * variables.size;
    return variables;
  }

  private substitute({ name, value }: Declaration, variables: Variables | undefined): Declared {
    this.budget.steps -= stepsPerReading;
    const known = withVariables(value, variables);
    // CSS Variables 1 §3.1: what turns out invalid only here does not leave an earlier declaration in force.
    return (known === undefined ? undefined : declared(name, known, this.rules)) ?? unsetBy(name);
  }
}

/** Values that follow one another are one step. */
const addKnown = (steps: Step[], values: Declared, important: boolean): void => {
  const before = steps.at(-1);
  const joins = before?.kind === 'known' && before.important === important;
  const declared: Declared = joins ? { ...before.declared, ...values } : values;
  if (joins) steps.pop();
  steps.push({ kind: 'known', declared, size: Object.keys(declared).length, important });
};

// `var()` in a value → the value it stands for. Bounded: no value grows beyond what is read of one.

/** UTF-16 units. Longer values come to nothing. */
const longestValue = 2_000;
/** Variables that refer to variables. */
const deepest = 12;

const reference = /\b(?:var|env)\(/i;

/** Whether a value means something only together with the custom properties of an element. */
const refersToVariables = (value: string): boolean => reference.test(value);

interface Piece {
  readonly text: string;
  /** Of a call of `var()` what it refers to; `env()` refers to nothing that we have. */
  readonly name: string | undefined;
  readonly fallback: string | undefined;
}

/** Takes a value apart into its outermost calls of `var()` and what stands between them. */
const piecesOf = (value: string): Piece[] => {
  const pieces: Piece[] = [];
  let from = 0;
  let depth = 0;
  let inside: { depth: number; start: number; isEnvironment: boolean; comma: number } | undefined;
  const plain = (end: number) => pieces.push({ text: value.slice(from, end), name: undefined, fallback: undefined });
  const close = (end: number) => {
    if (!inside) return;
    const nameEnd = inside.comma < 0 ? end : inside.comma;
    const name = ident.decode(
      value
        .slice(inside.start, nameEnd)
        .replace(/\/\*[\s\S]*?\*\//g, '')
        .trim(),
    );
    pieces.push({
      text: '',
      name: inside.isEnvironment ? '' : name,
      fallback: inside.comma < 0 ? undefined : value.slice(inside.comma + 1, end),
    });
    inside = undefined;
  };
  tokenize(value, (type, start, end) => {
    if (type === types.Function || type === types.LeftParenthesis) {
      depth += 1;
      const name = type === types.Function && !inside ? value.slice(start, end - 1).toLowerCase() : '';
      if (name === 'var' || name === 'env') {
        plain(start);
        inside = { depth, start: end, isEnvironment: name === 'env', comma: -1 };
      }
    } else if (type === types.RightParenthesis) {
      if (inside?.depth === depth) {
        close(start);
        from = end;
      }
      depth -= 1;
    } else if (type === types.Comma && inside?.depth === depth && inside.comma < 0) inside.comma = start;
  });
  if (inside) {
    close(value.length);
    from = value.length;
  }
  plain(value.length);
  return pieces;
};

const substituted = (
  value: string,
  variables: Variables | undefined,
  around: ReadonlySet<string>,
): string | undefined => {
  if (!refersToVariables(value)) return value;
  if (around.size > deepest || value.length > longestValue) return undefined;
  let result = '';
  for (const { text, name, fallback } of piecesOf(value)) {
    if (name === undefined) {
      result += text;
      continue;
    }
    const own = around.has(name) ? undefined : variables?.get(name);
    const meant = own === undefined ? undefined : substituted(own, variables, new Set([...around, name]));
    const found = meant ?? (fallback === undefined ? undefined : substituted(fallback, variables, around));
    if (found === undefined || result.length + found.length > longestValue) return undefined;
    result += found;
  }
  return result;
};

const nobody: ReadonlySet<string> = new Set();

/** The value without references; undefined where one of them stands for nothing. */
const withVariables = (value: string, variables: Variables | undefined): string | undefined =>
  substituted(value, variables, nobody);
