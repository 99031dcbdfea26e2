// A byte buffer of bounded size that is filled in pieces. What stays small is in a buffer of its own size: a message may have
// thousands of bodies, and reserving room for a large one takes a tenth of a millisecond for each. What is large grows by
// pages, and is never copied.

/** Bytes up to which a buffer is copied to grow; beyond it grows in place, by so many each time there is too little room. */
const step = 64 * 1024;
const firstRoom = 256;

export interface GrowingBytes {
  /** Keeps what still fits; the rest is only counted. */
  push(bytes: Uint8Array): void;
  /** Bytes kept. */
  readonly length: number;
  /** Bytes pushed, kept or not. */
  readonly pushed: number;
  /** What was kept until now. */
  soFar(): Uint8Array;
  /** What was kept. The memory is the caller's from now on. */
  end(): Uint8Array<ArrayBuffer>;
}

/** @param most bytes that are kept. */
export const createGrowingBytes = (most: number): GrowingBytes => {
  let room = new Uint8Array(0);
  let length = 0;
  let pushed = 0;

  const larger = (needed: number): Uint8Array<ArrayBuffer> =>
    needed <= step
      ? new Uint8Array(Math.min(most, Math.max(needed, 2 * room.length, firstRoom)))
      : new Uint8Array(new ArrayBuffer(roundedUp(needed), { maxByteLength: most }));
  const roundedUp = (needed: number): number => Math.min(most, Math.ceil(needed / step) * step);
  const makeRoom = (needed: number): void => {
    if (needed <= room.length) return;
    if (room.buffer.resizable) room.buffer.resize(roundedUp(needed));
    else {
      const former = room.subarray(0, length);
      room = larger(needed);
      room.set(former);
    }
  };

  return {
    push: (bytes) => {
      pushed += bytes.length;
      const kept = bytes.subarray(0, most - length);
      makeRoom(length + kept.length);
      room.set(kept, length);
      length += kept.length;
    },
    get length() {
      return length;
    },
    get pushed() {
      return pushed;
    },
    soFar: () => room.subarray(0, length),
    end: () => {
      if (room.buffer.resizable) room.buffer.resize(length);
      else if (length < room.length) room = room.slice(0, length);
      return room;
    },
  };
};
