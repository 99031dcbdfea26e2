// Gmail's search syntax (support.google.com/mail/answer/7190), first step: characters → tokens.
// Knows nothing of what the operators mean.

export type Token =
  | { readonly kind: 'open' | 'close' | 'open-brace' | 'close-brace' | 'or' | 'and' | 'not' }
  | { readonly kind: 'operator'; readonly name: string }
  | { readonly kind: 'text'; readonly text: string };

/** Words before a colon that are operators; any other `word:word` is searched for as it stands. */
const OPERATORS = new Set(
  `from to cc bcc deliveredto list subject label in is has filename after before older newer older_than newer_than
   rfc822msgid larger smaller size category`.split(/\s+/),
);
const PUNCTUATION: Readonly<Record<string, Token>> = {
  '(': { kind: 'open' },
  ')': { kind: 'close' },
  '{': { kind: 'open-brace' },
  '}': { kind: 'close-brace' },
  '|': { kind: 'or' },
};
const WORDS: Readonly<Record<string, Token>> = { OR: { kind: 'or' }, AND: { kind: 'and' }, NOT: { kind: 'not' } };

/** Never fails: an unclosed quotation runs to the end of the query. */
export const tokenizeQuery = (query: string): Token[] => {
  const tokens: Token[] = [];
  let at = 0;
  while (at < query.length) {
    const character = query[at] ?? '';
    const punctuation = PUNCTUATION[character];
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
    } else if (operator !== undefined && OPERATORS.has(operator)) {
      tokens.push({ kind: 'operator', name: operator });
      at += operator.length + 1;
    } else {
      const word = /^[^\s(){}"“|]+/.exec(query.slice(at))?.[0] ?? character;
      tokens.push(WORDS[word] ?? { kind: 'text', text: word });
      at += word.length;
    }
  }
  return tokens;
};

const closingQuote = (query: string, from: number): number => {
  const found = query.slice(from).search(/["”]/);
  return found === -1 ? query.length : from + found;
};
