// Work that several want at the same time is done once.

export interface SharedRuns<T> {
  /** What is under way for this name, if anything is. */
  present(name: string): Promise<T> | undefined;
  /** What is under way for this name, else what `run` begins. */
  of(name: string, run: () => Promise<T>): Promise<T>;
}

/** Runs under way by name: who wants the same meanwhile gets the same answer, or the same error. */
export const createSharedRuns = <T>(): SharedRuns<T> => {
  const runs = new Map<string, Promise<T>>();
  return {
    present: (name) => runs.get(name),
    of: (name, run) => {
      const shared = runs.get(name);
      if (shared !== undefined) return shared;
      const started = run().finally(() => runs.delete(name));
      runs.set(name, started);
      return started;
    },
  };
};
