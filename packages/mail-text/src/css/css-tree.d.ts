// The parts of css-tree that are loaded by themselves, without its tables of all properties; its types describe only all of it together.
declare module 'css-tree/parser' {
  import type { CssNode, ParseOptions } from 'css-tree';

  const parse: (text: string, options?: ParseOptions & { kind?: string }) => CssNode;
  export default parse;
}

declare module 'css-tree/generator' {
  import type { CssNode } from 'css-tree';

  const generate: (node: CssNode) => string;
  export default generate;
}

declare module 'css-tree/tokenizer' {
  /** @param onToken called with the type of each token and where it is in `source`. */
  export const tokenize: (source: string, onToken: (type: number, start: number, end: number) => void) => void;
  export const tokenTypes: {
    readonly EOF: number;
    readonly Ident: number;
    readonly Function: number;
    readonly AtKeyword: number;
    readonly Hash: number;
    readonly String: number;
    readonly BadString: number;
    readonly Url: number;
    readonly BadUrl: number;
    readonly Delim: number;
    readonly Number: number;
    readonly Percentage: number;
    readonly Dimension: number;
    readonly WhiteSpace: number;
    readonly CDO: number;
    readonly CDC: number;
    readonly Colon: number;
    readonly Semicolon: number;
    readonly Comma: number;
    readonly LeftSquareBracket: number;
    readonly RightSquareBracket: number;
    readonly LeftParenthesis: number;
    readonly RightParenthesis: number;
    readonly LeftCurlyBracket: number;
    readonly RightCurlyBracket: number;
    readonly Comment: number;
  };
}

declare module 'css-tree/utils' {
  /** Names as written, with their escapes → names as meant. */
  export const ident: { readonly decode: (text: string) => string };
}

declare module '@bramus/specificity/core' {
  import type { CssNode } from 'css-tree';

  /** Selectors 4 §17 of one `Selector` node; `&` counts nothing. */
  export const calculateForAST: (selector: CssNode) => { readonly a: number; readonly b: number; readonly c: number };
}
