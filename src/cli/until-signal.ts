// Waits until the process is asked to end. A second signal ends it at once.

/** Resolves at the first SIGINT or SIGTERM. */
export const untilSignal = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    const end = (signal: NodeJS.Signals) => {
      process.off('SIGINT', end).off('SIGTERM', end);
      resolve(signal);
    };
    process.on('SIGINT', end).on('SIGTERM', end);
  });
