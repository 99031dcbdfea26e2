// Custom properties (CSS Variables 1): `var()` in a value → the value it stands for. Bounded: no value grows beyond what is
// read of one. Knows no property.
import { tokenize, tokenTypes as types } from 'css-tree/tokenizer';
import { ident } from 'css-tree/utils';

/** All that hold for an element, by name (`--x`). */
export type Variables = ReadonlyMap<string, string>;

/** UTF-16 units. Longer values come to nothing. */
const longestValue = 2_000;
/** Variables that refer to variables. */
const deepest = 12;

const reference = /\b(?:var|env)\(/i;

/** Whether a value means something only together with the custom properties of an element. */
export const refersToVariables = (value: string): boolean => reference.test(value);

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
export const withVariables = (value: string, variables: Variables | undefined): string | undefined =>
  substituted(value, variables, nobody);
