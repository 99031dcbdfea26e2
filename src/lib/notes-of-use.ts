// When something was used, written down beside the use: a database that is slow or locked delays the note, and neither who
// uses it nor others, since at most one note holds a connection.

export interface NotesOfUseOptions<Used> {
  readonly nameOf: (used: Used) => string;
  /** @param at milliseconds since the epoch */
  readonly write: (used: Used, at: number) => Promise<void>;
  /** A note that could not be written is left out: it only informs. */
  readonly failed: (used: Used, error: unknown) => void;
}

/** Uses within a minute of the last note are not written. Milliseconds. */
const everyMs = 60_000;

/** @returns notes a use; `lastUsedAt` is that of the last note. One note at a time is being written, and one of each waits. */
export const createNotesOfUse = <Used>({ nameOf, write, failed }: NotesOfUseOptions<Used>) => {
  const waiting = new Map<string, { readonly used: Used; readonly at: number }>();
  let writing = false;

  const writeAll = async (): Promise<void> => {
    for (const [name, { used, at }] of waiting) {
      await write(used, at).catch((error: unknown) => failed(used, error));
      waiting.delete(name);
    }
    writing = false;
  };

  return (used: Used, lastUsedAt: number | undefined, now: number): void => {
    const name = nameOf(used);
    if ((lastUsedAt ?? 0) + everyMs > now || waiting.has(name)) return;
    waiting.set(name, { used, at: now });
    if (writing) return;
    writing = true;
    void writeAll();
  };
};
