// A buffer between fetching an attachment and sending it: of bounded size, so that no more is fetched while nobody reads
// (backpressure).

/** Bytes that may wait; a file below this size has arrived before anything is said of it. */
const maxWaitingBytes = 256 * 1024;
/** Bytes given at once. */
const pieceBytes = 64 * 1024;

export interface Pipe {
  /** Takes the bytes of one try; of a later one what came already is passed over. Rejects when nobody reads any more. */
  take(pieces: AsyncIterable<Uint8Array>): Promise<void>;
  /** There will be no more. */
  end(): void;
  /** Resolves as soon as as much waits as may. */
  readonly full: Promise<'full'>;
  /** The next piece; undefined at the end. */
  next(): Promise<Uint8Array | undefined>;
  /** Bytes taken in all. */
  taken(): number;
  /** Nobody reads any more. */
  close(): void;
  /** Aborted when nobody reads any more. */
  readonly signal: AbortSignal;
}

/** @param reading aborted when the reader has left. */
export const createPipe = (reading: AbortSignal): Pipe => {
  const closed = new AbortController();
  const signal = AbortSignal.any([reading, closed.signal]);
  const full = Promise.withResolvers<'full'>();
  const waiting: Uint8Array[] = [];
  let length = 0;
  let taken = 0;
  let ended = false;
  let changed = Promise.withResolvers<void>();
  const change = (): void => {
    changed.resolve();
    changed = Promise.withResolvers<void>();
  };
  signal.addEventListener('abort', change, { once: true });

  const put = async (bytes: Uint8Array): Promise<void> => {
    for (let at = 0; at < bytes.length; at += pieceBytes) waiting.push(bytes.subarray(at, at + pieceBytes));
    length += bytes.length;
    taken += bytes.length;
    change();
    if (length >= maxWaitingBytes) full.resolve('full');
    while (length >= maxWaitingBytes && !signal.aborted) await changed.promise;
    if (signal.aborted) throw new Error('nobody reads any more');
  };

  return {
    signal,
    full: full.promise,
    taken: () => taken,
    take: async (pieces) => {
      let known = taken;
      for await (const piece of pieces) {
        const fresh = piece.subarray(Math.min(known, piece.length));
        known -= piece.length - fresh.length;
        if (fresh.length > 0) await put(fresh);
      }
    },
    end: () => {
      ended = true;
      change();
    },
    next: async () => {
      while (waiting.length === 0 && !ended && !signal.aborted) await changed.promise;
      const piece = waiting.shift();
      length -= piece?.length ?? 0;
      change();
      return piece;
    },
    close: () => closed.abort('closed'),
  };
};
