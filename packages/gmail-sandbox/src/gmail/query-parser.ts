// Gmail's search syntax (support.google.com/mail/answer/7190): characters → tokens → a tree. Terms side by side are all
// required; OR binds its two neighbours closer than that; an operator before parentheses applies to every term in them.
type Token =
  | { readonly kind: 'open' | 'close' | 'open-brace' | 'close-brace' | 'or' | 'and' | 'not' }
  | { readonly kind: 'operator'; readonly name: string }
  | { readonly kind: 'text'; readonly text: string };

/** Words before a colon that are operators; any other `word:word` is searched for as it stands. */
const operators = new Set(
  `from to cc bcc deliveredto list subject label in is has filename after before older newer older_than newer_than
   rfc822msgid larger smaller size category`.split(/\s+/),
);
const tokenOfCharacter: Readonly<Record<string, Token>> = {
  '(': { kind: 'open' },
  ')': { kind: 'close' },
  '{': { kind: 'open-brace' },
  '}': { kind: 'close-brace' },
  '|': { kind: 'or' },
};
const tokenOfWord: Readonly<Record<string, Token>> = { OR: { kind: 'or' }, AND: { kind: 'and' }, NOT: { kind: 'not' } };

/** Never fails: an unclosed quotation runs to the end of the query. */
const tokenizeQuery = (query: string): Token[] => {
  const tokens: Token[] = [];
  let at = 0;
  while (at < query.length) {
    const character = query[at] ?? '';
    const punctuation = tokenOfCharacter[character];
    const operator = /^([a-zA-Z0-9_]+):/.exec(query.slice(at, at + 20))?.[1]?.toLowerCase();
    if (/\s/.test(character)) {
      at++;
    } else if (punctuation !== undefined) {
      tokens.push(punctuation);
      at++;
    } else if ((character === '-' || character === '+') && /\S/.test(query[at + 1] ?? '')) {
      if (character === '-') tokens.push({ kind: 'not' });
      at++;
    } else if (character === '"' || character === '“') {
      const end = closingQuote(query, at + 1);
      tokens.push({ kind: 'text', text: query.slice(at + 1, end) });
      at = end + 1;
    } else if (operator !== undefined && operators.has(operator)) {
      tokens.push({ kind: 'operator', name: operator });
      at += operator.length + 1;
    } else {
      const word = /^[^\s(){}"“|]+/.exec(query.slice(at))?.[0] ?? character;
      tokens.push(tokenOfWord[word] ?? { kind: 'text', text: word });
      at += word.length;
    }
  }
  return tokens;
};

const closingQuote = (query: string, from: number): number => {
  const found = query.slice(from).search(/["”]/);
  return found === -1 ? query.length : from + found;
};

export type Query =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Query[] }
  | { readonly kind: 'not'; readonly of: Query }
  /** `operator` undefined: words anywhere in the message. */
  | { readonly kind: 'term'; readonly operator: string | undefined; readonly text: string };

/** Deeper nesting is read as if its parentheses were not there. */
const maximumDepth = 50;

/** Never fails: what makes no sense is left out, as Gmail does. An empty query is an empty `and`: everything matches. */
export const parseQuery = (query: string): Query => {
  const tokens = tokenizeQuery(query);
  let at = 0;
  const peek = (): Token['kind'] | undefined => tokens[at]?.kind;
  const skip = (kind: Token['kind']): boolean => {
    if (peek() !== kind) return false;
    at++;
    return true;
  };

  const parseAll = (operator: string | undefined, depth: number): Query => {
    const terms: Query[] = [];
    while (peek() !== undefined && peek() !== 'close' && peek() !== 'close-brace') {
      if (skip('and') || skip('or')) continue;
      const term = parseAlternatives(operator, depth);
      if (term !== undefined) terms.push(term);
    }
    return terms.length === 1 && terms[0] !== undefined ? terms[0] : { kind: 'and', of: terms };
  };

  const parseAlternatives = (operator: string | undefined, depth: number): Query | undefined => {
    const alternatives = [parseTerm(operator, depth)];
    while (skip('or')) alternatives.push(parseTerm(operator, depth));
    const found = alternatives.filter((term) => term !== undefined);
    return found.length > 1 ? { kind: 'or', of: found } : found[0];
  };

  const parseTerm = (operator: string | undefined, depth: number): Query | undefined => {
    const token = tokens[at];
    if (token === undefined) return undefined;
    if (token.kind !== 'close' && token.kind !== 'close-brace') at++;
    switch (token.kind) {
      case 'text':
        return { kind: 'term', operator, text: token.text };
      case 'operator':
        return depth > maximumDepth ? undefined : parseTerm(token.name, depth + 1);
      case 'not': {
        const of = depth > maximumDepth ? undefined : parseTerm(operator, depth + 1);
        return of === undefined ? undefined : { kind: 'not', of };
      }
      case 'open':
      case 'open-brace':
        return parseGroup(token.kind, operator, depth);
      case 'and':
      case 'or':
      case 'close':
      case 'close-brace':
        return undefined;
    }
  };

  const parseGroup = (kind: 'open' | 'open-brace', operator: string | undefined, depth: number): Query | undefined => {
    if (depth > maximumDepth) return undefined;
    const inner = parseAll(operator, depth + 1);
    if (!skip('close')) skip('close-brace');
    return kind === 'open-brace' && inner.kind === 'and' ? { kind: 'or', of: inner.of } : inner;
  };

  const terms: Query[] = [];
  while (at < tokens.length) {
    terms.push(parseAll(undefined, 0));
    at++; // a closing bracket that closes nothing
  }
  return terms.length === 1 && terms[0] !== undefined ? terms[0] : { kind: 'and', of: terms };
};

/** True for the operators that take a query out of the default places, e.g. `in:spam`. Negated ones do not. */
export const asksForSpamOrTrash = (query: Query): boolean => {
  switch (query.kind) {
    case 'and':
    case 'or':
      return query.of.some(asksForSpamOrTrash);
    case 'not':
      return false;
    case 'term':
      return /^(in|label|is)$/.test(query.operator ?? '') && /^(spam|trash|anywhere)$/i.test(query.text);
  }
};
