// "Did you mean …?": the known name somebody probably meant.

const words = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[\s-]+/g, '_')
    .toLowerCase();

/** Levenshtein distance: insertions, deletions and replacements from `a` to `b`. */
const distance = (a: string, b: string): number => {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
};

/**
 * The name among `names` that `given` probably stands for: the same words in another style (`maxResults`), a typing
 * error, or a part of it (`id`, `q`). Undefined when nothing is near.
 */
export const nearestName = (given: string, names: readonly string[]): string | undefined => {
  const wanted = words(given.slice(0, 64));
  const ranked = names
    .map((name) => ({ name, far: distance(wanted.replaceAll('_', ''), words(name).replaceAll('_', '')) }))
    .sort((a, b) => a.far - b.far);
  const best = ranked[0];
  if (best !== undefined && best.far <= Math.max(1, Math.floor(wanted.length / 3))) return best.name;
  const pieceOf = (name: string) => words(name).split('_').includes(wanted) || words(name).startsWith(wanted);
  return wanted === '' ? undefined : ranked.find(({ name }) => pieceOf(name))?.name;
};
