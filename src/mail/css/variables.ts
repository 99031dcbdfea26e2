// Custom properties (CSS Variables 1): `var()` in a value → the value it stands for. Bounded: no value grows beyond what
// is read of one. Knows no property.
import type { Variables } from './style.ts';

/** Longer values are not read. */
const longestValue = 400;
/** Variables that refer to variables. */
const mostRounds = 8;

const reference = /var\(\s*(--[^\s,()]+)\s*(?:,((?:[^()]|\([^()]*\))*))?\)/g;

/** The value without references; undefined where one of them stands for nothing. */
export const withVariables = (value: string, variables: Variables | undefined): string | undefined => {
  let resolved = value;
  for (let round = 0; round < mostRounds && resolved.includes('var('); round += 1) {
    let isKnown = true;
    resolved = resolved.replace(reference, (_, name: string, fallback: string | undefined) => {
      const meant = variables?.get(name) ?? fallback;
      isKnown &&= meant !== undefined;
      return meant ?? '';
    });
    if (!isKnown || resolved.length > longestValue) return undefined;
  }
  return resolved.includes('var(') ? undefined : resolved.trim();
};
