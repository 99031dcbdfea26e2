// An unexpected error for the log: its kind and where it happened. Never its message, which may hold anything.

/** The error's name and the first frames of its stack. */
export const describeDefect = (error: unknown): { readonly name: string; readonly at: string[] } => {
  if (!(error instanceof Error)) return { name: typeof error, at: [] };
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return { name: error.constructor.name, at: frames.slice(0, 6).map((line) => line.trim()) };
};
