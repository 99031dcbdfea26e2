// A counting semaphore for each name: how many of one kind may go on at once, in this process.

/**
 * Takes one of `most` places of a name.
 * @returns gives the place back (only the first time counts); undefined when all are taken
 */
export const createSemaphores = (most: number): ((name: string) => (() => void) | undefined) => {
  const taken = new Map<string, number>();
  return (name) => {
    const before = taken.get(name) ?? 0;
    if (before >= most) return undefined;
    taken.set(name, before + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const left = (taken.get(name) ?? 1) - 1;
      if (left === 0) taken.delete(name);
      else taken.set(name, left);
    };
  };
};
