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

/** More selectors than this no rule inside a rule comes to. */
const mostNested = 64;

/** CSS Nesting 1: what the selectors of a rule inside a rule stand for. */
const insideOf = (outer: string, inner: string): string => {
  const parts = (list: string) => (/[([]/.test(list) ? [list] : list.split(',')).map((part) => part.trim());
  return parts(outer)
    .flatMap((parent) =>
      parts(inner).map((part) => (part.includes('&') ? part.replaceAll('&', parent) : `${parent} ${part}`)),
    )
    .slice(0, mostNested)
    .join(',');
};

interface Block {
  readonly selectors: string;
  readonly content: string;
  readonly depth: number;
}

/** Rules inside rules deeper than this are passed over. */
const deepestNesting = 4;

/** A block without the blocks inside it, and those. */
const unnested = ({ selectors, content, depth }: Block, applies: (atRule: string) => boolean): [RuleText, Block[]] => {
  const inner: Block[] = [];
  let declarations = '';
  for (let index = 0; index < content.length; ) {
    const stop = findStop(content, index, '{;');
    const text = content.slice(index, stop);
    if (content[stop] !== '{') {
      declarations += `${text};`;
      index = stop + 1;
      continue;
    }
    index = endOfBlock(content, stop + 1);
    const prelude = decodeEscapes(text).replace(/\s+/g, ' ').trim();
    const isAtRule = prelude.startsWith('@');
    if (depth >= deepestNesting || (isAtRule && !applies(prelude.toLowerCase()))) continue;
    inner.push({
      selectors: isAtRule ? selectors : insideOf(selectors, prelude),
      content: content.slice(stop + 1, content[index - 1] === '}' ? index - 1 : index),
      depth: depth + 1,
    });
  }
  return [{ selectors, declarations }, inner];
};

/** A rule, and those inside it behind it. */
const rulesOfBlock = (block: Block, applies: (atRule: string) => boolean): RuleText[] => {
  if (!block.content.includes('{')) return [{ selectors: block.selectors, declarations: block.content }];
  const rules: RuleText[] = [];
  const open = [block];
  for (let next = open.pop(); next; next = open.pop()) {
    const [rule, inner] = unnested(next, applies);
    rules.push(rule);
    open.push(...inner.reverse());
  }
  return rules;
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
        rules.push(
          ...rulesOfBlock(
            { selectors: decodeEscapes(prelude), content: css.slice(index, Math.max(closed, index)), depth: 0 },
            applies,
          ),
        );
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
