// Style sheets and style attributes → rules and declarations as texts, in one pass without recursion (CSS Syntax 3, in
// short). At-rules are judged by the caller; comments are gone, escapes decoded. Knows no property.

export interface RuleText {
  readonly selectors: string;
  readonly declarations: string;
}

export interface DeclarationText {
  /** Lower case. */
  readonly name: string;
  /** Lower case, white space collapsed, without `!important`. */
  readonly value: string;
  readonly important: boolean;
}

/** `\68` and the like, which a browser reads as the character itself. */
const decodeEscapes = (text: string): string =>
  text.includes('\\')
    ? text.replace(/\\(?:([0-9a-f]{1,6})\s?|(.))/gi, (_, hex: string | undefined, plain: string | undefined) => {
        const code = Number.parseInt(hex ?? '', 16);
        if (hex === undefined) return plain ?? '';
        return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
      })
    : text;

/** Comments and the HTML comment marks that old mail wraps around its sheets. */
const withoutComments = (css: string): string => css.replace(/\/\*[\s\S]*?(?:\*\/|$)|<!--|-->/g, ' ');

/** The index of the first of `stops` outside strings and brackets, from `from` on; the end of the text if none. */
const findStop = (css: string, from: number, stops: string): number => {
  let brackets = 0;
  for (let index = from; index < css.length; index += 1) {
    const character = css[index] ?? '';
    if (character === '\\') index += 1;
    else if (character === '"' || character === "'") {
      index += 1;
      while (index < css.length && css[index] !== character && css[index] !== '\n')
        index += css[index] === '\\' ? 2 : 1;
    } else if (brackets === 0 && stops.includes(character)) return index;
    else if (character === '(' || character === '[') brackets += 1;
    else if ((character === ')' || character === ']') && brackets > 0) brackets -= 1;
    else if (character === '{' || character === '}') brackets = 0;
  }
  return css.length;
};

/** The index behind the `}` that ends the block whose content begins at `from`. */
const endOfBlock = (css: string, from: number): number => {
  let depth = 1;
  let index = from;
  while (index < css.length) {
    const stop = findStop(css, index, '{}');
    depth += css[stop] === '{' ? 1 : -1;
    index = stop + 1;
    if (depth === 0) return index;
  }
  return css.length;
};

/**
 * The rules of a sheet in their order. `applies` is asked about each at-rule with a block, such as
 * `@media (max-width:600px)`; where it says yes, the rules inside count as if they stood outside.
 */
export const rulesOf = (sheet: string, applies: (atRule: string) => boolean): RuleText[] => {
  const css = withoutComments(sheet);
  const rules: RuleText[] = [];
  let index = 0;
  while (index < css.length) {
    const stop = findStop(css, index, '{};');
    const prelude = css.slice(index, stop).replace(/\s+/g, ' ').trim();
    const isAtRule = prelude.startsWith('@');
    index = stop + 1;
    if (css[stop] === ';' && !isAtRule) {
      // A lone semicolon belongs to the selector that follows, which a browser then refuses: the rule is passed over.
      index = endOfBlock(css, findStop(css, index, '{') + 1);
    } else if (css[stop] === '{') {
      if (isAtRule && applies(decodeEscapes(prelude).toLowerCase())) continue;
      const end = endOfBlock(css, index);
      const closed = css[end - 1] === '}' ? end - 1 : end;
      if (!isAtRule)
        rules.push({ selectors: decodeEscapes(prelude), declarations: css.slice(index, Math.max(closed, index)) });
      index = end;
    }
  }
  return rules;
};

/** No value that decides whether something is seen is longer; URLs of pictures may be. */
const longestValue = 400;

/** The declarations of a block or of a style attribute, in their order. */
export const declarationsOf = (block: string): DeclarationText[] => {
  const css = withoutComments(block);
  const declarations: DeclarationText[] = [];
  for (let index = 0; index < css.length; ) {
    const stop = findStop(css, index, ';');
    const text = css.slice(index, stop);
    const colon = text.indexOf(':');
    index = stop + 1;
    if (colon < 0) continue;
    const value = decodeEscapes(text.slice(colon + 1))
      .replace(/\s+/g, ' ')
      .trim()
      .toLowerCase();
    declarations.push({
      name: decodeEscapes(text.slice(0, colon)).trim().toLowerCase(),
      value: value.replace(/ ?! ?important$/, '').slice(0, longestValue),
      important: /! ?important$/.test(value),
    });
  }
  return declarations;
};
