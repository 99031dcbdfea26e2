// "Did you mean …?": the known name closest to a misspelled one. Knows nothing of what the names are for.

/** Levenshtein distance: the least number of inserted, deleted and replaced characters. */
const distance = (left: string, right: string): number => {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
};

/** The known name nearest to `given`, or undefined when none is close enough to be meant (a third of its length). */
export const nearestName = (given: string, known: readonly string[]): string | undefined => {
  const normal = (name: string) => name.toLowerCase().replaceAll('-', '_');
  const ranked = known
    .map((name) => ({ name, off: distance(normal(given), normal(name)) }))
    .sort((a, b) => a.off - b.off);
  const best = ranked[0];
  return best !== undefined && best.off <= Math.max(2, Math.ceil(best.name.length / 3)) ? best.name : undefined;
};
