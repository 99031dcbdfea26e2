// Optimistic writes: a write names the version that it read, and fails where somebody else wrote since. Then what is there
// now is read and decided on again.

/** Each further attempt means that another write succeeded in between, so few are ever needed. */
const maxAttempts = 5;

/**
 * @param attempt reads, decides and writes once; undefined: its write came too late.
 * @returns what the first attempt that was not too late brought; undefined where all of them were.
 */
export const retryLostWrites = async <T>(attempt: () => Promise<T | undefined>): Promise<T | undefined> => {
  for (let attempts = 0; attempts < maxAttempts; attempts += 1) {
    const done = await attempt();
    if (done !== undefined) return done;
  }
  return undefined;
};
