// `calc()`, `min()`, `max()` and `clamp()` of lengths (CSS Values 4 §10) → one length. Units that differ are taken as
// pixels of the person's window. Knows no property.

export interface Amount {
  readonly amount: number;
  readonly unit: string;
}

const token = /\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[a-z]+|%)?|[-+*/(),]|calc|min|max|clamp)/y;
const functions = /^(?:calc|min|max|clamp)$/;
/** Brackets inside brackets. */
const deepest = 20;

const tokensOf = (text: string): string[] | undefined => {
  const tokens: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.trimEnd().length) {
    // A sign behind a value is an operator.
    const [, found = ''] = token.exec(text) ?? [];
    if (found === '') return undefined;
    const before = tokens.at(-1) ?? '(';
    const isOperator = /^[+-]./.test(found) && !/^[-+*/(,]$/.test(before);
    tokens.push(...(isOperator ? [found[0] ?? '', found.slice(1)] : [found]));
  }
  return tokens;
};

/** @param toPixels what an amount is in pixels, for amounts whose units differ. */
export const calculated = (text: string, toPixels: (amount: Amount) => number): Amount | undefined => {
  const tokens = tokensOf(text);
  let at = 0;
  const isPlain = ({ unit }: Amount) => unit === '';
  const sameUnit = (amounts: readonly Amount[]): Amount[] => {
    const [first] = amounts;
    if (amounts.every(({ unit }) => unit === first?.unit)) return [...amounts];
    return amounts.map((amount) => ({ amount: toPixels(amount), unit: 'px' }));
  };
  const pick = (name: string, amounts: readonly Amount[]): Amount | undefined => {
    const [first, second, third] = sameUnit(amounts);
    if (!first) return undefined;
    const all = amounts.length === 1 ? [first.amount] : sameUnit(amounts).map(({ amount }) => amount);
    if (name === 'min') return { ...first, amount: Math.min(...all) };
    if (name === 'max') return { ...first, amount: Math.max(...all) };
    if (name === 'calc') return first;
    return second && third && { ...first, amount: Math.max(first.amount, Math.min(second.amount, third.amount)) };
  };
  const value = (depth: number): Amount | undefined => {
    const here = tokens?.[at++] ?? '';
    if (here !== '(' && !functions.test(here)) {
      const [, amount, unit = ''] = /^([+-]?[\d.]+)(.*)$/.exec(here) ?? [];
      return amount === undefined ? undefined : { amount: Number(amount), unit };
    }
    if (depth > deepest || (here !== '(' && tokens?.[at++] !== '(')) return undefined;
    const found: Amount[] = [];
    do {
      const one = sum(depth + 1);
      if (!one) return undefined;
      found.push(one);
    } while (tokens?.[at++] === ',');
    return pick(here === '(' ? 'calc' : here, found);
  };
  const product = (depth: number): Amount | undefined => {
    let left = value(depth);
    while (left && (tokens?.[at] === '*' || tokens?.[at] === '/')) {
      const isTimes = tokens[at++] === '*';
      const right = value(depth);
      if (!right || !(isPlain(right) || (isTimes && isPlain(left)))) return undefined;
      const unit = isPlain(left) ? right.unit : left.unit;
      left = { amount: isTimes ? left.amount * right.amount : left.amount / right.amount, unit };
    }
    return left;
  };
  const sum = (depth: number): Amount | undefined => {
    let left = product(depth);
    while (left && (tokens?.[at] === '+' || tokens?.[at] === '-')) {
      const sign = tokens[at++] === '+' ? 1 : -1;
      const right = product(depth);
      const [first, second] = right ? sameUnit([left, right]) : [];
      left = first && second && { amount: first.amount + sign * second.amount, unit: first.unit };
    }
    return left;
  };
  const result = tokens && sum(0);
  return result && at === tokens.length && Number.isFinite(result.amount) ? result : undefined;
};
