// How many at once of one kind per account, in this process. Knows nothing of what they do.
import { type AccountKey, accountKeyText } from '../model/account-key.ts';

/** Takes one of `most` places of an account; call the answer to give it back (only the first time counts). undefined when all are taken. */
export const createPlaces = (most: number): ((key: AccountKey) => (() => void) | undefined) => {
  const taken = new Map<string, number>();
  return (key) => {
    const name = accountKeyText(key);
    const before = taken.get(name) ?? 0;
    if (before >= most) return undefined;
    taken.set(name, before + 1);
    let given = true;
    return () => {
      if (!given) return;
      given = false;
      const left = (taken.get(name) ?? 1) - 1;
      if (left === 0) taken.delete(name);
      else taken.set(name, left);
    };
  };
};
